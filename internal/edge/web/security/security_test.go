package security_test

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/templates"
)

// says is what is known of all promises: T2 is broken, T3 was not checked for long, T5 is kept.
func says(now time.Time) promise.Overview {
	o := promise.Overview{At: now, LastRun: now.Add(-time.Minute), Since: now.AddDate(0, -1, 0)}
	for _, p := range promise.All() {
		s := promise.Standing{Promise: p, State: promise.Unchecked, Why: promise.NotBuilt, Reason: p.Missing}
		c := promise.ControlState{Control: promise.Control{ID: "try-" + strings.ToLower(p.ID), Kind: promise.Live,
			Says: "Tries " + p.ID + ".", Every: time.Hour, Promises: []string{p.ID}}, State: promise.Kept,
			Evidence: "Evidence of " + p.ID + ".", Last: now, LastPass: now, Next: now.Add(time.Hour)}
		if p.Built() {
			s.State, s.Why, s.LastPass = promise.Kept, "", now
		}
		switch p.ID {
		case "T2":
			s.State, s.Since = promise.Broken, now.Add(-time.Hour)
			c.State, c.Since, c.Evidence = promise.Broken, now.Add(-time.Hour), ""
		case "T3":
			s.State, s.Why, s.Since = promise.Unchecked, promise.Stale, now.Add(-6*time.Hour)
			c.State, c.Why = promise.Unchecked, promise.Stale
			c.Costly = true
		}
		for i := 89; i >= 0; i-- {
			day := promise.DayCount{Date: now.AddDate(0, 0, -i).Format(time.DateOnly)}
			if i < 10 && i != 4 {
				day.Kept = 96
			}
			if i == 2 {
				day.Broken = 1
			}
			s.Days = append(s.Days, day)
		}
		s.Controls = append(s.Controls, c)
		o.Promises = append(o.Promises, s)
		switch s.State {
		case promise.Kept:
			o.Kept++
		case promise.Broken:
			o.Broken++
		default:
			o.Unchecked++
		}
	}
	past := promise.Episode{Control: "try-t9", From: now.AddDate(0, 0, -2),
		Until:  now.AddDate(0, 0, -2).Add(41 * time.Minute),
		Detail: "One certificate was older than it may be."}
	o.Episodes = []promise.PastEpisode{{Episode: past, Promises: []string{"T9"}, Says: "Tries T9."}}
	return o
}

func TestSecurityPage(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Promises.Says = says(h.Clock.Now())
	stranger := h.Browser()
	page := stranger.Get("/security")
	webtest.Shows(t, page, 200, "of 47 promises kept, 1 broken", "1 promise is broken",
		"How, is published when it is mended", "Not checked since", "Evidence of T5.", "Not built yet", "41 minutes",
		"One certificate was older", webtest.Contact,
		"Of the last 90 days: kept on 8, broken on 1, not checked on 81.", `href="/security/T2"`, "Who can see my data?",
		`<link rel="canonical"`, `<a href="`+webtest.CopyURL+`/security.html">a copy outside this service</a>`,
		"tohctl history verify "+webtest.CopyURL)
	if got := strings.Count(page.Body, `class="strip"`); got != 47 {
		t.Errorf("%d strips", got)
	}
	if len(page.Body) > 100_000 {
		t.Errorf("the page has %d bytes", len(page.Body))
	}
	webtest.Lacks(t, page, "Evidence of T2", "Evidence of T3")
	webtest.Shows(t, stranger.Get("/signin"), 200, `href="/security"`)

	one := stranger.Get("/security/T2")
	webtest.Shows(t, one, 200, "Tries T2.", "From outside, over the public address", `action="/security/run/try-t2"`,
		"Day by day", "Checks: 865, on 9 days.", "Given on the security page of Tiny Opera House, as T2")
	webtest.Lacks(t, stranger.Get("/security/T3"), "/security/run/")
	webtest.Shows(t, stranger.Get("/security/T9"), 200, "One certificate was older")
	for _, none := range []string{"T14", "t2", "X1", "run", "T2/x"} {
		if p := stranger.Get("/security/" + none); p.Status != 404 {
			t.Errorf("%s: %d", none, p.Status)
		}
	}
}

// TestNothingIsGreenBeforeTheFirstRun, and nothing when controls have stopped.
func TestNothingIsGreenBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	webtest.Shows(t, h.Browser().Get("/security"), 200, "Nothing has been checked yet.")
	if p := h.Browser().Get("/security/recent"); p.Status != 503 {
		t.Errorf("before the first run: %d", p.Status)
	}
	h.Promises.Says = says(h.Clock.Now())
	if p := h.Browser().Get("/security/recent"); p.Status != 200 {
		t.Errorf("after a run: %d", p.Status)
	}
	h.Promises.Says.Late = true
	webtest.Shows(t, h.Browser().Get("/security"), 200, "No checks for a while")
	if p := h.Browser().Get("/security/recent"); p.Status != 503 {
		t.Errorf("when controls have stopped: %d", p.Status)
	}
}

func TestSecurityDocument(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Promises.Says = says(h.Clock.Now())
	p := h.Browser().Get("/security.json")
	var d struct {
		Kept, Broken, Unchecked int
		Promises                []struct {
			ID, Text, State, Reason string
			Controls                []struct {
				ID, Kind, Last, Evidence string
				Passed                   bool
			}
			Days []struct{ Kept, Broken, Unchecked int }
		}
	}
	if err := json.Unmarshal([]byte(p.Body), &d); err != nil || p.Header.Get("Content-Type") != "application/json" {
		t.Fatal(err, p.Header)
	}
	if len(d.Promises) != 47 || d.Kept+d.Broken+d.Unchecked != 47 || d.Broken != 1 {
		t.Errorf("%d promises, %d %d %d", len(d.Promises), d.Kept, d.Broken, d.Unchecked)
	}
	for _, p := range d.Promises {
		switch {
		case p.State != "kept" && p.State != "broken" && p.State != "unchecked", p.Text == "", len(p.Days) != 9:
			t.Errorf("%s: %+v", p.ID, p)
		case p.State == "kept" && p.Reason != "", p.State != "kept" && p.Reason == "":
			t.Errorf("%s is %s because of %q", p.ID, p.State, p.Reason)
		}
		for _, c := range p.Controls {
			if c.Passed && (p.ID == "T2" || p.ID == "T3") || c.Last == "" || c.Evidence == "" {
				t.Errorf("%s: %+v", p.ID, c)
			}
		}
	}
}

func TestAnybodyAsksForAnotherRun(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Promises.Says = says(h.Clock.Now())
	b := h.Browser()
	if p := b.Get("/security/run/try-t2"); p.Status != 405 {
		t.Errorf("GET: %d", p.Status)
	}
	if len(h.Promises.Asked) != 0 {
		t.Fatal("a GET ran a control")
	}
	webtest.Shows(t, b.Post("/security/run/try-t2"), 202, "It will be checked again")
	if len(h.Promises.Asked) != 1 || h.Promises.Asked[0] != "try-t2" {
		t.Errorf("asked for %v", h.Promises.Asked)
	}
	h.Promises.Fails = &model.Error{Kind: model.ErrNotFound}
	if p := b.Post("/security/run/nothing"); p.Status != 404 {
		t.Errorf("an unknown control: %d", p.Status)
	}
}

// TestHistoryIsPublished: entries, head and keys, to anybody, and read once however many people ask.
func TestHistoryIsPublished(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.History.LastHead = history.Head{Note: "opera.example/security/history\nsection 1\n", Section: 1, Size: 7,
		Key: "k/1", At: h.Clock.Now()}
	h.History.Pages = map[int64]check.Page{100: {Entries: []check.Entry{{Section: 1, Number: 100, Kind: "run",
		Data: json.RawMessage(`{"x":1}`)}}}}
	b := h.Browser()
	webtest.Shows(t, b.Get("/security/history?section=1&from=100"), 200, `"number":100`, `"data":{"x":1}`, `"next":0`)
	webtest.Shows(t, b.Get("/security/head"), 200, h.History.LastHead.Note)
	webtest.Shows(t, b.Get("/security/keys"), 200)
	webtest.Shows(t, b.Get("/security"), 200, `href="/security/check"`, "k/1")
	webtest.Shows(t, b.Get("/security/check"), 200, "tohctl history verify https://", "k/1",
		`/security/history" hidden>`)
	before := h.History.Reads.Load()
	for range 5 {
		b.Get("/security/history?section=1&from=100")
		b.Get("/security/head")
		b.Get("/security/keys")
	}
	if h.History.Reads.Load() != before {
		t.Errorf("%d readings instead of %d", h.History.Reads.Load(), before)
	}
	h.Clock.Advance(time.Minute)
	b.Get("/security/head")
	if h.History.Reads.Load() == before {
		t.Error("an old answer is given for ever")
	}
	for _, bad := range []string{"from=-1", "from=x", "section=1.5", "from=99999999999999999999"} {
		if p := b.Get("/security/history?" + bad); p.Status != 400 {
			t.Errorf("%s: %d", bad, p.Status)
		}
	}
	h.History.Fails = &model.Error{Kind: model.ErrNotFound}
	h.Clock.Advance(time.Minute)
	if p := b.Get("/security/head"); p.Status != 404 {
		t.Errorf("before the first head: %d", p.Status)
	}
	webtest.Shows(t, b.Get("/security"), 200, "Check the history yourself")
}

// TestEvidenceIsOfTheControlThatSaysMost: from outside before from inside, and about this promise before about several.
func TestEvidenceIsOfTheControlThatSaysMost(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Promises.Says = says(h.Clock.Now())
	for i := range h.Promises.Says.Promises {
		p := &h.Promises.Says.Promises[i]
		if p.ID != "T5" {
			continue
		}
		p.Controls = nil
		for _, c := range []struct {
			says  string
			kind  promise.Kind
			state promise.State
			about []string
		}{
			{"Inside, alone.", promise.Inside, promise.Kept, []string{"T5"}},
			{"Outside, of three.", promise.Live, promise.Kept, []string{"T5", "T6", "G8"}},
			{"Outside, of two.", promise.Live, promise.Kept, []string{"T5", "T6"}},
			{"Outside, the second of two.", promise.Live, promise.Kept, []string{"G8", "T5"}},
			{"Not checked.", promise.Live, promise.Unchecked, []string{"T5"}},
		} {
			p.Controls = append(p.Controls, promise.ControlState{Control: promise.Control{ID: "c", Kind: c.kind,
				Promises: c.about}, State: c.state, Evidence: c.says})
		}
	}
	page := h.Browser().Get("/security")
	webtest.Shows(t, page, 200, "Outside, of two.")
	webtest.Lacks(t, page, "Inside, alone.", "Outside, of three.", "the second of two", "Not checked.")
}

// TestWhatIsLeftForTheCustomer: a stranger is led to their workspaces, a manager to where it is done.
func TestWhatIsLeftForTheCustomer(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	h.Promises.Says = says(h.Clock.Now())
	everybody := []string{`<a href="/account/password">Change your password</a>`,
		`<a href="/account/sessions">Your sessions</a>`, `<a href="/account/tokens">Your tokens</a>`}
	webtest.Shows(t, h.Browser().Get("/security"), 200, append(everybody,
		`<a href="/workspaces">Members of your company</a>`)...)
	webtest.Shows(t, h.Reporter.Get("/security"), 200, append(everybody,
		`<a href="/workspaces">Members of your company</a>`)...)
	page := h.Management.Get("/security")
	webtest.Shows(t, page, 200, everybody...)
	for _, path := range []string{"/members", "/settings", "/audit", "/settings/agreement"} {
		webtest.Shows(t, page, 200, `<a href="`+h.WS+path+`">`)
		if p := h.Management.Get(h.WS + path); p.Status != 200 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

// TestEverythingThatTheBrowserFindsHasASentence: without one, the script could not show what it found.
func TestEverythingThatTheBrowserFindsHasASentence(t *testing.T) {
	t.Parallel()
	page := webtest.New(t).Browser().Get("/security/check")
	kinds := []string{"well", "found", "undecided", "open", "more", "failed", "nothing", "head-back-dated"}
	for _, name := range []string{"historycheck.js", "historyform.js"} {
		script, err := fs.ReadFile(templates.Embedded(), "static/js/"+name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:find\(c, |doubt\(c, |Refusal\(|\? |: )"([a-z]+(?:-[a-z]+)+)"`).
			FindAllStringSubmatch(string(script), -1) {
			kinds = append(kinds, m[1])
		}
	}
	if len(kinds) < 25 {
		t.Fatalf("only %q were found in the scripts", kinds)
	}
	for _, kind := range kinds {
		webtest.Shows(t, page, 200, `data-kind="`+kind+`"`)
	}
}
