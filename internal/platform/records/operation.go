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
	Change Operation = "change" // an existing document
	Remove Operation = "remove" // a document, for good
)

// Operations are all of them.
var Operations = []Operation{Read, List, Serve, Create, Change, Remove}

// Under says for each operation under which actions it may be done. Nothing else is allowed: permission is decided for
// an action, and that is meaningless unless the operation is part of that action.
type Under map[Operation][]access.Action

// Only says under which condition an action may be done to an existing document, beyond what the matrix says: only by
// its author, for example, or only in one state. The error is what the caller gets. The gate checks it before anything
// is shown or changed, in the transaction that makes the change.
type Only[T any] map[access.Action]func(access.Caller, *T) error

// ErrForeign says that an operation was requested under an action that the kind does not declare for it. That is a
// programming error, whoever the caller is, so it is not a denial and is not in the trail.
var ErrForeign = errors.New("the operation is not declared under this action")

// Permits reports whether an operation is declared under an action.
func (k *Kind[T]) Permits(op Operation, a access.Action) bool {
	return slices.Contains(k.spec.Under[op], a)
}

// Allows says whether a caller may do an action to a document now: nil, or why not.
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

// checkUnder panics on a declaration that names something undeclared.
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
