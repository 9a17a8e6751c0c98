package canary_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// leaping is a clock that advances by itself, and leaps when a test says so.
type leaping struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the present instant on this clock.
func (l *leaping) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return testclock.Now().Add(l.ahead)
}

// to leaps to a time after the start.
func (l *leaping) to(ahead time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead = ahead
}

const day = 24 * time.Hour

// TestFourteenDays: an entry must be there until shortly before it is 14 days old, and must not be there afterwards.
func TestFourteenDays(t *testing.T) {
	t.Parallel()
	clock := &leaping{}
	b := newBenchAt(t, 4, clock)
	expect := func(when string, outcome promise.Outcome, says string) {
		t.Helper()
		f := b.try("fourteen-days")
		if f.Outcome != outcome || !strings.Contains(f.Evidence+f.Detail, says) {
			t.Errorf("%s: %+v", when, f)
		}
	}
	var kept []byte // how the trail showed the first entry
	b.after = func(r *http.Request, resp *http.Response) {
		if strings.HasSuffix(r.URL.Path, "/audit") && kept == nil {
			kept, _ = io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(bytes.NewReader(kept))
		}
	}
	empty := func(r *http.Request, resp *http.Response) {
		if strings.HasSuffix(r.URL.Path, "/audit") {
			answer(resp, 200, `{"items":[]}`)
		}
	}
	keep := b.after
	b.after = empty
	expect("with a reading that leaves no entry", promise.Failed, "the entry of a reading is not in the trail")
	b.after = keep
	began := clock.Now()
	expect("at first", promise.Unknown, "from "+began.Add(13*day).Format("2 January 2006"))
	clock.to(time.Hour)
	expect("before another entry is due", promise.Unknown, "it will know from")
	clock.to(3*time.Hour + time.Minute)
	expect("when another entry is due", promise.Unknown, "it will know from")
	clock.to(13*day - time.Minute)
	expect("a minute before 13 days", promise.Unknown, "it will know from")

	clock.to(13*day + 22*time.Hour)
	b.after = nil
	expect("after 13 days", promise.Passed, "An entry from 13 days and 22 hours ago was found.")
	b.emptyTrail()
	expect("with an entry that is missing", promise.Failed, "missing from the trail after 13 days and 22 hours")

	clock.to(14*day + time.Hour)
	b.after = nil
	expect("after 14 days", promise.Passed,
		"An entry from 13 days and 21 hours ago was found, and one from 14 days and 1 hours ago was not.")
	b.emptyTrail()
	expect("with a younger entry that is missing", promise.Failed, "missing from the trail after 13 days and 21 hours")
	asked := 0
	b.after = func(r *http.Request, resp *http.Response) {
		if r.URL.Query().Get("since") == "" {
			return
		}
		if asked++; asked == 2 { // the second question is for the older one
			answer(resp, 200, string(kept))
		}
	}
	expect("with an entry that is still there", promise.Failed, "still in the trail after 14 days and 1 hours")

	clock.to(40 * day)
	b.after = nil
	expect("after a long pause", promise.Unknown, "it will know from "+began.Add(53*day).Format("2 January 2006"))
	clock.to(54*day + time.Hour)
	expect("after a pause of 14 days", promise.Unknown, "did not run 14 days ago")
	clock.to(54*day + 5*time.Hour)
	b.after = func(_ *http.Request, resp *http.Response) { answer(resp, 503, "") }
	expect("when the service is away", promise.Unknown, "")
}

// emptyTrail takes from the trail what is asked for by time.
func (b *bench) emptyTrail() {
	b.after = func(r *http.Request, resp *http.Response) {
		if r.URL.Query().Get("since") != "" {
			answer(resp, 200, `{"items":[]}`)
		}
	}
}
