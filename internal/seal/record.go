package seal

import (
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/store"
)

const (
	collectionName = "keyrings"
	recordID       = "main"

	live     = "live"
	shredded = "shredded"
)

// The fields of a stored keyring.
const (
	stateField   = "state"   // live, or shredded: a tombstone without a body
	keyField     = "key"     // the key-encryption key
	versionField = "kek"     // the version of it that wrapped the body
	promoteField = "promote" // from when on the newest keys seal; absent when they do already
)

// Collections are what this package stores, in the keys database.
func Collections() []store.Collection {
	return []store.Collection{{
		Name: collectionName,
		Fields: []store.Field{
			{Name: stateField, Type: store.String},
			{Name: keyField, Type: store.String},
			{Name: versionField, Type: store.String},
			{Name: promoteField, Type: store.Time},
		},
		Queries: []store.Query{{Name: "wrapped", Equal: []string{stateField, versionField}, Group: true}},
	}}
}

func ref(scope model.Scope) store.Ref {
	return store.Ref{Scope: scope, Collection: collectionName, ID: recordID}
}

// record is a stored keyring.
type record struct {
	wrapped
	promote time.Time
	version int64
	created time.Time
	stamp   time.Time
}

var errShredded = errors.New("seal: the keys of this scope were destroyed")

// parse reads a stored keyring; a tombstone is ErrLocked.
func parse(d *store.Doc) (record, error) {
	switch state, _ := d.Fields[stateField].(string); state {
	case live:
	case shredded:
		return record{}, locked(errShredded)
	default:
		return record{}, fmt.Errorf("seal: the keyring of %s has state %q", d.Ref.Scope, state)
	}
	r := record{version: d.Version, created: d.Created, stamp: d.Stamp}
	r.key, _ = d.Fields[keyField].(string)
	r.wrapped.version, _ = d.Fields[versionField].(string)
	r.promote, _ = d.Fields[promoteField].(time.Time)
	r.blob = d.Body
	return r, nil
}

// doc is the keyring as stored.
func (r record) doc(scope model.Scope) store.Doc {
	d := store.Doc{
		Ref:     ref(scope),
		Fields:  store.Fields{stateField: live, keyField: r.key, versionField: r.wrapped.version},
		Body:    r.blob,
		Version: r.version,
		Created: r.created,
	}
	if !r.promote.IsZero() {
		d.Fields[promoteField] = r.promote
	}
	return d
}

func tombstone(scope model.Scope) store.Doc {
	return store.Doc{Ref: ref(scope), Fields: store.Fields{stateField: shredded}}
}
