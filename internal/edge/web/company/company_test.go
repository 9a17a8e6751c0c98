package company_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	h.Company(t, "Other", "other")
	m, viewer := h.As(t, "lyric", access.Management), h.As(t, "lyric", access.Viewer)
	viewerID, strangerID := h.ID(t, "viewer@lyric.example"), h.ID(t, "viewer@other.example")
	webtest.Shows(t, m.Get("/w/lyric/members"), 200, "viewer@lyric.example", "Invite people")
	if p := viewer.Get("/w/lyric/members"); p.Has("reporter@lyric.example") || p.Has("Invite people") ||
		p.Has("/role") {
		t.Error("a viewer sees too much")
	}
	webtest.Shows(t, viewer.Get("/w/lyric/members/"+viewerID+"/role"), 403, "Your role does not allow this")
	webtest.Shows(t, viewer.Post("/w/lyric/members/"+viewerID+"/role", "role", "management"), 403)
	foreign, random := m.Get("/w/lyric/members/"+strangerID+"/role"),
		m.Get("/w/lyric/members/aaaaaaaaaaaaaaaaaaaaaaaaaa/role")
	webtest.Shows(t, foreign, 404)
	if foreign.Body != random.Body {
		t.Error("a foreign member looks different from none")
	}
	webtest.Shows(t, m.Post("/w/lyric/members/"+strangerID+"/remove"), 404)
	webtest.Shows(t, m.Post("/w/lyric/members/"+viewerID+"/role", "role", "emperor"), 400, "Choose one of the options.")
	webtest.LeadsTo(t, m.Post("/w/lyric/members/"+viewerID+"/role", "role", "organizer"), "/w/lyric/members")
	webtest.Shows(t, viewer.Get("/w/lyric/"), 200, "Your role: Organizer")
	webtest.Shows(t, m.Get("/w/lyric/leave"), 200)
	webtest.Shows(t, m.Post("/w/lyric/leave"), 409)
	webtest.Shows(t, m.Get("/w/lyric/members/"+viewerID+"/remove"), 200, "Remove The viewer of Lyric?")
	webtest.LeadsTo(t, m.Post("/w/lyric/members/"+viewerID+"/remove"), "/w/lyric/members")
	webtest.Shows(t, viewer.Get("/w/lyric/"), 404)
	webtest.LeadsTo(t, h.As(t, "lyric", access.Reporter).Post("/w/lyric/leave"), "/workspaces")
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	m := h.As(t, "lyric", access.Management)
	webtest.Shows(t, m.Post("/w/lyric/invitations", "email", "new", "role", "reporter"), 400, "Enter an e-mail address")
	webtest.LeadsTo(t, m.Post("/w/lyric/invitations", "email", "new@lyric.example", "role", "reporter"),
		"/w/lyric/invitations")
	link := "/invitation/" + h.Secret(t, account.Invitation)
	webtest.Shows(t, m.Get("/w/lyric/invitations"), 200, "new@lyric.example")
	webtest.Shows(t, m.Post("/w/lyric/invitations", "email", "new@lyric.example", "role", "reporter"), 409,
		"open invitation")
	webtest.Shows(t, h.As(t, "lyric", access.Viewer).Get("/w/lyric/invitations"), 403)
	webtest.Shows(t, h.As(t, "lyric", access.Viewer).Post(link), 403, "a different address")
	b := h.Browser()
	webtest.Shows(t, b.Get(link), 200, "Join Lyric", "as Reporter", "Sign in to join")
	webtest.LeadsTo(t, b.Post(link, "name", "Nora", "password", webtest.Password), "/w/lyric/")
	webtest.Shows(t, b.Get("/w/lyric/"), 200, "Welcome. You are now a member.", "Your role: Reporter")
	webtest.Shows(t, h.Browser().Get(link), 404, "is no longer valid")

	webtest.LeadsTo(t, m.Post("/w/lyric/invitations", "email", "late@lyric.example", "role", "viewer"),
		"/w/lyric/invitations")
	late := "/invitation/" + h.Secret(t, account.Invitation)
	_, rest, _ := strings.Cut(m.Get("/w/lyric/invitations").Body, `action="/w/lyric/invitations/`)
	id, _, _ := strings.Cut(rest, "/")
	webtest.LeadsTo(t, m.Post("/w/lyric/invitations/"+id+"/again"), "/w/lyric/invitations")
	webtest.Shows(t, h.Browser().Get(late), 404)
	late = "/invitation/" + h.Secret(t, account.Invitation)
	webtest.Shows(t, h.Browser().Get(late), 200)
	webtest.LeadsTo(t, m.Post("/w/lyric/invitations/"+id+"/revoke"), "/w/lyric/invitations")
	webtest.Shows(t, h.Browser().Get(late), 404)
}

func TestSettingsAndMatrix(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	id := h.Company(t, "Lyric", "lyric").Workspace
	m := h.As(t, "lyric", access.Management)
	webtest.Shows(t, m.Get("/w/lyric/settings"), 200, `value="Europe/Berlin"`, "<code>"+id+"</code>")
	webtest.Shows(t, m.Get("/w/"+id+"/"), 200, "Lyric") // it leads there, too
	webtest.Shows(t, h.As(t, "lyric", access.Organizer).Get("/w/lyric/settings"), 403)
	set := func(pairs ...string) webtest.Page {
		return m.Post("/w/lyric/settings", append(pairs, "name", "Lyric 2", "time_zone", "Europe/Paris", "version",
			"1")...)
	}
	webtest.Shows(t, set("slug", "lyric", "session_idle", "2"), 400, "5 minutes without use at the earliest")
	webtest.Shows(t, set("slug", "lyric", "session_idle", "x"), 400, "Enter a whole number")
	webtest.Shows(t, set("slug", "Lyric 2"), 400, "lower-case letters")
	webtest.LeadsTo(t, set("slug", "lyric-two", "session_idle", "30"), "/w/lyric-two/settings")
	webtest.Shows(t, m.Get("/w/lyric-two/settings"), 200, "Saved.", "Lyric 2", `value="30"`)
	webtest.Shows(t, m.Get("/w/lyric/"), 200, "Lyric 2")
	webtest.Shows(t, set("slug", "lyric-two"), 412)
	for _, role := range access.MemberRoles {
		webtest.Shows(t, h.As(t, "lyric", role).Get("/w/lyric/matrix"), 200, "Read the audit trail", "Report viewer")
	}
}
