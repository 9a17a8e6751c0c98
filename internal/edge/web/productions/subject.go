// Package productions is the pages about productions and their performances: planning, changing, cancelling, and what
// was reported of each.
package productions

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Shows are the use cases that these pages call.
type Shows interface {
	AllReports(ctx context.Context, c access.Caller, in shows.ReportList) ([]records.Record[shows.Report], error)
	CreatePerformance(ctx context.Context, c access.Caller, production string,
		in shows.PerformanceInput) (records.Record[shows.Performance], error)
	CreateProduction(ctx context.Context, c access.Caller, in shows.ProductionInput) (records.Record[shows.Production],
		error)
	CreateRun(ctx context.Context, c access.Caller, production string,
		in shows.RunInput) ([]records.Record[shows.Performance], error)
	Performance(ctx context.Context, c access.Caller, id string) (records.Record[shows.Performance], error)
	Production(ctx context.Context, c access.Caller, id string) (records.Record[shows.Production], error)
	ProductionWithRun(ctx context.Context, c access.Caller, id string,
		in shows.ListInput) (records.Record[shows.Production], records.Page[shows.Performance], error)
	Productions(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Production], error)
	RestorePerformance(ctx context.Context, c access.Caller, id string) (records.Record[shows.Performance], error)
	RestoreProduction(ctx context.Context, c access.Caller, id string) (records.Record[shows.Production], error)
	TrashPerformance(ctx context.Context, c access.Caller, id string,
		ifVersion int64) (records.Record[shows.Performance], error)
	TrashProduction(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[shows.Production],
		error)
	UpdatePerformance(ctx context.Context, c access.Caller, id string, ifVersion int64,
		in shows.PerformanceInput) (records.Record[shows.Performance], error)
	UpdateProduction(ctx context.Context, c access.Caller, id string, ifVersion int64,
		in shows.ProductionInput) (records.Record[shows.Production], error)
}

type pages struct {
	shows Shows
	files stage.Files
}

// Subject is mounted by the site.
func Subject(shows Shows, files stage.Files) frame.Subject {
	s := &pages{shows: shows, files: files}
	return frame.Subject{
		Name: "productions", Routes: slices.Concat(s.productionRoutes(), s.performanceRoutes()),
		Menu: []frame.MenuItem{{Rank: 20, Section: "productions", Path: "/productions", Label: "nav.productions",
			Icon: "theater", Key: "p", Shortcut: "shortcuts.go-productions", Action: access.ProductionList}},
		Undo: map[string]string{
			"production.trashed":  "/w/{ws}/productions/{id}/restore",
			"performance.trashed": "/w/{ws}/performances/{id}/restore",
		},
	}
}
