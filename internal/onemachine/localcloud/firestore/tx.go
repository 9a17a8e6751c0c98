package firestore

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// How long a transaction lives, and how long while it is idle.
const (
	txnLife = 270 * time.Second
	txnIdle = 60 * time.Second
)

// transaction is one that was begun and has not ended. mu is held while it takes locks, so that its owner waits for one
// thing at a time; it is never held while an answer streams.
type transaction struct {
	id       string
	database *database
	started  time.Time

	mu    sync.Mutex
	used  time.Time
	ended bool
	owner lock.Owner
	snap  *shared // of a read-only transaction
	at    time.Time
	past  bool // the snapshot is newer than at
}

// shared is a snapshot that several readers use; the last one closes it.
type shared struct {
	*kv.Snapshot
	mu   sync.Mutex
	uses int
}

func (s *shared) use() *shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses++
	return s
}

func (s *shared) free() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uses--; s.uses > 0 {
		return nil
	}
	return s.Close()
}

// transactions are those that are open.
type transactions struct {
	mu   sync.Mutex
	open map[string]*transaction
}

func (s service) BeginTransaction(_ context.Context, r *pb.BeginTransactionRequest) (*pb.BeginTransactionResponse,
	error) {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return nil, err
	}
	t, err := s.begin(d, r.GetOptions())
	if err != nil {
		return nil, err
	}
	return &pb.BeginTransactionResponse{Transaction: []byte(t.id)}, nil
}

func (s *Server) begin(d *database, o *pb.TransactionOptions) (*transaction, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	t := &transaction{id: string(id), database: d, started: s.clock()}
	t.used = t.started
	t.owner.Age = s.ages.Add(1)
	switch m := o.GetMode().(type) {
	case *pb.TransactionOptions_ReadOnly_:
		if err := s.beginReading(t, m.ReadOnly.GetReadTime()); err != nil {
			return nil, err
		}
	case *pb.TransactionOptions_ReadWrite_:
		if age, ok := ageOf(string(m.ReadWrite.GetRetryTransaction())); ok {
			t.owner.Age = age
		}
	}
	if t.snap == nil {
		t.id += encodeAge(t.owner.Age)
	}
	s.txns.mu.Lock()
	defer s.txns.mu.Unlock()
	s.txns.open[t.id] = t
	return t, nil
}

// beginReading gives a read-only transaction its time, and a snapshot from which that time can be read.
func (s *Server) beginReading(t *transaction, past *timestamppb.Timestamp) (err error) {
	if past == nil {
		var snap *kv.Snapshot
		t.at, snap = s.snapshotNow(t.database)
		t.snap = (&shared{Snapshot: snap}).use()
		return nil
	}
	t.past = true
	t.at, t.snap, err = s.snapshotAt(t.database, past)
	return err
}

// The id of a transaction ends with its age, so that a retry keeps the age and wins in the end.
func encodeAge(age uint64) string {
	var b [8]byte
	for i := range b {
		b[i] = byte(age >> (8 * i)) // #nosec G115 -- the lowest byte is meant
	}
	return string(b[:])
}

func ageOf(id string) (age uint64, ok bool) {
	if len(id) != 24 {
		return 0, false
	}
	for i := range 8 {
		age |= uint64(id[16+i]) << (8 * i)
	}
	return age, true
}

func errClosed() error {
	return invalid("The referenced transaction has expired or is no longer valid.")
}

// transaction finds an open transaction and locks it. The caller unlocks mu.
func (s *Server) transaction(d *database, id []byte) (*transaction, error) {
	s.txns.mu.Lock()
	t := s.txns.open[string(id)]
	s.txns.mu.Unlock()
	if t == nil {
		return nil, errClosed()
	}
	if t.database != d {
		return nil, invalid("The transaction belongs to another database.")
	}
	t.mu.Lock()
	if t.ended {
		t.mu.Unlock()
		return nil, errClosed()
	}
	t.used = s.clock()
	return t, nil
}

// end releases what a transaction holds. The caller holds t.mu.
func (s *Server) end(t *transaction) {
	if t.ended {
		return
	}
	t.ended = true
	s.txns.mu.Lock()
	delete(s.txns.open, t.id)
	s.txns.mu.Unlock()
	s.locks.Release(&t.owner)
	if t.snap != nil {
		_ = t.snap.free() // closing a snapshot fails only if it is already closed
	}
}

// lockAll takes one mode on several keys, which must be sorted, for a transaction that is locked. A transaction that
// has to give way ends.
func (s *Server) lockAll(ctx context.Context, t *transaction, keys []string, mode lock.Mode) error {
	for _, k := range keys {
		if err := s.locks.Acquire(ctx, &t.owner, k, mode); err != nil {
			s.end(t)
			return err
		}
	}
	return nil
}

func (s service) Rollback(_ context.Context, r *pb.RollbackRequest) (*emptypb.Empty, error) {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return nil, err
	}
	t, err := s.transaction(d, r.GetTransaction())
	if err != nil {
		return &emptypb.Empty{}, nil // it has already ended, which is what was requested
	}
	defer t.mu.Unlock()
	s.end(t)
	return &emptypb.Empty{}, nil
}

// startJanitor ends abandoned transactions, as Google does.
func (s *Server) startJanitor() {
	stop := make(chan struct{})
	s.stop = sync.OnceFunc(func() { close(stop) })
	go func() {
		defer close(s.done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.expireTransactions()
			case <-stop:
				return
			}
		}
	}()
}

// expireTransactions ends those whose time is over. A busy one is left for the next round.
func (s *Server) expireTransactions() {
	s.txns.each(func(t *transaction) {
		if !t.mu.TryLock() {
			return
		}
		defer t.mu.Unlock()
		now := s.clock()
		if now.Sub(t.used) > txnIdle || now.Sub(t.started) > txnLife {
			s.end(t)
		}
	})
}

func (x *transactions) closeAll(s *Server) {
	x.each(func(t *transaction) {
		t.mu.Lock()
		defer t.mu.Unlock()
		s.end(t)
	})
}

func (x *transactions) each(fn func(*transaction)) {
	x.mu.Lock()
	all := make([]*transaction, 0, len(x.open))
	for _, t := range x.open {
		all = append(all, t)
	}
	x.mu.Unlock()
	for _, t := range all {
		fn(t)
	}
}
