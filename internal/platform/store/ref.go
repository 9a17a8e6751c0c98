package store

import (
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Ref names a document.
type Ref struct {
	Scope      model.Scope
	Collection string
	ID         string
}

// String is the document's path below the root of the database.
func (r Ref) String() string { return r.Scope.String() + "/" + r.Collection + "/" + r.ID }

// valid reports whether there can be such a document at all.
func (r Ref) valid() bool { return r.Scope.Valid() && model.ValidID(r.ID) }

// parseRef reads what Ref.String wrote.
func parseRef(path string) (Ref, bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 {
		return Ref{}, false
	}
	r := Ref{model.Scope{Kind: model.ScopeKind(parts[0]), ID: parts[1]}, parts[2], parts[3]}
	return r, r.valid()
}

// Fields are values by name: string, int64, bool, time.Time, []string or []int64 as declared. A field that the document
// does not have is absent from the map.
type Fields map[string]any

// Doc is a stored document.
type Doc struct {
	Ref    Ref
	Fields Fields
	// Body and Proof of a document that was read may be shared with other readers, who must not change their bytes.
	Body []byte
	// Proof authenticates the fields; nil for a document without a proof.
	Proof   []byte
	Version int64
	// Created and Updated are set by the caller; where they are zero the store uses the time of writing.
	Created, Updated time.Time
	// Stamp is when the database last changed the document: the condition of a later Replace or Delete. It is not
	// written.
	Stamp time.Time
}
