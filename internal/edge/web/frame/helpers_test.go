package frame

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

type fixedClock struct{ now time.Time }

func (c fixedClock) Now() time.Time { return c.now }

var testNow = time.Date(2026, 11, 21, 20, 47, 0, 0, time.UTC)

// fakeIdentity knows one session of one person, who is an organizer of the workspace "lyric".
type fakeIdentity struct {
	role    access.Role
	err     error
	refused []access.Action
	asked   int
}

func (i *fakeIdentity) FromSession(_ context.Context, _ identity.Client, cookie string,
	to identity.Where) (identity.Identity, error) {
	if cookie == "" {
		return identity.Identity{}, model.ErrUnauthenticated
	}
	i.asked++
	if i.err != nil {
		return identity.Identity{}, i.err
	}
	if cookie != "good" {
		return identity.Identity{}, model.ErrUnauthenticated
	}
	who := identity.OfSession(account.Person{ID: "a1", Name: "Clara <b>"}, account.Session{}, false, time.Hour, nil)
	switch to.Workspace {
	case "":
		return who, nil
	case "lyric":
		return who.In(workspace.Seat{ID: "w1", Member: workspace.Member{Account: "a1", Role: i.role},
			Workspace: workspace.Workspace{Slug: "lyric", Name: "Lyric", TimeZone: "Europe/Berlin"}}, nil, nil), nil
	}
	return who, model.ErrNotFound
}

func (i *fakeIdentity) Refuse(_ context.Context, _ access.Caller, a access.Action, _ string) error {
	i.refused = append(i.refused, a)
	return model.Denied("Not for you.")
}

// Prove takes any password.
func (*fakeIdentity) Prove(_ context.Context, who identity.Identity, _ account.Claim) (identity.Identity,
	error) {
	return who, nil
}

// Used notes nothing.
func (*fakeIdentity) Used(context.Context, identity.Identity) error { return nil }

// AsOne runs the handler.
func (*fakeIdentity) AsOne(ctx context.Context, _ access.Action, handle func(context.Context) error) error {
	return handle(ctx)
}

type testSite struct {
	*Site
	identity *fakeIdentity
	log      *strings.Builder
}

// newTestSite is a site with more routes; everything else is real.
func newTestSite(t *testing.T, base string, more ...Route) *testSite {
	t.Helper()
	ts := &testSite{identity: &fakeIdentity{role: access.Organizer}, log: &strings.Builder{}}
	site, err := New(Options{
		BaseURL: base, Identity: ts.identity, Clock: fixedClock{testNow},
		Log: slog.New(slog.NewTextHandler(ts.log, nil)),
		Subjects: []Subject{{Name: "test", Routes: append(more, Route{Name: "restore", Method: "POST",
			Path: "/w/{ws}/reports/{report}/restore", For: Member, Handle: ok}), Menu: []MenuItem{
			{Rank: 2, Section: "audit", Path: "/audit", Label: "nav.audit", Icon: "scroll-text",
				Action: access.AuditRead},
			{Rank: 1, Section: "reports", Path: "/reports", Label: "nav.reports", Icon: "file-text", Key: "r",
				Shortcut: "shortcuts.go-reports", Action: access.ReportList},
		}, Undo: map[string]string{"report.trashed": "/w/{ws}/reports/{id}/restore"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ts.Site = site
	return ts
}

// ask sends a request as a browser on the site would. Headers are "Name: value"; an empty value takes a header away.
func (ts *testSite) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = ts.base.Host
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if ts.secure {
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		switch {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	ts.Handler().ServeHTTP(w, r)
	return w
}

const (
	secureBase = "https://opera.example.org"
	localBase  = "http://127.0.0.1:8080"
	signedIn   = "Cookie: __Host-toh=good"
)

func bodyOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
