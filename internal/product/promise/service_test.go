package promise_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// bench is a service whose controls find what the test says.
type bench struct {
	*promise.Service
	*recordstest.Fixture
	t       *testing.T
	finds   map[string]promise.Finding
	mu      sync.Mutex
	tries   map[string]int
	history history
	during  func() // called in each control; nil for nothing
}

// history keeps what a service appends.
type history struct {
	kinds []string
	texts []string
	fails error
}

func (h *history) Append(_ context.Context, kind string, data any) error {
	if h.fails != nil {
		return h.fails
	}
	text, err := json.Marshal(data)
	h.kinds, h.texts = append(h.kinds, kind), append(h.texts, string(text))
	return err
}

// secret is how a control failed, which must not be public before it passes again.
const secret = "projects/p/secrets/s answered something"

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Fixture: recordstest.New(t, promise.Kinds()...), t: t, finds: map[string]promise.Finding{},
		tries: map[string]int{}}
	var controls []promise.Control
	for _, p := range slices.Concat(promise.All(), promise.Words()) {
		controls = append(controls, b.control("c-"+strings.ToLower(p.ID), time.Hour, p.ID))
	}
	controls = append(controls, b.control("often", 15*time.Minute, "T2", "G8"))
	part := b.control("part", time.Hour, "T7")
	part.Partial = true
	controls = append(controls, part)
	var err error
	b.Service, err = promise.New(promise.Options{Gate: b.Gate, Controls: controls, History: &b.history, Release: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) control(id string, every time.Duration, promises ...string) promise.Control {
	return promise.Control{ID: id, Kind: promise.Live, Says: "Tries " + id + ".", Every: every, Promises: promises,
		Try: func(context.Context) promise.Finding {
			b.mu.Lock()
			b.tries[id]++
			b.mu.Unlock()
			if b.during != nil {
				b.during()
			}
			if f, ok := b.finds[id]; ok {
				return f
			}
			return promise.Pass("%s holds", id)
		}}
}

func (b *bench) run(ids ...string) {
	b.t.Helper()
	if err := b.Run(quiet(b.t), ids...); err != nil {
		b.t.Fatal(err)
	}
}

// quiet is a context without a log: failures are planted here.
func quiet(t *testing.T) context.Context {
	return logging.Into(t.Context(), slog.New(slog.DiscardHandler))
}

// of is a promise as the page shows it, when the cached board has expired.
func (b *bench) of(id string) promise.Standing {
	b.t.Helper()
	b.Clock.Advance(11 * time.Second)
	o, err := b.Overview(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if o.Kept+o.Broken+o.Unchecked != len(o.Promises) || len(o.Promises) != 47 {
		b.t.Fatalf("%d, %d and %d of %d", o.Kept, o.Broken, o.Unchecked, len(o.Promises))
	}
	for _, p := range slices.Concat(o.Promises, o.Words) {
		if p.ID == id {
			return p
		}
	}
	b.t.Fatalf("there is no %s", id)
	return promise.Standing{}
}

func (b *bench) is(id string, state promise.State, why promise.Why) promise.Standing {
	b.t.Helper()
	p := b.of(id)
	if p.State != state || p.Why != why {
		b.t.Errorf("%s is %s (%s), not %s (%s)", id, p.State, p.Why, state, why)
	}
	return p
}

// TestWordsAreControlledAndNotCounted: a broken word is no broken promise, and is shown as broken.
func TestWordsAreControlledAndNotCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.finds["c-s1"] = promise.Fail("it is gone")
	b.run()
	b.is("S1", promise.Broken, "")
	b.is("S2", promise.Kept, "")
	b.is("S3", promise.Unchecked, promise.NotBuilt)
	o, err := b.Overview(t.Context())
	if err != nil || o.Broken != 0 || len(o.Words) != 6 || len(o.Episodes) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	if days := b.of("S1").Days; days[len(days)-1].Broken != 1 {
		t.Errorf("%+v", days[len(days)-1])
	}
}

func TestPromisesAreKeptOnlyWhileTheyAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.is("T2", promise.Unchecked, promise.NotYet)
	b.run()
	b.is("T2", promise.Kept, "")
	if p := b.is("T8", promise.Unchecked, promise.NotBuilt); !strings.Contains(p.Reason, "incident") {
		t.Errorf("what is missing: %q", p.Reason)
	}

	// T2 has a control that runs each quarter of an hour: 35 minutes later it is stale, and the hourly ones are not.
	b.Clock.Advance(36 * time.Minute)
	if p := b.is("T2", promise.Unchecked, promise.Stale); p.Since.IsZero() {
		t.Error("it is not said since when nothing was checked")
	}
	b.is("T5", promise.Kept, "")
	b.Clock.Advance(24 * time.Hour)
	b.is("T5", promise.Unchecked, promise.Stale)
	o, err := b.Overview(t.Context())
	if err != nil || o.Kept != 0 || !o.Late {
		t.Errorf("a day without a run: %d kept, late %t, %v", o.Kept, o.Late, err)
	}
}

func TestOneFailedControlBreaksAPromise(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run()
	b.finds["often"] = promise.Fail("%s", secret)
	b.run("often")
	for _, id := range []string{"T2", "G8"} {
		if p := b.is(id, promise.Broken, ""); p.Since.IsZero() {
			t.Errorf("%s: it is not said since when", id)
		}
	}
	b.is("T5", promise.Kept, "")
	b.nowhere("while it is broken")

	// What cannot be tried does not mend anything, and neither does time.
	b.finds["often"] = promise.Undecided("no answer")
	b.run("often")
	b.is("T2", promise.Broken, "")
	b.finds["often"] = promise.Fail("%s", secret)
	b.run("often")
	b.Clock.Advance(48 * time.Hour)
	b.is("T2", promise.Broken, "")
	b.nowhere("after two days")

	delete(b.finds, "often")
	b.run()
	b.is("T2", promise.Kept, "")
	o, err := b.Overview(t.Context())
	if err != nil || len(o.Episodes) != 1 || o.Episodes[0].Detail != secret || o.Episodes[0].Until.IsZero() {
		t.Errorf("what happened is not published: %+v %v", o.Episodes, err)
	}
	if last := b.history.texts[len(b.history.texts)-1]; !strings.Contains(last, secret) {
		t.Errorf("the history's last entry is %s", last)
	}
}

// nowhere fails the test if it can be read how a control failed.
func (b *bench) nowhere(when string) {
	b.t.Helper()
	o, err := b.Overview(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range o.Promises {
		for _, c := range p.Controls {
			if strings.Contains(c.Evidence+p.Reason, "projects/p") {
				b.t.Errorf("%s: %s tells how it fails", when, p.ID)
			}
		}
	}
	for _, e := range o.Episodes {
		if e.Detail != "" {
			b.t.Errorf("%s: %s tells how it fails", when, e.Control)
		}
	}
	if strings.Contains(strings.Join(b.history.texts, ""), "projects/p") {
		b.t.Errorf("%s: the history tells how it fails", when)
	}
}

func TestWhatDoesNotApplyDecidesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.finds["c-t2"] = promise.Inapplicable("one machine")
	b.finds["c-t5"] = promise.Inapplicable("one machine")
	b.run()
	b.is("T2", promise.Kept, "") // its other control passed
	if p := b.is("T5", promise.Unchecked, promise.NoneOther); p.Reason != "one machine" {
		t.Errorf("the reason is %q", p.Reason)
	}
	b.Clock.Advance(100 * 24 * time.Hour)
	b.is("T5", promise.Unchecked, promise.NoneOther)
}

// TestAPartAloneKeepsNothing: a control that tries a part can break a promise, and cannot alone show that it is kept.
func TestAPartAloneKeepsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run()
	b.is("T7", promise.Kept, "")
	b.finds["c-t7"] = promise.Inapplicable("one machine")
	b.run("c-t7")
	if p := b.is("T7", promise.Unchecked, promise.NoneOther); p.Reason != "one machine" {
		t.Errorf("the reason is %q", p.Reason)
	}
	b.finds["part"] = promise.Fail("broken")
	b.run("part")
	b.is("T7", promise.Broken, "")
}

// TestDaysAreCounted: kept, broken and unchecked are three numbers, and a day without a check is none of them.
func TestDaysAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for day := range 95 {
		switch {
		case day%10 == 3:
			b.Clock.Advance(24 * time.Hour)
			continue
		case day%10 == 5:
			b.finds["c-t5"] = promise.Fail("broken")
		case day%10 == 7:
			b.finds["c-t5"] = promise.Undecided("no answer")
		default:
			delete(b.finds, "c-t5")
		}
		b.run("c-t5")
		b.run("c-t5")
		b.Clock.Advance(24 * time.Hour)
	}
	p := b.of("T5")
	var kept, broken, unchecked, empty int
	for _, d := range p.Days {
		switch {
		case d.Checks() == 0:
			empty++
		case d.Broken == 2:
			broken++
		case d.Unchecked == 2:
			unchecked++
		case d.Kept == 2:
			kept++
		default:
			t.Errorf("%s: %+v", d.Date, d.Count)
		}
	}
	// Today has had no check yet.
	if len(p.Days) != 90 || broken != 8 || unchecked != 9 || empty != 10 || kept != 63 {
		t.Errorf("%d days: %d kept, %d broken, %d unchecked, %d empty", len(p.Days), kept, broken, unchecked, empty)
	}
}

// TestResultsAreInTheHistoryFirst: what the history does not take is not shown.
func TestResultsAreInTheHistoryFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run()
	b.history.fails = errors.New("tampered")
	b.finds["often"] = promise.Fail("broken")
	if err := b.Run(quiet(t), "often"); err == nil {
		t.Error("a run whose results were not kept is no error")
	}
	b.is("T2", promise.Kept, "")
	b.Clock.Advance(time.Hour)
	b.is("T2", promise.Unchecked, promise.Stale)
	if len(b.history.kinds) != 1 || b.history.kinds[0] != "run" ||
		!strings.Contains(b.history.texts[0], `"release":"r1"`) {
		t.Errorf("the history has %v", b.history.kinds)
	}
}

func TestControlsRunWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.finds["c-t3"] = promise.Undecided("no answer")
	b.run()
	b.run() // nothing is due
	due := func(want bool) {
		t.Helper()
		b.Clock.Advance(11 * time.Second)
		if got, err := b.Due(t.Context()); err != nil || got != want {
			t.Errorf("due: %t %v", got, err)
		}
	}
	due(false)
	b.Clock.Advance(4 * time.Minute)
	due(true) // what could not be tried is tried again soon
	b.run()
	if b.tries["often"] != 1 || b.tries["c-t3"] != 2 || b.tries["c-t4"] != 1 {
		t.Errorf("after four minutes: %v", b.tries)
	}
	b.Clock.Advance(11 * time.Minute)
	b.run()
	if b.tries["often"] != 2 || b.tries["c-t4"] != 1 {
		t.Errorf("after a quarter of an hour: %v", b.tries)
	}
}

// TestAControlThatCrashesFoundNothing: it is neither passed nor failed, and the others run.
func TestAControlThatCrashesFoundNothing(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, promise.Kinds()...)
	controls := []promise.Control{{ID: "crash", Kind: promise.Live, Says: "Crashes.", Every: time.Hour,
		Promises: []string{"T2"}, Try: func(context.Context) promise.Finding { panic("no") }}}
	for _, p := range slices.Concat(promise.All(), promise.Words()) {
		controls = append(controls, promise.Control{ID: "c-" + strings.ToLower(p.ID), Kind: promise.Build,
			Says: "Passes.", Every: time.Hour, Promises: []string{p.ID},
			Try: func(context.Context) promise.Finding { return promise.Pass("yes") }})
	}
	s, err := promise.New(promise.Options{Gate: h.Gate, Controls: controls})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, err := s.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range o.Promises {
		if p.ID == "T2" && (p.State != promise.Unchecked || p.Why != promise.NoAnswer) ||
			p.ID == "T3" && p.State != promise.Kept {
			t.Errorf("%s is %s", p.ID, p.State)
		}
	}
}

func TestIncompleteRegistriesAreRefused(t *testing.T) {
	t.Parallel()
	good := promise.Control{ID: "x1", Kind: promise.Live, Says: "Tries.", Every: time.Hour, Promises: []string{"T2"},
		Try: func(context.Context) promise.Finding { return promise.Pass("yes") }}
	all := []promise.Control{}
	for _, p := range slices.Concat(promise.All(), promise.Words()) {
		c := good
		c.ID, c.Promises = "c-"+strings.ToLower(p.ID), []string{p.ID}
		all = append(all, c)
	}
	refused := func(name string, list []promise.Control) {
		t.Helper()
		if _, err := promise.New(promise.Options{Controls: list}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	with := func(change func(*promise.Control)) []promise.Control {
		c := good
		change(&c)
		return append(append([]promise.Control{}, all...), c)
	}
	if _, err := promise.New(promise.Options{Controls: with(func(*promise.Control) {})}); err != nil {
		t.Fatal(err)
	}
	refused("a built promise without a control", all[1:])
	refused("a control of nothing", with(func(c *promise.Control) { c.Promises = nil }))
	refused("a control of an unknown promise", with(func(c *promise.Control) { c.Promises = []string{"T99"} }))
	refused("twice the same id", with(func(c *promise.Control) { c.ID = "c-t1" }))
	refused("no id", with(func(c *promise.Control) { c.ID = "" }))
	refused("no sentence", with(func(c *promise.Control) { c.Says = "" }))
	refused("never", with(func(c *promise.Control) { c.Every = 0 }))
	refused("nothing to try", with(func(c *promise.Control) { c.Try = nil }))
	refused("an unknown kind", with(func(c *promise.Control) { c.Kind = "guess" }))
}

// TestARunThatIsCutOffFoundNothing: when the service ends in the middle of a run, nothing of it is kept.
func TestARunThatIsCutOffFoundNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, stop := context.WithCancel(quiet(t))
	b.during = stop
	if err := b.Run(ctx); err == nil {
		t.Error("it is said to have ended well")
	}
	b.is("T2", promise.Unchecked, promise.NotYet)
	if len(b.history.kinds) > 0 {
		t.Errorf("the history has %v", b.history.kinds)
	}
}
