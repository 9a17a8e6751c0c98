package checkpoint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// shardPage is how many entries of a shard are read at once.
const shardPage = 100

// gathering is what is new in all scopes. It is found by who wrote it: each instance's entries are in shards, in the
// order of their times, and how far each shard was read is stored. So nothing is read twice, and no scope is touched in
// which nothing happened.
type gathering struct {
	store      *store.Store
	since, now time.Time
	instances  []*audit.Instance
	reached    time.Time // how far any shard was read before
	most       int       // entries that are enough; what was asked for at once may be more

	mu      sync.Mutex
	entries map[model.Scope][]*store.Doc
	count   int
	first   time.Time // of all entries
	cut     bool      // something did not fit
	cuts    []time.Time
	touched map[*audit.Instance]bool
	done    map[*audit.Instance]int // shards that were read to their end
	totals  []store.Write           // that count the entries
}

func (g *gathering) gather(ctx context.Context) error {
	g.entries, g.touched, g.done = map[model.Scope][]*store.Doc{}, map[*audit.Instance]bool{}, map[*audit.Instance]int{}
	slices.SortFunc(g.instances, func(a, b *audit.Instance) int { return cmp.Compare(a.ID, b.ID) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	for _, i := range g.instances {
		for shard := range audit.Shards {
			group.Go(func() error { return g.shard(ctx, i, shard) })
		}
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("read new entries: %w", err)
	}
	return nil
}

// shard reads what is new and settled in a shard, as much as fits.
func (g *gathering) shard(ctx context.Context, i *audit.Instance, shard int) error {
	find := store.Find{
		Collection: audit.EntriesName, Query: "unshipped", Equal: store.Fields{"by": i.Shard(shard)},
		From: i.Read(shard),
	}
	if !i.Gone {
		if !i.Settled.After(i.Read(shard)) {
			return nil
		}
		find.Until = i.Settled
	}
	find.Limit = max(1, min(shardPage, g.most/abreast))
	for {
		if g.full() {
			g.stop(i.Read(shard))
			return nil
		}
		page, err := g.store.Find(ctx, find)
		if err != nil {
			return err
		}
		g.add(i, shard, page.Docs)
		if find.Cursor = page.Next; find.Cursor == "" {
			break
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done[i]++
	if !i.Gone {
		i.SetRead(shard, i.Settled)
	}
	return nil
}

func (g *gathering) full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count >= g.most
}

func (g *gathering) add(i *audit.Instance, shard int, docs []*store.Doc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range docs {
		at, _ := d.Fields["at"].(time.Time)
		g.count++
		g.entries[d.Ref.Scope] = append(g.entries[d.Ref.Scope], d)
		if g.first.IsZero() || at.Before(g.first) {
			g.first = at
		}
		i.SetRead(shard, at.Add(time.Microsecond))
		g.touched[i] = true
	}
}

// stop records that a shard was not read to its end.
func (g *gathering) stop(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut = true
	g.cuts = append(g.cuts, at)
}

// horizon is the instant before which every entry is in a checkpoint once this round is made.
func (g *gathering) horizon() time.Time {
	h := g.now
	for _, i := range g.instances {
		if !i.Gone && i.Settled.Before(h) {
			h = i.Settled
		}
	}
	for _, c := range g.cuts {
		if c.Before(h) {
			h = c
		}
	}
	return h
}

// oldest is the time of the oldest entry that is new.
func (g *gathering) oldest() time.Time {
	if g.first.IsZero() {
		return g.now
	}
	return g.first
}

// scopes are those with something new, in the order of the round's tree.
func (g *gathering) scopes() []model.Scope {
	list := make([]model.Scope, 0, len(g.entries))
	for scope := range g.entries {
		list = append(list, scope)
	}
	slices.SortFunc(list, func(a, b model.Scope) int { return cmp.Compare(a.String(), b.String()) })
	return list
}

// writes store how far the instances were read. An instance that is alive and had nothing new is left as it is.
func (g *gathering) writes() []store.Write {
	var list []store.Write
	for _, i := range g.instances {
		if closed := g.closed(i); closed && !i.Closed || g.touched[i] {
			list = append(list, i.Write(g.now, closed))
		}
	}
	return list
}

// closed reports whether there is nothing more to read of an instance.
func (g *gathering) closed(i *audit.Instance) bool { return i.Gone && g.done[i] == audit.Shards }

// close stores which instances have ended, where there was nothing new.
func (g *gathering) close(ctx context.Context) error {
	list := g.writes()
	if len(list) == 0 {
		return nil
	}
	if _, err := g.store.Commit(ctx, list...); err != nil {
		return fmt.Errorf("store how far instances were read: %w", err)
	}
	return nil
}
