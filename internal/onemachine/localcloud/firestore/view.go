package firestore

import (
	"context"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// reader reads keys: those that are there now, or those of an earlier time.
type reader interface {
	// View calls fn with the value of key, which is valid only during the call; or returns kv.ErrNotFound.
	View(key []byte, fn func(value []byte) error) error
	// Iter walks over the keys from lo to before hi.
	Iter(lo, hi []byte) (iterator, error)
}

// iterator has the methods of kv.Iter. A walk that has begun in one direction continues in that direction, or seeks.
type iterator interface {
	Last() bool
	Next() bool
	Prev() bool
	SeekGE(key []byte) bool
	SeekLT(key []byte) bool
	Key() []byte
	Value() []byte
	Close() error
}

// newest reads what is there now, of the database or of a snapshot.
type newest struct{ kv.Reader }

func (n newest) Iter(lo, hi []byte) (iterator, error) {
	it, err := n.Reader.Iter(lo, hi)
	if err != nil {
		return nil, err
	}
	return it, nil
}

// view is what one call reads from. It must be ended.
type view struct {
	reader
	at      time.Time
	close   func() error
	started *transaction // that the call began
}

func (v view) time() *timestamppb.Timestamp { return timestamppb.New(v.at) }

// id is what the caller must be told about the transaction that the call began, or nil.
func (v view) id() []byte {
	if v.started == nil {
		return nil
	}
	return []byte(v.started.id)
}

// snapshot is a view of now.
func (s *Server) snapshot() view {
	snap := s.kv.Snapshot()
	return view{reader: newest{snap}, at: s.now(), close: snap.Close}
}

// consistency is what a read wants to see: the state of a transaction, of one that begins with the read, or of a time;
// or, without any of these, the current state.
type consistency struct {
	txn   []byte
	begin *pb.TransactionOptions
	past  *timestamppb.Timestamp
}

func (c consistency) plain() bool { return len(c.txn) == 0 && c.begin == nil && c.past == nil }

// needs says what a read is about: what it has to lock in a read-write transaction, and which documents it can touch in
// the past.
type needs struct {
	locks func() ([]string, error)
	group string // the collection group of them, "" for all
	keys  bool   // it looks at single documents only, by their keys
}

// view opens what a read looks at: for a read-only transaction its snapshot; for a read-write transaction the newest
// state, once the locks are held; for a time, the state at that time. If a transaction would begin with a read that
// fails, it does not begin.
func (s *Server) view(ctx context.Context, d *database, c consistency, n needs) (view, error) {
	switch {
	case c.begin != nil:
		t, err := s.begin(d, c.begin)
		if err != nil {
			return view{}, err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		v, err := s.viewIn(ctx, t, n)
		if err != nil {
			s.end(t)
		}
		v.started = t
		return v, err
	case len(c.txn) > 0:
		t, err := s.transaction(d, c.txn)
		if err != nil {
			return view{}, err
		}
		defer t.mu.Unlock()
		return s.viewIn(ctx, t, n)
	case c.past != nil:
		at, snap, err := s.snapshotAt(d, c.past)
		if err != nil {
			return view{}, err
		}
		return d.pastView(snap, at, n)
	}
	return s.snapshot(), nil
}

// viewIn is the view of a transaction, whose mu the caller holds.
func (s *Server) viewIn(ctx context.Context, t *transaction, n needs) (view, error) {
	if t.snap != nil && t.past {
		return t.database.pastView(t.snap.use(), t.at, n)
	}
	if t.snap != nil {
		snap := t.snap.use()
		return view{reader: newest{snap}, at: t.at, close: snap.free}, nil
	}
	keys, err := n.locks()
	if err != nil {
		return view{}, err
	}
	if err := s.lockAll(ctx, t, keys, lock.Exclusive); err != nil {
		return view{}, answer(err)
	}
	return s.snapshot(), nil
}

// endView closes the view of a read that ended with err, and the transaction that it began if the caller cannot
// continue with it.
func (s *Server) endView(v view, err error) error {
	if closed := v.close(); err == nil {
		err = closed
	}
	if err != nil && v.started != nil {
		v.started.mu.Lock()
		defer v.started.mu.Unlock()
		s.end(v.started)
	}
	return answer(err)
}
