package table

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Table holds messages of one type under a key prefix of its own.
type Table[T any, P interface {
	*T
	proto.Message
}] struct {
	store  Store
	prefix string
}

// New returns the table of store that lives under prefix. Two tables must not have prefixes of which one
// starts with the other.
func New[T any, P interface {
	*T
	proto.Message
}](store Store, prefix string) Table[T, P] {
	return Table[T, P]{store: store, prefix: prefix}
}

// Get returns the message under key, or ErrNotFound.
func (t Table[T, P]) Get(key string) (P, error) {
	raw, err := t.store.Get([]byte(t.prefix + key))
	if err != nil {
		return nil, err
	}
	return t.decode(key, raw)
}

// Has tells whether there is a message under key.
func (t Table[T, P]) Has(key string) (bool, error) {
	_, err := t.store.Get([]byte(t.prefix + key))
	if err == ErrNotFound {
		return false, nil
	}
	return err == nil, err
}

// Set adds the message to the batch.
func (t Table[T, P]) Set(b *Batch, key string, m P) error {
	raw, err := proto.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s%s: %w", t.prefix, key, err)
	}
	b.Set([]byte(t.prefix+key), raw)
	return nil
}

// Put writes one message durably.
func (t Table[T, P]) Put(key string, m P) error {
	b := t.store.Batch()
	if err := t.Set(b, key, m); err != nil {
		return err
	}
	return t.store.Apply(b)
}

// Delete removes one message durably. It is not an error if the message does not exist.
func (t Table[T, P]) Delete(key string) error {
	b := t.store.Batch()
	t.Remove(b, key)
	return t.store.Apply(b)
}

// Remove adds the deletion of key to the batch.
func (t Table[T, P]) Remove(b *Batch, key string) { b.Delete([]byte(t.prefix + key)) }

// Each visits the messages whose keys start with under, in key order, until visit returns false.
func (t Table[T, P]) Each(under string, visit func(key string, m P) bool) error {
	return t.from(under, "", visit)
}

// Last returns the message with the greatest key that starts with under, or ErrNotFound.
func (t Table[T, P]) Last(under string) (P, error) {
	var m P
	var bad error
	lower, upper := Prefix(t.prefix + under)
	err := t.store.Scan(lower, upper, true, func(k, v []byte) bool {
		m, bad = t.decode(string(k), v)
		return false
	})
	switch {
	case err != nil:
		return nil, err
	case bad != nil:
		return nil, bad
	case m == nil:
		return nil, ErrNotFound
	}
	return m, nil
}

func (t Table[T, P]) from(under, after string, visit func(key string, m P) bool) error {
	lower, upper := Prefix(t.prefix + under)
	if after != "" {
		lower = append([]byte(t.prefix+after), 0)
	}
	var bad error
	err := t.store.Scan(lower, upper, false, func(k, v []byte) bool {
		key := string(k[len(t.prefix):])
		m, err := t.decode(key, v)
		if err != nil {
			bad = err
			return false
		}
		return visit(key, m)
	})
	if err != nil {
		return err
	}
	return bad
}

func (t Table[T, P]) decode(key string, raw []byte) (P, error) {
	m := P(new(T))
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("decode %s%s: %w", t.prefix, key, err)
	}
	return m, nil
}
