// Package kv is the one ordered key-value database of the local cloud, kept in a folder by Pebble. The services share it, each under a
// key prefix of its own. A commit is on disk when it returns, and commits made at the same time share the wait for the disk.
//
// It must never interpret keys or values, and it must never report a commit as done before the disk has it.
package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrNotFound says that a key has no value.
var ErrNotFound = errors.New("key not found")

// ErrInUse says that another process, or another part of this one, has the folder open.
var ErrInUse = errors.New("folder is in use by another process")

// Reader reads from the database or from a snapshot of it.
type Reader interface {
	// Get returns a copy of the value of key, or ErrNotFound.
	Get(key []byte) ([]byte, error)
	// View calls fn with the value of key, which is valid only during the call; or returns ErrNotFound.
	View(key []byte, fn func(value []byte) error) error
	// Iter walks over the keys from lo to before hi.
	Iter(lo, hi []byte) (*Iter, error)
	// Scan calls fn with every key and value of the range, in order. What fn gets is valid only during the call. Stop ends the scan.
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

// Options tune a database. The zero value is right for everything but tests.
type Options struct {
	// CacheBytes bounds the block cache and the memtables together; 0 means 256 MB. It is taken as it fills.
	CacheBytes int64
	// Logf, when set, hears about what Pebble does in the background and about its errors.
	Logf func(format string, args ...any)
}

// DB is an open database.
type DB struct {
	source
	db   *pebble.DB
	lock *pebble.Lock
}

// Open opens the database in the folder dir and makes it when it is not there. Only one process can have it open: see ErrInUse.
func Open(dir string, o Options) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("kv: make folder: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, vfs.Default)
	if err != nil {
		return nil, fmt.Errorf("kv: cannot open %s: %w (%w)", dir, ErrInUse, err)
	}
	db, err := pebble.Open(dir, pebbleOptions(o, lock))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kv: open %s: %w", dir, err), lock.Close())
	}
	return &DB{source: source{db}, db: db, lock: lock}, nil
}

// pebbleOptions: a large memtable and late stops keep writers from stalling; what a start after a crash must replay is bounded by
// the memtables, which is why they are not larger still. Pebble takes the memtables out of the cache's size, so the cache must be
// several times as large, or reads go to the disk while there is much to write.
func pebbleOptions(o Options, lock *pebble.Lock) *pebble.Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = 256 << 20
	}
	opts := &pebble.Options{
		Lock:                        lock,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                32 << 20,
		MemTableStopWritesThreshold: 6,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
		LBaseMaxBytes:               128 << 20,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      logger{o.Logf},
	}
	opts.Levels[0].FilterPolicy = bloom.FilterPolicy(10)
	for i := 1; i < len(opts.Levels); i++ {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return opts
}

// Close ends the use of the database and frees its folder. It writes out what only the log has, so that the next start replays nothing.
func (d *DB) Close() error {
	return errors.Join(d.db.Flush(), d.db.Close(), d.lock.Close())
}

// Written is how many bytes commits have added to the log since the database was opened.
func (d *DB) Written() uint64 { return d.db.Metrics().WAL.BytesIn }

// Settle waits until nothing that was written is still being put in its place on disk: for measurements.
func (d *DB) Settle(ctx context.Context) error {
	if err := d.db.Flush(); err != nil {
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

// Snapshot is the database as it is now, whatever is written later. Close it.
func (d *DB) Snapshot() *Snapshot {
	s := d.db.NewSnapshot()
	return &Snapshot{source: source{s}, snap: s}
}

// Snapshot is an unchanging view of a database.
type Snapshot struct {
	source
	snap *pebble.Snapshot
}

// Close frees the snapshot.
func (s *Snapshot) Close() error { return s.snap.Close() }

// source gives a Pebble reader the shape of Reader.
type source struct{ r pebble.Reader }

func (s source) Get(key []byte) (out []byte, err error) {
	err = s.View(key, func(v []byte) error {
		out = bytes.Clone(v)
		return nil
	})
	return out, err
}

func (s source) View(key []byte, fn func([]byte) error) error {
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
	it, err := s.r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return nil, fmt.Errorf("kv: iterate: %w", err)
	}
	return &Iter{it}, nil
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

type logger struct{ logf func(string, ...any) }

func (l logger) Infof(format string, args ...any) {
	if l.logf != nil {
		l.logf(format, args...)
	}
}

func (l logger) Errorf(format string, args ...any) { l.Infof(format, args...) }

// Fatalf is called when the disk failed in a way after which nothing can be promised; Pebble requires that it does not return.
func (l logger) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf("kv: "+format, args...))
}
