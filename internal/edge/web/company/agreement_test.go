package company_test

import (
	"regexp"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
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
