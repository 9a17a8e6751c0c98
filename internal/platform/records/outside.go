package records

import "github.com/tinyoperahouse/toh/internal/platform/store"

// What a kind's declaration and its lists say of the values outside the seal. Above the gate nobody needs more of the
// store.
type (
	// Field is a value outside the seal, which queries look at.
	Field = store.Field
	// Fields are the values of one document, or those that a query asks for, by their names.
	Fields = store.Fields
	// Query is a list that can be asked for.
	Query = store.Query
	// Order is what a query sorts by.
	Order = store.Order
	// Ref names a document.
	Ref = store.Ref
	// Collection is what the store has to know of a kind.
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
