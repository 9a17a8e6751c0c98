package records

import (
	"context"
	"fmt"
	"maps"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Options are what a Gate needs.
type Options struct {
	Store    *store.Store
	Keyrings *seal.Keyrings
	Trail    *audit.Trail
	Clock    model.Clock
}

// Gate is the way to the documents. It is safe for concurrent use.
type Gate struct {
	store    *store.Store
	keyrings *seal.Keyrings
	trail    *audit.Trail
	clock    model.Clock
	memory   *memory
}

// New makes a gate.
func New(o Options) *Gate {
	return &Gate{store: o.Store, keyrings: o.Keyrings, trail: o.Trail, clock: o.Clock, memory: newMemory()}
}

// Via is a way through the gate: the Gate itself for single operations, or a Tx for several in one transaction.
type Via interface {
	gate() *Gate
	// fetch reads one document; nil if there is none.
	fetch(ctx context.Context, a Ask, ref store.Ref) (*store.Doc, error)
	// fetchAll reads documents in one round trip; nil for those that do not exist.
	fetchAll(ctx context.Context, refs []store.Ref) ([]*store.Doc, error)
	find(ctx context.Context, f store.Find) (store.Page, error)
	// write commits a write together with its entry, or buffers both until the transaction commits. A nil entry is for
	// quiet kinds.
	write(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error
	// erase is write for the removal of a document that must not come back.
	erase(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error
	// witness makes entries durable that belong to no write.
	witness(ctx context.Context, e *audit.Entry) error
}

func (g *Gate) gate() *Gate { return g }

func (g *Gate) fetch(ctx context.Context, a Ask, ref store.Ref) (*store.Doc, error) {
	if d, ok := a.ahead().take(ref); ok {
		return d, nil
	}
	docs, err := g.store.GetAll(ctx, ref)
	if err != nil {
		return nil, err
	}
	return docs[0], nil
}

func (g *Gate) fetchAll(ctx context.Context, refs []store.Ref) ([]*store.Doc, error) {
	return g.store.GetAll(ctx, refs...)
}

func (g *Gate) find(ctx context.Context, f store.Find) (store.Page, error) {
	return g.store.Find(ctx, f)
}

func (g *Gate) write(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	if e == nil {
		return g.commit(ctx, a.caller, w)
	}
	var beside companions
	beside.add(a.companion())
	writes, err := beside.writes([]string{nameOf(w.Ref())})
	if err != nil {
		return err
	}
	prepared, err := g.trail.Prepare(ctx, e)
	if err != nil {
		return err
	}
	err = g.commit(ctx, a.caller, append(writes, w, prepared.Write)...)
	g.trail.Settle(err, prepared)
	if err == nil {
		beside.done()
	}
	return err
}

func (g *Gate) witness(ctx context.Context, e *audit.Entry) error {
	if visit := visitOf(ctx); e.Outcome == audit.Done && visit.take(e) {
		return nil
	}
	return g.trail.Disclose(ctx, e)
}

// Serving is a way for reads that serve a change, outside its transaction: like reads inside it, they leave no entries
// of their own. What is read in this way must not be shown, and the change must be correct whatever happens to the
// document in the meantime.
func (g *Gate) Serving() Via { return serving{g} }

type serving struct{ *Gate }

// Keyrings are the keys of the scopes, for code that creates a scope or ends one.
func (g *Gate) Keyrings() *seal.Keyrings { return g.keyrings }

// Clock is the gate's clock.
func (g *Gate) Clock() model.Clock { return g.clock }

// Note writes an entry that belongs to no document: an effect outside the database, a sign-in, a refusal. It returns
// when the entry is durable. Inside a transaction it leaves the entry to the commit.
func (g *Gate) Note(ctx context.Context, v Via, a Ask, record string, outcome audit.Outcome) error {
	if !a.caller.Scope.Valid() || !access.Known(a.action) {
		return fmt.Errorf("note %q outside any scope: %w", a.action, model.ErrInvalid)
	}
	if tx, ok := within(v); ok {
		if err := tx.vouch(ctx, a.caller); err != nil {
			return a.lapse(ctx, v, false, record, err)
		}
	}
	return v.witness(apart(ctx), a.entry(record, outcome, "")) // it is not a read: see AsOne
}

// denial writes a denial at once, or, inside a transaction that is about to be rolled back, after it.
func (g *Gate) denial(ctx context.Context, v Via, e *audit.Entry) error {
	if tx, ok := within(v); ok {
		tx.denials = append(tx.denials, e)
		return nil
	}
	return g.trail.Disclose(ctx, e)
}

// merged are labels with more added.
func merged(l map[string]string, more map[string]string) map[string]string {
	if l == nil {
		return more
	}
	maps.Copy(l, more)
	return l
}
