// Package trail is the pages about the audit trail of a workspace, for its management: the entries by day, in
// sentences, with a chart; the export as a file; and the check for changes and gaps.
package trail

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Trail is the use cases of a workspace's trail.
type Trail interface {
	CheckTrail(ctx context.Context, c access.Caller) (checkpoint.Report, error)
	ReadTrail(ctx context.Context, c access.Caller, in records.Reading) (audit.Page, []audit.Number, error)
	ExportTrail(ctx context.Context, c access.Caller, f audit.Filter, form string, each func(*audit.Entry) error) error
}

type pages struct {
	trail Trail
}

// Subject is mounted by the site.
func Subject(trail Trail) frame.Subject {
	s := &pages{trail: trail}
	return frame.Subject{
		Name: "trail", Routes: s.auditRoutes(),
		Menu: []frame.MenuItem{{Rank: 50, Section: "audit", Path: "/audit", Label: "nav.audit", Icon: "scroll-text",
			Key: "a", Shortcut: "shortcuts.go-audit", Action: access.AuditRead}},
	}
}
