package faults

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	crashFloor = 25               // rounds at least
	crashTime  = 60 * time.Second // then as many as fit
	crashStaff = 4                // workers per workspace
	// the promise is a second; a loaded machine that does eight other things gets this long
	startPlenty = 10 * time.Second
)

// rounds is the requested number of rounds; 0 leaves it to the time.
func rounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TOH_CRASH_ROUNDS")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("TOH_CRASH_ROUNDS=%q is no number of rounds", text)
	}
	return n
}

// TestKilledAtAnyMoment kills the real program under load, again and again, and checks what is left.
func TestKilledAtAnyMoment(t *testing.T) {
	exe, dir, wanted := build(t), t.TempDir(), rounds(t)
	p := launch(t, exe, dir, "127.0.0.1:0")
	base, _ := p.await(t)
	sheet := readSheet(t, dir)
	c := newClient(base, false)
	all := staff(t, sheet, c, crashStaff)
	var starts []time.Duration
	began := testclock.Start()
	round := 0
	for ; wanted > 0 && round < wanted || wanted == 0 && (round < crashFloor || began.Elapsed() < crashTime); round++ {
		stop := work(t.Context(), all)
		time.Sleep(time.Duration(50+rand.IntN(700)) * time.Millisecond)
		p.kill()
		stop()
		if round%5 == 4 { // killed once more while it starts
			half := launch(t, exe, dir, "127.0.0.1:0")
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
			half.kill()
		}
		if round%10 == 9 {
			consistent(t, dir)
		}
		p = launch(t, exe, dir, nextAddress(round, c.base))
		url, took := p.await(t)
		starts = append(starts, took)
		c.close()
		c.base = url
		if failed := resolve(t, all); failed {
			p.kill()
			t.Fatalf("round %d", round)
		}
	}
	p.kill()
	tell(t, round, began.Elapsed(), all, starts)
	look(t, dir, all, false)
}

// nextAddress is the same port every other time.
func nextAddress(round int, base string) string {
	u, err := url.Parse(base)
	if err != nil || round%2 == 0 {
		return "127.0.0.1:0"
	}
	return u.Host
}

func resolve(t *testing.T, all []*worker) (failed bool) {
	t.Helper()
	var wg sync.WaitGroup
	for _, w := range all {
		wg.Go(func() { w.resolve(t.Context()) })
	}
	wg.Wait()
	return failures(t, all)
}

func failures(t *testing.T, all []*worker) (failed bool) {
	t.Helper()
	for _, w := range all {
		if w.failure != nil {
			t.Error(w.failure)
			failed = true
		}
	}
	return failed
}

func consistent(t *testing.T, dir string) {
	t.Helper()
	f := openFolder(t, dir)
	defer f.close(t)
	if err := f.cloud.Firestore().CheckConsistency(); err != nil {
		t.Error(err)
	}
}

func tell(t *testing.T, rounds int, took time.Duration, all []*worker, starts []time.Duration) {
	t.Helper()
	acks, done := 0, 0
	for _, w := range all {
		acks, done = acks+w.acks, done+len(w.done)
	}
	slices.Sort(starts)
	median, longest := starts[len(starts)/2], starts[len(starts)-1]
	t.Logf("%d kills in %v: %d writes acknowledged, %d requests; from process start to ready: median %v, longest %v",
		rounds, took.Round(time.Second), acks, done, median.Round(time.Millisecond), longest.Round(time.Millisecond))
	if longest > startPlenty {
		t.Errorf("a start took %v", longest)
	}
	if acks < rounds {
		t.Errorf("only %d writes in %d rounds: this was no load", acks, rounds)
	}
}

// look opens the folder when no process uses it any more and compares everything with everything.
func look(t *testing.T, dir string, all []*worker, ended bool) {
	t.Helper()
	f := openFolder(t, dir)
	defer f.close(t)
	if err := f.cloud.Firestore().CheckConsistency(); err != nil {
		t.Error(err)
	}
	l := f.ledger(t)
	if wrong := l.balance(); len(wrong) > 0 {
		t.Errorf("effects and entries differ:\n%s", few(wrong))
	}
	if ended { // nothing is left for a sweep
		if wrong := l.compare(f.shipped(t)); len(wrong) > 0 {
			t.Errorf("after an ordered end the log differs:\n%s", few(wrong))
		}
	}
	f.bound(t)
	swept := f.sweep(t)
	if wrong := l.compare(f.shipped(t)); len(wrong) > 0 {
		t.Errorf("after the sweep the log differs:\n%s", few(wrong))
	}
	t.Logf("%d entries, %d in the last sweep, %d documents", len(l.lines), swept, len(l.versions))
	if again := f.sweep(t); again != 0 {
		t.Errorf("a second sweep found %d entries", again)
	}
	lookAtReports(t, f, l, all)
}

func lookAtReports(t *testing.T, f *folder, l *ledger, all []*worker) {
	t.Helper()
	houses := map[string]map[string]records.Record[shows.Report]{}
	for _, w := range all {
		if houses[w.workspace] == nil {
			houses[w.workspace] = f.reports(t, l, w.workspace)
		}
		for _, p := range w.papers {
			r, there := houses[w.workspace][p.id]
			if gone := r.Body.Trashed != nil; !there || r.Version != p.version || r.Body.Title != p.marker ||
				gone != (p.state == "gone") {
				t.Errorf("report %s: version %d %q, acknowledged %d %q (%s)", p.id, r.Version, r.Body.Title, p.version,
					p.marker, p.state)
			}
		}
		for _, trace := range w.done {
			if !l.witnessed(trace, "done") {
				t.Errorf("request with trace %s was answered and left no entry", trace)
			}
		}
	}
	for id, reports := range houses {
		if wrong := numbers(slices.Collect(maps.Values(reports))); len(wrong) > 0 {
			t.Errorf("numbers of %s:\n%s", id, few(wrong))
		}
		marks(t, reports, all)
	}
}

// numbers are unique and without a gap, per production and type.
func numbers(reports []records.Record[shows.Report]) []string {
	taken := map[string][]int{}
	for _, r := range reports {
		if r.Body.State != shows.Draft {
			key := r.Body.Production + "/" + r.Body.Type
			taken[key] = append(taken[key], r.Body.Number)
		}
	}
	var wrong []string
	for key, list := range taken {
		slices.Sort(list)
		for i, n := range list {
			if n != i+1 {
				wrong = append(wrong, fmt.Sprintf("%s: number %d stands at place %d of %d", key, n, i+1, len(list)))
			}
		}
	}
	return wrong
}

// marks: no creation took place twice, and there is none that was not requested.
func marks(t *testing.T, reports map[string]records.Record[shows.Report], all []*worker) {
	t.Helper()
	known := map[string]bool{}
	for _, w := range all {
		for _, p := range w.papers {
			known[p.id] = true
		}
	}
	for id, r := range reports {
		if strings.HasPrefix(r.Body.Title, "Mark ") && !known[id] {
			t.Errorf("report %s %q was made and nobody was told", id, r.Body.Title)
		}
	}
}

// TestEndedUnderLoad sends SIGTERM while people work: requests in progress end, nothing is lost, nothing is left for a
// sweep.
func TestEndedUnderLoad(t *testing.T) {
	exe, dir := build(t), t.TempDir()
	p := launch(t, exe, dir, "127.0.0.1:0")
	base, _ := p.await(t)
	c := newClient(base, true) // one connection each: a request on an accepted connection must be answered
	all := staff(t, readSheet(t, dir), c, crashStaff)
	for round := range 3 {
		stop := work(t.Context(), all)
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		took := p.end(t, syscall.SIGTERM)
		stop()
		t.Logf("round %d: ended within %v", round, took.Round(time.Millisecond))
		if failures(t, all) {
			t.Fatal(p.out.String())
		}
		allAnswered(t, dir, all)
		look(t, dir, all, true)
		p = launch(t, exe, dir, "127.0.0.1:0")
		c.base, _ = p.await(t)
	}
	p.end(t, os.Interrupt)
}

// allAnswered: a request without an answer had no effect.
func allAnswered(t *testing.T, dir string, all []*worker) {
	t.Helper()
	f := openFolder(t, dir)
	defer f.close(t)
	l := f.ledger(t)
	for _, w := range all {
		for _, p := range w.papers {
			if v := l.versions["workspaces/"+w.workspace+"/reports/"+p.id]; v != p.version {
				t.Errorf("report %s: version %d, answered was %d; cut off was %+v", p.id, v, p.version, p.pending)
			}
			p.pending = nil
		}
		w.unanswered = nil // marks finds those that took place after all
	}
}
