package firestore

import (
	"context"
	"encoding/json"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// ExpireTransactions does what the janitor does every second.
func (s *Server) ExpireTransactions() { s.expireTransactions() }

// Restore restores without an operation.
func (s *Server) Restore(ctx context.Context, backup, name string) error {
	_, err := s.restore(ctx, s.backup(backup), name, plainSettings())
	return err
}

// HalfRestored tells whether the disk says of a database that it is being restored.
func (s *Server) HalfRestored(name string) bool {
	data, err := s.kv.Get(metaKey(name))
	var r record
	return err == nil && json.Unmarshal(data, &r) == nil && r.Restoring
}

// LeaveHalfRestored leaves what a crash in the middle of a restoration leaves.
func (s *Server) LeaveHalfRestored(name string) error {
	d, err := s.newDatabase(name, plainSettings())
	if err != nil {
		return err
	}
	d.record.Restoring = true
	b := s.kv.Batch()
	b.Set(append(tableKey(tableDocs, d.id), "half"...), []byte("a document"))
	if err := b.Commit(); err != nil {
		return err
	}
	return s.saveRecord(d, d.record)
}

// Versions counts the earlier contents that are kept.
func (s *Server) Versions() (n int) {
	for _, table := range []byte{tableVersions, tableChanges} {
		_ = s.kv.Scan(kv.Prefix([]byte{space, table}), func(_, _ []byte) error {
			n++
			return nil
		})
	}
	return n
}

// LimitUndo limits what a read of the past undoes, until restore is called.
func LimitUndo(n int) (restore func()) {
	old := maxUndo
	maxUndo = n
	return func() { maxUndo = old }
}

// OpenTransactions counts those that have not ended.
func (s *Server) OpenTransactions() int {
	s.txns.mu.Lock()
	defer s.txns.mu.Unlock()
	return len(s.txns.open)
}

// Spoil overwrites a stored document with something that is not a document, and returns a function that restores it.
func (s *Server) Spoil(name string) (restore func() error, err error) {
	d, err := s.databaseOf(name)
	if err != nil {
		return nil, err
	}
	doc, err := d.parse(name)
	if err != nil {
		return nil, err
	}
	key := docKey(d.id, doc)
	was, err := s.kv.Get(key)
	if err != nil {
		return nil, err
	}
	put := func(value []byte) error {
		b := s.kv.Batch()
		b.Set(key, value)
		return b.Commit()
	}
	return func() error { return put(was) }, put([]byte("no document"))
}
