package firestore

import (
	"context"
	"errors"
	"slices"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// BackUp makes a backup of a database now. On Google Cloud only a schedule makes backups; here Sweep follows the
// schedules, and whoever operates one machine need not wait for midnight.
func (s *Server) BackUp(ctx context.Context, database string, retention time.Duration) (*adminpb.Backup, error) {
	if err := checkBackupRetention(durationpb.New(retention)); err != nil {
		return nil, err
	}
	d, err := s.database(database)
	if err != nil {
		return nil, err
	}
	return s.backUp(ctx, d, retention)
}

func (s *Server) backUp(ctx context.Context, d *database, retention time.Duration) (*adminpb.Backup, error) {
	s.backups.work.Lock()
	defer s.backups.work.Unlock()
	b, snap, err := s.beginBackup(d, retention)
	if err != nil {
		return nil, err
	}
	err = s.fillBackup(ctx, d.id, b, snap)
	if err = errors.Join(err, snap.Close()); err != nil {
		return nil, errors.Join(err, s.dropBackup(b))
	}
	return proto.CloneOf(s.backup(b.pb.GetName()).pb), nil
}

// beginBackup pauses the database for a moment: what is already committed has an earlier time than the backup,
// everything else a later one.
func (s *Server) beginBackup(d *database, retention time.Duration) (*backup, *kv.Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return nil, nil, errNoDatabase(d.name)
	}
	settings, err := d.record.settings()
	if err != nil {
		return nil, nil, err
	}
	project, _ := splitName(d.name)
	at := s.now()
	b := &backup{id: s.nextBackup(), record: d.record.withoutPolicies(), pb: &adminpb.Backup{
		Name:         "projects/" + project + "/locations/" + settings.GetLocationId() + "/backups/" + newUUID(),
		Database:     d.name,
		DatabaseUid:  settings.GetUid(),
		SnapshotTime: timestamppb.New(at),
		ExpireTime:   timestamppb.New(at.Add(retention)),
		State:        adminpb.Backup_CREATING,
	}}
	if err := s.keep(b); err != nil {
		return nil, nil, err
	}
	return b, s.kv.Snapshot(), nil
}

func (s *Server) nextBackup() uint32 {
	s.backups.mu.Lock()
	defer s.backups.mu.Unlock()
	s.backups.id++
	return s.backups.id
}

// withoutPolicies is the record as a backup has it: as at Google, schedules and time to live are not part of it.
func (r record) withoutPolicies() record {
	fields := slices.Clone(r.Fields)
	for i := range fields {
		fields[i].TTL = false
	}
	r.Fields = slices.DeleteFunc(fields, func(f FieldOverride) bool { return f.Automatic })
	r.Schedules, r.Rebuild = nil, nil
	return r
}

// fillBackup copies the documents of a snapshot, a limited amount at a time, and then marks the backup as ready.
func (s *Server) fillBackup(ctx context.Context, database uint32, b *backup, snap *kv.Snapshot) error {
	stats := &adminpb.Backup_Stats{}
	from, to := tableKey(tableDocs, database), tableKey(tableBackup, b.id)
	w := s.writer()
	err := snap.Scan(kv.Prefix(from), func(key, value []byte) error {
		stats.DocumentCount++
		stats.SizeBytes += int64(len(key) + len(value))
		w.batch.Set(append(slices.Clone(to), key[len(from):]...), value)
		return w.next(ctx)
	})
	if err = errors.Join(err, w.end()); err != nil {
		return err
	}
	err = snap.Scan(kv.Prefix(tableKey(tableIndex, database)), func(key, _ []byte) error {
		stats.IndexCount++
		stats.SizeBytes += int64(len(key))
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	ready := *b
	ready.pb = proto.CloneOf(b.pb)
	ready.pb.State, ready.pb.Stats = adminpb.Backup_READY, stats
	return s.keep(&ready)
}

// writer writes any amount in batches of limited size. What it has written is on disk after the next commit.
type writer struct {
	kv    *kv.DB
	batch *kv.Batch
}

func (s *Server) writer() *writer { return &writer{kv: s.kv, batch: s.kv.Batch()} }

// next starts another batch when this one is full.
func (w *writer) next(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.batch.Len() < rebuildBatch {
		return nil
	}
	full := w.batch
	w.batch = w.kv.Batch()
	return full.CommitLater()
}

func (w *writer) end() error { return w.batch.CommitLater() }
