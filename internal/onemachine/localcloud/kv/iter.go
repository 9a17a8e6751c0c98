package kv

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Iter walks over keys in order. The movements say whether there is a key where they came to. Close it.
type Iter struct {
	it   *pebble.Iterator
	fate *failure
}

// First moves to the first key.
func (i *Iter) First() bool { return i.it.First() }

// Last moves to the last key.
func (i *Iter) Last() bool { return i.it.Last() }

// Next moves to the following key.
func (i *Iter) Next() bool { return i.it.Next() }

// Prev moves to the key before.
func (i *Iter) Prev() bool { return i.it.Prev() }

// SeekGE moves to the first key that is key or after it.
func (i *Iter) SeekGE(key []byte) bool { return i.it.SeekGE(key) }

// SeekLT moves to the last key before key.
func (i *Iter) SeekLT(key []byte) bool { return i.it.SeekLT(key) }

// Valid says whether the iterator is at a key.
func (i *Iter) Valid() bool { return i.it.Valid() }

// Key is the key at this place, valid until the next movement.
func (i *Iter) Key() []byte { return i.it.Key() }

// Value is the value at this place, valid until the next movement.
func (i *Iter) Value() []byte { return i.it.Value() }

// Close ends the walk and returns what went wrong on the way.
func (i *Iter) Close() error {
	if err := i.it.Close(); err != nil {
		return fmt.Errorf("kv: iterate: %w", err)
	}
	return i.fate.check()
}
