// Package security is the public security page: what was promised, whether it holds, and the history of that.
//
// It is for everybody and asks nobody who they are. It must never show how a promise is broken before it is mended, and
// never show anything as kept that was not checked recently.
package security

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Promises say what is known, and run a control again.
type Promises interface {
	Overview(ctx context.Context) (*promise.Overview, error)
	RunAgain(ctx context.Context, control string) error
}

type pages struct {
	promises Promises
	history  History
	contact  string
	copyURL  string

	entries shared[check.Page]
	heads   shared[history.Head]
	keys    shared[[]history.PublicKey]
}

// Subject is mounted by the site. contact is whom to write to about a weakness, or "". copyURL is the folder with a
// copy of the page outside the service, or "".
func Subject(p Promises, h History, contact, copyURL string) frame.Subject {
	s := &pages{promises: p, history: h, contact: contact, copyURL: copyURL}
	return frame.Subject{
		Name: "security", Routes: slices.Concat(s.dataRoutes(), s.historyRoutes(), s.runRoutes(),
			s.pageRoutes(), s.statusRoutes()),
		Foot: []frame.FootLink{{Path: path, Label: "security.foot"}, {Path: "/status", Label: "status.foot"}},
	}
}

const path = "/security"
