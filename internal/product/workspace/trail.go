package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// checksPerHour is how often a trail can be checked. A check reads all of it.
const checksPerHour = 60

// TrailVerifier checks everything of a scope's trail, as checkpoint.Verifier does.
type TrailVerifier interface {
	Verify(ctx context.Context, scope model.Scope) (checkpoint.Report, error)
}

var errNoVerifier = model.Unavailable(errors.New("workspace: no verifier of trails was given"))

// CheckTrail checks the whole trail of the workspace against its checkpoints. Management.
func (s *Service) CheckTrail(ctx context.Context, c access.Caller) (checkpoint.Report, error) {
	var report checkpoint.Report
	err := s.gate.CheckTrail(ctx, c, func(ctx context.Context, scope model.Scope) error {
		if s.trail == nil {
			return errNoVerifier
		}
		if err := s.accounts.Limit(ctx, s.gate, client(c), "trail/"+scope.ID, checksPerHour, time.Hour); err != nil {
			return err
		}
		var err error
		report, err = s.trail.Verify(ctx, scope)
		return err
	})
	return report, err
}

// ReadTrail returns a page of the workspace's trail, and how many entries the filters of in.Counts match. Management
// only.
func (s *Service) ReadTrail(ctx context.Context, c access.Caller, in records.Reading) (audit.Page, []audit.Number,
	error) {
	return s.gate.Survey(ctx, records.By(c, access.AuditRead), in)
}

// History returns a page of the matching entries of the workspace's trail, newest first. Management only.
func (s *Service) History(ctx context.Context, c access.Caller, f audit.Filter, limit int, cursor string) (audit.Page,
	error) {
	return s.gate.History(ctx, records.By(c, access.AuditRead), f, limit, cursor)
}

// ExportTrail passes each matching entry of the workspace's trail to a function, newest first. form is the format of
// the export, recorded in the entry about it. Management only.
func (s *Service) ExportTrail(ctx context.Context, c access.Caller, f audit.Filter, form string,
	each func(*audit.Entry) error) error {
	return s.gate.Export(ctx, records.By(c, access.AuditExport).Note("form", form), f, each)
}
