package web

import (
	"net/http"
	"net/url"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *Site) inviteRoutes() []Route {
	return []Route{
		{Name: "invitations", Method: "GET", Path: "/w/{ws}/invitations", For: Member, Action: access.InviteList,
			Handle: s.showInvitations},
		{Name: "invitations.send", Method: "POST", Path: "/w/{ws}/invitations", For: Member,
			Action: access.MemberInvite, Handle: s.invite},
		{Name: "invitations.again", Method: "POST", Path: "/w/{ws}/invitations/{invite}/again", For: Member,
			Action: access.MemberInvite, Handle: s.inviteAgain},
		{Name: "invitations.revoke", Method: "POST", Path: "/w/{ws}/invitations/{invite}/revoke", For: Member,
			Action: access.InviteRevoke, Handle: s.revokeInvite},
		{Name: "invitation", Method: "GET", Path: "/invitation/{ticket}", For: Public, Ticket: true,
			Handle: s.showInvitation},
		{Name: "invitation.join", Method: "POST", Path: "/invitation/{ticket}", For: Public, Ticket: true,
			Timeout: slowly, Handle: s.join},
	}
}

var (
	inviteForm = FormSpec{
		{Name: "email", Kind: kindEmail, Label: "person.email", Max: maxEmail, Autocomplete: "off"},
		{Name: "role", Kind: kindRadio, Label: "invitations.role"},
	}
	joinForm = FormSpec{fieldName, fieldNewPassword}
)

func (s *Site) showInvitations(q *Request) (Answer, error) {
	f := inviteForm.Blank(q, nil)
	f.Offer("role", roleOptions(q))
	f.Set("role", string(access.Reporter))
	return s.invitationsAnswer(q, f)
}

func (s *Site) invitationsAnswer(q *Request, f *Form) (Answer, error) {
	list, err := s.opts.Services.Workspace.ListInvites(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &InvitationsPage{Base: memberBase(q, q.T("invitations.title")), Form: f}
	page.fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, invitationRow(q, page, r))
	}
	return f.Page(page), nil
}

func invitationRow(q *Request, page *InvitationsPage, r workspace.OpenInvite) InvitationRow {
	path := q.WS("/invitations/" + r.ID)
	return InvitationRow{
		Email: r.Body.Email, Role: r.Body.Role.Name(), Ends: page.When(r.Body.Ends), Ended: r.Ended,
		Again: Button{Path: path + "/again", Text: q.T("invitations.again"), Icon: "send", Tone: "small",
			About: r.Body.Email},
		Revoke: Button{Path: path + "/revoke", Text: q.T("invitations.revoke"), Icon: "x", Tone: "small",
			About: r.Body.Email},
	}
}

func (s *Site) invite(q *Request) (Answer, error) {
	f, err := inviteForm.Read(q, map[string][]Option{"role": roleOptions(q)})
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return s.invitationsAnswer(q, f)
	}
	_, err = s.opts.Services.Workspace.Invite(q.Context(), q.Caller(), workspace.NewInvite{Email: f.Get("email"),
		Role: access.Role(f.Get("role"))})
	switch {
	case f.Take(err):
		return s.invitationsAnswer(q, f)
	case err != nil:
		return Answer{}, err
	}
	q.Flash("invited", "")
	return Go(q.WS("/invitations")), nil
}

func (s *Site) inviteAgain(q *Request) (Answer, error) {
	if err := s.opts.Services.Workspace.Resend(q.Context(), q.Caller(), q.Var("invite")); err != nil {
		return Answer{}, err
	}
	q.Flash("invited", "")
	return Go(q.WS("/invitations")), nil
}

func (s *Site) revokeInvite(q *Request) (Answer, error) {
	if err := s.opts.Services.Workspace.Revoke(q.Context(), q.Caller(), q.Var("invite")); err != nil {
		return Answer{}, err
	}
	q.Flash("invite-revoked", "")
	return Go(q.WS("/invitations")), nil
}

// showInvitation asks a stranger for name and password, since the link proves the address, and a known person only
// whether they want to.
func (s *Site) showInvitation(q *Request) (Answer, error) {
	return s.invitationAnswer(q, joinSpec(q).Blank(q, nil))
}

func joinSpec(q *Request) FormSpec {
	if q.Visit.Known() {
		return noForm
	}
	return joinForm
}

func (s *Site) invitationAnswer(q *Request, f *Form) (Answer, error) {
	i, err := s.opts.Services.Workspace.Peek(q.Context(), q.client(), q.Var("ticket"))
	if err != nil {
		return linkGone(q, err, "")
	}
	here := "/invitation/" + q.Var("ticket")
	address := addressFor(q, i.Address)
	page := &FormPage{
		Title: q.T("invitation.title", i.Workspace), Lead: q.T("invitation.lead", i.By, i.Workspace, i.Role.Name(),
			address),
		Sheet: true, Form: f, Action: here, Submit: q.T("invitation.accept"),
	}
	if mine := q.Visit.Who.Account.Email; q.Visit.Known() && !sameAddress(mine, i.Address) {
		page.Notices = []Notice{{Text: q.T("invitation.other", mine, address), Icon: "triangle-alert", Tone: "warn"}}
	}
	if !q.Visit.Known() {
		page.Submit = q.T("invitation.sign-up")
		page.Links = []TextLink{{q.T("sign-up.have-one"), "/signin?next=" + url.QueryEscape(here),
			q.T("invitation.sign-in")}}
	}
	return f.Page(page), nil
}

func (s *Site) join(q *Request) (Answer, error) {
	f, err := joinSpec(q).Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return s.invitationAnswer(q, f)
	}
	m, err := s.accept(q, f)
	switch {
	case f.Take(err):
		return s.invitationAnswer(q, f)
	case statusOf(err) == http.StatusNotFound:
		return linkGone(q, err, "")
	case err != nil:
		return Answer{}, err
	}
	q.Flash("joined", "")
	return Go(placePath(m.Slug) + "/"), nil
}

func (s *Site) accept(q *Request, f *Form) (workspace.Membership, error) {
	if q.Visit.Known() {
		return s.opts.Services.Workspace.Accept(q.Context(), q.Visit.Who, q.Var("ticket"))
	}
	in, m, err := s.opts.Services.Workspace.AcceptNew(q.Context(), q.client(), q.Var("ticket"),
		workspace.Newcomer{Name: f.Get("name"), Password: f.Get("password")})
	if err == nil {
		q.admit(in)
	}
	return m, err
}
