package firestore

import "context"

// ExpireTransactions does what the janitor does every second.
func (s *Server) ExpireTransactions() { s.expireTransactions() }

// RestoreCut restores for a caller that is gone already.
func (s *Server) RestoreCut(backup, name string) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.restore(ctx, s.backup(backup), name, plainSettings())
	return err
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
