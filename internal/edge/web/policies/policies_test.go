package policies_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// TestPublicDocuments: a stranger reads each document, its versions and what they changed, and gets from each to the
// others.
func TestPublicDocuments(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	stranger := h.Browser()
	for _, path := range []string{"/privacy", "/terms", "/processing"} {
		page := stranger.Get(path)
		webtest.Shows(t, page, 200, "The Opera", "mailto:"+webtest.Contact, "lawyer", `href="/privacy"`, `href="/terms"`,
			`href="/processing"`, `href="/subprocessors"`, path+"/history")
		webtest.Lacks(t, page, "{operator}", "{contact}", "&lt;p&gt;")
		history := stranger.Get(path + "/history")
		webtest.Shows(t, history, 200, "All versions", "In force", "The first version.", path+"/2026-11-28")
		webtest.Lacks(t, history, "/differences")
		webtest.Shows(t, stranger.Get(path+"/2026-11-28"), 200, "The Opera")
		webtest.Shows(t, stranger.Get(path+"/2026-11-28/differences"), 200, "This is the first version.")
		for _, none := range []string{"/2026-11-27", "/latest", "/2026-11-27/differences", "/../terms"} {
			if p := stranger.Get(path + none); p.Status == 200 {
				t.Errorf("%s%s: %d", path, none, p.Status)
			}
		}
	}
	webtest.Shows(t, stranger.Get("/subprocessors"), 200, "Google Cloud, region europe-west1", "Resend",
		"https://cloud.google.com/security", "https://resend.com/security")
	webtest.Shows(t, stranger.Get("/signin"), 200, `href="/privacy"`, `href="/terms"`, `href="/subprocessors"`)
}

// TestTheAgreementIsAFile: in force and each version, under the address of the page with .pdf; the other documents are
// pages only.
func TestTheAgreementIsAFile(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	stranger := h.Browser()
	webtest.Shows(t, stranger.Get("/processing"), 200, `href="/processing/2026-11-28.pdf"`)
	webtest.Lacks(t, stranger.Get("/terms"), ".pdf")
	var first string
	for _, path := range []string{"/processing.pdf", "/processing/2026-11-28.pdf"} {
		p := stranger.Get(path)
		name := p.Header.Get("Content-Disposition")
		if p.Status != 200 || p.Header.Get("Content-Type") != "application/pdf" ||
			!strings.HasPrefix(p.Body, "%PDF-") ||
			name != "attachment; filename=tiny-opera-house-processing-2026-11-28.pdf" ||
			p.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, p.Status, p.Header)
		}
		if first == "" {
			first = p.Body
		}
		if p.Body != first {
			t.Errorf("%s is another file", path)
		}
	}
	for _, none := range []string{"/terms.pdf", "/privacy.pdf", "/terms/2026-11-28.pdf", "/processing/2026-11-27.pdf",
		"/processing/.pdf", "/processing/2026-11-28.pdf.pdf", "/processing/2026-11-28.sum"} {
		if p := stranger.Get(none); p.Status != 404 {
			t.Errorf("%s: %d", none, p.Status)
		}
	}
}

// TestDataPage: everybody reads what is stored, what for and for how long, and finds it from the other public pages.
func TestDataPage(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	stranger := h.Browser()
	webtest.Shows(t, stranger.Get("/data"), 200, "What is stored", "Shows and reports", "Reports",
		`<code class="quiet">reports</code>`, "What people report.", "As long as a day.", `<link rel="canonical"`)
	for _, from := range []string{"/privacy", "/security", "/signin"} {
		webtest.Shows(t, stranger.Get(from), 200, `href="/data"`)
	}
	h.Company(t, "Opera", "opera")
	signedIn := h.As(t, "opera", access.Viewer).Get("/data")
	webtest.Shows(t, signedIn, 200, "What people report.")
	webtest.Lacks(t, signedIn, `rel="canonical"`)
}

// TestSecurityText: what RFC 9116 asks for, and an end that is always 30 to 365 days ahead, with no release.
func TestSecurityText(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	for range 3 {
		p := h.Browser().Get("/.well-known/security.txt")
		if p.Status != 200 || p.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Fatalf("%d %v", p.Status, p.Header)
		}
		fields := map[string]string{}
		for line := range strings.Lines(p.Body) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if fields[name] != "" {
				t.Errorf("%s twice", name)
			}
			fields[name] = value
		}
		expires, err := time.Parse(time.RFC3339, fields["Expires"])
		if left := expires.Sub(h.Clock.Now()); err != nil || left < 30*24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("it expires in %v: %v", left, err)
		}
		if fields["Contact"] != "mailto:"+webtest.Contact || !strings.HasSuffix(fields["Canonical"],
			"/.well-known/security.txt") || fields["Preferred-Languages"] != "en" {
			t.Errorf("%v", fields)
		}
		h.Clock.Advance(400 * 24 * time.Hour)
	}
}

// TestChangesOfTheList: a stranger sees what changed in the list of subprocessors, and not what changed elsewhere.
func TestChangesOfTheList(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	stranger := h.Browser()
	webtest.Shows(t, stranger.Get("/subprocessors"), 200, `href="/subprocessors/changes"`)
	webtest.Shows(t, stranger.Get("/subprocessors/changes"), 200, "Nothing has changed yet.")
	found := time.Date(2027, time.January, 5, 12, 0, 0, 0, time.UTC)
	h.Changes.Says = []policy.Change{
		{What: policy.OfAgreement, Says: "More help.", Found: found, Holds: found},
		{What: policy.OfSubprocessors, Says: "New: Resend (sends mails).", Found: found,
			Holds: found.AddDate(0, 0, 30)},
	}
	page := stranger.Get("/subprocessors/changes")
	webtest.Shows(t, page, 200, "New: Resend (sends mails).", "5 January 2027", "4 February 2027")
	webtest.Lacks(t, page, "More help.", "Nothing has changed yet.")
	h.Changes.Fails = model.ErrUnavailable
	webtest.Shows(t, stranger.Get("/subprocessors/changes"), 503)
}
