package records

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Spec declares a kind of document once: where it is stored, which of its fields are in the clear, who is meant to read
// it.
type Spec[T any] struct {
	Name string          // collection name, and the first half of a record's name in the trail: "reports"
	In   model.ScopeKind // the sort of scope that holds it
	// what its documents are for and how they end, for the public page of data
	About model.About

	Schema  int                                         // version of the body's shape, from 1
	Upgrade func(from int, body []byte) ([]byte, error) // brings an older body to Schema; nil while Schema is 1
	Check   func(*T) error                              // run before every write; an error refuses it
	Label   func(*T) string                             // what people call it; sealed into audit entries
	// what lists need in the clear: ids, states, times; never personal data
	Fields   []store.Field
	Queries  []store.Query            // the only lists that exist
	Index    func(*T) store.Fields    // values of Fields
	TTL      string                   // a Time field after which the database may delete it; "" never
	Audience func(*T) access.Audience // who is meant to read it; nil: everybody whose role allows the action
	// what it belongs to, of one of Holders: whoever may not do an action there may not do it here; nil: to nothing
	Held    func(*T) Held
	Holders map[string]Holder // by the name of their kind
	// takes out what this caller is not meant to read; runs whenever a document is returned
	Redact func(access.Caller, *T)
	Search func(*T) []Text // words for the blind index, by who may find them; nil: not searchable
	// its words stay out of the index, and searches by the one person who may read it look at its text; see
	// unindexed.go
	Unindexed func(*T) bool
	Quiet     bool    // the product's own bookkeeping (jobs, counters): no audit entries
	Identity  bool    // may be read by Identify, to identify the caller
	Under     Under   // under which actions each operation may be done
	Only      Only[T] // under which further conditions; nil: whoever the matrix allows
}

// Text is some words of a document and who may find it by them.
type Text struct {
	Audience access.Audience
	Words    string
}

// Record is a document as a caller may see it.
type Record[T any] struct {
	ID      string
	Body    T
	Version int64 // counts changes, from 1; what If-Match compares
	Created time.Time
	Updated time.Time
}

// Find asks for a page of a declared query.
type Find struct {
	Query  string
	Equal  store.Fields
	From   any // bounds of the query's Range field: from inclusive, until exclusive
	Until  any
	Search string // words, all of which must occur; the query's AnyOf must then be "words"
	Limit  int    // 1..500, 0 means 50
	Cursor string
}

// Page is one page of a list. Next is "" at the end.
type Page[T any] struct {
	Records []Record[T]
	Next    string
}

// Note is one sealed label of an audit entry.
type Note struct{ Key, Value string }
