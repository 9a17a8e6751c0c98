package firestore

import (
	"bytes"
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
)

// walk goes over the results of one conjunction: what all its scans have in common, and what satisfies the ranges of
// the fields after the first.
type walk struct {
	*conjunction
	reader  reader
	scans   []*scan
	later   [][]interval // ranges of suffix[1:], nil where there is none
	check   bool
	place   []byte // the place in the order of the whole query
	started bool

	parent []byte // what the keys of documents of the collection begin with
	key    []byte // of the document at this place
}

func (c *conjunction) walk(r reader) (*walk, error) {
	accesses, err := c.plan()
	if err != nil {
		return nil, err
	}
	return c.walkOn(r, accesses)
}

// walkOn walks over the indexes that were chosen.
func (c *conjunction) walkOn(r reader, accesses []access) (*walk, error) {
	w := &walk{conjunction: c, reader: r}
	for _, o := range c.suffix[1:] {
		var list []interval
		if _, ok := c.ranges[o.field.Text]; ok {
			list, w.check = c.rangesOf(o), true
			c.empty = c.empty || len(list) == 0
		}
		w.later = append(w.later, list)
	}
	windows := c.window()
	if c.empty || len(windows) == 0 {
		return w, nil
	}
	for _, a := range accesses {
		s, err := newScan(r, a, windows)
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.scans = append(w.scans, s)
	}
	return w, nil
}

func (w *walk) close() error {
	var errs []error
	for _, s := range w.scans {
		errs = append(errs, s.it.Close())
	}
	return errors.Join(errs...)
}

// next moves to the next result.
func (w *walk) next() bool {
	if len(w.scans) == 0 {
		return false
	}
	for ok := w.step(); ok; ok = w.step() {
		if w.align() && w.passes() {
			w.place = w.placeOf(w.scans[0].key)
			return true
		}
		if !w.scans[0].ok {
			return false
		}
	}
	return false
}

func (w *walk) step() bool {
	if w.started {
		return w.scans[0].next()
	}
	w.started = true
	return w.scans[0].first()
}

// align moves the scans until all are at the same suffix.
func (w *walk) align() bool {
	first := w.scans[0]
	for i := 1; i < len(w.scans); {
		s := w.scans[i]
		if !s.seek(first.key) {
			first.ok = false
			return false
		}
		if bytes.Equal(s.key, first.key) {
			i++
			continue
		}
		if !first.seek(s.key) {
			return false
		}
		i = 1
	}
	return true
}

// passes tests the ranges of the fields after the first on the bytes of the suffix.
func (w *walk) passes() bool {
	key := w.scans[0].key
	if w.flat && !w.below(key) {
		return false
	}
	if !w.check {
		return true
	}
	key = key[w.partLen(0, key):]
	for i, list := range w.later {
		n := w.partLen(i+1, key)
		part := key[:n]
		key = key[n:]
		if list == nil {
			continue
		}
		if w.suffix[i+1].desc {
			part = inverse(part)
		}
		if !covers(list, part) {
			return false
		}
	}
	return true
}

// partLen is the length of the part of a suffix that belongs to one field.
func (w *walk) partLen(i int, key []byte) int {
	if i == len(w.suffix)-1 {
		return len(key)
	}
	return order.Skip(key, maskOf(w.suffix[i].desc))
}

func maskOf(desc bool) byte {
	if desc {
		return 0xff
	}
	return 0
}

// placeOf turns a suffix into a place in the order of the whole query: with the values of the fields that the terms
// fix.
func (w *walk) placeOf(key []byte) []byte {
	if len(w.suffix) == len(w.orders) {
		return key
	}
	var out []byte
	part := 0
	for _, o := range w.orders {
		if t := w.fixed(o.field.Text); t != nil {
			out = appendDirected(out, t.value, o.desc)
			continue
		}
		n := w.partLen(part, key)
		out = append(out, key[:n]...)
		key = key[n:]
		part++
	}
	return out
}

// docKey is the key of the document at this place, valid until the next movement.
func (w *walk) docKey() []byte {
	key := w.scans[0].key
	for i := range w.suffix[:len(w.suffix)-1] {
		key = key[w.partLen(i, key):]
	}
	if w.parent == nil && !w.all {
		w.parent = collectionKey(w.database.id, w.collection())
	}
	w.key = append(append(w.key[:0], w.parent...), key...)
	name := w.key[len(w.parent):]
	if w.suffix[len(w.suffix)-1].desc {
		invert(name)
	}
	if w.all {
		return keyOfPath(w.database.id, name)
	}
	return w.key
}

// document reads the whole document at this place.
func (w *walk) document() (*pb.Document, error) {
	if !w.scans[0].docs {
		return readDocument(w.reader, w.docKey())
	}
	return wire.Document(w.scans[0].it.Value(), nil)
}

// lendAt reads what the mask names of the document at a place. The document may be shared with other answers.
func (s *Server) lendAt(w *walk, m *mask) (*pb.Document, error) {
	if !w.scans[0].docs {
		return s.lend(w.reader, w.docKey(), m)
	}
	return s.decoded.document(w.scans[0].it.Key(), w.scans[0].it.Value(), m)
}
