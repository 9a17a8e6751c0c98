package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Filter narrows what is read of the trail. Zero fields do not narrow it.
type Filter struct {
	Since, Until time.Time // since inclusive, until exclusive
	Actor        string
	Action       access.Action
	// "reports/<id>", or the bare id; see CheckRecord. It also finds entries under which the record was shown.
	Record  string
	Outcome Outcome
}

// Page is one page of the trail, newest first. Next is "" at the end.
type Page struct {
	Entries []*Entry
	Next    string
}

// List reads a scope's trail, newest first, at most limit entries (1..500). It never returns an entry older than 14
// days.
func (t *Trail) List(ctx context.Context, scope model.Scope, f Filter, limit int, cursor string) (Page, error) {
	found, err := t.store.Find(ctx, t.find(scope, f, limit, cursor))
	if err != nil {
		return Page{}, fmt.Errorf("read the trail: %w", err)
	}
	ring, err := t.keyrings.Ring(ctx, scope)
	if err != nil {
		return Page{}, fmt.Errorf("audit keyring: %w", err)
	}
	page := Page{Entries: make([]*Entry, len(found.Docs)), Next: found.Next}
	for i, d := range found.Docs {
		page.Entries[i] = fromDoc(d)
		if err := page.Entries[i].open(ring, d); err != nil {
			return Page{}, err
		}
	}
	return page, nil
}

func (t *Trail) find(scope model.Scope, f Filter, limit int, cursor string) store.Find {
	equal := store.Fields{}
	for name, value := range map[string]string{
		"actor": f.Actor, "action": string(f.Action), "outcome": string(f.Outcome),
	} {
		if value != "" {
			equal[name] = value
		}
	}
	find := store.Find{Collection: collection, Query: "trail", Scope: scope, Equal: equal, Limit: limit, Cursor: cursor}
	for _, name := range recordNames(f.Record) {
		find.Query = "about"
		find.AnyOf = append(find.AnyOf, name)
	}
	oldest := t.clock.Now().Add(-Lifetime)
	if f.Since.After(oldest) {
		oldest = f.Since
	} else {
		oldest = oldest.Add(time.Microsecond) // an entry of exactly 14 days is gone
	}
	find.From = oldest
	if !f.Until.IsZero() {
		find.Until = f.Until
	}
	return find
}

// Altered says which of the given stored entries are not what was written: their body cannot be opened, or their proof
// does not match their fields. It returns nothing of their content.
func (t *Trail) Altered(ctx context.Context, scope model.Scope, docs []*store.Doc) ([]bool, error) {
	ring, err := t.keyrings.Ring(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("audit keyring: %w", err)
	}
	list := make([]bool, len(docs))
	for i, d := range docs {
		e := fromDoc(d)
		if err := e.open(ring, d); err != nil {
			return nil, err
		}
		list[i] = e.Altered
	}
	return list, nil
}
