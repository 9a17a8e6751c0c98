// Package trash is the page of what was thrown away and can still be taken out. The forms that take it out belong to
// the subjects of the things.
package trash

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Shows are the use cases that list what is in the trash.
type Shows interface {
	TrashedPerformances(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Performance],
		error)
	TrashedProductions(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Production], error)
	TrashedReports(ctx context.Context, c access.Caller, in shows.ListInput) (records.Page[shows.Report], error)
}

type pages struct {
	shows Shows
}

// Subject is mounted by the site.
func Subject(shows Shows) frame.Subject {
	s := &pages{shows: shows}
	return frame.Subject{
		Name: "trash", Routes: []frame.Route{{Name: "trash", Method: "GET", Path: "/w/{ws}/trash", For: frame.Member,
			Action: access.TrashList, Handle: s.showTrash, Page: &TrashPage{}}},
		Menu: []frame.MenuItem{{Rank: 60, Section: "trash", Path: "/trash", Label: "nav.trash", Icon: "trash-2",
			Action: access.TrashList}},
	}
}
