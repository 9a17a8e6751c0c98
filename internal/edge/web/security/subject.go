// Package security is the public security page: what was promised, whether it holds, and the history of that.
//
// It is for everybody and asks nobody who they are. It must never show how a promise is broken before it is mended, and
// never show anything as kept that was not checked recently.
package security

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Promises say what is known, and run a control again.
type Promises interface {
	Overview(ctx context.Context) (*promise.Overview, error)
	RunAgain(ctx context.Context, control string) error
}

type pages struct {
	promises Promises
	contact  string
}

// Subject is mounted by the site. contact is whom to write to about a weakness, or "".
func Subject(p Promises, contact string) frame.Subject {
	s := &pages{p, contact}
	return frame.Subject{
		Name: "security", Routes: slices.Concat(s.dataRoutes(), s.runRoutes(), s.pageRoutes()),
		Foot: []frame.FootLink{{Path: path, Label: "security.foot"}},
	}
}

const path = "/security"
