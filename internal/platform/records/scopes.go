package records

import (
	"context"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Holding is a scope that holds a document of a kind, and since when.
type Holding struct {
	Scope model.Scope
	Since time.Time
}

// Holders lists the scopes that hold a document of the kind, in the order of their names, after a document; the zero
// Ref is the start. Fewer than the limit mean the end. It is for work of the platform that concerns every scope:
// nothing of a document is opened, so there is nothing that an entry could tell. A scope that holds several such
// documents is listed several times.
func (k *Kind[T]) Holders(ctx context.Context, g *Gate, a Ask, after Ref, limit int) ([]Holding, error) {
	if err := ofPlatform(a); err != nil {
		return nil, err
	}
	docs, err := g.store.Walk(ctx, store.Walk{Collection: k.spec.Name, After: after, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("holders of %s: %w", k.spec.Name, err)
	}
	list := make([]Holding, len(docs))
	for i, d := range docs {
		list[i] = Holding{d.Ref.Scope, d.Created}
	}
	return list, nil
}

// HeldIn says for each of some scopes whether it holds a document. Nothing of it is opened.
func (k *Kind[T]) HeldIn(ctx context.Context, g *Gate, a Ask, id string, scopes []model.Scope) ([]bool, error) {
	if err := ofPlatform(a); err != nil {
		return nil, err
	}
	refs := make([]store.Ref, len(scopes))
	for i, s := range scopes {
		refs[i] = k.Ref(s, id)
	}
	docs, err := g.store.GetAll(ctx, refs...)
	if err != nil {
		return nil, fmt.Errorf("where %s are: %w", k.spec.Name, err)
	}
	held := make([]bool, len(docs))
	for i, d := range docs {
		held[i] = d != nil
	}
	return held, nil
}

// ofPlatform refuses everybody but the platform itself.
func ofPlatform(a Ask) error {
	if a.caller.Role != access.System || a.caller.Scope != model.Platform() || !access.Can(a.caller, a.action) {
		return fmt.Errorf("%q over all scopes: %w", a.action, model.ErrDenied)
	}
	return nil
}
