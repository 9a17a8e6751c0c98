package company

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *pages) workspaceRoutes() []frame.Route {
	return []frame.Route{
		{Name: "workspaces", Method: "GET", Path: "/workspaces", For: frame.Account, Action: access.MembershipList,
			Handle: s.showWorkspaces, Page: &WorkspacesPage{}},
		{Name: "workspaces.new", Method: "GET", Path: "/workspaces/new", For: frame.Account,
			Handle: s.showNewWorkspace},
		{Name: "workspaces.create", Method: "POST", Path: "/workspaces", For: frame.Account, Handle: s.createWorkspace},
		{Name: "matrix", Method: "GET", Path: "/w/{ws}/matrix", For: frame.Member, Action: access.MatrixRead,
			Handle: s.showMatrix, Page: &MatrixPage{}},
		{Name: "settings", Method: "GET", Path: "/w/{ws}/settings", For: frame.Member, Action: access.WorkspaceUpdate,
			Handle: s.showSettings},
		{Name: "settings.do", Method: "POST", Path: "/w/{ws}/settings", For: frame.Member,
			Action: access.WorkspaceUpdate,
			Handle: s.setSettings},
		{Name: "key", Method: "GET", Path: "/w/{ws}/settings/key", For: frame.Member, Action: access.KeyRead,
			Handle: s.showKey, Page: &KeyPage{}},
		{Name: "key.do", Method: "POST", Path: "/w/{ws}/settings/key", For: frame.Member, Action: access.KeyUpdate,
			Handle: s.setKey},
		{Name: "key.stop", Method: "POST", Path: "/w/{ws}/settings/key/stop", For: frame.Member, Action: access.KeyStop,
			Handle: s.stopKey},
		{Name: "key.back", Method: "POST", Path: "/w/{ws}/settings/key/installation", For: frame.Member,
			Action: access.KeyUpdate,
			Handle: s.dropKey},
		{Name: "agreement", Method: "GET", Path: "/w/{ws}/settings/agreement", For: frame.Member,
			Action: access.AgreementRead, Handle: s.showAgreement, Page: &AgreementPage{}},
		{Name: "agreement.do", Method: "POST", Path: "/w/{ws}/settings/agreement", For: frame.Member,
			Action: access.AgreementAccept, Handle: s.acceptAgreement},
		{Name: "notice.acknowledge", Method: "POST", Path: "/w/{ws}/settings/notices/{id}", For: frame.Member,
			Action: access.NoticeAcknowledge, Handle: s.acknowledge},
	}
}

var workspaceForm = frame.FormSpec{fieldName, fieldZone, frame.FieldID}

func (s *pages) showWorkspaces(q *frame.Request) (frame.Answer, error) {
	list, err := s.workspaces.Mine(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &WorkspacesPage{Empty: frame.Empty{
		Icon: "theater", Title: q.T("workspaces.none"), Why: q.T("workspaces.none-why"), Path: "/workspaces/new",
		Action: q.T("workspaces.new"),
	}}
	for _, m := range list {
		page.Rows = append(page.Rows, WorkspaceRow{m.Name, frame.WorkspacePath(m.Slug) + "/", m.Role.Name()})
	}
	return frame.Show(page), nil
}

func (s *pages) showNewWorkspace(q *frame.Request) (frame.Answer, error) {
	return frame.Show(newWorkspacePage(q, workspaceForm.Blank(q, map[string]string{"id": model.NewID()}))), nil
}

func newWorkspacePage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Title: q.T("workspace.new-title"), Lead: q.T("workspace.new-lead"), Form: f,
		Action: "/workspaces", Submit: q.T("workspace.create"), Cancel: "/workspaces",
	}
}

func (s *pages) createWorkspace(q *frame.Request) (frame.Answer, error) {
	f, err := workspaceForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(newWorkspacePage(q, f)), nil
	}
	m, err := s.workspaces.Create(q.Context(), q.Caller(), workspace.NewWorkspace{Name: f.Get("name"),
		TimeZone: f.Get("time_zone"), Form: f.ChosenID()})
	switch {
	case f.Take(err):
		return f.Again(newWorkspacePage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("workspace-made", "")
	return frame.Go(frame.WorkspacePath(m.Slug) + "/"), nil
}
