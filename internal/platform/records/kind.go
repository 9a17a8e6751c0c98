package records

import (
	"context"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// The index fields that the gate itself maintains.
const (
	readersField = "readers" // who sees it in a list: one value per role or person
	wordsField   = "words"   // blind index of its words
)

// Kind is a declared kind of document.
type Kind[T any] struct {
	spec       Spec[T]
	collection store.Collection
	queries    map[string]store.Query
}

// Declared is a kind of any body, for code that collects the collections of all kinds, describes how they are stored,
// or checks whether they can be read.
type Declared interface {
	Collection() store.Collection
	Name() string
	In() model.ScopeKind
	Shape() []string
	Housekeeping() bool
	Prove(ctx context.Context, g *Gate, ref store.Ref) error
	Examine(ctx context.Context, g *Gate, ref Ref, words []string, places ...Ref) (Examined, error)
	Permits(op Operation, a access.Action) bool
}

// Declare makes a kind from its specification. It panics if the specification contradicts itself, so that any program
// using it fails at its start.
func Declare[T any](s Spec[T]) *Kind[T] {
	if s.Schema == 0 {
		s.Schema = 1
	}
	k := &Kind[T]{spec: s, queries: map[string]store.Query{}}
	k.collection = store.Collection{Name: s.Name, Fields: s.Fields, Queries: s.Queries, TTL: s.TTL,
		About: s.About}
	if s.Audience != nil {
		k.addField(readersField, store.Strings)
	}
	if s.Search != nil {
		k.addField(wordsField, store.Ints)
	}
	for _, q := range s.Queries {
		k.queries[q.Name] = q
	}
	if s.Schema < 1 || s.Schema > 255 {
		panic("records: kind " + s.Name + " has a schema out of range")
	}
	if s.Upgrade == nil && s.Schema != 1 {
		panic("records: kind " + s.Name + " has a schema but no upgrade")
	}
	if s.Unindexed != nil && (s.Audience == nil || s.Search == nil) {
		panic("records: kind " + s.Name + " keeps words out of an index that it has not")
	}
	if (s.Held == nil) != (s.Holders == nil) {
		panic("records: kind " + s.Name + " belongs to something, and does not say to what")
	}
	k.checkUnder()
	return k
}

func (k *Kind[T]) addField(name string, t store.FieldType) {
	fields := make([]store.Field, 0, len(k.collection.Fields)+2)
	k.collection.Fields = append(append(fields, k.collection.Fields...), store.Field{Name: name, Type: t, Unread: true})
}

// Collection is the declaration of the kind for the store.
func (k *Kind[T]) Collection() store.Collection { return k.collection }

// Name is the collection's name.
func (k *Kind[T]) Name() string { return k.spec.Name }

// Ref names one document of the kind.
func (k *Kind[T]) Ref(scope model.Scope, id string) store.Ref {
	return store.Ref{Scope: scope, Collection: k.spec.Name, ID: id}
}

func (k *Kind[T]) record(id string) string { return k.spec.Name + "/" + id }

// In is the sort of scope that holds it.
func (k *Kind[T]) In() model.ScopeKind { return k.spec.In }

// admits reports whether the caller is meant to read the document.
func (k *Kind[T]) admits(c access.Caller, body *T) bool {
	return k.spec.Audience == nil || k.spec.Audience(body).Admits(c)
}

// show is the document as the caller may see it.
func (k *Kind[T]) show(c access.Caller, r Record[T]) Record[T] {
	k.redact(c, &r.Body)
	return r
}

// redact takes out what the caller may not see.
func (k *Kind[T]) redact(c access.Caller, body *T) {
	if k.spec.Redact != nil && c.Role != access.System {
		k.spec.Redact(c, body)
	}
}

func (k *Kind[T]) label(body *T) string {
	if k.spec.Label == nil {
		return ""
	}
	return k.spec.Label(body)
}

func (k *Kind[T]) check(body *T) error {
	if k.spec.Check == nil {
		return nil
	}
	if err := k.spec.Check(body); err != nil {
		return fmt.Errorf("check %s: %w", k.spec.Name, err)
	}
	return nil
}
