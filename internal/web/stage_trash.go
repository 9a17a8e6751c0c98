package web

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/stage"
)

const trashRows = 100

// showTrash is what can still be taken out, of each kind that the caller's role has to do with.
func (s *Site) showTrash(q *Request) (Answer, error) {
	page := &TrashPage{Base: Base{Section: "trash"}}
	page.fill(q)
	for _, group := range []func(*Request, *TrashPage) (TrashGroup, error){s.trashedReports, s.trashedPerformances, s.trashedProductions} {
		g, err := group(q, page)
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

func trashRow(q *Request, page *TrashPage, name string, done *stage.Done, path string) TrashRow {
	return TrashRow{
		Name: name, By: done.By.Name, Since: page.When(done.At), Gone: page.Day(done.At.Add(stage.TrashTime)),
		Restore: Button{Path: q.WS(path + "/restore"), Text: q.T("trash.restore"), Icon: "undo-2", Tone: "small", About: name},
	}
}

func (s *Site) trashedReports(q *Request, page *TrashPage) (TrashGroup, error) {
	list, err := s.opts.Services.Stage.TrashedReports(q.Context(), q.Caller(), stage.ListInput{Limit: trashRows})
	g := TrashGroup{Title: q.T("nav.reports"), More: list.Next != ""}
	for _, r := range list.Records {
		g.Rows = append(g.Rows, trashRow(q, page, r.Body.Label(), r.Body.Trashed, "/reports/"+r.ID))
	}
	return g, err
}

func (s *Site) trashedPerformances(q *Request, page *TrashPage) (TrashGroup, error) {
	if !page.May(access.PerformanceTrash) {
		return TrashGroup{}, nil
	}
	list, err := s.opts.Services.Stage.TrashedPerformances(q.Context(), q.Caller(), stage.ListInput{Limit: trashRows})
	g := TrashGroup{Title: q.T("trash.performances"), More: list.Next != ""}
	for _, r := range list.Records {
		g.Rows = append(g.Rows, trashRow(q, page, stage.PerformanceLabelOf(&r.Body), r.Body.Trashed, "/performances/"+r.ID))
	}
	return g, err
}

func (s *Site) trashedProductions(q *Request, page *TrashPage) (TrashGroup, error) {
	if !page.May(access.ProductionTrash) {
		return TrashGroup{}, nil
	}
	list, err := s.opts.Services.Stage.TrashedProductions(q.Context(), q.Caller(), stage.ListInput{Limit: trashRows})
	g := TrashGroup{Title: q.T("nav.productions"), More: list.Next != ""}
	for _, r := range list.Records {
		g.Rows = append(g.Rows, trashRow(q, page, r.Body.Title, r.Body.Trashed, "/productions/"+r.ID))
	}
	return g, err
}
