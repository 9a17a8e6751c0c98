package records

import (
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// The types with which a kind's declaration and its lists describe the fields in the clear. Above the gate nothing else
// of the store is needed.
type (
	// Field is a value in the clear, which queries use.
	Field = store.Field
	// Fields are the values of one document, or those that a query compares with, by name.
	Fields = store.Fields
	// Query is a declared list.
	Query = store.Query
	// Order is what a query sorts by.
	Order = store.Order
	// Ref names a document.
	Ref = store.Ref
	// Collection is the declaration of a kind for the store.
	Collection = store.Collection
)

// The types of fields, with the Go types of their values.
const (
	String  = store.String  // string
	Int     = store.Int     // int64
	Bool    = store.Bool    // bool
	Time    = store.Time    // time.Time
	Strings = store.Strings // []string
	Ints    = store.Ints    // []int64
)

// What use cases say of keys and of words that are searched for. Above the gate no use case needs more of the seal.
type (
	// Ring is the keys of one scope.
	Ring = seal.Ring
	// Binding is what a sealed text belongs to.
	Binding = seal.Binding
	// Lock is under which key a scope's keyring lies.
	Lock = seal.Lock
)

// ErrDestroyed is wrapped by the ErrLocked of a scope whose keys were destroyed for good.
var ErrDestroyed = seal.ErrDestroyed

// Words are those by which a text is found.
func Words(text string) []string { return seal.Words(text) }

// OnlySmall reports whether a text has words, and none by which anything is found.
func OnlySmall(text string) bool { return seal.OnlySmall(text) }
