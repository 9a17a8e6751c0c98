package firestore

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// backups are the copies of databases. Their databases may no longer exist.
type backups struct {
	work sync.Mutex // one backup, restore or removal at a time

	mu  sync.RWMutex // guards what follows
	all map[string]*backup
	id  uint32 // the last number issued
}

// backup is a copy of a database. It is never changed, only replaced.
type backup struct {
	id     uint32
	pb     *adminpb.Backup
	record record // of the database, as far as it is restored
}

// storedBackup is a backup's record on disk, beside its documents.
type storedBackup struct {
	ID     uint32 `json:"id"`
	Backup []byte `json:"backup"`
	Record record `json:"record"`
}

func backupKey(name string) []byte { return append([]byte{space, tableCopies}, name...) }

// loadBackups reads the existing backups, and removes what a crash left of an unfinished one.
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

// keep stores the record of a backup, and makes it visible.
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

func (s *Server) backup(name string) *backup {
	s.backups.mu.RLock()
	defer s.backups.mu.RUnlock()
	return s.backups.all[name]
}
