package company

import (
	"errors"
	"net/url"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func (s *pages) inviteRoutes() []frame.Route {
	return []frame.Route{
		{Name: "invitations", Method: "GET", Path: "/w/{ws}/invitations", For: frame.Member, Action: access.InviteList,
			Handle: s.showInvitations, Page: &InvitationsPage{}},
		{Name: "invitations.send", Method: "POST", Path: "/w/{ws}/invitations", For: frame.Member,
			Action: access.MemberInvite, Handle: s.invite},
		{Name: "invitations.again", Method: "POST", Path: "/w/{ws}/invitations/{invite}/again", For: frame.Member,
			Action: access.MemberInvite, Handle: s.inviteAgain},
		{Name: "invitations.revoke", Method: "POST", Path: "/w/{ws}/invitations/{invite}/revoke", For: frame.Member,
			Action: access.InviteRevoke, Handle: s.revokeInvite},
		{Name: "invitation", Method: "GET", Path: "/invitation/{ticket}", For: frame.Public, Ticket: true,
			Handle: s.showInvitation},
		{Name: "invitation.join", Method: "POST", Path: "/invitation/{ticket}", For: frame.Public, Ticket: true,
			Timeout: frame.SlowTimeout, Handle: s.join},
	}
}

var (
	inviteForm = frame.FormSpec{
		{Name: "email", Kind: frame.KindEmail, Label: "person.email", Max: people.MaxEmail, Autocomplete: "off"},
		{Name: "role", Kind: frame.KindRadio, Label: "invitations.role"},
	}
	joinForm = frame.FormSpec{people.FieldName, people.FieldNewPassword}
)

func (s *pages) showInvitations(q *frame.Request) (frame.Answer, error) {
	f := inviteForm.Blank(q, nil)
	f.Offer("role", roleOptions(q))
	f.Set("role", string(access.Reporter))
	return s.invitationsAnswer(q, f)
}

func (s *pages) invitationsAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	list, err := s.workspaces.ListInvites(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &InvitationsPage{Base: memberBase(q, q.T("invitations.title")), Form: f}
	page.Fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, invitationRow(q, page, r))
	}
	return f.Page(page), nil
}

func invitationRow(q *frame.Request, page *InvitationsPage, r workspace.OpenInvite) InvitationRow {
	path := q.WS("/invitations/" + r.ID)
	return InvitationRow{
		Email: r.Body.Email, Role: r.Body.Role.Name(), Ends: page.When(r.Body.Ends), Ended: r.Ended,
		Returned: !r.Body.Returned.IsZero(),
		Again: frame.Button{Path: path + "/again", Text: q.T("invitations.again"), Icon: "send", Tone: "small",
			About: r.Body.Email},
		Revoke: frame.Button{Path: path + "/revoke", Text: q.T("invitations.revoke"), Icon: "x", Tone: "small",
			About: r.Body.Email},
	}
}

func (s *pages) invite(q *frame.Request) (frame.Answer, error) {
	f, err := inviteForm.Read(q, map[string][]frame.Option{"role": roleOptions(q)})
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.invitationsAnswer(q, f)
	}
	_, err = s.workspaces.Invite(q.Context(), q.Caller(), workspace.NewInvite{Email: f.Get("email"),
		Role: access.Role(f.Get("role"))})
	switch {
	case f.Take(err):
		return s.invitationsAnswer(q, f)
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("invited", "")
	return frame.Go(q.WS("/invitations")), nil
}

func (s *pages) inviteAgain(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.Resend(q.Context(), q.Caller(), q.Var("invite")); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("invited", "")
	return frame.Go(q.WS("/invitations")), nil
}

func (s *pages) revokeInvite(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.Revoke(q.Context(), q.Caller(), q.Var("invite")); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("invite-revoked", "")
	return frame.Go(q.WS("/invitations")), nil
}

// showInvitation asks a person without an account for a name and a password; the link proves the address. It asks a
// signed-in person only for confirmation.
func (s *pages) showInvitation(q *frame.Request) (frame.Answer, error) {
	return s.invitationAnswer(q, joinSpec(q).Blank(q, nil))
}

func joinSpec(q *frame.Request) frame.FormSpec {
	if q.Who.Known() {
		return noForm
	}
	return joinForm
}

func (s *pages) invitationAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	i, err := s.workspaces.Peek(q.Context(), q.Client(), q.Var("ticket"))
	if err != nil {
		return people.LinkGone(q, err, "")
	}
	here := "/invitation/" + q.Var("ticket")
	address := people.AddressFor(q, i.Address)
	page := &frame.FormPage{
		Title: q.T("invitation.title", i.Workspace), Lead: q.T("invitation.lead", i.By, i.Workspace, i.Role.Name(),
			address),
		Sheet: true, Form: f, Action: here, Submit: q.T("invitation.accept"),
	}
	if mine := q.Who.Person().Email; q.Who.Known() && !people.SameAddress(mine, i.Address) {
		page.Notices = []frame.Notice{{Text: q.T("invitation.other", mine, address), Icon: "triangle-alert",
			Tone: "warn"}}
	}
	if !q.Who.Known() {
		page.Submit = q.T("invitation.sign-up")
		page.Links = []frame.TextLink{{Before: q.T("sign-up.have-one"), Path: "/signin?next=" + url.QueryEscape(here),
			Text: q.T("invitation.sign-in")}}
	}
	return f.Page(page), nil
}

func (s *pages) join(q *frame.Request) (frame.Answer, error) {
	f, err := joinSpec(q).Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.invitationAnswer(q, f)
	}
	m, err := s.accept(q, f)
	switch {
	case f.Take(err):
		return s.invitationAnswer(q, f)
	case errors.Is(err, model.ErrNotFound):
		return people.LinkGone(q, err, "")
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("joined", "")
	return frame.Go(frame.WorkspacePath(m.Slug) + "/"), nil
}

func (s *pages) accept(q *frame.Request, f *frame.Form) (workspace.Membership, error) {
	if q.Who.Known() {
		return s.workspaces.Accept(q.Context(), q.Who, q.Var("ticket"))
	}
	in, m, err := s.workspaces.AcceptNew(q.Context(), q.Client(), q.Var("ticket"),
		workspace.Newcomer{Name: f.Get("name"), Password: f.Get("password")})
	if err == nil {
		q.Admit(in)
	}
	return m, err
}
