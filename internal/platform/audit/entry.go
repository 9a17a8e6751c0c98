package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Lifetime is how long an entry can be read (T9).
const Lifetime = 14 * 24 * time.Hour

// maxLabels limits the sealed labels of one entry, in bytes of JSON.
const maxLabels = 64 << 10

// MaxShown is the most records that one entry can show.
const MaxShown = 100

// Outcome is how the action ended.
type Outcome string

// The outcomes. Begun is written before an effect outside the database; Done or Failed follows it.
const (
	Done   Outcome = "done"
	Denied Outcome = "denied"
	Failed Outcome = "failed"
	Begun  Outcome = "begun"
)

// ValidOutcome reports whether o is one of the four.
func ValidOutcome(o Outcome) bool {
	return o == Done || o == Denied || o == Failed || o == Begun
}

// Actor is who acted. The name is sealed; the rest is not.
type Actor struct {
	ID   string      // account id, or "system"
	Name string      // the name at that time
	Role access.Role // in the scope where it acted
}

// Entry is one line of the trail.
type Entry struct {
	ID     string
	Scope  model.Scope
	At     time.Time
	Actor  Actor
	Action access.Action
	Record string // "reports/<id>", "" if the action is not about a single record
	// Shown are the records whose content was given out under this entry, in the form of Record: at most MaxShown.
	Shown   []string
	Outcome Outcome
	Request string // request id
	Trace   string // trace id
	Session string // session or token id
	// Labels are what a person wants to read beside the ids: the record's title, a reason, the ids of a list that was
	// shown. They are sealed under the scope's key.
	Labels map[string]string
	// Altered says that the fields are not what was written, or that the sealed part cannot be opened. Then nothing in
	// the entry can be trusted, and it has no labels.
	Altered bool

	by string // which instance ships it
}

// Of makes the entry of a caller's action. Its id and time are set when it is prepared.
func Of(c access.Caller, action access.Action, record string, outcome Outcome, labels map[string]string) *Entry {
	actor := Actor{ID: c.Account, Name: c.Name, Role: c.Role}
	if c.Role == access.System {
		actor.ID = "system"
	}
	return &Entry{
		Scope: c.Scope, Actor: actor, Action: action, Record: record, Outcome: outcome,
		Request: c.Request, Trace: c.Trace, Session: c.Session, Labels: labels,
	}
}

// EntriesName is the name of the collection of entries, which every scope has.
const EntriesName = "audit"

const collection = EntriesName

// trail is the collection of entries.
var trail = store.Collection{
	Name: collection,
	TTL:  "expires",
	About: model.About{
		Heading: model.OfCompany, Name: "Audit trail",
		Purpose: "Who read or changed what, and when: for the company, and for you about your account.",
		Until:   model.Span(Lifetime) + ", in the database and in the log that it is copied to.",
	},
	Fields: []store.Field{
		{Name: "at", Type: store.Time, Indexed: true},
		{Name: "actor", Type: store.String},
		{Name: "action", Type: store.String},
		{Name: "record", Type: store.String},
		{Name: "shown", Type: store.Strings},
		{Name: "about", Type: store.Strings}, // record and shown: by which the trail of a record is found
		{Name: "outcome", Type: store.String},
		{Name: "role", Type: store.String},
		{Name: "request", Type: store.String},
		{Name: "trace", Type: store.String},
		{Name: "session", Type: store.String},
		{Name: "by", Type: store.String},
		{Name: "expires", Type: store.Time},
	},
	Queries: []store.Query{
		{Name: "trail", Equal: trailFilters, Range: "at", Order: []store.Order{{Field: "at", Desc: true}}},
		{Name: "about", Equal: trailFilters, AnyOf: "about", Range: "at",
			Order: []store.Order{{Field: "at", Desc: true}}},
		{Name: "unshipped", Equal: []string{"by"}, All: true, Range: "at", Order: []store.Order{{Field: "at"}},
			Group: true},
	},
}

// Collections are what the trail stores.
func Collections() []store.Collection { return []store.Collection{trail, shippers, readers} }

var trailFilters = []string{"actor", "action", "outcome"}

// sealed is the part of an entry that can be opened only with the scope's key.
type sealed struct {
	Name   string            `json:"n,omitempty"`
	Labels map[string]string `json:"l,omitempty"`
}

func (e *Entry) doc(ring *seal.Ring) (store.Doc, error) {
	if len(e.Shown) > MaxShown {
		return store.Doc{}, fmt.Errorf("audit entry that shows %d records: %w", len(e.Shown), model.ErrTooLarge)
	}
	labels, err := json.Marshal(sealed{e.Actor.Name, e.Labels})
	if err != nil {
		return store.Doc{}, fmt.Errorf("audit labels: %w", err)
	}
	if len(labels) > maxLabels {
		return store.Doc{}, fmt.Errorf("audit labels of %d bytes: %w", len(labels), model.ErrTooLarge)
	}
	d := store.Doc{Ref: ref(e.Scope, e.ID), Version: 1, Created: e.At, Updated: e.At, Fields: e.fields()}
	if err := ring.SealDoc(&d, nil, trail.Fields, nil, labels); err != nil {
		return store.Doc{}, fmt.Errorf("seal an audit entry: %w", err)
	}
	return d, nil
}

func (e *Entry) fields() store.Fields {
	f := store.Fields{
		"at": e.At, "expires": e.At.Add(Lifetime), "by": e.by,
		"actor": e.Actor.ID, "role": string(e.Actor.Role), "action": string(e.Action), "outcome": string(e.Outcome),
	}
	for name, value := range map[string]string{"record": e.Record, "request": e.Request, "trace": e.Trace,
		"session": e.Session} {
		if value != "" {
			f[name] = value
		}
	}
	if len(e.Shown) > 0 {
		f["shown"] = e.Shown
	}
	if about := e.about(); len(about) > 0 {
		f["about"] = about
	}
	return f
}

// about is every record that the entry names, each once.
func (e *Entry) about() []string {
	var list []string
	for _, name := range append([]string{e.Record}, e.Shown...) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// Shows reports whether the content of a record was given out under the entry.
func (e *Entry) Shows(record string) bool { return slices.Contains(e.Shown, record) }

// fromDoc reads what doc wrote, without the sealed part.
func fromDoc(d *store.Doc) *Entry {
	text := func(name string) string { s, _ := d.Fields[name].(string); return s }
	at, _ := d.Fields["at"].(time.Time)
	shown, _ := d.Fields["shown"].([]string)
	return &Entry{
		ID: d.Ref.ID, Scope: d.Ref.Scope, At: at,
		Actor:  Actor{ID: text("actor"), Role: access.Role(text("role"))},
		Action: access.Action(text("action")), Record: text("record"), Shown: shown, Outcome: Outcome(text("outcome")),
		Request: text("request"), Trace: text("trace"), Session: text("session"), by: text("by"),
	}
}

// open opens the sealed part of an entry and checks the rest. An altered entry stays in the trail, and says that it was
// altered.
func (e *Entry) open(ring *seal.Ring, d *store.Doc) error {
	_, plain, err := ring.OpenDoc(d, trail.Fields, 0)
	if errors.Is(err, model.ErrInvalid) {
		e.Altered = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("open audit labels: %w", err)
	}
	var s sealed
	if err := json.Unmarshal(plain, &s); err != nil {
		return fmt.Errorf("audit labels: %w", err)
	}
	e.Actor.Name, e.Labels = s.Name, s.Labels
	return nil
}

func ref(scope model.Scope, id string) store.Ref {
	return store.Ref{Scope: scope, Collection: collection, ID: id}
}
