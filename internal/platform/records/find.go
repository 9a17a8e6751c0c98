package records

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	pageSize = 50
	maxPage  = 500
	maxQuery = 200 // characters of a search
	maxTerms = 8   // words of a search
)

// Find reads a page of a list for a caller: only what the caller is meant to read, in the declared order. One audit
// entry per page names what was listed, and is durable before the page is returned. For a caller whose answers show
// documents in full, the entry says that each of them was shown.
func (k *Kind[T]) Find(ctx context.Context, v Via, a Ask, f Find) (Page[T], error) {
	if err := k.decide(ctx, v, List, a, ""); err != nil {
		return Page[T]{}, err
	}
	query, err := k.query(ctx, v.gate(), a.caller, f)
	if err != nil {
		return Page[T]{}, err
	}
	if query == nil { // a search without any word that could be found
		return Page[T]{}, k.shown(ctx, v, a, nil)
	}
	found, err := v.find(ctx, *query)
	if err != nil {
		return Page[T]{}, fmt.Errorf("find %s: %w", k.spec.Name, err)
	}
	page, err := k.page(ctx, v, a, found)
	if err != nil {
		return Page[T]{}, err
	}
	return page, k.shown(ctx, v, a, page.Records)
}

func (k *Kind[T]) page(ctx context.Context, v Via, a Ask, found store.Page) (Page[T], error) {
	page := Page[T]{Next: found.Next, Records: make([]Record[T], len(found.Docs))}
	n, c, holds := 0, a.caller, k.reached(ctx, v, a)
	for _, d := range found.Docs {
		ring, err := k.ringOf(ctx, v.gate(), d)
		if err != nil {
			return Page[T]{}, err
		}
		r := &page.Records[n]
		if err := k.openInto(r, ring, d); err != nil {
			return Page[T]{}, err
		}
		within, err := holds(&r.Body)
		if err != nil {
			return Page[T]{}, err
		}
		if within && k.admits(c, &r.Body) { // the index has said so already, but the body is authoritative
			k.redact(c, &r.Body)
			n++
		} else {
			*r = Record[T]{}
		}
	}
	page.Records = page.Records[:n]
	return page, nil
}

// Some reads documents by their ids for a caller, as a list that names them: in one round trip, with one entry.
// Documents that are missing or not meant for the caller are left out.
func (k *Kind[T]) Some(ctx context.Context, v Via, a Ask, ids []string) ([]Record[T], error) {
	if err := k.decide(ctx, v, List, a, ""); err != nil {
		return nil, err
	}
	if len(ids) > maxPage {
		return nil, model.Invalid("A page has between 1 and %d entries.", maxPage)
	}
	refs := make([]store.Ref, 0, len(ids))
	for _, id := range ids {
		if model.ValidID(id) {
			refs = append(refs, k.Ref(a.caller.Scope, id))
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	docs, err := v.fetchAll(ctx, refs)
	if err != nil {
		return nil, fmt.Errorf("read some %s: %w", k.spec.Name, err)
	}
	there := slices.DeleteFunc(docs, func(d *store.Doc) bool { return d == nil })
	page, err := k.page(ctx, v, a, store.Page{Docs: there})
	if err != nil {
		return nil, err
	}
	return page.Records, k.shown(ctx, v, a, page.Records)
}

// shown audits a page.
func (k *Kind[T]) shown(ctx context.Context, v Via, a Ask, records []Record[T]) error {
	if !reads(v) || k.spec.Quiet {
		return nil
	}
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	e := a.entry("", audit.Done, "")
	e.Labels = merged(e.Labels, map[string]string{"count": strconv.Itoa(len(ids))})
	if len(ids) > 0 {
		e.Labels["ids"] = strings.Join(ids, " ")
	}
	if a.caller.Shows {
		for _, r := range records {
			e.Shown = append(e.Shown, k.record(r.ID))
		}
	}
	return v.witness(ctx, e)
}

// query makes the store's query. Members can only use queries with a field that says who may read.
func (k *Kind[T]) query(ctx context.Context, g *Gate, c access.Caller, f Find) (*store.Find, error) {
	declared, ok := k.queries[f.Query]
	if !ok {
		return nil, fmt.Errorf("no query %q of %s: %w", f.Query, k.spec.Name, model.ErrInvalid)
	}
	q := &store.Find{
		Collection: k.spec.Name, Query: f.Query, Scope: c.Scope,
		Equal: f.Equal, From: f.From, Until: f.Until, Limit: f.Limit, Cursor: f.Cursor,
	}
	if declared.Group {
		if c.Role != access.System {
			return nil, fmt.Errorf("query %q spans all scopes: %w", f.Query, model.ErrDenied)
		}
		q.Scope = model.Scope{}
	}
	if q.Limit == 0 {
		q.Limit = pageSize
	}
	if q.Limit < 1 || q.Limit > maxPage {
		return nil, model.Invalid("A page has between 1 and %d entries.", maxPage)
	}
	return k.narrow(ctx, g, c, declared, f, q)
}

func (k *Kind[T]) narrow(ctx context.Context, g *Gate, c access.Caller, declared store.Query, f Find,
	q *store.Find) (*store.Find, error) {
	switch declared.AnyOf {
	case readersField:
		for _, key := range c.ReaderKeys() {
			q.AnyOf = append(q.AnyOf, key)
		}
		if len(q.AnyOf) == 0 {
			return nil, fmt.Errorf("query %q has no readers for role %q: %w", f.Query, c.Role, model.ErrDenied)
		}
		return q, nil
	case wordsField:
		return k.search(ctx, g, c, f.Search, q)
	}
	if k.spec.Audience != nil && c.Role != access.System {
		return nil, fmt.Errorf("query %q of %s does not check readers: %w", f.Query, k.spec.Name, model.ErrDenied)
	}
	return q, nil
}

// search looks up the longest word in the blind index and narrows the hits by the others, each in every domain that the
// caller may search. It returns nil if there is nothing to look up.
func (k *Kind[T]) search(ctx context.Context, g *Gate, c access.Caller, text string, q *store.Find) (*store.Find,
	error) {
	if len(text) > maxQuery {
		return nil, model.Invalid("A search has at most %d characters.", maxQuery)
	}
	words := seal.Words(text)
	if len(words) > maxTerms {
		return nil, model.Invalid("A search has at most %d words.", maxTerms)
	}
	if len(words) == 0 {
		return nil, nil
	}
	ring, err := g.keyrings.Ring(ctx, c.Scope)
	if err != nil {
		return nil, fmt.Errorf("keyring of %s: %w", k.spec.Name, err)
	}
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, t := range k.wanted(ring, c, words[0]) {
		q.AnyOf = append(q.AnyOf, t)
	}
	own := k.ownMarks(ring, c)
	for _, t := range own {
		q.AnyOf = append(q.AnyOf, t)
	}
	narrowed := k.filter(ring, c, words[1:])
	q.Filter = func(d *store.Doc) bool {
		if marked(d, own) {
			return k.listed(c, d) && k.says(ring, c, d, words)
		}
		return narrowed(d)
	}
	return q, nil
}

func (k *Kind[T]) wanted(ring *seal.Ring, c access.Caller, word string) []int64 {
	var tokens []int64
	for _, d := range domains(c) {
		tokens = append(tokens, k.token(ring, d, word))
	}
	return tokens
}

// listed reports whether the document's readers include the caller. A search checks it before it counts a hit, so that
// not even a cursor reveals a document that the caller is not meant to read.
func (k *Kind[T]) listed(c access.Caller, d *store.Doc) bool {
	if k.spec.Audience == nil {
		return true
	}
	readers, _ := d.Fields[readersField].([]string)
	return slices.ContainsFunc(c.ReaderKeys(), func(key string) bool { return slices.Contains(readers, key) })
}

func (k *Kind[T]) filter(ring *seal.Ring, c access.Caller, words []string) func(*store.Doc) bool {
	wanted := make([][]int64, len(words))
	for i, w := range words {
		wanted[i] = k.wanted(ring, c, w)
	}
	return func(d *store.Doc) bool {
		if !k.listed(c, d) {
			return false
		}
		has, _ := d.Fields[wordsField].([]int64)
		for _, any := range wanted {
			if !slices.ContainsFunc(any, func(t int64) bool { return slices.Contains(has, t) }) {
				return false
			}
		}
		return true
	}
}
