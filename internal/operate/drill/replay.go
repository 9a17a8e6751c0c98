package drill

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func notThere(err error) bool { return status.Code(err) == codes.NotFound }

// ledgerPage is how many documents are looked up at once.
const ledgerPage = 100

// replay erases in the new database what was erased since the backup, and returns the scopes whose keys were destroyed
// at any time.
func (d *drill) replay(ctx context.Context) (map[model.Scope]bool, error) {
	d.Tell("erasing again what was erased since " + d.snap.Format(time.RFC3339))
	err := d.eachErased(ctx, func(there []store.Ref) error {
		writes := make([]store.Write, len(there))
		for i, r := range there {
			writes[i] = store.Delete(r, time.Time{})
		}
		if _, err := d.fresh.Commit(ctx, writes...); err != nil {
			return fmt.Errorf("erase again: %w", err)
		}
		d.out.Erased.Documents += len(there)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.destroyed(ctx)
}

// eachErased calls f, in portions, with the documents that the ledger says were erased and that exist in the new
// database as they were then.
func (d *drill) eachErased(ctx context.Context, f func([]store.Ref) error) error {
	var page []seal.Erasure
	flush := func() error {
		there, err := d.there(ctx, page)
		page = page[:0]
		if err != nil || len(there) == 0 {
			return err
		}
		return f(there)
	}
	unknown := map[string]bool{}
	err := d.Gate.Keyrings().Erased(ctx, d.snap.Add(-margin), func(e seal.Erasure) error {
		if _, known := d.known[e.Ref.Collection]; !known {
			if !unknown[e.Ref.Collection] {
				d.problem("the ledger of erasures names %s, which this program does not know", e.Ref.Collection)
			}
			unknown[e.Ref.Collection] = true
			return nil
		}
		if page = append(page, e); len(page) < ledgerPage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// there are the documents that exist in the new database and were not made again after they were erased.
func (d *drill) there(ctx context.Context, page []seal.Erasure) ([]store.Ref, error) {
	if len(page) == 0 {
		return nil, nil
	}
	refs := make([]store.Ref, len(page))
	for i, e := range page {
		refs[i] = e.Ref
	}
	docs, err := d.fresh.GetAll(ctx, refs...)
	if err != nil {
		return nil, fmt.Errorf("look for what was erased: %w", err)
	}
	var there []store.Ref
	seen := map[store.Ref]bool{}
	for i, doc := range docs {
		if doc != nil && !doc.Created.After(page[i].At) && !seen[doc.Ref] {
			seen[doc.Ref] = true
			there = append(there, doc.Ref)
		}
	}
	return there, nil
}

// destroyed are the scopes whose keys were destroyed.
func (d *drill) destroyed(ctx context.Context) (map[model.Scope]bool, error) {
	gone := map[model.Scope]bool{}
	for cursor := ""; ; {
		list, next, err := d.Gate.Keyrings().Destroyed(ctx, cursor, store.MaxLimit)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			gone[t.Scope] = true
		}
		if cursor = next; cursor == "" {
			return gone, nil
		}
	}
}

// checkErased looks once more, at the end, for what must not exist.
func (d *drill) checkErased(ctx context.Context) error {
	left := 0
	if err := d.eachErased(ctx, func(there []store.Ref) error { left += len(there); return nil }); err != nil {
		return err
	}
	if left > 0 {
		d.problem("%d erased documents are back", left)
	}
	return nil
}
