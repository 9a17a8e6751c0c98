package firestore

import (
	"bytes"
	"slices"
	"sync"
)

// Limits of index entries.
const (
	maxEntries      = 40_000
	maxEntryBytes   = 7_680
	maxEntriesBytes = 8 << 20
)

// entrySet is a list of index keys in one piece of memory.
type entrySet struct {
	data []byte
	ends []int
	keys [][]byte
}

var entrySets = sync.Pool{New: func() any { return &entrySet{data: make([]byte, 0, 8<<10)} }}

func newEntrySet() *entrySet {
	e := entrySets.Get().(*entrySet)
	e.data, e.ends, e.keys = e.data[:0], e.ends[:0], e.keys[:0]
	return e
}

// free returns the memory; the keys must not be used afterwards.
func (e *entrySet) free() {
	if cap(e.data) <= 1<<20 {
		entrySets.Put(e)
	}
}

// close ends a key.
func (e *entrySet) close() { e.ends = append(e.ends, len(e.data)) }

// sort sorts the keys and removes duplicates, because an array may hold a value twice.
func (e *entrySet) sort() {
	from := 0
	for _, end := range e.ends {
		e.keys = append(e.keys, e.data[from:end:end])
		from = end
	}
	slices.SortFunc(e.keys, bytes.Compare)
	e.keys = slices.CompactFunc(e.keys, bytes.Equal)
}

// size is how many keys there are and how long they are together.
func (e *entrySet) size() (keys, bytes int) {
	for _, k := range e.keys {
		bytes += len(k)
	}
	return len(e.keys), bytes
}

func (e *entrySet) check() error {
	n, total := e.size()
	if n > maxEntries {
		return invalid("too many index entries for entity: %d is more than %d", n, maxEntries)
	}
	if total > maxEntriesBytes {
		return invalid("The sum of the sizes of the index entries of a document cannot exceed %d bytes.",
			maxEntriesBytes)
	}
	for _, k := range e.keys {
		if len(k) > maxEntryBytes {
			return invalid("index entry too large: an index entry cannot exceed %d bytes.", maxEntryBytes)
		}
	}
	return nil
}
