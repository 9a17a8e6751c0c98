package company

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// ErasePage says what the erasure of the workspace removes, and asks for it.
type ErasePage struct {
	frame.Base
	Tabs    []frame.Tab
	Form    *frame.Form
	Action  string
	Name    string // of the workspace
	Found   []receipt.Count
	Remains []RemainsRow
	Pending *PendingErase // nil if no erasure was requested
}

// RemainsRow is what stays for a while.
type RemainsRow struct {
	What  string
	Until *frame.When // nil: for good
}

// PendingErase is an erasure that can be stopped.
type PendingErase struct {
	By      string
	Due     frame.When
	Stop    frame.Button
	Receipt string // path of what everybody who has the link can follow
}

// Template names the page.
func (*ErasePage) Template() string { return "company/erase" }

var pauses = map[time.Duration]string{
	time.Hour: "erase.hour", 24 * time.Hour: "erase.day", 7 * 24 * time.Hour: "erase.week",
}

var eraseForm = frame.FormSpec{
	{Name: "confirm", Kind: frame.KindText, Label: "erase.name", Hint: "erase.name-hint", Max: 80, Plain: true},
	{Name: "pause", Kind: frame.KindRadio, Label: "erase.pause"},
}

func (s *pages) eraseRoutes() []frame.Route {
	return []frame.Route{
		{Name: "erase", Method: "GET", Path: "/w/{ws}/settings/erase", For: frame.Member, Action: access.WorkspaceSpare,
			Handle: s.showErase, Page: &ErasePage{}},
		{Name: "erase.do", Method: "POST", Path: "/w/{ws}/settings/erase", For: frame.Member,
			Action: access.WorkspaceErase, Handle: s.askErase},
		{Name: "erase.stop", Method: "POST", Path: "/w/{ws}/settings/erase/stop", For: frame.Member,
			Action: access.WorkspaceSpare, Handle: s.stopErase},
	}
}

func erasePauses(q *frame.Request) []frame.Option {
	var list []frame.Option
	for _, d := range workspace.Pauses {
		list = append(list, frame.Option{Value: d.String(), Text: q.T(pauses[d])})
	}
	return list
}

func (s *pages) showErase(q *frame.Request) (frame.Answer, error) {
	f := eraseForm.Blank(q, nil)
	f.Offer("pause", erasePauses(q))
	f.Set("pause", (24 * time.Hour).String())
	page, err := s.erasePage(q, f)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show(page), nil
}

func (s *pages) erasePage(q *frame.Request, f *frame.Form) (*ErasePage, error) {
	w, err := s.workspaces.Get(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	preview, err := s.erasures.Preview(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	page := &ErasePage{
		Base: frame.Base{Section: "settings"}, Tabs: settingsTabs(q, "erase"), Form: f, Name: w.Body.Name,
		Action: q.WS("/settings/erase"), Found: preview.Erased,
	}
	page.Fill(q)
	for _, r := range preview.Remains {
		row := RemainsRow{What: r.What}
		if !r.Until.IsZero() {
			until := page.Day(r.Until)
			row.Until = &until
		}
		page.Remains = append(page.Remains, row)
	}
	if e := w.Body.Ending; e != nil {
		page.Pending = &PendingErase{
			By: e.ByName, Due: page.When(e.Due), Receipt: erasure.Path + e.ID,
			Stop: frame.Button{Path: q.WS("/settings/erase/stop"), Text: q.T("erase.stop"), Icon: "x"},
		}
	}
	return page, nil
}

func (s *pages) askErase(q *frame.Request) (frame.Answer, error) {
	f, err := eraseForm.Read(q, map[string][]frame.Option{"pause": erasePauses(q)})
	if err != nil {
		return frame.Answer{}, err
	}
	if !f.Failed() {
		pause, _ := time.ParseDuration(f.Get("pause")) // one of the offered
		_, err = s.workspaces.AskErase(q.Context(), q.Caller(),
			workspace.NewEnding{Name: f.Get("confirm"), Pause: pause})
	}
	switch {
	case f.Take(err) || f.Failed():
		page, err := s.erasePage(q, f)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(page), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("erase-asked", "")
	return frame.Go(q.WS("/settings/erase")), nil
}

func (s *pages) stopErase(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.StopErase(q.Context(), q.Caller()); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("erase-stopped", "")
	return frame.Go(q.WS("/settings/erase")), nil
}
