package firestore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

var (
	backupPattern  = regexp.MustCompile(`^(projects/[^/]+)/locations/[^/]+/backups/[^/]+$`)
	locationParent = regexp.MustCompile(`^(projects/[^/]+/locations)/([^/]+)$`)
	uidFilterForm  = regexp.MustCompile(`^\s*(?i:database_uid|databaseUid)\s*=\s*"?([^"\s]+)"?\s*$`)
)

// findBackup finds a backup by name.
func (s *Server) findBackup(name string) (*backup, error) {
	if !backupPattern.MatchString(name) {
		return nil, invalid("%q does not name a backup.", name)
	}
	if b := s.backup(name); b != nil {
		return b, nil
	}
	return nil, notFound("The backup %s does not exist.", name)
}

func (s adminService) GetBackup(_ context.Context, r *adminpb.GetBackupRequest) (*adminpb.Backup, error) {
	b, err := s.findBackup(r.GetName())
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(b.pb), nil
}

// ListBackups lists the backups of a location; "-" is every location.
func (s adminService) ListBackups(_ context.Context, r *adminpb.ListBackupsRequest) (*adminpb.ListBackupsResponse,
	error) {
	m := locationParent.FindStringSubmatch(r.GetParent())
	if m == nil {
		return nil, invalid("Parent %q must be projects/{project}/locations/{location}.", r.GetParent())
	}
	prefix := m[0] + "/"
	if m[2] == "-" {
		prefix = m[1] + "/"
	}
	uid := ""
	if r.GetFilter() != "" {
		f := uidFilterForm.FindStringSubmatch(r.GetFilter())
		if f == nil {
			return nil, invalid("The filter can only be database_uid=\"…\".")
		}
		uid = f[1]
	}
	out := &adminpb.ListBackupsResponse{}
	for _, b := range s.listBackups() {
		if strings.HasPrefix(b.pb.GetName(), prefix) && (uid == "" || uid == b.pb.GetDatabaseUid()) {
			out.Backups = append(out.Backups, proto.CloneOf(b.pb))
		}
	}
	return out, nil
}

func (s adminService) DeleteBackup(_ context.Context, r *adminpb.DeleteBackupRequest) (*emptypb.Empty, error) {
	s.backups.work.Lock()
	defer s.backups.work.Unlock()
	b, err := s.findBackup(r.GetName())
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, answer(s.dropBackup(b))
}

// RestoreDatabase makes a new database from a backup.
func (s adminService) RestoreDatabase(ctx context.Context, r *adminpb.RestoreDatabaseRequest) (*longrunningpb.Operation,
	error) {
	if err := checkNewDatabase(r.GetParent(), r.GetDatabaseId()); err != nil {
		return nil, err
	}
	if len(r.GetTags()) > 0 {
		return nil, errUnserved("binding tags")
	}
	s.backups.work.Lock()
	defer s.backups.work.Unlock()
	b, err := s.restorable(r.GetParent(), r.GetBackup())
	if err != nil {
		return nil, err
	}
	settings, err := s.restoredSettings(ctx, b, r)
	if err != nil {
		return nil, err
	}
	started := s.now()
	d, err := s.restore(ctx, b, r.GetParent()+"/databases/"+r.GetDatabaseId(), settings)
	if err != nil {
		return nil, answer(err)
	}
	return s.doneDatabase(d, &adminpb.RestoreDatabaseMetadata{
		StartTime: timestamppb.New(started), EndTime: timestamppb.New(s.now()),
		OperationState: adminpb.OperationState_SUCCESSFUL,
		Database:       d.name, Backup: r.GetBackup(), ProgressPercentage: &adminpb.Progress{EstimatedWork: 100,
			CompletedWork: 100},
	})
}

func (s *Server) restorable(parent, name string) (*backup, error) {
	b, err := s.findBackup(name)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(name, parent+"/") {
		return nil, invalid("The backup %s is of another project than %s.", name, parent)
	}
	if b.pb.GetState() != adminpb.Backup_READY {
		return nil, precondition("The backup %s is not ready.", name)
	}
	return b, nil
}

// restoredSettings are those of a new database in place of the old one; protection and history are reset.
func (s *Server) restoredSettings(ctx context.Context, b *backup, r *adminpb.RestoreDatabaseRequest) (*adminpb.Database,
	error) {
	old, err := b.record.settings()
	if err != nil {
		return nil, answer(err)
	}
	out := plainSettings()
	out.LocationId = old.GetLocationId()
	out.SourceInfo = &adminpb.Database_SourceInfo{Source: &adminpb.Database_SourceInfo_Backup{
		Backup: &adminpb.Database_SourceInfo_BackupSource{Backup: b.pb.GetName()},
	}}
	key := old.GetCmekConfig().GetKmsKeyName()
	switch e := r.GetEncryptionConfig(); e.GetEncryptionType().(type) {
	case *adminpb.Database_EncryptionConfig_GoogleDefaultEncryption:
		key = ""
	case *adminpb.Database_EncryptionConfig_CustomerManagedEncryption:
		if key = e.GetCustomerManagedEncryption().GetKmsKeyName(); key == "" {
			return nil, invalid("customer_managed_encryption.kms_key_name is required.")
		}
	}
	out.CmekConfig, err = s.encryption(ctx, r.GetParent(), out.GetLocationId(), key)
	return out, err
}

// restore copies a backup into a new database, which is not visible before it is complete. The caller holds the work
// lock.
func (s *Server) restore(ctx context.Context, b *backup, name string, settings *adminpb.Database) (*database, error) {
	d, err := s.newDatabase(name, settings)
	if err != nil {
		return nil, err
	}
	d.record.NextIndex = b.record.NextIndex
	d.record.Indexes, d.record.Fields = slices.Clone(b.record.Indexes), slices.Clone(b.record.Fields)
	if err := s.refill(ctx, b, d); err != nil {
		err = errors.Join(err, s.dropDatabase(d))
		s.giveUp(d)
		return nil, err
	}
	s.publish(d)
	return d, nil
}

// refill writes the record, marked, then the documents with their index entries, then the record without the mark.
func (s *Server) refill(ctx context.Context, b *backup, d *database) (err error) {
	if d.schema, err = makeSchema(d.record.Indexes, d.record.Fields); err != nil {
		return err
	}
	d.record.Restoring = true
	if err := s.saveRecord(d, d.record); err != nil {
		return err
	}
	w := s.writer()
	err = s.kv.Scan(kv.Prefix(tableKey(tableBackup, b.id)), func(_, value []byte) error {
		if err := d.putCopy(w.batch, b.pb.GetDatabase(), value); err != nil {
			return err
		}
		return w.next(ctx)
	})
	if err = errors.Join(err, w.end()); err != nil {
		return err
	}
	d.record.Restoring = false
	return s.saveRecord(d, d.record)
}

// putCopy adds a document of another database to the batch, under its new name and with its index entries. It keeps its
// times.
func (d *database) putCopy(b *kv.Batch, from string, value []byte) error {
	doc, err := wire.Document(value, nil)
	if err != nil {
		return fmt.Errorf("document of a backup: %w", err)
	}
	path, ok := strings.CutPrefix(doc.GetName(), from)
	if !ok {
		return fmt.Errorf("document of a backup belongs to another database than %s", from)
	}
	doc.Name = d.name + path
	name, err := resource.ParseDoc(doc.GetName())
	if err != nil {
		return err
	}
	x, err := d.indexer(name)
	if err != nil {
		return err
	}
	b.SetFrom(docKey(d.id, name), wire.Size(doc), func(dst []byte) []byte { return wire.AppendDocument(dst, doc) })
	entries := x.entries(doc.GetFields(), nil)
	defer entries.free()
	for _, key := range entries.keys {
		b.Set(key, nil)
	}
	return entries.check()
}
