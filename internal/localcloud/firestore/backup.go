package firestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
)

// backups are the copies of databases. Their databases may be gone.
type backups struct {
	work sync.Mutex // one backup, restoration or removal after the other

	mu  sync.RWMutex // guards what follows
	all map[string]*backup
	id  uint32 // the last one given
}

// backup is a copy of a database. It is never changed, only replaced.
type backup struct {
	id     uint32
	pb     *adminpb.Backup
	record record // of the database, as far as it comes back
}

// storedBackup is a backup as it is kept on disk, beside its documents.
type storedBackup struct {
	ID     uint32 `json:"id"`
	Backup []byte `json:"backup"`
	Record record `json:"record"`
}

func backupKey(name string) []byte { return append([]byte{space, tableCopies}, name...) }

// loadBackups reads what backups there are, and removes what a crash left of one that was not finished.
func (s *Server) loadBackups() error {
	s.backups.all = map[string]*backup{}
	err := s.kv.Scan(kv.Prefix(backupKey("")), func(key, value []byte) error {
		b, err := decodeBackup(value)
		if err != nil {
			return fmt.Errorf("backup %s: %w", key[2:], err)
		}
		s.backups.all[b.pb.GetName()] = b
		s.backups.id = max(s.backups.id, b.id)
		return nil
	})
	if err != nil {
		return err
	}
	for _, b := range s.listBackups() {
		if b.pb.GetState() == adminpb.Backup_CREATING {
			if err := s.dropBackup(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func decodeBackup(value []byte) (*backup, error) {
	var stored storedBackup
	if err := json.Unmarshal(value, &stored); err != nil {
		return nil, err
	}
	pb := &adminpb.Backup{}
	return &backup{id: stored.ID, pb: pb, record: stored.Record}, proto.Unmarshal(stored.Backup, pb)
}

// keep writes what is known about a backup, and shows it.
func (s *Server) keep(b *backup) error {
	raw, err := proto.Marshal(b.pb)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	value, err := json.Marshal(storedBackup{ID: b.id, Backup: raw, Record: b.record})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	batch := s.kv.Batch()
	batch.Set(backupKey(b.pb.GetName()), value)
	if err := batch.Commit(); err != nil {
		return err
	}
	s.backups.mu.Lock()
	defer s.backups.mu.Unlock()
	s.backups.all[b.pb.GetName()] = b
	return nil
}

// listBackups lists the backups by name.
func (s *Server) listBackups() []*backup {
	s.backups.mu.RLock()
	defer s.backups.mu.RUnlock()
	out := make([]*backup, 0, len(s.backups.all))
	for _, b := range s.backups.all {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b *backup) int {
		if a.pb.GetName() < b.pb.GetName() {
			return -1
		}
		return 1
	})
	return out
}

// dropBackup removes a backup from sight and from disk.
func (s *Server) dropBackup(b *backup) error {
	batch := s.kv.Batch()
	batch.Delete(backupKey(b.pb.GetName()))
	prefix := tableKey(tableBackup, b.id)
	batch.DeleteRange(prefix, kv.PrefixEnd(prefix))
	if err := batch.Commit(); err != nil {
		return err
	}
	s.backups.mu.Lock()
	defer s.backups.mu.Unlock()
	delete(s.backups.all, b.pb.GetName())
	return nil
}

// dropOldBackups removes those whose retention is over.
func (s *Server) dropOldBackups() error {
	s.backups.work.Lock()
	defer s.backups.work.Unlock()
	now := s.clock()
	for _, b := range s.listBackups() {
		if b.pb.GetExpireTime().AsTime().After(now) {
			continue
		}
		if err := s.dropBackup(b); err != nil {
			return err
		}
	}
	return nil
}

// BackUp makes a backup of a database now. On Google Cloud only a schedule makes one; here Sweep follows the schedules, and whoever
// operates one machine need not wait for midnight.
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

// beginBackup stops the database for a moment: what is committed has an earlier time than the backup, what is not a later one.
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

// withoutPolicies is the record as a backup has it: as in production, schedules and time to live are no part of it.
func (r record) withoutPolicies() record {
	fields := slices.Clone(r.Fields)
	for i := range fields {
		fields[i].TTL = false
	}
	r.Fields = slices.DeleteFunc(fields, func(f FieldOverride) bool { return f.Automatic })
	r.Schedules, r.Rebuild = nil, nil
	return r
}

// fillBackup copies the documents of a snapshot, a bounded amount at a time, and then says that the backup is ready.
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

func (s *Server) backup(name string) *backup {
	s.backups.mu.RLock()
	defer s.backups.mu.RUnlock()
	return s.backups.all[name]
}

// writer writes any amount in batches of a bounded size. What it has written is on disk after the next commit.
type writer struct {
	kv    *kv.DB
	batch *kv.Batch
}

func (s *Server) writer() *writer { return &writer{kv: s.kv, batch: s.kv.Batch()} }

// next begins another batch when this one is full.
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
