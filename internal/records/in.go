package records

import "github.com/tinyoperahouse/toh/internal/model"

// Placed is a declared kind that says which scopes hold it. Every kind does.
type Placed interface {
	Declared
	In() model.ScopeKind
}

// In is which scopes hold it.
func (k *Kind[T]) In() model.ScopeKind { return k.spec.In }
