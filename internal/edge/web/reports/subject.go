// Package reports is the pages about reports: writing a draft, which saves itself, filing it, reading, reviewing and
// amending it, its versions, and who has read it.
//
// What is withheld from a reader never gets here: the use cases take it out.
package reports

import (
	"context"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Shows are the use cases of reports, and what they read of productions.
type Shows interface {
	AcceptReport(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[shows.Report], error)
	AmendReport(ctx context.Context, c access.Caller, id string, ifVersion int64, reason string,
		in shows.ReportInput) (records.Record[shows.Report], error)
	FileConfirmed(ctx context.Context, c access.Caller, id string, ifVersion int64,
		confirm string) (records.Record[shows.Report], error)
	FilingDoubts(ctx context.Context, c access.Caller, r records.Record[shows.Report]) error
	OthersAbout(ctx context.Context, c access.Caller, id string, r *shows.Report) ([]shows.Other, error)
	Performance(ctx context.Context, c access.Caller, id string) (records.Record[shows.Performance], error)
	PerformancesBetween(ctx context.Context, c access.Caller, from, until time.Time, limit int) ([]shows.Playing, error)
	PreviewAmendment(ctx context.Context, c access.Caller, id string,
		in shows.ReportInput) (records.Record[shows.Report], []shows.Change, error)
	Production(ctx context.Context, c access.Caller, id string) (records.Record[shows.Production], error)
	Productions(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Production], error)
	ProductionsOf(ctx context.Context, c access.Caller, ids []string) ([]records.Record[shows.Production], error)
	QueryReport(ctx context.Context, c access.Caller, id string, ifVersion int64,
		question string) (records.Record[shows.Report], error)
	Report(ctx context.Context, c access.Caller, id string) (records.Record[shows.Report], error)
	Reports(ctx context.Context, c access.Caller, in shows.ReportList) (records.Page[shows.Report], error)
	RestoreReport(ctx context.Context, c access.Caller, id string) (records.Record[shows.Report], error)
	SaveDraft(ctx context.Context, c access.Caller, id string, ifVersion int64,
		in shows.ReportInput) (records.Record[shows.Report], error)
	SaveWholeDraft(ctx context.Context, c access.Caller, id string, ifVersion int64,
		in shows.ReportInput) (records.Record[shows.Report], error)
	SeenBy(ctx context.Context, c access.Caller, id string) (shows.SeenBy, error)
	TrashReport(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[shows.Report], error)
	Versions(ctx context.Context, c access.Caller, id string) ([]shows.Version, error)
}

// Workspaces are the use cases of members, who can be named in a report.
type Workspaces interface {
	ListMembers(ctx context.Context, c access.Caller) ([]records.Record[workspace.Member], error)
}

type pages struct {
	shows      Shows
	workspaces Workspaces
	files      stage.Files
}

// Subject is mounted by the site.
func Subject(shows Shows, workspaces Workspaces, files stage.Files) frame.Subject {
	s := &pages{shows: shows, workspaces: workspaces, files: files}
	return frame.Subject{
		Name: "reports", Routes: slices.Concat(s.draftRoutes(), s.reportRoutes()),
		Menu: []frame.MenuItem{{Rank: 30, Section: "reports", Path: "/reports", Label: "nav.reports", Icon: "file-text",
			Key: "r", Shortcut: "shortcuts.go-reports", Action: access.ReportList}},
		Undo: map[string]string{"report.trashed": "/w/{ws}/reports/{id}/restore"},
	}
}
