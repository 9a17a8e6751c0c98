// Package kv is the one ordered key-value database of the local cloud, kept in a folder by Pebble. The services share
// it, each under a key prefix of its own. A commit is on disk when it returns, and commits made at the same time share
// the wait for the disk.
//
// It must never interpret keys or values, and it must never report a commit as done before the disk has it.
package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrNotFound says that a key has no value.
var ErrNotFound = errors.New("key not found")

// Reader reads from the database or from a snapshot of it.
type Reader interface {
	// Get returns a copy of the value of key, or ErrNotFound.
	Get(key []byte) ([]byte, error)
	// View calls fn with the value of key, which is valid only during the call; or returns ErrNotFound.
	View(key []byte, fn func(value []byte) error) error
	// Iter walks over the keys from lo to before hi.
	Iter(lo, hi []byte) (*Iter, error)
	// Scan calls fn with every key and value of the range, in order. The arguments are valid only during the call. Stop
	// ends the scan.
	Scan(r Range, fn func(key, value []byte) error) error
}

// Range is the keys from Lo to before Hi; a nil Hi means to the end.
type Range struct {
	Lo, Hi  []byte
	Reverse bool
}

// Stop is returned by a Scan function to end the scan without an error.
//
//lint:ignore ST1012 it is a signal, like io.EOF
var Stop = errors.New("stop")

// Log is told what the engine does in the background.
type Log interface {
	Info(event string)
	Error(event string, err error)
}

// Options tune a database. The zero value is right for everything but tests.
type Options struct {
	// CacheBytes limits the block cache and the memtables together; 0 means 256 MB. The memory is allocated as it
	// fills.
	CacheBytes int64
	// Log, when set, is told what the engine does in the background, and of its errors.
	Log Log
	// Failed, when set, is called once when the database has stopped: see ErrFailed. The error is one sentence for
	// whoever runs the program. It is called while locks are held: it must not use the database, and may end the
	// process.
	Failed func(error)
	// Files is the file system of the folder; nil means the machine's own.
	Files vfs.FS
	// MemTable limits what waits in memory to be flushed; 0 means 32 MB.
	MemTable uint64
}

// DB is an open database.
type DB struct {
	source
	*failure
	durability durability
	turn       chan struct{} // held by the goroutine that commits
	db         *pebble.DB
	lock       *pebble.Lock
}

// Open opens the database in the folder dir and creates it if it does not exist. Only one process can have it open: see
// ErrInUse. Its error is a sentence that says what is wrong, with which file, and what to do.
func Open(dir string, o Options) (*DB, error) {
	if o.Files == nil {
		o.Files = vfs.Default
	}
	if err := makeFolder(o.Files, dir); err != nil {
		return nil, fmt.Errorf("kv: %w", explain(dir, err))
	}
	lock, err := pebble.LockDirectory(dir, o.Files)
	if err != nil {
		return nil, fmt.Errorf("kv: %w", explainLock(dir, err))
	}
	d := &DB{failure: newFailure(dir, o), lock: lock, turn: make(chan struct{}, 1)}
	files, err := openLogbook(o.Files, dir, d.failure)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kv: %w", explainOpen(dir, err)), lock.Close())
	}
	o.Files = files
	d.durability.moved = make(chan struct{})
	err = d.guard(func() (err error) {
		d.db, err = pebble.Open(dir, d.pebbleOptions(o))
		return err
	})
	if failed := d.check(); failed != nil {
		return nil, failed // the lock stays: whatever is left of the engine may still write
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kv: %w", explainOpen(dir, err)), lock.Close())
	}
	d.source = source{d.db, d.failure}
	return d, nil
}

// makeFolder creates the folder, and waits until its parent has recorded its name, because what is created later relies
// on it.
func makeFolder(files vfs.FS, dir string) error {
	if err := files.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	above, err := files.OpenDir(files.PathDir(dir))
	if err != nil {
		return err
	}
	return errors.Join(above.Sync(), above.Close())
}

// explainLock: the lock file is created at every start, so it may be the first thing that the disk refuses.
func explainLock(dir string, err error) error {
	held := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && !errors.As(err, new(*fs.PathError))
	var errno syscall.Errno
	if held || !errors.As(err, &errno) {
		return fmt.Errorf("cannot open %s: %w (%w)", dir, ErrInUse, err)
	}
	return explain(dir, err)
}

// pebbleOptions: a large memtable and late stops keep writers from stalling. What a start after a crash must replay is
// limited by the memtables, which is why they are not larger still. Pebble takes the memtables out of the cache's size,
// so the cache must be several times as large; otherwise reads would go to the disk while there is much to write.
//
// BenchmarkSettings compared these settings, in processor time, with no compression, memtables of 64 MB, a compaction
// of L0 at 8 instead of 4, a base of 512 MB and no filters in the last level: none was better by more than the tenth
// by which each of them differs from run to run. With 8 a seventh less is written, for twice as many tables to look
// into. A base of 512 MB writes a quarter less while everything fits into it, and a quarter more from then on.
func (d *DB) pebbleOptions(o Options) *pebble.Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = 256 << 20
	}
	if o.MemTable == 0 {
		o.MemTable = 32 << 20
	}
	opts := &pebble.Options{
		FS:                          o.Files,
		Lock:                        d.lock,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                o.MemTable,
		MemTableStopWritesThreshold: 6,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
		LBaseMaxBytes:               128 << 20,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      d.failure,
		EventListener:               d.listener(),
	}
	opts.Levels[0].FilterPolicy = bloom.FilterPolicy(10)
	for i := 1; i < len(opts.Levels); i++ {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return opts
}

// Close ends the use of the database and releases its folder. It writes out what only the log has, so that the next
// start replays nothing. A database that has stopped stays as it is, lock included, because whatever is left of the
// engine may still write.
func (d *DB) Close() error {
	select {
	case d.turn <- struct{}{}: // for good: nobody commits any more
	case <-d.failed:
		return d.err
	}
	err := d.guard(func() error { return errors.Join(d.db.Flush(), d.db.Close()) })
	if failed := d.check(); failed != nil {
		return failed
	}
	return errors.Join(err, d.lock.Close())
}

// Written is how many bytes commits have added to the log since the database was opened.
func (d *DB) Written() uint64 { return d.db.Metrics().WAL.BytesIn }

// Settle waits until everything that was written has been flushed and compacted: for measurements.
func (d *DB) Settle(ctx context.Context) error {
	if err := d.guard(d.db.Flush); err != nil {
		return fmt.Errorf("kv: flush: %w", err)
	}
	for quiet := 0; quiet < 3; quiet++ {
		if m := d.db.Metrics(); m.Compact.NumInProgress > 0 || m.Flush.NumInProgress > 0 {
			quiet = -1
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// Snapshot is the database as it is now, whatever is written later. It must be closed.
func (d *DB) Snapshot() *Snapshot {
	s := d.db.NewSnapshot()
	return &Snapshot{source: source{s, d.failure}, snap: s}
}

// Snapshot is an unchanging view of a database.
type Snapshot struct {
	source
	snap *pebble.Snapshot
}

// Close releases the snapshot.
func (s *Snapshot) Close() error { return s.snap.Close() }

// source makes a Pebble reader a Reader.
type source struct {
	r    pebble.Reader
	fate *failure
}

func (s source) Get(key []byte) (out []byte, err error) {
	err = s.View(key, func(v []byte) error {
		out = bytes.Clone(v)
		return nil
	})
	return out, err
}

func (s source) View(key []byte, fn func([]byte) error) error {
	if err := s.fate.check(); err != nil {
		return err
	}
	v, closer, err := s.r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("kv: get: %w", err)
	}
	err = fn(v)
	return errors.Join(err, closer.Close())
}

func (s source) Iter(lo, hi []byte) (*Iter, error) {
	if err := s.fate.check(); err != nil {
		return nil, err
	}
	it, err := s.r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return nil, fmt.Errorf("kv: iterate: %w", err)
	}
	return &Iter{it, s.fate}, nil
}

func (s source) Scan(r Range, fn func(key, value []byte) error) (err error) {
	it, err := s.Iter(r.Lo, r.Hi)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	first, next := it.First, it.Next
	if r.Reverse {
		first, next = it.Last, it.Prev
	}
	for ok := first(); ok; ok = next() {
		if err := fn(it.Key(), it.Value()); err != nil {
			if errors.Is(err, Stop) {
				return nil
			}
			return err
		}
	}
	return nil
}

// Prefix is the range of all keys that begin with p.
func Prefix(p []byte) Range { return Range{Lo: p, Hi: PrefixEnd(p)} }

// PrefixEnd is the first key after all that begin with p; nil when there is none.
func PrefixEnd(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] < 0xff {
			end := bytes.Clone(p[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}
