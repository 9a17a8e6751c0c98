package store

import (
	"context"
	"fmt"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
)

// When a transaction is given up, its rollback is waited for briefly and then continues in the background. A
// transaction that is not rolled back holds its locks until the database drops it, after a minute or more.
const (
	rollbackWait  = 200 * time.Millisecond
	rollbackTime  = 20 * time.Second
	rollbackAgain = 500 * time.Millisecond
	rollbacksMost = 256 // at once in the background; in an outage with many requests the database drops the rest
)

// Tx is a running transaction. What it reads does not change until the transaction ends or runs again. It must not be
// used by several goroutines at once, nor after its function has returned.
type Tx struct {
	store  *Store
	id     []byte // nil until the first read
	again  []byte // the id of the attempt before
	writes []Write
}

// Run calls f, then commits what it wrote, all or nothing. When other transactions interfere it calls f again, so f
// must have no side effects except through the Tx. It is ErrUnavailable when the time is up before a commit succeeded.
func (s *Store) Run(ctx context.Context, f func(context.Context, *Tx) error) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	var before []byte
	return retry(ctx, contended, func() error {
		tx := &Tx{store: s, again: before}
		err := tx.attempt(ctx, f)
		before = tx.id
		return err
	})
}

// contended reports whether a transaction lost against another one and can run again.
func contended(err error) bool { return status.Code(err) == codes.Aborted }

func (tx *Tx) attempt(ctx context.Context, f func(context.Context, *Tx) error) error {
	err := f(ctx, tx)
	if err == nil {
		err = tx.finish(ctx)
	}
	if err != nil {
		tx.rollback(ctx)
	}
	return err
}

func (tx *Tx) finish(ctx context.Context) error {
	if len(tx.writes) > 0 {
		_, err := tx.store.commit(ctx, tx.writes, tx.id)
		return err
	}
	if tx.id == nil {
		return nil
	}
	req := &pb.CommitRequest{Database: tx.store.database, Transaction: tx.id}
	_, err := tx.store.client.Commit(ctx, req, once)
	return failed(ctx, "transaction", err)
}

// rollback releases the transaction's locks, even when the caller has gone.
func (tx *Tx) rollback(ctx context.Context) {
	if tx.id == nil {
		return
	}
	select {
	case tx.store.rollbacks <- struct{}{}:
	default:
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { <-tx.store.rollbacks }()
		tx.store.release(context.WithoutCancel(ctx), tx.id)
	}()
	timer := time.NewTimer(rollbackWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// release rolls a transaction back, and repeats that while the database cannot be reached. Correctness does not depend
// on it: an idle transaction ends by itself, later.
func (s *Store) release(ctx context.Context, id []byte) {
	ctx, cancel := context.WithTimeout(ctx, rollbackTime)
	defer cancel()
	req := &pb.RollbackRequest{Database: s.database, Transaction: id}
	for unreached(s.tryRollback(ctx, req)) {
		timer := time.NewTimer(rollbackAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (s *Store) tryRollback(ctx context.Context, req *pb.RollbackRequest) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.client.Rollback(ctx, req, once)
}

// unreached reports whether the call may not have reached the database. Aborted is not among these codes: it says that
// the transaction is over.
func unreached(err error) bool {
	switch code := status.Code(err); code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
		return true
	default:
		return broken(code)
	}
}

// begin starts the transaction at the first read; a transaction that only writes is a plain commit.
func (tx *Tx) begin(ctx context.Context) error {
	if tx.id != nil {
		return nil
	}
	req := &pb.BeginTransactionRequest{Database: tx.store.database}
	if tx.again != nil {
		req.Options = &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadWrite_{
			ReadWrite: &pb.TransactionOptions_ReadWrite{RetryTransaction: tx.again},
		}}
	}
	return retry(ctx, passing, func() error {
		resp, err := tx.store.client.BeginTransaction(ctx, req, once)
		tx.id = resp.GetTransaction()
		return err
	})
}

// Get reads one document. It is ErrNotFound when there is none.
func (tx *Tx) Get(ctx context.Context, r Ref) (*Doc, error) { return one(tx.GetAll(ctx, r)) }

// GetAll reads documents in one round trip. The result has the order of refs, with nil for those that do not exist.
func (tx *Tx) GetAll(ctx context.Context, refs ...Ref) ([]*Doc, error) {
	for _, r := range refs {
		if err := tx.unwritten(func(w Ref) bool { return w == r }); err != nil {
			return nil, err
		}
	}
	if err := tx.begin(ctx); err != nil {
		return nil, failed(ctx, "transaction", err)
	}
	return tx.store.getAll(ctx, refs, tx.id)
}

// Find reads a page of a query.
func (tx *Tx) Find(ctx context.Context, f Find) (Page, error) {
	err := tx.unwritten(func(w Ref) bool {
		return w.Collection == f.Collection && (f.Scope == model.Scope{} || w.Scope == f.Scope)
	})
	if err != nil {
		return Page{}, err
	}
	if err := tx.begin(ctx); err != nil {
		return Page{}, failed(ctx, "transaction", err)
	}
	return tx.store.find(ctx, f, tx.id)
}

// Write adds changes to what the transaction will commit. Reads in the same transaction do not see them, and reading a
// document that was written before is an error.
func (tx *Tx) Write(writes ...Write) { tx.writes = append(tx.writes, writes...) }

func (tx *Tx) unwritten(match func(Ref) bool) error {
	for _, w := range tx.writes {
		if match(w.Ref()) {
			return fmt.Errorf("store: %s is read after it was written in the same transaction", w.Ref())
		}
	}
	return nil
}
