package web

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *Site) memberRoutes() []Route {
	return []Route{
		{Name: "members", Method: "GET", Path: "/w/{ws}/members", For: Member, Action: access.MemberList,
			Handle: s.showMembers},
		{Name: "members.role", Method: "GET", Path: "/w/{ws}/members/{member}/role", For: Member,
			Action: access.MemberUpdate, Ahead: "members:member", Handle: s.showRole},
		{Name: "members.role.do", Method: "POST", Path: "/w/{ws}/members/{member}/role", For: Member,
			Action: access.MemberUpdate, Handle: s.setRole},
		{Name: "members.remove", Method: "GET", Path: "/w/{ws}/members/{member}/remove", For: Member,
			Action: access.MemberRemove, Ahead: "members:member", Handle: s.showRemove},
		{Name: "members.remove.do", Method: "POST", Path: "/w/{ws}/members/{member}/remove", For: Member,
			Action: access.MemberRemove, Handle: s.removeMember},
		{Name: "leave", Method: "GET", Path: "/w/{ws}/leave", For: Member, Action: access.MemberLeave,
			Handle: s.showLeave},
		{Name: "leave.do", Method: "POST", Path: "/w/{ws}/leave", For: Member, Action: access.MemberLeave,
			Handle: s.leaveWorkspace},
	}
}

var (
	roleForm  = FormSpec{{Name: "role", Kind: kindRadio, Label: "members.role", Options: nil}}
	noForm    = FormSpec{}
	roleHints = map[access.Role]string{
		access.Management: "role.management", access.Organizer: "role.organizer", access.Reporter: "role.reporter",
		access.Viewer: "role.viewer",
	}
)

// roleOptions are the roles with what they may do.
func roleOptions(q *Request) []Option {
	options := make([]Option, len(access.MemberRoles))
	for i, r := range access.MemberRoles {
		options[i] = Option{Value: string(r), Text: r.Name(), Hint: q.T(roleHints[r])}
	}
	return options
}

// memberBase is what the pages about members have in common.
func memberBase(q *Request, here string) Base {
	return Base{Section: "members", Crumbs: []Crumb{{q.T("members.title"), q.WS("/members")}, {here, ""}}}
}

func (s *Site) showMembers(q *Request) (Answer, error) {
	list, err := s.opts.Services.Workspace.ListMembers(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &MembersPage{Base: Base{Section: "members"}}
	page.fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, memberRow(q, page, r))
	}
	return Show(page), nil
}

func memberRow(q *Request, page *MembersPage, r records.Record[workspace.Member]) MemberRow {
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

func (s *Site) showRole(q *Request) (Answer, error) {
	f := roleForm.Blank(q, nil)
	f.Offer("role", roleOptions(q))
	return s.roleAnswer(q, f)
}

func (s *Site) roleAnswer(q *Request, f *Form) (Answer, error) {
	r, err := s.opts.Services.Workspace.GetMember(q.Context(), q.Caller(), q.Var("member"))
	if err != nil {
		return Answer{}, err
	}
	if f.Get("role") == "" {
		f.Set("role", string(r.Body.Role))
	}
	title := q.T("member.role-title", r.Body.Name)
	return f.Page(&FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.role-lead"), Form: f,
		Action: q.WS("/members/" + r.ID + "/role"), Submit: q.T("member.role-submit"), Cancel: q.WS("/members"),
	}), nil
}

func (s *Site) setRole(q *Request) (Answer, error) {
	f, err := roleForm.Read(q, map[string][]Option{"role": roleOptions(q)})
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return s.roleAnswer(q, f)
	}
	err = s.opts.Services.Workspace.SetRole(q.Context(), q.Caller(), q.Var("member"), access.Role(f.Get("role")))
	switch {
	case f.Take(err):
		return s.roleAnswer(q, f)
	case err != nil:
		return Answer{}, err
	}
	q.Flash("role-changed", "")
	return Go(q.WS("/members")), nil
}

func (s *Site) showRemove(q *Request) (Answer, error) {
	return s.removeAnswer(q, noForm.Blank(q, nil))
}

func (s *Site) removeAnswer(q *Request, f *Form) (Answer, error) {
	r, err := s.opts.Services.Workspace.GetMember(q.Context(), q.Caller(), q.Var("member"))
	if err != nil {
		return Answer{}, err
	}
	title := q.T("member.remove-title", r.Body.Name)
	return f.Page(&FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.remove-lead"), Form: f, Danger: true,
		Action: q.WS("/members/" + r.ID + "/remove"), Submit: q.T("member.remove-submit"), Cancel: q.WS("/members"),
	}), nil
}

func (s *Site) removeMember(q *Request) (Answer, error) {
	f := noForm.Blank(q, nil)
	err := s.opts.Services.Workspace.Remove(q.Context(), q.Caller(), q.Var("member"))
	switch {
	case f.Take(err):
		return s.removeAnswer(q, f)
	case err != nil:
		return Answer{}, err
	}
	q.Flash("member-removed", "")
	return Go(q.WS("/members")), nil
}

func (s *Site) showLeave(q *Request) (Answer, error) {
	return Show(leavePage(q, noForm.Blank(q, nil))), nil
}

func leavePage(q *Request, f *Form) *FormPage {
	title := q.T("member.leave-title", q.Visit.Place.Name)
	return &FormPage{
		Base: memberBase(q, title), Title: title, Lead: q.T("member.leave-lead"), Form: f, Danger: true,
		Action: q.WS("/leave"), Submit: q.T("member.leave-submit"), Cancel: q.WS("/members"),
	}
}

func (s *Site) leaveWorkspace(q *Request) (Answer, error) {
	f := noForm.Blank(q, nil)
	err := s.opts.Services.Workspace.Leave(q.Context(), q.Caller())
	switch {
	case f.Take(err):
		return f.Again(leavePage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("left", "")
	return Go("/workspaces"), nil
}
