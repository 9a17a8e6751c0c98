package company

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *pages) memberRoutes() []frame.Route {
	return []frame.Route{
		{Name: "members", Method: "GET", Path: "/w/{ws}/members", For: frame.Member, Action: access.MemberList,
			Handle: s.showMembers, Page: &MembersPage{}},
		{Name: "members.role", Method: "GET", Path: "/w/{ws}/members/{member}/role", For: frame.Member,
			Action: access.MemberUpdate, Ahead: "members:member", Handle: s.showRole},
		{Name: "members.role.do", Method: "POST", Path: "/w/{ws}/members/{member}/role", For: frame.Member,
			Action: access.MemberUpdate, Handle: s.setRole},
		{Name: "members.remove", Method: "GET", Path: "/w/{ws}/members/{member}/remove", For: frame.Member,
			Action: access.MemberRemove, Ahead: "members:member", Handle: s.showRemove},
		{Name: "members.remove.do", Method: "POST", Path: "/w/{ws}/members/{member}/remove", For: frame.Member,
			Action: access.MemberRemove, Handle: s.removeMember},
		{Name: "leave", Method: "GET", Path: "/w/{ws}/leave", For: frame.Member, Action: access.MemberLeave,
			Handle: s.showLeave},
		{Name: "leave.do", Method: "POST", Path: "/w/{ws}/leave", For: frame.Member, Action: access.MemberLeave,
			Handle: s.leaveWorkspace},
	}
}

var (
	roleForm  = frame.FormSpec{{Name: "role", Kind: frame.KindRadio, Label: "members.role", Options: nil}}
	noForm    = frame.FormSpec{}
	roleHints = map[access.Role]string{
		access.Management: "role.management", access.Organizer: "role.organizer", access.Reporter: "role.reporter",
		access.Viewer: "role.viewer",
	}
)

// roleOptions are the roles with what they may do.
func roleOptions(q *frame.Request) []frame.Option {
	options := make([]frame.Option, len(access.MemberRoles))
	for i, r := range access.MemberRoles {
		options[i] = frame.Option{Value: string(r), Text: r.Name(), Hint: q.T(roleHints[r])}
	}
	return options
}

// memberBase is what the pages about members have in common.
func memberBase(q *frame.Request, here string) frame.Base {
	return frame.Base{Section: "members", Crumbs: []frame.Crumb{{Text: q.T("members.title"), Path: q.WS("/members")},
		{Text: here}}}
}

func (s *pages) showMembers(q *frame.Request) (frame.Answer, error) {
	list, err := s.workspaces.ListMembers(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &MembersPage{Base: frame.Base{Section: "members"}}
	page.Fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, memberRow(q, page, r))
	}
	return frame.Show(page), nil
}

func memberRow(q *frame.Request, page *MembersPage, r records.Record[workspace.Member]) MemberRow {
	m := r.Body
	row := MemberRow{Name: m.Name, Email: m.Email, Role: m.Role.Name(), You: r.ID == q.Caller().Account,
		Since: page.Day(m.Joined)}
	if page.May(access.MemberUpdate) {
		row.Change = q.WS("/members/" + r.ID + "/role")
	}
	switch {
	case row.You:
		row.Remove = q.WS("/leave")
	case page.May(access.MemberRemove):
		row.Remove = q.WS("/members/" + r.ID + "/remove")
	}
	return row
}

func (s *pages) showRole(q *frame.Request) (frame.Answer, error) {
	f := roleForm.Blank(q, nil)
	f.Offer("role", roleOptions(q))
	return s.roleAnswer(q, f)
}

func (s *pages) roleAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	r, err := s.workspaces.GetMember(q.Context(), q.Caller(), q.Var("member"))
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Get("role") == "" {
		f.Set("role", string(r.Body.Role))
	}
	title := q.T("member.role-title", r.Body.Name)
	return f.Page(&frame.FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.role-lead"), Form: f,
		Action: q.WS("/members/" + r.ID + "/role"), Submit: q.T("member.role-submit"), Cancel: q.WS("/members"),
	}), nil
}

func (s *pages) setRole(q *frame.Request) (frame.Answer, error) {
	f, err := roleForm.Read(q, map[string][]frame.Option{"role": roleOptions(q)})
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.roleAnswer(q, f)
	}
	err = s.workspaces.SetRole(q.Context(), q.Caller(), q.Var("member"), access.Role(f.Get("role")))
	switch {
	case f.Take(err):
		return s.roleAnswer(q, f)
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("role-changed", "")
	return frame.Go(q.WS("/members")), nil
}

func (s *pages) showRemove(q *frame.Request) (frame.Answer, error) {
	return s.removeAnswer(q, noForm.Blank(q, nil))
}

func (s *pages) removeAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	r, err := s.workspaces.GetMember(q.Context(), q.Caller(), q.Var("member"))
	if err != nil {
		return frame.Answer{}, err
	}
	title := q.T("member.remove-title", r.Body.Name)
	return f.Page(&frame.FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.remove-lead"), Form: f, Danger: true,
		Action: q.WS("/members/" + r.ID + "/remove"), Submit: q.T("member.remove-submit"), Cancel: q.WS("/members"),
	}), nil
}

func (s *pages) removeMember(q *frame.Request) (frame.Answer, error) {
	f := noForm.Blank(q, nil)
	err := s.workspaces.Remove(q.Context(), q.Caller(), q.Var("member"))
	switch {
	case f.Take(err):
		return s.removeAnswer(q, f)
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("member-removed", "")
	return frame.Go(q.WS("/members")), nil
}

func (s *pages) showLeave(q *frame.Request) (frame.Answer, error) {
	return frame.Show(leavePage(q, noForm.Blank(q, nil))), nil
}

func leavePage(q *frame.Request, f *frame.Form) *frame.FormPage {
	title := q.T("member.leave-title", q.Place.Name)
	return &frame.FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.leave-lead"), Form: f, Danger: true,
		Action: q.WS("/leave"), Submit: q.T("member.leave-submit"), Cancel: q.WS("/members"),
	}
}

func (s *pages) leaveWorkspace(q *frame.Request) (frame.Answer, error) {
	f := noForm.Blank(q, nil)
	err := s.workspaces.Leave(q.Context(), q.Caller())
	switch {
	case f.Take(err):
		return f.Again(leavePage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("left", "")
	return frame.Go("/workspaces"), nil
}
