package check_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// published serves a history as the service does, with the scripts that read it, and notes what was read.
type published struct {
	mu      sync.Mutex
	bundle  check.Bundle
	read    []string // the addresses of entries
	old     string   // a head that it gives once
	late    int64    // an entry that it has only when it is asked for again
	refused int      // how often it said that it was asked too often
	asked   []time.Duration
	since   testclock.Stopwatch
}

func (p *published) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var answer any = p.bundle.Keys
	switch r.URL.Path {
	case "/head":
		if p.old != "" {
			_, _ = w.Write([]byte(p.old))
			p.old = ""
			return
		}
		_, _ = w.Write([]byte(p.bundle.Heads[0]))
		return
	case "/entries":
		p.read = append(p.read, r.URL.RawQuery)
		section, _ := strconv.ParseInt(r.URL.Query().Get("section"), 10, 64)
		from, _ := strconv.ParseInt(r.URL.Query().Get("from"), 10, 64)
		page := check.Page{Section: section, From: from, Entries: []check.Entry{}}
		for _, e := range p.bundle.Entries {
			switch {
			case e.Section != section || e.Number < from || e.Number == p.late && from < p.late:
			case len(page.Entries) < 4:
				page.Entries = append(page.Entries, e)
			case page.Next == 0:
				page.Next = e.Number
			}
		}
		answer = page
	case "/busy":
		p.asked = append(p.asked, p.since.Elapsed())
		if p.refused > 0 {
			p.refused--
			w.Header().Set("Retry-After", r.URL.Query().Get("after"))
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		answer = "at last"
	}
	_ = json.NewEncoder(w).Encode(answer) // the browser says if it is cut off
}

func openPublished(t *testing.T) (*published, *browsertest.Tab) {
	t.Helper()
	p := &published{since: testclock.Start()}
	mux := http.NewServeMux()
	mux.Handle("/js/", http.StripPrefix("/js", http.FileServer(http.Dir("../../../../templates/static/js"))))
	mux.Handle("/", p)
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Check</title>"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tab := browsertest.Open(t, server.URL)
	tab.Go("/")
	return p, tab
}

// goOn checks what is published from the place that is kept, and keeps the new one.
const goOn = `(async () => {
	const reading = await import("/js/historyread.js"), check = await import("/js/historycheck.js");
	const place = reading.kept(%q);
	const read = await reading.readAll({ entries: "/entries", head: "/head", keys: "/keys" }, place,
		{ answer: 20000, wait: 120000, pauses: [0, 100] });
	const bundle = { origin: %[1]q, entries: read.entries, heads: read.heads, keys: read.keys };
	const report = await check.verify({ ...bundle, place: read.place });
	if (report.state !== "found") reading.keep(report.place);
	return JSON.stringify({ ...report, from: read.place?.size ?? 0, kept: reading.kept(%[1]q)?.size ?? 0 });
})()`

type wentOn struct {
	told
	Entries    int64
	From, Kept int64
	UpTo       int64
	Sections   int
	Misfits    []string
}

func visit(t *testing.T, p *published, tab *browsertest.Tab, b check.Bundle) (r wentOn) {
	t.Helper()
	p.mu.Lock()
	p.bundle, p.read = b, nil
	p.mu.Unlock()
	must(t, json.Unmarshal([]byte(tab.Await(fmt.Sprintf(goOn, origin))), &r))
	return r
}

// TestTheBrowserGoesOnFromItsPlace: at each size it reads only what is new, and says of the whole the same as a check
// of everything, also over a change of the key and into another section.
func TestTheBrowserGoesOnFromItsPlace(t *testing.T) {
	t.Parallel()
	p, tab := openPublished(t)
	h, b := well(t)
	if first := visit(t, p, tab, b); first.From != 0 || first.Kept != 10 || first.State != check.Well {
		t.Fatalf("the first visit: %+v", first)
	}
	size := int64(10)
	for n := range 12 {
		for range n % 4 {
			h.add()
		}
		if n == 5 {
			h.rotate("v2")
		}
		b := h.bundle(h.head())
		want, got := check.Verify(b), visit(t, p, tab, b)
		if got.State != check.Well || got.Covered != want.Covered || got.UpTo != want.UpTo.UnixMicro() ||
			got.From != size || got.Entries != h.number-size || got.Kept != h.number {
			t.Errorf("%d more: %+v, and of everything %+v", n%4, got, want)
		}
		if most := 1 + (h.number-size)/4 + 1; int64(len(p.read)) > most {
			t.Errorf("it reads %v", p.read)
		}
		size = h.number
	}
	last := h.head()
	h.restart(last, 0)
	h.add()
	b = h.bundle(h.head())
	want, got := check.Verify(b), visit(t, p, tab, b)
	if got.State != want.State || got.Covered != want.Covered || got.Entries != 3 || got.Sections != 2 {
		t.Errorf("in another section: %+v, and of everything %+v", got, want)
	}
	h.add()
	b = h.bundle(h.head())
	if want, got := check.Verify(b), visit(t, p, tab, b); got.State != want.State || got.Covered != want.Covered ||
		got.Entries != 1 || got.Sections != 2 || got.Kept != 4 {
		t.Errorf("further in it: %+v, and of everything %+v", got, want)
	}
}

// TestTheBrowserAsksAgainForWhatIsNotThereYet: an instance of the service may answer with what it read a little
// earlier: with entries that end before the head, or with a head before the place.
func TestTheBrowserAsksAgainForWhatIsNotThereYet(t *testing.T) {
	t.Parallel()
	p, tab := openPublished(t)
	h, b := well(t)
	earlier := b.Heads[0]
	h.add()
	longer := h.bundle(h.head())
	p.late = 9
	if got := visit(t, p, tab, b); got.State != check.Well || got.Covered != 10 || got.Kept != 10 {
		t.Errorf("%+v, having read %v", got, p.read)
	}
	p.late = 0
	visit(t, p, tab, longer)
	p.old = earlier
	if got := visit(t, p, tab, longer); got.State != check.Well || got.From != 11 || p.old != "" {
		t.Errorf("after an earlier head: %+v", got)
	}
}

// TestAPlaceShowsARewrittenHistory: what was rewritten before the place is found without reading it, a history that
// ends before the place is read from its beginning, and the place stays.
func TestAPlaceShowsARewrittenHistory(t *testing.T) {
	t.Parallel()
	rewrite := func(h *history, n int) {
		e := h.entries[n]
		e.Data = json.RawMessage(`{"state":"kept","n":99}`)
		e.Hash = nil
		hash := e.Record()
		e.Hash, h.records[n] = &hash, hash
		h.entries[n] = e
	}
	for name, c := range map[string]struct {
		do   func(h *history)
		from int64
	}{
		"an early entry":     {func(h *history) { rewrite(h, 2); h.add() }, 10},
		"and nothing is new": {func(h *history) { rewrite(h, 0) }, 10},
		"the last entry":     {func(h *history) { rewrite(h, 9); h.add() }, 0},
		"shorter": {func(h *history) {
			h.entries, h.records, h.number = h.entries[:8], h.records[:8], 8
		}, 0},
	} {
		p, tab := openPublished(t)
		h, b := well(t)
		visit(t, p, tab, b)
		c.do(h)
		got := visit(t, p, tab, h.bundle(h.head()))
		if got.From != c.from {
			t.Errorf("%s: it goes on from %d", name, got.From)
		}
		if c.from > 0 && (got.State != check.Found || got.Kept != 10) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// ask asks for an address with little patience.
const ask = `import("/js/historyread.js").then(({ ask }) => ask(%q, { answer: %d, wait: %d }))
	.catch((e) => "gave up: " + e.name)`

// TestTheBrowserWaitsAndGivesUp: as long as the service asks, but not longer than anybody would wait.
func TestTheBrowserWaitsAndGivesUp(t *testing.T) {
	t.Parallel()
	p, tab := openPublished(t)
	try := func(address string, refused, answer, wait int) (string, []time.Duration) {
		p.mu.Lock()
		p.refused, p.asked = refused, nil
		p.mu.Unlock()
		said := tab.Await(fmt.Sprintf(ask, address, answer, wait))
		p.mu.Lock()
		defer p.mu.Unlock()
		return said, p.asked
	}
	if said, asked := try("/busy?after=2", 1, 20000, 20000); said != "\"at last\"\n" || len(asked) != 2 ||
		asked[1]-asked[0] < 2*time.Second {
		t.Errorf("%q after %v", said, asked)
	}
	if said, asked := try("/busy?after=3600", 1, 20000, 20000); said != "gave up: Error" || len(asked) != 1 {
		t.Errorf("told to come back in an hour: %q after %v", said, asked)
	}
	if said, asked := try("/busy?after=soon", 99, 20000, 3500); said != "gave up: Error" || len(asked) != 3 {
		t.Errorf("refused again and again: %q after %v", said, asked)
	}
	if said, _ := try("/silent", 0, 300, 1000); said != "gave up: TimeoutError" {
		t.Errorf("without an answer: %q", said)
	}
}
