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

// Changes are those of which a test says that they were told.
type Changes struct {
	Says  []policy.Change
	Fails error
}

// Changes are what the test says.
func (c *Changes) Changes(context.Context) ([]policy.Change, error) { return c.Says, c.Fails }
