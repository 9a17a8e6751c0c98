// Package table stores protobuf messages in the database of the local cloud, with what the small services (keys,
// secrets, logs, queues) need of it, and no more.
//
// It must never answer a write before the database says that it is on disk, and never hand out bytes that the database
// still owns.
package table

import (
	"bytes"
	"errors"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// ErrNotFound is what Get returns for a key that does not exist.
var ErrNotFound = kv.ErrNotFound

// Store is the database as the services use it.
type Store struct{ db *kv.DB }

// On returns the store of an open database.
func On(db *kv.DB) Store { return Store{db: db} }

// Batch collects writes that belong together.
type Batch = kv.Batch

// Batch starts an empty batch.
func (s Store) Batch() *Batch { return s.db.Batch() }

// Get returns a copy of the value of key, or ErrNotFound.
func (s Store) Get(key []byte) ([]byte, error) { return s.db.Get(key) }

// Scan visits the keys of [lower, upper) in order, or backwards, until visit returns false. Keys and values are valid
// only during the visit. Crossed bounds hold nothing.
func (s Store) Scan(lower, upper []byte, backwards bool, visit func(key, value []byte) bool) error {
	if upper != nil && bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	return s.db.Scan(kv.Range{Lo: lower, Hi: upper, Reverse: backwards}, func(k, v []byte) error {
		if !visit(k, v) {
			return kv.Stop
		}
		return nil
	})
}

// Apply makes the writes of a batch durable together, or none of them.
func (s Store) Apply(b *Batch) error {
	if err := b.Commit(); err != nil {
		return errors.Join(err, b.Close())
	}
	return nil
}

// Prefix returns the bounds of all keys that start with p.
func Prefix(p string) (lower, upper []byte) {
	return []byte(p), kv.PrefixEnd([]byte(p))
}
