package security

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// CheckPage is where a reader's browser checks the whole history. Without scripts it says how a program does.
type CheckPage struct {
	frame.Base
	Head   *HeadView // nil before the first
	Origin string    // that heads must have
	Site   string    // the address of the installation
	Says   []Says
}

// Template names the page.
func (*CheckPage) Template() string { return "security/check" }

// Says is a sentence about something that the browser can find. Its places are words after "%".
type Says struct{ Kind, Text, Tone, Icon string }

func (s *pages) showCheck(q *frame.Request) (frame.Answer, error) {
	_, origin, _ := strings.Cut(q.SiteURL(check.Path), "://")
	page := &CheckPage{Head: s.headView(q), Origin: origin, Site: q.SiteURL("")}
	for _, f := range finds {
		page.Says = append(page.Says, Says{f.kind, q.T(f.text), f.tone, toneIcons[f.tone]})
	}
	return frame.Show(page), nil
}

var toneIcons = map[string]string{"good": "circle-check", "bad": "octagon-alert", "warn": "triangle-alert",
	"": "info"}

// finds are the sentences for what historycheck.js finds, by its names.
var finds = []struct{ kind, tone, text string }{
	{"well", "good", "security.check-well"},
	{"found", "bad", "security.check-found"},
	{"undecided", "warn", "security.check-undecided"},
	{"went-on", "", "security.check-went-on"},
	{"kept-place", "bad", "security.check-kept-place"},
	{"open", "", "security.check-open"},
	{"more", "bad", "security.check-more"},
	{"failed", "warn", "security.check-failed"},
	{"entry-changed", "bad", "security.check-entry-changed"},
	{"entry-missing", "bad", "security.check-entry-missing"},
	{"entry-twice", "bad", "security.check-entry-twice"},
	{"entry-order", "bad", "security.check-entry-order"},
	{"back-dated", "bad", "security.check-back-dated"},
	{"head-back-dated", "bad", "security.check-head-back-dated"},
	{"hash-changed", "bad", "security.check-hash-changed"},
	{"head-does-not-fit", "bad", "security.check-head-does-not-fit"},
	{"heads-contradict", "bad", "security.check-heads-contradict"},
	{"head-malformed", "bad", "security.check-head-malformed"},
	{"bad-signature", "bad", "security.check-bad-signature"},
	{"other-signer", "bad", "security.check-other-signer"},
	{"wrong-origin", "bad", "security.check-wrong-origin"},
	{"too-many-signatures", "bad", "security.check-too-many-signatures"},
	{"size-too-large", "bad", "security.check-size-too-large"},
	{"section-unfounded", "bad", "security.check-section-unfounded"},
	{"section-missing", "bad", "security.check-section-missing"},
	{"bad-key", "bad", "security.check-bad-key"},
	{"unknown-key", "warn", "security.check-unknown-key"},
	{"unknown-key-named", "warn", "security.check-unknown-key-named"},
	{"gap-told", "warn", "security.check-gap-told"},
	{"nothing", "warn", "security.check-nothing"},
	{"no-head", "warn", "security.check-no-head"},
	{"no-last-head", "warn", "security.check-no-last-head"},
}
