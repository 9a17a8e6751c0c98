package checkpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// TotalsName is the name of the collection of totals.
const TotalsName = "totals"

// totals are how many entries a workspace has, a document for each day of UTC. A round changes those of its workspaces,
// in its own commit: so an entry is counted once, with its checkpoint, and no request waits for a document that others
// change. They are for numbers on a page and prove nothing; whether an entry is there, the checkpoints say.
var totals = store.Collection{
	Name: TotalsName,
	TTL:  "expires",
	About: model.About{
		Heading: model.OfCompany, Name: "Numbers of entries",
		Purpose: "How many entries the trail has for each day, for the chart of the trail.",
		Until:   model.Span(keepCheckpoint) + " after the day.",
	},
	Fields: []store.Field{{Name: "expires", Type: store.Time}},
}

const (
	dayLength = 24 * time.Hour
	quarters  = int(dayLength / audit.Quarter)
)

// Day is how many entries of a day (UTC) are in checkpoints.
type Day struct {
	Schema int    `json:"schema"`
	Scope  string `json:"scope"`
	Day    string `json:"day"`
	// From is where it begins to be complete, if one before it was lost.
	From time.Time `json:"from,omitzero"`
	// Counts are by outcome, and then by quarter of an hour; those after the last one that has any are left out.
	Counts map[audit.Outcome][]int64 `json:"counts"`
}

func dayRef(scope model.Scope, day string) store.Ref {
	return store.Ref{Scope: scope, Collection: TotalsName, ID: day}
}

func readDay(d *store.Doc) (*Day, error) {
	day := &Day{}
	if err := json.Unmarshal(d.Body, day); err != nil {
		return nil, fmt.Errorf("totals %s: %w", d.Ref, err)
	}
	if day.Scope != d.Ref.Scope.String() || day.Day != d.Ref.ID {
		return nil, fmt.Errorf("totals %s: %w", d.Ref, errMisplaced)
	}
	for _, list := range day.Counts {
		if len(list) > quarters || slices.ContainsFunc(list, func(n int64) bool { return n < 0 }) {
			return nil, fmt.Errorf("totals %s: %w", d.Ref, errMisplaced)
		}
	}
	return day, nil
}

// add counts an entry.
func (d *Day) add(at time.Time, outcome audit.Outcome) {
	q := int(at.Sub(at.Truncate(dayLength)) / audit.Quarter)
	list := d.Counts[outcome]
	if missing := q + 1 - len(list); missing > 0 {
		list = append(list, make([]int64, missing)...)
	}
	list[q]++
	d.Counts[outcome] = list
}

// totalsFrom is the instant from which totals are complete with the round that follows head. What rounds of a release
// without totals have read is in none, so after one of these they begin anew, behind everything that was read.
func totalsFrom(head *head, g *gathering) time.Time {
	if head == nil {
		return g.since
	}
	if !head.Totals.IsZero() && len(head.unlike) == 0 {
		return head.Totals
	}
	// An instance that is gone and closed may have been some ahead of this one.
	return later(g.now, g.reached).Add(time.Minute)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// countDays makes the writes that count what is new in workspaces.
func (s *Sweeper) countDays(ctx context.Context, g *gathering) ([]store.Write, error) {
	entries := map[store.Ref][]*store.Doc{}
	var refs []store.Ref
	for _, scope := range g.scopes() {
		if scope.Kind != model.WorkspaceScope {
			continue
		}
		for _, d := range g.entries[scope] {
			at, _ := d.Fields["at"].(time.Time)
			ref := dayRef(scope, at.UTC().Format(time.DateOnly))
			if entries[ref] == nil {
				refs = append(refs, ref)
			}
			entries[ref] = append(entries[ref], d)
		}
	}
	writes := make([]store.Write, 0, len(refs))
	for some := range slices.Chunk(refs, store.MaxLimit) {
		docs, err := s.o.Store.GetAll(ctx, some...)
		if err != nil {
			return nil, fmt.Errorf("read totals: %w", err)
		}
		for i, ref := range some {
			w, err := countDay(ctx, ref, docs[i], entries[ref], g.now)
			if err != nil {
				return nil, err
			}
			writes = append(writes, w)
		}
	}
	return writes, nil
}

// countDay counts entries of a day. before is nil if it is the first time.
func countDay(ctx context.Context, ref store.Ref, before *store.Doc, entries []*store.Doc, now time.Time) (store.Write,
	error) {
	day := &Day{Schema: schema, Scope: ref.Scope.String(), Day: ref.ID}
	if before != nil {
		read, err := readDay(before)
		if err == nil {
			day = read
		} else {
			day.From = now.Add(time.Minute)
			logging.From(ctx).ErrorContext(ctx, "totals of the trail are not what was written", "error", err)
		}
	}
	if day.Counts == nil {
		day.Counts = map[audit.Outcome][]int64{}
	}
	var last time.Time
	for _, d := range entries {
		last, _ = d.Fields["at"].(time.Time)
		outcome, _ := d.Fields["outcome"].(string)
		day.add(last.UTC(), audit.Outcome(outcome))
	}
	body, err := json.Marshal(day)
	if err != nil {
		return store.Write{}, fmt.Errorf("totals: %w", err)
	}
	end := last.UTC().Truncate(dayLength).Add(dayLength)
	doc := store.Doc{Ref: ref, Version: 1, Created: now, Updated: now, Body: body,
		Fields: store.Fields{"expires": end.Add(keepCheckpoint)}}
	if before == nil {
		return store.Create(doc), nil
	}
	doc.Version, doc.Created = before.Version+1, before.Created
	return store.Replace(doc, before.Stamp), nil
}

// Totals reads them.
type Totals struct{ Store *store.Store }

// Sums is how many entries a workspace has in the quarters that are whole in checkpoints. Of other scopes it knows
// nothing.
func (t Totals) Sums(ctx context.Context, scope model.Scope, from, until time.Time) (audit.Sums, error) {
	var sums audit.Sums
	if scope.Kind != model.WorkspaceScope {
		return sums, nil
	}
	// First up to where, then how many: what comes between the two is behind.
	page, err := t.Store.Find(ctx, store.Find{Collection: RoundsName, Query: "newest", Scope: model.Platform(),
		Limit: 1})
	if err != nil {
		return sums, fmt.Errorf("read the last round: %w", err)
	}
	if len(page.Docs) == 0 {
		return sums, nil
	}
	last, err := readRound(page.Docs[0])
	if err != nil || last.Totals.IsZero() { // one that is not what was written shows when the trail is checked
		return sums, nil //nolint:nilerr // then everything is counted
	}
	sums.From, sums.Until = later(last.Totals, from), last.Horizon.UTC().Truncate(audit.Quarter)
	if sums.Until.After(until) {
		sums.Until = until
	}
	return sums, t.read(ctx, scope, &sums)
}

// read reads the days of sums.
func (t Totals) read(ctx context.Context, scope model.Scope, sums *audit.Sums) error {
	var refs []store.Ref
	for at := sums.From.UTC().Truncate(dayLength); at.Before(sums.Until); at = at.Add(dayLength) {
		refs = append(refs, dayRef(scope, at.Format(time.DateOnly)))
	}
	if len(refs) == 0 {
		return nil
	}
	docs, err := t.Store.GetAll(ctx, refs...)
	if err != nil {
		return fmt.Errorf("read totals: %w", err)
	}
	sums.By = make(map[time.Time]map[audit.Outcome]int64, len(refs)*quarters)
	for i, d := range docs {
		if d == nil { // nothing happened
			continue
		}
		begin, err := time.Parse(time.DateOnly, refs[i].ID)
		if err != nil {
			return fmt.Errorf("totals %s: %w", refs[i], err)
		}
		day, err := readDay(d)
		if err != nil {
			logging.From(ctx).ErrorContext(ctx, "totals of the trail are not what was written", "error", err)
			day = &Day{From: begin.Add(dayLength)}
		}
		sums.From = later(sums.From, day.From)
		day.sum(begin, sums.By)
	}
	return nil
}

func (d *Day) sum(begin time.Time, by map[time.Time]map[audit.Outcome]int64) {
	for outcome, list := range d.Counts {
		for q, n := range list {
			if n == 0 {
				continue
			}
			at := begin.Add(time.Duration(q) * audit.Quarter)
			if by[at] == nil {
				by[at] = map[audit.Outcome]int64{}
			}
			by[at][outcome] = n
		}
	}
}
