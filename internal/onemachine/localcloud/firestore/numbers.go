package firestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// maxKnown is how many numbers are kept in memory; a name beyond that is looked up.
const maxKnown = 1 << 16

// numbers gives short numbers to paths of collections and ids of groups, which represent them in the many keys of index
// entries. A name keeps its number for ever.
type numbers struct {
	kv *kv.DB

	mu    sync.RWMutex
	known map[string]uint32
	next  uint32
}

// A name has its number at one key; another key says which number was issued last.
func nameKey(id uint32, path []byte) []byte { return append(tableKey(tableNames, id), path...) }

func givenKey(n uint32) []byte { return tableKey(tableGiven, n) }

func loadNumbers(store *kv.DB) (*numbers, error) {
	n := &numbers{kv: store, known: map[string]uint32{}, next: 1}
	r := kv.Prefix([]byte{space, tableGiven})
	r.Reverse = true
	err := store.Scan(r, func(key, _ []byte) error {
		n.next = binary.BigEndian.Uint32(key[2:]) + 1
		return kv.Stop
	})
	return n, err
}

// of returns the number of a path in a database, or 0 when it has none yet, because nothing was ever written there.
func (n *numbers) of(id uint32, path []byte) (uint32, error) {
	key := nameKey(id, path)
	n.mu.RLock()
	number := n.known[string(key)]
	n.mu.RUnlock()
	if number != 0 {
		return number, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.load(key)
}

// load looks a name up on disk. The caller holds mu.
func (n *numbers) load(key []byte) (number uint32, err error) {
	err = n.kv.View(key, func(v []byte) error {
		number = binary.BigEndian.Uint32(v)
		n.remember(key, number)
		return nil
	})
	if errors.Is(err, kv.ErrNotFound) {
		err = nil
	}
	return number, err
}

// give returns the number of a path, and assigns one if it has none. The number reaches the disk before anything that
// is committed later.
func (n *numbers) give(id uint32, path []byte) (uint32, error) {
	number, err := n.of(id, path)
	if err != nil || number != 0 {
		return number, err
	}
	key := nameKey(id, path)
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, err = n.load(key); err != nil || number != 0 {
		return number, err
	}
	b := n.kv.Batch()
	b.Set(key, binary.BigEndian.AppendUint32(nil, n.next))
	b.Set(givenKey(n.next), nil)
	if err := b.CommitLater(); err != nil {
		return 0, fmt.Errorf("number a collection: %w", err)
	}
	n.remember(key, n.next)
	n.next++
	return n.next - 1, nil
}

func (n *numbers) remember(key []byte, number uint32) {
	if len(n.known) >= maxKnown {
		clear(n.known)
	}
	n.known[string(key)] = number
}
