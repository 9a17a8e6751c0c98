package records

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// maxVisitIDs limits the ids of lists that one visit names, so that its labels fit into an entry.
const maxVisitIDs = 1000

type visitKey struct{}

// visit gathers the entries of reads that serve one answer.
type visit struct {
	mu      sync.Mutex
	closed  bool
	entries []*audit.Entry
}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// apart is the context outside the visit.
func apart(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitKey{}, (*visit)(nil))
}

// take keeps an entry for the end of the visit. It returns false if there is no visit, or if it is over.
func (v *visit) take(e *audit.Entry) bool {
	if v == nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closed {
		v.entries = append(v.entries, e)
	}
	return !v.closed
}

func (v *visit) end() []*audit.Entry {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	return v.entries
}

// AsOne runs f, whose reads serve one answer, and leaves one entry for them in each scope, with everything that they
// showed, durable before it returns. If there is an error, nothing that f read may be given out. lead is the action
// that the entry names unless the visit read a single record; "" means the action of the last read. Refusals and
// changes leave their own entries.
func (g *Gate) AsOne(ctx context.Context, lead access.Action, f func(context.Context) error) error {
	if visitOf(ctx) != nil {
		return f(ctx)
	}
	v := &visit{}
	err := f(context.WithValue(ctx, visitKey{}, v))
	entries := v.end()
	if err != nil || len(entries) == 0 {
		return err
	}
	byScope := map[model.Scope][]*audit.Entry{}
	for _, e := range entries {
		byScope[e.Scope] = append(byScope[e.Scope], e)
	}
	var all []*audit.Entry
	for _, list := range byScope {
		all = append(all, joined(lead, list)...)
	}
	return g.trail.Disclose(ctx, all...)
}

// joined is one entry in place of several, or as many as are needed to name everything that was shown.
func joined(lead access.Action, list []*audit.Entry) []*audit.Entry {
	if len(list) == 1 {
		return divided(*list[0], list[0].Shown)
	}
	whole := *leading(lead, list)
	whole.Labels = maps.Clone(whole.Labels)
	var ids, also []string
	whole.Shown = nil
	for _, e := range list {
		ids = append(ids, strings.Fields(e.Labels["ids"])...)
		if e.Action != whole.Action || e.Record != whole.Record {
			also = append(also, strings.TrimSpace(string(e.Action)+" "+e.Record))
		}
		whole.Shown = append(whole.Shown, e.Shown...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	whole.Labels = merged(whole.Labels, listed(ids[:min(len(ids), maxVisitIDs)], also))
	slices.Sort(whole.Shown)
	return divided(whole, slices.Compact(whole.Shown))
}

func listed(ids, also []string) map[string]string {
	l := map[string]string{}
	if len(ids) > 0 {
		l["ids"] = strings.Join(ids, " ")
	}
	if len(also) > 0 {
		slices.Sort(also)
		l["also"] = strings.Join(slices.Compact(also), ", ")
	}
	return l
}

// leading is the entry that describes a visit best: the read of one record, otherwise the given action, otherwise the
// last read.
func leading(lead access.Action, list []*audit.Entry) *audit.Entry {
	for _, e := range list {
		if e.Record != "" && e.Shows(e.Record) {
			return e
		}
	}
	last := *list[len(list)-1]
	if lead != "" {
		last.Action, last.Record = lead, ""
		delete(last.Labels, "count") // of one list only
	}
	return &last
}

// divided spreads what was shown over as many entries as needed.
func divided(whole audit.Entry, shown []string) []*audit.Entry {
	whole.Shown = nil
	first := whole
	list := []*audit.Entry{&first}
	for part := range slices.Chunk(shown, audit.MaxShown) {
		if len(list) > 1 || list[0].Shown != nil {
			next := whole
			list = append(list, &next)
		}
		list[len(list)-1].Shown = part
	}
	return list
}
