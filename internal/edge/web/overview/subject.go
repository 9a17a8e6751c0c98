// Package overview is the page that a member of a workspace sees first: what is theirs to do, by role, and the first
// steps of a new workspace.
package overview

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Shows are the use cases of productions and reports that the overview calls.
type Shows interface {
	AllReports(ctx context.Context, c access.Caller, in shows.ReportList) ([]records.Record[shows.Report], error)
	AnyFiled(ctx context.Context, c access.Caller) (bool, error)
	PerformancesBetween(ctx context.Context, c access.Caller, from, until time.Time, limit int) ([]shows.Playing, error)
	Productions(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Production], error)
	Reports(ctx context.Context, c access.Caller, in shows.ReportList) (records.Page[shows.Report], error)
	Unread(ctx context.Context, c access.Caller, limit int) ([]records.Record[shows.Report], error)
}

// Workspaces are those of workspaces.
type Workspaces interface {
	Notices(ctx context.Context, c access.Caller) ([]workspace.OpenNotice, error)
	ListMembers(ctx context.Context, c access.Caller) ([]records.Record[workspace.Member], error)
	PassSteps(ctx context.Context, c access.Caller, workspace string) error
}

// Promises say which promises hold.
type Promises interface {
	Overview(ctx context.Context) (*promise.Overview, error)
}

type pages struct {
	shows      Shows
	workspaces Workspaces
	promises   Promises
}

// Subject is mounted by the site.
func Subject(shows Shows, workspaces Workspaces, promises Promises) frame.Subject {
	s := &pages{shows: shows, workspaces: workspaces, promises: promises}
	return frame.Subject{
		Name: "overview", Routes: s.homeRoutes(),
		Menu: []frame.MenuItem{{Rank: 10, Section: "home", Path: "/", Label: "nav.home", Icon: "house", Key: "h",
			Shortcut: "shortcuts.go-home", Action: access.WorkspaceRead}},
	}
}
