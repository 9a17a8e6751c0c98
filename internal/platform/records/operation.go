package records

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Operation is what is done to documents of a kind.
type Operation string

// The operations of a kind.
const (
	Read   Operation = "read"   // one document, to show it
	List   Operation = "list"   // a query, to show what it finds
	Serve  Operation = "serve"  // either, as part of a change: nothing of it is shown, and it leaves no entry
	Create Operation = "create" // a new document
	Change Operation = "change" // one that is there
	Remove Operation = "remove" // for good
)

// Operations are all of them.
var Operations = []Operation{Read, List, Serve, Create, Change, Remove}

// Under says for each operation under which actions it may be done. Nothing else is done: what a caller may do is
// decided for an action, and that means nothing unless the action is one for what happens then.
type Under map[Operation][]access.Action

// Only says on which condition an action is done to a document that is there, beyond what the matrix says: by its
// author alone, or in one state alone. The error is what the caller gets. The gate asks before anything is shown or
// changed, in the transaction that changes it.
type Only[T any] map[access.Action]func(access.Caller, *T) error

// ErrForeign says that an operation was asked for under an action that the kind does not declare for it. That is a
// mistake in the program, whoever asks, so it is no denial and in no trail.
var ErrForeign = errors.New("the operation is not declared under this action")

// Permits reports whether an operation is declared under an action.
func (k *Kind[T]) Permits(op Operation, a access.Action) bool {
	return slices.Contains(k.spec.Under[op], a)
}

// Allows tells whether a caller may do an action to a document now: nil, or why not.
func (k *Kind[T]) Allows(c access.Caller, a access.Action, body *T) error {
	if !access.Can(c, a) {
		return &model.Error{Kind: model.ErrDenied}
	}
	return k.condition(c, a, body)
}

func (k *Kind[T]) condition(c access.Caller, a access.Action, body *T) error {
	if holds := k.spec.Only[a]; holds != nil {
		return holds(c, body)
	}
	return nil
}

// foreign refuses an operation under an action that it is not declared under.
func (k *Kind[T]) foreign(v Via, op Operation, a access.Action) error {
	if !reads(v) && (op == Read || op == List) {
		op = Serve
	}
	if k.Permits(op, a) {
		return nil
	}
	return fmt.Errorf("records: %s %s under %q: %w", op, k.spec.Name, a, ErrForeign)
}

// checkUnder panics on a declaration that names what there is not.
func (k *Kind[T]) checkUnder() {
	named := map[access.Action]bool{}
	for op, actions := range k.spec.Under {
		if !slices.Contains(Operations, op) {
			panic(fmt.Sprintf("records: kind %s has no operation %q", k.spec.Name, op))
		}
		for _, a := range actions {
			named[a] = true
			if !slices.Contains(access.Actions(k.spec.In), a) {
				panic(fmt.Sprintf("records: kind %s: %q is no action in a scope of %q", k.spec.Name, a, k.spec.In))
			}
		}
	}
	for a := range k.spec.Only {
		if !named[a] {
			panic(fmt.Sprintf("records: kind %s has a condition for %q, which it does not know", k.spec.Name, a))
		}
	}
}
