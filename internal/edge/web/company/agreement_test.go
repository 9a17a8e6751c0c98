package company_test

import (
	"regexp"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const agreementPath = "/w/lyric/settings/agreement"

var hidden = regexp.MustCompile(`name="(version|sum)" value="([^"]*)"`)

// offered are the version and the hash that the form names.
func offered(t *testing.T, p webtest.Page) []string {
	t.Helper()
	var pairs []string
	for _, m := range hidden.FindAllStringSubmatch(p.Body, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	if len(pairs) != 4 {
		t.Fatalf("the form offers %v", pairs)
	}
	return pairs
}

// TestTheManagementAcceptsTheAgreement: the page says what was accepted, when and by whom, and a newer version that is
// in force as not accepted yet.
func TestTheManagementAcceptsTheAgreement(t *testing.T) {
	t.Parallel()
	later := testclock.Now().UTC().AddDate(0, 0, 30)
	h := webtest.NewWith(t, fstest.MapFS{"policies/en/processing/" + later.Format(time.DateOnly) + ".md": {
		Data: []byte("Changes: More help.\n\nAnother text.\n")}})
	h.Company(t, "Lyric", "lyric")
	h.Company(t, "Other", "other")
	m := h.As(t, "lyric", access.Management)
	for _, role := range access.MemberRoles[1:] {
		b := h.As(t, "lyric", role)
		webtest.Shows(t, b.Get(agreementPath), 403)
		webtest.Shows(t, b.Post(agreementPath, offered(t, m.Get(agreementPath))...), 403)
	}
	first := m.Get(agreementPath)
	webtest.Shows(t, first, 200, "Not accepted yet", "has not accepted an agreement yet", "Accept for the company",
		`href="/processing/2026-11-28"`, `href="/processing/2026-11-28.pdf"`, "A new version takes effect on",
		"More help.")
	webtest.Lacks(t, first, "Accepted versions")
	webtest.LeadsTo(t, m.Post(agreementPath, offered(t, first)...), agreementPath)
	webtest.LeadsTo(t, m.Post(agreementPath, offered(t, first)...), agreementPath) // a second click changes nothing
	accepted := m.Get(agreementPath)
	webtest.Shows(t, accepted, 200, "Maud of Lyric accepted the version that is in force", "Accepted versions",
		"28 November 2026")
	webtest.Lacks(t, accepted, "Not accepted yet", "Accept for the company")
	webtest.Shows(t, h.As(t, "other", access.Management).Get("/w/other/settings/agreement"), 200, "Not accepted yet")
	webtest.Shows(t, m.Get("/w/lyric/audit?action=agreement.accept"), 200,
		"accepted the data processing agreement, version of 2026-11-28")

	h.Clock.Advance(31 * 24 * time.Hour)
	m = h.As(t, "lyric", access.Management)
	stale := m.Post(agreementPath, offered(t, first)...)
	webtest.Shows(t, stale, 400, "Another version came into force")
	newer := m.Get(agreementPath)
	webtest.Shows(t, newer, 200, "Not accepted yet", "accepted the version of 28 November 2026", "Accepted versions")
	webtest.LeadsTo(t, m.Post(agreementPath, offered(t, newer)...), agreementPath)
	webtest.Lacks(t, m.Get(agreementPath), "Not accepted yet")
}

// TestAcceptingAsksForThePassword: whoever finds an open browser cannot bind the company.
func TestAcceptingAsksForThePassword(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	m := h.As(t, "lyric", access.Management)
	h.Clock.Advance(11 * time.Minute)
	webtest.Shows(t, m.Post(agreementPath, offered(t, m.Get(agreementPath))...), 403, "Confirm and continue")
	webtest.Shows(t, m.Get(agreementPath), 200, "Not accepted yet")
}

// told tells the management of a company some news.
func told(t *testing.T, h *webtest.Fixture, m workspace.Membership, id string) {
	t.Helper()
	sys := access.SystemCaller(model.Workspace(m.Workspace), "test", "")
	n, err := h.Workspaces.Tell(t.Context(), sys, workspace.News{ID: id, Title: "The data processing agreement, from " +
		"5 January 2027", Text: "More help.", Path: "/processing/2027-01-05/differences",
		Letter: account.Letter{Kind: account.AgreementChanged, At: h.Clock.Now(), What: "More help."}})
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

// TestTheManagementAcknowledgesWhatItWasTold: the home page and the settings show it to managers of this company until
// one of them acknowledges it, or accepts what it tells of.
func TestTheManagementAcknowledgesWhatItWasTold(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	lyric := h.Company(t, "Lyric", "lyric")
	other := h.Company(t, "Other", "other")
	told(t, h, lyric, "news-1")
	told(t, h, other, "news-2")
	m := h.As(t, "lyric", access.Management)
	for _, path := range []string{"/w/lyric/", agreementPath} {
		webtest.Shows(t, m.Get(path), 200, "The data processing agreement, from 5 January 2027", "More help.")
	}
	webtest.Shows(t, m.Get(agreementPath), 200, `href="/processing/2027-01-05/differences"`, "Acknowledge",
		"/w/lyric/settings/notices/news-1")
	for _, role := range access.MemberRoles[1:] {
		b := h.As(t, "lyric", role)
		webtest.Lacks(t, b.Get("/w/lyric/"), "The data processing agreement, from")
		webtest.Shows(t, b.Post("/w/lyric/settings/notices/news-1"), 403)
	}
	webtest.Shows(t, m.Post("/w/lyric/settings/notices/news-2"), 404) // another company's
	for range 2 {                                                     // a second click changes nothing
		webtest.LeadsTo(t, m.Post("/w/lyric/settings/notices/news-1"), agreementPath)
	}
	for _, path := range []string{"/w/lyric/", agreementPath} {
		webtest.Lacks(t, m.Get(path), "The data processing agreement, from 5 January 2027")
	}
	webtest.Shows(t, h.As(t, "other", access.Management).Get("/w/other/"), 200, "The data processing agreement, from")
	webtest.Shows(t, m.Get("/w/lyric/audit?action=news.acknowledge"), 200,
		"Maud of Lyric acknowledged: The data processing agreement, from 5 January 2027.")
	found, err := h.Trail.List(t.Context(), model.Workspace(lyric.Workspace),
		audit.Filter{Action: access.NoticeAcknowledge, Outcome: audit.Done}, 10, "")
	if err != nil || len(found.Entries) != 1 {
		t.Errorf("%d entries of one acknowledgement: %v", len(found.Entries), err)
	}
	webtest.Shows(t, m.Get("/w/lyric/audit?action=management.tell"), 200,
		"Tiny Opera House told the management by mail: The data processing agreement, from 5 January 2027.")

	values := offered(t, m.Get(agreementPath))
	told(t, h, lyric, workspace.AgreementNotice(values[1], values[3]))
	webtest.Shows(t, m.Get("/w/lyric/"), 200, "More help.")
	webtest.LeadsTo(t, m.Post(agreementPath, values...), agreementPath)
	webtest.Lacks(t, m.Get("/w/lyric/"), "More help.")
}
