package trash

import (
	"context"
	"net/url"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const trashRows = 50 // of each kind on a page

// part describes one kind of thing in the trash, and how to list it.
type part struct {
	kind   string // in addresses
	title  string
	action access.Action // roles that may not do this do not see this part; "" means everybody does
	group  func(*frame.Request, *TrashPage, *part, shows.ListInput) (TrashGroup, error)
}

// trashed is a thing in the trash. back reports whether the caller may take it out.
type trashed struct {
	name string
	done *shows.Done
	back bool
}

func (s *pages) parts() []part {
	use := s.shows
	return []part{
		{"reports", "nav.reports", "", listOf(use.TrashedReports, func(q *frame.Request, r *shows.Report) trashed {
			return trashed{r.Label(), r.Trashed, r.Allows(q.Caller()).Restore}
		})},
		{"performances", "trash.performances", access.PerformanceTrash, listOf(use.TrashedPerformances,
			func(_ *frame.Request, p *shows.Performance) trashed {
				return trashed{shows.PerformanceLabelOf(p), p.Trashed, true}
			})},
		{"productions", "nav.productions", access.ProductionTrash, listOf(use.TrashedProductions,
			func(_ *frame.Request, p *shows.Production) trashed {
				return trashed{p.Title, p.Trashed, true}
			})},
	}
}

// showTrash lists what can still be taken out of the trash, for each kind that concerns the caller's role. With a kind
// in the address, it shows further pages of that kind.
func (s *pages) showTrash(q *frame.Request) (frame.Answer, error) {
	page := &TrashPage{Base: frame.Base{Section: "trash"}}
	page.Fill(q)
	only := q.URL.Query().Get("kind")
	for _, b := range s.parts() {
		if only != "" && b.kind != only || b.action != "" && !page.May(b.action) {
			continue
		}
		in := shows.ListInput{Limit: trashRows}
		if only != "" {
			in.Cursor = q.URL.Query().Get("cursor")
		}
		g, err := b.group(q, page, &b, in)
		if err != nil {
			return frame.Answer{}, err
		}
		if len(g.Rows) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	if len(page.Groups) == 0 {
		page.Empty = &frame.Empty{Icon: "trash-2", Title: q.T("trash.empty"), Why: q.T("trash.empty-why")}
	}
	return frame.Show(page), nil
}

// listOf shows one page of the records that a list gives.
func listOf[T any](
	list func(context.Context, access.Caller, shows.ListInput) (records.Page[T], error),
	of func(*frame.Request, *T) trashed,
) func(*frame.Request, *TrashPage, *part, shows.ListInput) (TrashGroup, error) {
	return func(q *frame.Request, page *TrashPage, b *part, in shows.ListInput) (TrashGroup, error) {
		found, err := list(q.Context(), q.Caller(), in)
		g := TrashGroup{Title: q.T(b.title), Pager: trashPager(q, b.kind, in.Cursor, found.Next)}
		for _, r := range found.Records {
			g.Rows = append(g.Rows, trashRow(q, page, of(q, &r.Body), "/"+b.kind+"/"+r.ID))
		}
		return g, err
	}
}

func trashRow(q *frame.Request, page *TrashPage, t trashed, path string) TrashRow {
	row := TrashRow{Name: t.name, By: t.done.By.Name, Since: page.When(t.done.At),
		Gone: page.Day(t.done.At.Add(shows.TrashTime))}
	if t.back {
		row.Restore = &frame.Button{Path: q.WS(path + "/restore"), Text: q.T("trash.restore"), Icon: "undo-2",
			Tone:  "small",
			About: t.name}
	}
	return row
}

// trashPager leads back to the trash as a whole, and on through one kind.
func trashPager(q *frame.Request, kind, cursor, next string) frame.Pager {
	p := frame.Pager{}
	if cursor != "" {
		p.First = q.WS("/trash")
	}
	if next != "" {
		p.Next = q.WS("/trash") + "?" + url.Values{"kind": {kind}, "cursor": {next}}.Encode()
	}
	return p
}
