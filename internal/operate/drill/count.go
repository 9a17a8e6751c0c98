package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// The rule of the counts. Everything that is in the database in use now and was made before the backup must be in the
// restored database. Nothing may be in it that is not in use now, unless it has expired in the meantime, or it is the
// product's housekeeping, whose removals are not in the ledger. What was made within a minute of the backup's instant
// may be on either side. That is the whole tolerance.

// Count compares one kind.
type Count struct {
	Kind     string `json:"kind"`
	Restored int    `json:"restored"` // after the erasures
	Lapsed   int    `json:"lapsed"`   // of those, expired
	AtLeast  int    `json:"at_least"` // in use, made more than a minute before the backup
	AtMost   int    `json:"at_most"`  // in use, made until a minute after it
	OK       bool   `json:"ok"`
	Says     string `json:"says"`
}

func agree(counts []Count) bool {
	for _, c := range counts {
		if !c.OK {
			return false
		}
	}
	return true
}

// count compares every kind, and takes samples of what was restored.
func (d *drill) count(ctx context.Context, gone map[model.Scope]bool) ([]Count, map[string][]store.Ref, error) {
	counts := make([]Count, 0, len(d.Collections))
	samples := map[string][]store.Ref{}
	for _, col := range d.Collections {
		c := Count{Kind: col.Name}
		picked, err := d.countRestored(ctx, col, gone, &c)
		if err != nil {
			return nil, nil, err
		}
		if err := d.countLive(ctx, col, gone, &c); err != nil {
			return nil, nil, err
		}
		d.judge(&c)
		counts = append(counts, c)
		samples[col.Name] = picked
	}
	return counts, samples, nil
}

func (d *drill) judge(c *Count) {
	kind, is := d.kinds[c.Kind]
	keeping := is && kind.Housekeeping() || !is && d.known[c.Kind].TTL == ""
	switch {
	case c.Restored < c.AtLeast:
		c.Says = fmt.Sprintf("%d are missing", c.AtLeast-c.Restored)
	case c.Restored-c.Lapsed > c.AtMost && !keeping:
		c.Says = fmt.Sprintf("%d are back that are not in use", c.Restored-c.Lapsed-c.AtMost)
	default:
		c.OK, c.Says = true, "as in use"
	}
}

// countRestored counts the new database, and removes what belongs to scopes whose keys were destroyed.
func (d *drill) countRestored(ctx context.Context, col store.Collection, gone map[model.Scope]bool,
	c *Count) ([]store.Ref, error) {
	var picked []store.Ref
	var shredded []store.Write
	err := walk(ctx, d.fresh, col, func(doc *store.Doc) error {
		if gone[doc.Ref.Scope] {
			shredded = append(shredded, store.Delete(doc.Ref, time.Time{}))
			return nil
		}
		c.Restored++
		if until, ok := doc.Fields[col.TTL].(time.Time); ok && !until.After(d.now()) {
			c.Lapsed++
		}
		picked = d.sample(picked, c.Restored, doc.Ref)
		return nil
	}, func() error {
		if len(shredded) == 0 {
			return nil
		}
		_, err := d.fresh.Commit(ctx, shredded...)
		d.out.Erased.InScopes += len(shredded)
		shredded = shredded[:0]
		return err
	})
	return picked, err
}

// sample keeps each of the documents so far with the same probability.
func (d *drill) sample(picked []store.Ref, seen int, r store.Ref) []store.Ref {
	if len(picked) < d.Samples {
		return append(picked, r)
	}
	if at := rand.IntN(seen); at < len(picked) { // #nosec G404 -- a sample, not a secret
		picked[at] = r
	}
	return picked
}

func (d *drill) countLive(ctx context.Context, col store.Collection, gone map[model.Scope]bool, c *Count) error {
	return walk(ctx, d.Live, col, func(doc *store.Doc) error {
		if gone[doc.Ref.Scope] {
			return nil
		}
		if doc.Created.Before(d.snap.Add(-margin)) {
			c.AtLeast++
		}
		if !doc.Created.After(d.snap.Add(margin)) {
			c.AtMost++
		}
		return nil
	}, func() error { return nil })
}

// walk goes through a collection, page by page.
func walk(ctx context.Context, s *store.Store, col store.Collection, each func(*store.Doc) error,
	page func() error) error {
	w := store.Walk{Collection: col.Name, Limit: store.MaxLimit}
	if col.TTL != "" {
		w.Fields = []string{col.TTL}
	}
	for {
		docs, err := s.Walk(ctx, w)
		if err != nil {
			return fmt.Errorf("count %s: %w", col.Name, err)
		}
		for _, doc := range docs {
			if err := each(doc); err != nil {
				return err
			}
			w.After = doc.Ref
		}
		if err := page(); err != nil {
			return fmt.Errorf("count %s: %w", col.Name, err)
		}
		if len(docs) < w.Limit {
			return nil
		}
	}
}
