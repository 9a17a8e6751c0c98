package firestore

import (
	"context"
	"errors"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

func (s adminService) CreateDatabase(ctx context.Context, r *adminpb.CreateDatabaseRequest) (*longrunningpb.Operation,
	error) {
	if err := checkNewDatabase(r.GetParent(), r.GetDatabaseId()); err != nil {
		return nil, err
	}
	settings, err := s.newSettings(ctx, r.GetParent(), r.GetDatabase())
	if err != nil {
		return nil, err
	}
	d, err := s.createDatabase(r.GetParent()+"/databases/"+r.GetDatabaseId(), settings)
	if err != nil {
		return nil, answer(err)
	}
	return s.doneDatabase(d, &adminpb.CreateDatabaseMetadata{})
}

func (s adminService) GetDatabase(_ context.Context, r *adminpb.GetDatabaseRequest) (*adminpb.Database, error) {
	d, err := s.database(r.GetName())
	if err != nil {
		return nil, err
	}
	return d.proto(s.clock())
}

func (s adminService) ListDatabases(_ context.Context, r *adminpb.ListDatabasesRequest) (*adminpb.ListDatabasesResponse,
	error) {
	if !projectPattern.MatchString(r.GetParent()) {
		return nil, invalid("Parent %q must be projects/{project_id}.", r.GetParent())
	}
	out := &adminpb.ListDatabasesResponse{}
	for _, d := range s.databasesUnder(r.GetParent() + "/databases/") {
		pb, err := d.proto(s.clock())
		if err != nil {
			return nil, err
		}
		out.Databases = append(out.Databases, pb)
	}
	return out, nil
}

func (s adminService) UpdateDatabase(_ context.Context, r *adminpb.UpdateDatabaseRequest) (*longrunningpb.Operation,
	error) {
	d, err := s.database(r.GetDatabase().GetName())
	if err != nil {
		return nil, err
	}
	if len(r.GetUpdateMask().GetPaths()) == 0 {
		return nil, invalid("update_mask is required.")
	}
	err = s.changeRecord(d, func(rec *record) error {
		if err := rec.checkEtag(r.GetDatabase().GetEtag()); err != nil {
			return err
		}
		settings, err := rec.settings()
		if err != nil {
			return err
		}
		for _, path := range r.GetUpdateMask().GetPaths() {
			if err := changeSettings(settings, r.GetDatabase(), path); err != nil {
				return err
			}
		}
		settings.UpdateTime = timestamppb.New(s.now())
		return rec.setSettings(settings)
	})
	if err != nil {
		return nil, answer(err)
	}
	return s.doneDatabase(d, &adminpb.UpdateDatabaseMetadata{})
}

// changeRecord lets change edit a copy of a database's record, and stores the result. What the copy shares with the
// original must be replaced, not changed. To change the indexing, use changeIndexing.
func (s *Server) changeRecord(d *database, change func(*record) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return errNoDatabase(d.name)
	}
	next := d.record
	if err := change(&next); err != nil {
		return err
	}
	if err := s.saveRecord(d, next); err != nil {
		return err
	}
	d.record = next
	return nil
}

func (s adminService) DeleteDatabase(_ context.Context, r *adminpb.DeleteDatabaseRequest) (*longrunningpb.Operation,
	error) {
	d, err := s.database(r.GetName())
	if err != nil {
		return nil, err
	}
	pb, err := d.proto(s.clock())
	if err != nil {
		return nil, err
	}
	if err := s.deleteDatabase(d, r.GetEtag()); err != nil {
		return nil, answer(err)
	}
	pb.DeleteTime = timestamppb.New(s.now())
	return s.operations.Done(d.name, pb, &adminpb.DeleteDatabaseMetadata{})
}

// deleteDatabase removes a database with all its content. Commits in progress end first, and later ones find nothing.
// Its transactions end.
func (s *Server) deleteDatabase(d *database, etag string) error {
	if err := s.markDeleted(d, etag); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.databases, d.name)
	s.mu.Unlock()
	s.txns.each(func(t *transaction) {
		if t.database == d {
			t.mu.Lock()
			defer t.mu.Unlock()
			s.end(t)
		}
	})
	return nil
}

func (s *Server) markDeleted(d *database, etag string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return errNoDatabase(d.name)
	}
	settings, err := d.record.settings()
	if err != nil {
		return err
	}
	if settings.GetDeleteProtectionState() == adminpb.Database_DELETE_PROTECTION_ENABLED {
		return precondition("The database %s has delete protection enabled; disable it first.", d.name)
	}
	if err := d.record.checkEtag(etag); err != nil {
		return err
	}
	if err := s.dropDatabase(d); err != nil {
		return err
	}
	d.deleted = true
	return nil
}

// dropDatabase removes the record and everything below the number of a database from disk, in one write.
func (s *Server) dropDatabase(d *database) error {
	b := s.kv.Batch()
	b.Delete(metaKey(d.name))
	for _, t := range []byte{tableDocs, tableIndex, tableNames, tableVersions, tableChanges, tableFloor} {
		prefix := tableKey(t, d.id)
		b.DeleteRange(prefix, kv.PrefixEnd(prefix))
	}
	if err := b.Commit(); err != nil {
		return errors.Join(err, b.Close())
	}
	return nil
}
