package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// A scope ends in two steps: its keys are destroyed, by which all of its documents become unreadable at once, wherever
// a copy of them is; then the documents are removed. The ledger of erasures gets no entry for each document, because
// the tombstone of the keys speaks for the whole scope. Its trail stays until it expires; what was sealed in it is
// unreadable, too.

// errAlive refuses to clear a scope whose documents can still be read.
var errAlive = errors.New("records: the keys of the scope still exist")

// Shred destroys the keys of a scope for good. That it begins is in the platform's trail before. It can be repeated.
// Until Keyrings().Wait() has passed, other instances may still hold the keys in memory.
func (g *Gate) Shred(ctx context.Context, a Ask, scope model.Scope) error {
	if err := g.mayEnd(ctx, a, scope); err != nil {
		return err
	}
	if err := g.Note(ctx, g, a, scope.String(), audit.Begun); err != nil {
		return err
	}
	return g.keyrings.Shred(ctx, scope)
}

// Contents counts the documents of each of the kinds in a scope, up to upTo of each. It opens none.
func (g *Gate) Contents(ctx context.Context, scope model.Scope, kinds []Declared, upTo int64) (map[string]int64,
	error) {
	counts := map[string]int64{}
	for _, k := range kinds {
		if k.In() != scope.Kind {
			continue
		}
		n, err := g.store.CountAll(ctx, scope, k.Name(), upTo)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", k.Name(), err)
		}
		if n > 0 {
			counts[k.Name()] = n
		}
	}
	return counts, nil
}

// Clear removes documents of these kinds from a scope whose keys are destroyed, batch by batch, until none is left or
// more returns false. It says how many it removed and whether that was all. A scope that has keys is refused.
func (g *Gate) Clear(ctx context.Context, a Ask, scope model.Scope, kinds []Declared, more func() bool) (removed int64,
	all bool, err error) {
	if err := g.mayEnd(ctx, a, scope); err != nil {
		return 0, false, err
	}
	g.keyrings.Forget(scope)
	switch _, err := g.keyrings.Ring(ctx, scope); {
	case err == nil:
		return 0, false, fmt.Errorf("clear %s: %w", scope, errAlive)
	case !errors.Is(err, ErrDestroyed):
		return 0, false, err
	}
	for _, k := range kinds {
		if k.In() != scope.Kind {
			continue
		}
		for {
			if !more() {
				return removed, false, nil
			}
			n, err := g.store.Clear(ctx, scope, k.Name(), store.MaxLimit)
			removed += int64(n)
			if err != nil {
				return removed, false, fmt.Errorf("clear %s: %w", k.Name(), err)
			}
			if n < store.MaxLimit {
				break
			}
		}
	}
	return removed, true, nil
}

// Stored is the beginning of a document as it is stored: sealed, at most most bytes; nil if there is none. It discloses
// nothing, so it leaves no entry.
func (g *Gate) Stored(ctx context.Context, ref Ref, most int) ([]byte, error) {
	docs, err := g.store.GetAll(ctx, ref)
	if err != nil || docs[0] == nil {
		return nil, err
	}
	return bytes.Clone(docs[0].Body[:min(len(docs[0].Body), most)]), nil
}

// mayEnd refuses everybody but the product itself, on behalf of a request to erase the scope.
func (g *Gate) mayEnd(ctx context.Context, a Ask, scope model.Scope) error {
	if a.action != access.ScopeErase || scope.Kind == model.PlatformScope || !scope.Valid() {
		return fmt.Errorf("records: end %s under %q: %w", scope, a.action, ErrForeign)
	}
	if !access.Can(a.caller, a.action) {
		return a.refuse(ctx, g, false, scope.String(), model.ErrDenied)
	}
	return nil
}
