package webtest

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// Access answers what a test says that was read back.
type Access struct {
	Says  policy.Access
	Fails error
}

// Access is what the test says.
func (a *Access) Access(context.Context) (policy.Access, error) { return a.Says, a.Fails }
