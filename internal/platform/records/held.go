package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Held names what a document belongs to.
type Held struct{ Kind, ID string }

// String is the name of the record in the trail.
func (h Held) String() string { return h.Kind + "/" + h.ID }

// Holder is a kind to whose documents those of other kinds belong. It gives out nothing of them.
type Holder interface {
	// Holds is nil if the document exists, is meant for the caller, and admits the action as the kind declares it
	// (Under, Serve; Only). Otherwise it is the error that the caller gets, and a refusal is in the trail.
	Holds(ctx context.Context, v Via, a Ask, id string) error
}

// Holds implements Holder.
func (k *Kind[T]) Holds(ctx context.Context, v Via, a Ask, id string) error {
	if g, ok := v.(*Gate); ok {
		v = g.Serving()
	}
	_, r, err := k.load(ctx, v, Serve, a.On(id))
	if err != nil {
		return err
	}
	if err := k.condition(a.caller, a.action, &r.Body); err != nil {
		return k.refused(ctx, v, a.On(id), err)
	}
	return nil
}

// held refuses whoever may not do the action to what the document belongs to. The system is not asked: it removes what
// belongs to documents that are no longer there.
func (k *Kind[T]) held(ctx context.Context, v Via, a Ask, body *T) error {
	if k.spec.Held == nil || a.caller.Role == access.System {
		return nil
	}
	of := k.spec.Held(body)
	holder, known := k.spec.Holders[of.Kind]
	if !known {
		return fmt.Errorf("records: %s of %q: %w", k.spec.Name, of.Kind, model.ErrNotFound)
	}
	return holder.Holds(ctx, v, a, of.ID)
}

// reached says for each document of a page whether the caller may see what it belongs to, which is looked at once.
func (k *Kind[T]) reached(ctx context.Context, v Via, a Ask) func(*T) (bool, error) {
	known := map[Held]error{}
	return func(body *T) (bool, error) {
		if k.spec.Held == nil {
			return true, nil
		}
		of := k.spec.Held(body)
		err, asked := known[of]
		if !asked {
			err = k.held(ctx, v, a, body)
			known[of] = err
		}
		if errors.Is(err, model.ErrNotFound) || isDenial(err) {
			return false, nil
		}
		return err == nil, err
	}
}
