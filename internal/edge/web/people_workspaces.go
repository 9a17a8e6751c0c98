package web

import (
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *Site) workspaceRoutes() []Route {
	return []Route{
		{Name: "workspaces", Method: "GET", Path: "/workspaces", For: Account, Action: access.MembershipList,
			Handle: s.showWorkspaces},
		{Name: "workspaces.new", Method: "GET", Path: "/workspaces/new", For: Account, Handle: s.showNewWorkspace},
		{Name: "workspaces.create", Method: "POST", Path: "/workspaces", For: Account, Handle: s.createWorkspace},
		{Name: "matrix", Method: "GET", Path: "/w/{ws}/matrix", For: Member, Action: access.MatrixRead,
			Handle: s.showMatrix},
		{Name: "settings", Method: "GET", Path: "/w/{ws}/settings", For: Member, Action: access.WorkspaceUpdate,
			Handle: s.showSettings},
		{Name: "settings.do", Method: "POST", Path: "/w/{ws}/settings", For: Member, Action: access.WorkspaceUpdate,
			Handle: s.setSettings},
		{Name: "key", Method: "GET", Path: "/w/{ws}/settings/key", For: Member, Action: access.KeyRead,
			Handle: s.showKey},
		{Name: "key.do", Method: "POST", Path: "/w/{ws}/settings/key", For: Member, Action: access.KeyUpdate,
			Handle: s.setKey},
		{Name: "key.stop", Method: "POST", Path: "/w/{ws}/settings/key/stop", For: Member, Action: access.KeyStop,
			Handle: s.stopKey},
		{Name: "key.back", Method: "POST", Path: "/w/{ws}/settings/key/house", For: Member, Action: access.KeyUpdate,
			Handle: s.dropKey},
	}
}

var (
	fieldHouse = FieldSpec{Name: "name", Kind: kindText, Label: "workspace.name", Max: 80, Autocomplete: "organization"}
	fieldZone  = FieldSpec{Name: "time_zone", Kind: kindText, Label: "workspace.zone", Hint: "workspace.zone-hint",
		Max: 64, Width: "medium", Plain: true, Zone: true}

	workspaceForm = FormSpec{fieldHouse, fieldZone, fieldID}
	settingsForm  = FormSpec{
		fieldHouse,
		{Name: "slug", Kind: kindText, Label: "settings.slug", Hint: "settings.slug-hint", Max: 40, Width: "medium",
			Plain: true},
		fieldZone,
		{Name: "session_idle", Kind: kindText, Label: "settings.idle", Hint: "settings.idle-hint", Max: 6,
			Width: "short", InputMode: "numeric", Optional: true},
		{Name: "session_absolute", Kind: kindText, Label: "settings.absolute", Hint: "settings.absolute-hint", Max: 4,
			Width: "short", InputMode: "numeric", Optional: true},
		{Name: "version", Kind: kindHidden, Max: 20, Optional: true},
	}
)

func (s *Site) showWorkspaces(q *Request) (Answer, error) {
	list, err := s.opts.Services.Workspace.Mine(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &WorkspacesPage{Empty: Empty{
		Icon: "theater", Title: q.T("workspaces.none"), Why: q.T("workspaces.none-why"), Path: "/workspaces/new",
		Action: q.T("workspaces.new"),
	}}
	for _, m := range list {
		page.Rows = append(page.Rows, WorkspaceRow{m.Name, placePath(m.Slug) + "/", m.Role.Name()})
	}
	return Show(page), nil
}

func (s *Site) showNewWorkspace(q *Request) (Answer, error) {
	return Show(newWorkspacePage(q, workspaceForm.Blank(q, map[string]string{"id": newRecordID()}))), nil
}

func newWorkspacePage(q *Request, f *Form) *FormPage {
	return &FormPage{
		Title: q.T("workspace.new-title"), Lead: q.T("workspace.new-lead"), Form: f,
		Action: "/workspaces", Submit: q.T("workspace.create"), Cancel: "/workspaces",
	}
}

func (s *Site) createWorkspace(q *Request) (Answer, error) {
	f, err := workspaceForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(newWorkspacePage(q, f)), nil
	}
	m, err := s.opts.Services.Workspace.Create(q.Context(), q.Caller(), workspace.NewWorkspace{Name: f.Get("name"),
		TimeZone: f.Get("time_zone"), Form: chosenID(f)})
	switch {
	case f.Take(err):
		return f.Again(newWorkspacePage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("workspace-made", "")
	return Go(placePath(m.Slug) + "/"), nil
}

// showSettings reads the settings through the gate: the trail says who looked.
func (s *Site) showSettings(q *Request) (Answer, error) {
	r, err := s.opts.Services.Workspace.Get(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	w := r.Body
	return Show(settingsPage(q, settingsForm.Blank(q, map[string]string{
		"name": w.Name, "slug": w.Slug, "time_zone": w.TimeZone, "version": strconv.FormatInt(r.Version, 10),
		"session_idle": count(w.Session.Idle, time.Minute), "session_absolute": count(w.Session.Absolute, time.Hour),
	}))), nil
}

// count is a duration as a number of units, "" for none.
func count(d, unit time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatInt(int64(d/unit), 10)
}

func settingsPage(q *Request, f *Form) *FormPage {
	return &FormPage{Base: Base{Section: "settings"}, Title: q.T("settings.title"), Tabs: settingsTabs(q, "about"),
		Form: f, Action: q.WS("/settings"), Submit: q.T("form.save"), ID: q.Visit.ID}
}

func (s *Site) setSettings(q *Request) (Answer, error) {
	f, err := settingsForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	version, _ := strconv.ParseInt(f.Get("version"), 10, 64) // 0 means any
	in := workspace.Settings{Name: f.Get("name"), Slug: f.Get("slug"), TimeZone: f.Get("time_zone"),
		Session: account.Lifetimes{
			Idle: f.span("session_idle", time.Minute), Absolute: f.span("session_absolute", time.Hour),
		}}
	if f.Failed() {
		return f.Again(settingsPage(q, f)), nil
	}
	r, err := s.opts.Services.Workspace.SetSettings(q.Context(), q.Caller(), version, in)
	switch {
	case f.Take(err):
		return f.Again(settingsPage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("saved", "")
	return Go(placePath(r.Body.Slug) + "/settings"), nil
}

// span is a field with a number of units as a duration; empty is 0.
func (f *Form) span(name string, unit time.Duration) time.Duration {
	if f.Get(name) == "" {
		return 0
	}
	return time.Duration(f.Number(name, 1, 100_000)) * unit
}
