package web

import (
	"context"
	"net/url"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const trashRows = 50 // of each kind on a page

// bin is what of one kind is in the trash, as the page asks for it.
type bin struct {
	kind   string // in addresses
	title  string
	action access.Action // who may not do this has no such bin; "" is everybody
	group  func(*Request, *TrashPage, *bin, shows.ListInput) (TrashGroup, error)
}

// trashed is a thing in the trash; back says that the caller may take it out.
type trashed struct {
	name string
	done *shows.Done
	back bool
}

func (s *Site) bins() []bin {
	use := s.opts.Services.Stage
	return []bin{
		{"reports", "nav.reports", "", binned(use.TrashedReports, func(q *Request, r *shows.Report) trashed {
			return trashed{r.Label(), r.Trashed, r.Allows(q.Caller()).Restore}
		})},
		{"performances", "trash.performances", access.PerformanceTrash, binned(use.TrashedPerformances,
			func(_ *Request, p *shows.Performance) trashed {
				return trashed{shows.PerformanceLabelOf(p), p.Trashed, true}
			})},
		{"productions", "nav.productions", access.ProductionTrash, binned(use.TrashedProductions,
			func(_ *Request, p *shows.Production) trashed {
				return trashed{p.Title, p.Trashed, true}
			})},
	}
}

// showTrash is what can still be taken out, of each kind that the caller's role has to do with; with a kind in the
// address, further pages of that one.
func (s *Site) showTrash(q *Request) (Answer, error) {
	page := &TrashPage{Base: Base{Section: "trash"}}
	page.fill(q)
	only := q.URL.Query().Get("kind")
	for _, b := range s.bins() {
		if only != "" && b.kind != only || b.action != "" && !page.May(b.action) {
			continue
		}
		in := shows.ListInput{Limit: trashRows}
		if only != "" {
			in.Cursor = q.URL.Query().Get("cursor")
		}
		g, err := b.group(q, page, &b, in)
		if err != nil {
			return Answer{}, err
		}
		if len(g.Rows) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	if len(page.Groups) == 0 {
		page.Empty = &Empty{Icon: "trash-2", Title: q.T("trash.empty"), Why: q.T("trash.empty-why")}
	}
	return Show(page), nil
}

// binned shows one page of the records that a list gives.
func binned[T any](
	list func(context.Context, access.Caller, shows.ListInput) (records.Page[T], error), of func(*Request, *T) trashed,
) func(*Request, *TrashPage, *bin, shows.ListInput) (TrashGroup, error) {
	return func(q *Request, page *TrashPage, b *bin, in shows.ListInput) (TrashGroup, error) {
		found, err := list(q.Context(), q.Caller(), in)
		g := TrashGroup{Title: q.T(b.title), Pager: trashPager(q, b.kind, in.Cursor, found.Next)}
		for _, r := range found.Records {
			g.Rows = append(g.Rows, trashRow(q, page, of(q, &r.Body), "/"+b.kind+"/"+r.ID))
		}
		return g, err
	}
}

func trashRow(q *Request, page *TrashPage, t trashed, path string) TrashRow {
	row := TrashRow{Name: t.name, By: t.done.By.Name, Since: page.When(t.done.At),
		Gone: page.Day(t.done.At.Add(shows.TrashTime))}
	if t.back {
		row.Restore = &Button{Path: q.WS(path + "/restore"), Text: q.T("trash.restore"), Icon: "undo-2", Tone: "small",
			About: t.name}
	}
	return row
}

// trashPager leads back to the trash as a whole, and on through one kind.
func trashPager(q *Request, kind, cursor, next string) Pager {
	p := Pager{}
	if cursor != "" {
		p.First = q.WS("/trash")
	}
	if next != "" {
		p.Next = q.WS("/trash") + "?" + url.Values{"kind": {kind}, "cursor": {next}}.Encode()
	}
	return p
}
