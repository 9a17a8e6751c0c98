package firestore

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"sync"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// decoded caches decoded documents, since decoding was nearly half the work of a list. It never decides what a document
// is: the stored bytes are read each time, from whatever the call reads, and a cached document is used only if it was
// decoded from the same bytes. So it returns nothing stale and nothing of another document.
//
// A cached document is shared by all calls that get it, and lent to their clients. Neither this package nor a client
// may change it; Unchanged tells whether somebody did.
type decoded struct {
	most int // bytes, as stored; decoded they take about as much again
	seed maphash.Seed

	mu   sync.Mutex
	held map[place]lent
	size int
	once [4096]uint64 // hashes of what was asked for lately
}

// place is what was asked for: the fields of a document.
type place struct{ mask, key string }

// lent is a document and what it was decoded from.
type lent struct {
	stored []byte
	mask   *mask
	doc    *pb.Document
}

// mostDecoded limits the cache; a report of a page takes two or three kilobytes.
const mostDecoded = 16 << 20

func newDecoded(most int) *decoded {
	return &decoded{most: most, seed: maphash.MakeSeed(), held: map[place]lent{}}
}

// document decodes what the mask names of the document at key, whose stored form is given and valid during the call.
func (c *decoded) document(key, stored []byte, m *mask) (*pb.Document, error) {
	c.mu.Lock()
	known, ok := c.held[place{m.words(), string(key)}]
	c.mu.Unlock()
	if ok && bytes.Equal(known.stored, stored) {
		return known.doc, nil
	}
	doc, err := m.decode(stored)
	if err == nil {
		c.keep(key, stored, m, doc)
	}
	return doc, err
}

// keep caches a document that is asked for again: a walk through everything displaces nothing. When there is no room,
// arbitrary documents are dropped.
func (c *decoded) keep(key, stored []byte, m *mask, doc *pb.Document) {
	if len(stored) > c.most/64 {
		return
	}
	hash := maphash.Bytes(c.seed, key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := &c.once[hash%uint64(len(c.once))]; *last != hash {
		*last = hash
		return
	}
	at := place{m.words(), string(key)}
	c.drop(at)
	for other := range c.held {
		if c.size+len(stored) <= c.most {
			break
		}
		c.drop(other)
	}
	c.held[at] = lent{bytes.Clone(stored), m, doc}
	c.size += len(stored)
}

func (c *decoded) drop(at place) {
	c.size -= len(c.held[at].stored)
	delete(c.held, at)
}

// Unchanged is an error if somebody changed a document that answers share. It is for tests, which ask at their end.
func (s *Server) Unchanged() error {
	s.decoded.mu.Lock()
	defer s.decoded.mu.Unlock()
	for at, known := range s.decoded.held {
		if is, err := known.mask.decode(known.stored); err != nil || !proto.Equal(is, known.doc) {
			return fmt.Errorf("firestore: %q is lent to callers, and one of them changed it: %v", at.key, known.doc)
		}
	}
	return nil
}
