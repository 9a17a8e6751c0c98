package seal

import (
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
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
	promoteField = "promote" // when the newest keys start to seal; absent when they already do
	ownField     = "own"     // true where the key-encryption key is the scope's own; otherwise absent
)

// Collections are what this package stores, in the keys database.
func Collections() []store.Collection {
	return []store.Collection{{
		Name: collectionName,
		About: model.About{
			Heading: model.OfService, Name: "Keyrings",
			Purpose: "The keys with which everything of an account or a workspace is encrypted, themselves encrypted.",
			Until:   "As long as the account or the workspace. When the keys are destroyed, a mark stays that says so.",
		},
		Fields: []store.Field{
			{Name: stateField, Type: store.String},
			{Name: keyField, Type: store.String},
			{Name: versionField, Type: store.String},
			{Name: promoteField, Type: store.Time},
			{Name: ownField, Type: store.Bool},
		},
		Queries: []store.Query{
			{Name: "wrapped", Equal: []string{stateField}, Range: versionField,
				Order: []store.Order{{Field: versionField}}, Group: true},
			{Name: "in", Equal: []string{stateField}, Group: true},
		},
	}, erasures}
}

func ref(scope model.Scope) store.Ref {
	return store.Ref{Scope: scope, Collection: collectionName, ID: recordID}
}

// record is a stored keyring.
type record struct {
	wrapped
	own     bool // the key is the scope's own, not the installation's
	promote time.Time
	due     bool // the time of promote has come since this was stored
	version int64
	created time.Time
	stamp   time.Time
}

// ErrDestroyed is wrapped by the ErrLocked of a scope whose keys were destroyed for good. Without it the keys may
// become available again.
var ErrDestroyed = errors.New("seal: the keys of this scope were destroyed")

// parse reads a stored keyring; a tombstone is ErrLocked.
func parse(d *store.Doc) (record, error) {
	switch state, _ := d.Fields[stateField].(string); state {
	case live:
	case shredded:
		return record{}, locked(ErrDestroyed)
	default:
		return record{}, fmt.Errorf("seal: the keyring of %s has state %q", d.Ref.Scope, state)
	}
	r := record{version: d.Version, created: d.Created, stamp: d.Stamp}
	r.key, _ = d.Fields[keyField].(string)
	r.wrapped.version, _ = d.Fields[versionField].(string)
	r.promote, _ = d.Fields[promoteField].(time.Time)
	r.own, _ = d.Fields[ownField].(bool)
	r.blob = d.Body
	return r, nil
}

// doc is the keyring in its stored form.
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
	if r.own {
		d.Fields[ownField] = true
	}
	return d
}

func tombstone(scope model.Scope, at time.Time) store.Doc {
	return store.Doc{Ref: ref(scope), Fields: store.Fields{stateField: shredded}, Created: at, Updated: at}
}
