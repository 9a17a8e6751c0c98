package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const schema = 1

// The names of the collections. All are in the platform's scope, and are read by name only, so that no index grows.
const (
	EntriesName = "history"
	HashesName  = "history_hashes"
	StateName   = "history_state"
	OutsideName = "history_heads"
)

// forGood is how long all of it is kept.
const forGood = "For good."

// entries hold the data of an entry as their body.
var entries = store.Collection{
	Name: EntriesName,
	About: model.About{
		Heading: model.OfService, Name: "Public history",
		Purpose: "Every result about our promises, published so that we cannot change it unnoticed. Nothing of yours.",
		Until:   forGood,
	},
	Fields: []store.Field{
		{Name: "section", Type: store.Int},
		{Name: "number", Type: store.Int},
		{Name: "at", Type: store.Time},
		{Name: "kind", Type: store.String},
	},
}

// hashes hold, for each entry, the hashes that it added to the tree: its own, and those of the subtrees that it
// completed, from the smallest.
var hashes = store.Collection{Name: HashesName, About: model.About{
	Heading: model.OfService, Name: "Hashes of the history",
	Purpose: "Let anybody check that the history was only added to.", Until: forGood,
}}

// states are two documents: what the next entry follows, and the last signed head.
var states = store.Collection{Name: StateName, About: model.About{
	Heading: model.OfService, Name: "End of the history",
	Purpose: "What the next entry of the history follows, and its last signed head.", Until: forGood,
}}

// outside is one document: the last signed head.
var outside = store.Collection{Name: OutsideName, About: model.About{
	Heading: model.OfService, Name: "Head of the history",
	Purpose: "The last signed head in a second place, so that a restored backup cannot shorten the history.",
	Until:   forGood,
}}

// Collections are what this package stores in the content database.
func Collections() []store.Collection { return []store.Collection{entries, hashes, states} }

// OutsideCollections are what this package stores in the keys database.
func OutsideCollections() []store.Collection { return []store.Collection{outside} }

func ref(collection, id string) store.Ref {
	return store.Ref{Scope: model.Platform(), Collection: collection, ID: id}
}

// numbered is the id of what belongs to an entry.
func numbered(section, number int64) string { return fmt.Sprintf("%06d-%012d", section, number) }

func entryRef(section, number int64) store.Ref { return ref(EntriesName, numbered(section, number)) }
func hashRef(section, number int64) store.Ref  { return ref(HashesName, numbered(section, number)) }

var (
	stateRef   = ref(StateName, "entries")
	headRef    = ref(StateName, "head")
	outsideRef = ref(OutsideName, "last")
)

// state is what the next entry follows.
type state struct {
	Schema  int       `json:"schema"`
	Section int64     `json:"section"` // 0 before the first entry
	Size    int64     `json:"size"`    // entries of the section
	At      time.Time `json:"at"`      // of the last one
	Key     string    `json:"key"`     // the id in the section's last entry about keys
	Before  string    `json:"before"`  // the hash of the last head before the section
	Past    []past    `json:"past"`    // the sections before, as far as they are in the database
}

type past struct {
	Section int64 `json:"section"`
	Size    int64 `json:"size"`
}

// sizeOf is how many entries a section has.
func (s state) sizeOf(section int64) int64 {
	if section == s.Section {
		return s.Size
	}
	for _, p := range s.Past {
		if p.Section == section {
			return p.Size
		}
	}
	return 0
}

// kept is a signed head as it is stored, with the keys.
type kept struct {
	Schema int         `json:"schema"`
	Note   string      `json:"note"`
	Keys   []check.Key `json:"keys"` // all that ever signed; the last one signed the head
}

// encode writes a body.
func encode(value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return body, nil
}

// over writes a document anew, on the condition that it is still what was read; was is nil if there was none.
func over(was *store.Doc, r store.Ref, body []byte, now time.Time) store.Write {
	if was == nil {
		return store.Create(store.Doc{Ref: r, Version: 1, Created: now, Updated: now, Body: body})
	}
	d := *was
	d.Version++
	d.Updated, d.Body = now, body
	return store.Replace(d, was.Stamp)
}

// entryDoc is the document of an entry.
func entryDoc(e Entry) store.Doc {
	return store.Doc{
		Ref: entryRef(e.Section, e.Number), Version: 1, Created: e.At, Updated: e.At, Body: e.Data,
		Fields: store.Fields{"section": e.Section, "number": e.Number, "at": e.At, "kind": e.Kind},
	}
}

// readEntry reads what is stored as an entry, whatever became of it.
func readEntry(d *store.Doc) Entry {
	e := Entry{Data: d.Body}
	e.Section, _ = d.Fields["section"].(int64)
	e.Number, _ = d.Fields["number"].(int64)
	e.At, _ = d.Fields["at"].(time.Time)
	e.Kind, _ = d.Fields["kind"].(string)
	return e
}

var errHashes = errors.New("stored hashes are gone or have another length")

// hashAt is the hash of a level among those that an entry added.
func hashAt(d *store.Doc, level int) (tlog.Hash, error) {
	if d == nil || len(d.Body)%tlog.HashSize != 0 || len(d.Body) < (level+1)*tlog.HashSize {
		return tlog.Hash{}, errHashes
	}
	return tlog.Hash(d.Body[level*tlog.HashSize : (level+1)*tlog.HashSize]), nil
}
