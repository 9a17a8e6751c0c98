package task

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// wakes records published messages and can refuse them.
type wakes struct {
	mu   sync.Mutex
	sent []string
	err  error
}

func (w *wakes) Publish(_ context.Context, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.sent = append(w.sent, string(data))
	return nil
}

func (w *wakes) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

type fixture struct {
	*recordstest.Fixture
	*Queue
	wakes *wakes
	log   *bytes.Buffer
	ctx   context.Context
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	h := &fixture{Fixture: recordstest.New(t, Kinds()...), wakes: &wakes{}, log: &bytes.Buffer{}}
	h.Queue = New(Options{Gate: h.Fixture.Gate, Publisher: h.wakes})
	h.ctx = logging.Into(t.Context(), logging.New(logging.Options{Writer: h.log}))
	return h
}

func (h *fixture) add(t *testing.T, n NewJob) string {
	t.Helper()
	if n.Kind == "" {
		n.Kind = "work"
	}
	id, err := h.Add(h.ctx, h.Fixture.Gate, n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h *fixture) info(t *testing.T, id string) Info {
	t.Helper()
	i, err := h.Get(h.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (h *fixture) state(t *testing.T, id string, want State) Info {
	t.Helper()
	i := h.info(t, id)
	if i.State != want {
		t.Fatalf("state %s (%s), want %s", i.State, i.Reason, want)
	}
	return i
}

func TestJobRunsOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	var runs atomic.Int64
	h.Handle("work", func(ctx context.Context, j Job) error {
		if end, bounded := ctx.Deadline(); !bounded || time.Until(end) > defaultWithin {
			t.Error("no deadline, or a late one")
		}
		var p map[string]string
		if err := j.Decode(&p); err != nil || p["a"] != "b" || j.Attempts != 1 {
			t.Errorf("%v %v %v", p, err, j)
		}
		runs.Add(1)
		j.SetResult("r1")
		return nil
	})
	id := h.add(t, NewJob{Payload: map[string]string{"a": "b"}})
	h.state(t, id, Queued)
	for range 3 {
		if err := h.Run(h.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if i := h.state(t, id, Done); runs.Load() != 1 || i.Result != "r1" || i.Ended.IsZero() {
		t.Fatalf("%d runs, %+v", runs.Load(), i)
	}
	if err := h.Run(h.ctx, model.NewID()); err != nil {
		t.Fatalf("a job that is gone: %v", err)
	}
	r, _ := Jobs.Get(h.ctx, h.Fixture.Gate, records.By(system("t"), "job.read").On(id))
	if r.Body.Payload != nil {
		t.Error("a done job keeps its payload")
	}
}

func TestConcurrentWakesRunOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	var runs atomic.Int64
	h.Handle("work", func(context.Context, Job) error { runs.Add(1); return nil })
	id := h.add(t, NewJob{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := h.Run(h.ctx, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if runs.Load() != 1 {
		t.Fatalf("%d runs", runs.Load())
	}
}

func TestSameIDIsSameJob(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	id := model.NewID()
	h.add(t, NewJob{ID: id, Payload: 1})
	h.add(t, NewJob{ID: id, Payload: 2})
	err := h.Fixture.Gate.Change(h.ctx, func(ctx context.Context, tx *records.Tx) error {
		_, err := h.Add(ctx, tx, NewJob{ID: id, Kind: "work", Payload: 3})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Jobs.Get(h.ctx, h.Fixture.Gate, records.By(system("t"), "job.read").On(id))
	if err != nil || string(r.Body.Payload) != "1" || r.Version != 1 {
		t.Fatalf("%s %v", r.Body.Payload, err)
	}
	if _, err := h.Add(h.ctx, h.Fixture.Gate, NewJob{ID: "../x", Kind: "work"}); err == nil {
		t.Error("a bad id")
	}
}

func TestAddBelongsToItsTransaction(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	var id string
	err := h.Fixture.Gate.Change(h.ctx, func(ctx context.Context, tx *records.Tx) error {
		var err error
		id, err = h.Add(ctx, tx, NewJob{Kind: "work"})
		return errors.Join(err, errors.New("no"))
	})
	if err == nil {
		t.Fatal("committed")
	}
	if _, err := h.Get(h.ctx, id); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("a job of a change that did not happen: %v", err)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	for name, n := range map[string]NewJob{
		"no kind": {}, "bad kind": {Kind: "A B"}, "payload": {Kind: "work", Payload: strings.Repeat("x", maxPayload)},
		"not JSON": {Kind: "work", Payload: func() {}},
	} {
		if _, err := h.Add(h.ctx, h.Fixture.Gate, n); err == nil {
			t.Errorf("%s accepted", name)
		}
	}
	if _, err := h.Add(h.ctx, h.Fixture.Gate, NewJob{Kind: "work", Payload: strings.Repeat("x", maxPayload-2)}); err !=
		nil {
		t.Errorf("the edge: %v", err)
	}
}

func TestMessageHoldsOnlyTheID(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	id := h.add(t, NewJob{Payload: "hush"})
	h.Wake(h.ctx, id)
	sent := h.wakes.take()
	if len(sent) != 1 || sent[0] != `{"job":"`+id+`"}` {
		t.Fatalf("%v", sent)
	}
	if got, err := ParseMessage([]byte(sent[0])); err != nil || got != id {
		t.Fatal(got, err)
	}
	for _, bad := range []string{"", "{}", `{"job":1}`, `{"job":"../x"}`, `{"job":"A"}`, "null"} {
		if _, err := ParseMessage([]byte(bad)); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLostMessageIsSwept(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.wakes.err = errors.New("away")
	var ids []string
	for range 20 {
		id := h.add(t, NewJob{})
		h.Wake(h.ctx, id)
		ids = append(ids, id)
	}
	later := h.add(t, NewJob{RunAt: h.Clock.Now().Add(time.Hour)})
	if !strings.Contains(h.log.String(), "the sweep will find it") {
		t.Error("silent")
	}
	if _, err := h.Sweep(h.ctx); err == nil {
		t.Error("a sweep that woke nobody says so")
	}
	h.wakes.err = nil
	n, err := h.Sweep(h.ctx)
	sent := strings.Join(h.wakes.take(), " ")
	if err != nil || n != len(ids) || strings.Contains(sent, later) {
		t.Fatalf("%d %v %s", n, err, sent)
	}
	for _, id := range ids {
		if !strings.Contains(sent, id) {
			t.Errorf("%s is not found", id)
		}
	}
	h.Clock.Advance(time.Hour)
	if n, _ := h.Sweep(h.ctx); n != len(ids)+1 || !strings.Contains(strings.Join(h.wakes.take(), " "), later) {
		t.Fatalf("%d", n)
	}
}

func TestNotBeforeItsTime(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ran := false
	h.Handle("work", func(context.Context, Job) error { ran = true; return nil })
	at := h.Clock.Now().Add(time.Minute)
	id := h.add(t, NewJob{RunAt: at})
	h.Clock.Advance(time.Minute - time.Microsecond)
	if err := h.Run(h.ctx, id); err != nil || ran {
		t.Fatalf("%v %v", err, ran)
	}
	h.Clock.Advance(time.Microsecond)
	if err := h.Run(h.ctx, id); err != nil || !ran {
		t.Fatalf("%v %v", err, ran)
	}
}

func TestRetriesThenFails(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	runs := 0
	h.Handle("work", func(context.Context, Job) error {
		runs++
		return fmt.Errorf("to bo@teatro.org: %w", errors.New("hush"))
	}, Attempts(3))
	id := h.add(t, NewJob{Payload: "p"})
	var last time.Time
	for i := 1; i <= 3; i++ {
		err := h.Run(h.ctx, id)
		if (i < 3) != errors.Is(err, model.ErrUnavailable) {
			t.Fatalf("attempt %d: %v", i, err)
		}
		info := h.info(t, id)
		if info.Attempts != i || strings.Contains(info.Reason, "hush") || strings.Contains(info.Reason, "@") ||
			info.Reason == "" {
			t.Fatalf("%+v", info)
		}
		if i < 3 {
			if wait := info.RunAt.Sub(h.Clock.Now()); wait < firstBackoff*3/4<<(i-1) || wait > firstBackoff*5/4<<(i-1) {
				t.Errorf("attempt %d waits %v", i, wait)
			}
			if err := h.Run(h.ctx, id); err != nil || runs != i {
				t.Fatalf("ran before its time: %v", err)
			}
			h.Clock.Advance(info.RunAt.Sub(h.Clock.Now()))
		}
		last = info.Ended
	}
	h.state(t, id, Failed)
	if strings.Contains(h.log.String(), "bo@teatro") {
		t.Error("an address in the log")
	}
	failed, _, err := h.Failures(h.ctx, 10, "")
	if err != nil || len(failed) != 1 || failed[0].ID != id || last.IsZero() {
		t.Fatalf("a failed job must be visible: %v %v", failed, err)
	}
	if err := h.Retry(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.Queue.handlers["work"] = handler{run: func(_ context.Context, j Job) error {
		if string(j.Payload) != `"p"` {
			t.Errorf("payload %s", j.Payload)
		}
		return nil
	}, within: time.Second, attempts: 3}
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Done)
	if err := h.Retry(h.ctx, id); !errors.Is(err, model.ErrConflict) {
		t.Fatalf("retry of a done job: %v", err)
	}
}

func TestPermanentPanicAndUnreadable(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Handle("permanent", func(context.Context, Job) error { return Permanent("refused", errors.New("hush")) })
	h.Handle("boom", func(context.Context, Job) error { panic("hush bo@teatro.org") })
	h.Handle("unreadable", func(_ context.Context, j Job) error { var n int; return j.Decode(&n) })
	h.Handle("slow", func(ctx context.Context, _ Job) error {
		<-ctx.Done()
		return ctx.Err()
	}, Within(20*time.Millisecond))
	for kind, want := range map[string]struct {
		state  State
		reason string
	}{"permanent": {Failed, "refused"}, "boom": {Queued, "an unexpected error; see the log"},
		"unreadable": {Failed, "its description cannot be read"}, "slow": {Queued, "it took too long"}} {
		id := h.add(t, NewJob{Kind: kind, Payload: "hush"})
		_ = h.Run(h.ctx, id)
		if i := h.state(t, id, want.state); i.Reason != want.reason {
			t.Errorf("%s: %q", kind, i.Reason)
		}
	}
	if strings.Contains(h.log.String(), "bo@") || !strings.Contains(h.log.String(), "stack_trace") {
		t.Errorf("log: %s", h.log.String())
	}
}

func TestCrashedRunIsTakenUp(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	var first Job
	h.Handle("work", func(context.Context, Job) error { return nil }, Attempts(2), Within(time.Minute))
	id := h.add(t, NewJob{})
	first, _, err := h.claim(h.ctx, id) // and the process dies
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute + leaseMargin - time.Microsecond)
	if n, _ := h.Sweep(h.ctx); n != 0 {
		t.Fatal("taken from a run whose lease holds")
	}
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Running)
	h.Clock.Advance(time.Microsecond)
	if n, _ := h.Sweep(h.ctx); n != 1 {
		t.Fatal("a crashed run is not found")
	}
	second, _, err := h.claim(h.ctx, id)
	if err != nil || second.Attempts != 2 {
		t.Fatal(second, err)
	}
	for _, late := range []error{first.Report(h.ctx, Progress{Done: 1}), first.Commit(h.ctx)} {
		if !errors.Is(late, ErrLost) {
			t.Fatalf("the old run may still write: %v", late)
		}
	}
	if err := h.finish(h.ctx, handler{}, first, nil); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Running)
	h.Clock.Advance(time.Hour)
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	if i := h.state(t, id, Failed); i.Reason == "" {
		t.Error("no reason")
	}
}

func TestProgressAndCancel(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Handle("work", func(ctx context.Context, j Job) error {
		if err := j.Report(ctx, Progress{"copy", 3, 10}); err != nil {
			return err
		}
		if i := h.info(t, j.ID); i.Progress != (Progress{"copy", 3, 10}) || !i.CanStop {
			t.Errorf("%+v", i)
		}
		if err := h.Cancel(ctx, j.ID); err != nil {
			t.Error(err)
		}
		return j.Report(ctx, Progress{"copy", 4, 10})
	})
	id := h.add(t, NewJob{})
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Cancelled)
	waiting := h.add(t, NewJob{})
	if err := h.Cancel(h.ctx, waiting); err != nil {
		t.Fatal(err)
	}
	h.state(t, waiting, Cancelled)
	if err := h.Cancel(h.ctx, waiting); !errors.Is(err, model.ErrConflict) {
		t.Errorf("cancelled twice: %v", err)
	}
	if err := h.Run(h.ctx, waiting); err != nil {
		t.Fatal(err)
	}
	h.state(t, waiting, Cancelled)
}

func TestNoCancelAfterThePointOfNoReturn(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Handle("work", func(ctx context.Context, j Job) error {
		if err := j.Commit(ctx); err != nil {
			return err
		}
		if err := h.Cancel(ctx, j.ID); !errors.Is(err, model.ErrConflict) {
			t.Errorf("cancelled too late: %v", err)
		}
		return j.Report(ctx, Progress{})
	})
	id := h.add(t, NewJob{})
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Done)
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Handle("work", func(context.Context, Job) error { return nil })
	if _, ok, err := h.OldestDeadline(h.ctx); ok || err != nil {
		t.Fatal(ok, err)
	}
	start := h.Clock.Now()
	ids := map[int]string{}
	for i := 20; i > 0; i-- {
		ids[i] = h.add(t, NewJob{Deadline: start.Add(time.Duration(i) * time.Hour)})
		h.Clock.Advance(time.Second)
	}
	for i := 1; i <= 3; i++ {
		oldest, ok, err := h.OldestDeadline(h.ctx)
		if err != nil || !ok || !oldest.Equal(start.Add(time.Duration(i)*time.Hour)) {
			t.Fatalf("%v %v %v", oldest, ok, err)
		}
		if err := h.Run(h.ctx, ids[i]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJobsOfAScope(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	a, b := model.Workspace("aa"), model.Workspace("aa1")
	for range 3 {
		h.add(t, NewJob{Concerns: a})
		h.Clock.Advance(time.Second)
	}
	other := h.add(t, NewJob{Concerns: b})
	h.add(t, NewJob{Concerns: model.Workspace("ab")})
	infos, next, err := h.Of(h.ctx, a, 2, "")
	if err != nil || len(infos) != 2 || next == "" || !infos[0].Added.After(infos[1].Added) {
		t.Fatal(infos, next, err)
	}
	more, next, err := h.Of(h.ctx, a, 2, next)
	if err != nil || len(more) != 1 || next != "" {
		t.Fatal(more, next, err)
	}
	for _, i := range append(infos, more...) {
		if i.ID == other || i.Concerns != "workspaces/aa" {
			t.Errorf("another's job: %+v", i)
		}
	}
	if _, _, err := h.Of(h.ctx, model.Scope{}, 2, ""); !errors.Is(err, model.ErrInvalid) {
		t.Error(err)
	}
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	runs := 0
	h.Handle("work", func(context.Context, Job) error {
		runs++
		h.Intercept(func(context.Context, string) error { return status.Error(codes.Unavailable, "away") })
		return nil
	})
	id := h.add(t, NewJob{})
	if err := h.Run(h.ctx, id); !errors.Is(err, model.ErrUnavailable) {
		t.Fatalf("an outcome that was not kept: %v", err)
	}
	if err := h.Run(h.ctx, id); !errors.Is(err, model.ErrUnavailable) || runs != 1 {
		t.Fatalf("ran without a claim: %v", err)
	}
	h.Intercept(nil)
	h.Clock.Advance(time.Hour)
	if n, err := h.Sweep(h.ctx); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	h.Queue.handlers["work"] = handler{run: func(context.Context, Job) error {
		return nil
	}, within: time.Second, attempts: 3}
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.state(t, id, Done)
}

func TestUnknownKindWaits(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	id := h.add(t, NewJob{Kind: "newer"})
	if err := h.Run(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	if i := h.state(t, id, Queued); i.Attempts != 0 {
		t.Error("counted as an attempt")
	}
}

func TestWithoutPublisherTheSweepRuns(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Queue.publisher = nil
	ran := 0
	h.Handle("work", func(context.Context, Job) error { ran++; return nil })
	id := h.add(t, NewJob{})
	h.Wake(h.ctx, id)
	if n, err := h.Sweep(h.ctx); err != nil || n != 1 || ran != 1 {
		t.Fatal(n, err, ran)
	}
	h.state(t, id, Done)
}

func TestNothingInPlaintext(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	const canary = "kanarienvogel"
	id := h.add(t, NewJob{Payload: map[string]string{"to": canary + "@teatro.org"}, Concerns: model.Workspace("w1")})
	docs, err := h.Store.GetAll(h.ctx, Jobs.Ref(model.Platform(), id))
	if err != nil || docs[0] == nil {
		t.Fatal(err)
	}
	stored, _ := json.Marshal(docs[0].Fields)
	if bytes.Contains(docs[0].Body, []byte(canary)) || bytes.Contains(stored, []byte(canary)) {
		t.Fatal("the payload is stored in plaintext")
	}
}

func TestBackoffIsBounded(t *testing.T) {
	t.Parallel()
	for n := 1; n < 100; n++ {
		if d := backoff(n); d < firstBackoff*3/4 || d > maxBackoff*5/4 {
			t.Fatalf("after attempt %d: %v", n, d)
		}
	}
}

func TestIndexValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 19, 32, 0, 1000, time.UTC)
	b := &body{Kind: "work", State: Running, Added: at, RunAt: at, ClaimedUntil: at.Add(time.Minute),
		Deadline: at.Add(time.Hour)}
	f := index(b)
	if due := f["due"].(string); !strings.HasSuffix(due, "|2026-03-14T19:33:00.000001Z") {
		t.Error(due)
	}
	if d := f["deadline"].(string); !strings.HasSuffix(d, "|2026-03-14T20:32:00.000001Z") {
		t.Error(d)
	}
	b.end(Done, "", at.Add(time.Hour))
	f = index(b)
	if _, open := f["due"]; open || f["deadline"] != nil || f["failed_at"] != nil || !f["expires"].(time.Time).
		Equal(at.Add(time.Hour+Keep)) {
		t.Errorf("%v", f)
	}
}

// TestJobBelongsToItsRequest: whoever wakes the job, and however often it is tried, it runs for the request that caused
// it.
func TestJobBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	var ran []string
	h.Handle("work", func(ctx context.Context, _ Job) error {
		r, _ := logging.RequestFrom(ctx)
		ran = append(ran, r.ID+" "+r.Trace)
		return nil
	})
	wanted := logging.Request{ID: model.NewID(), Trace: "0af7651916cd43dd8448eb211c80319c", Span: "b7ad6b7169203331",
		Sampled: true}
	sweep := logging.WithRequest(h.ctx, logging.Request{ID: model.NewID()})
	add := func(ctx context.Context) string {
		id, err := h.Add(ctx, h.Fixture.Gate, NewJob{Kind: "work"})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, id := range []string{add(logging.WithRequest(h.ctx, wanted)), add(h.ctx)} {
		if err := h.Run(sweep, id); err != nil {
			t.Fatal(err)
		}
	}
	own, _ := logging.RequestFrom(sweep)
	if len(ran) != 2 || ran[0] != wanted.ID+" "+wanted.Trace || ran[1] != own.ID+" " {
		t.Errorf("ran for %q", ran)
	}
}

// TestAttemptsAreTold counts how attempts ended, and measures how long jobs have waited.
func TestAttemptsAreTold(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	told := map[string]int{}
	h.Queue = New(Options{Gate: h.Fixture.Gate, Publisher: h.wakes, Ran: func(kind, outcome string) {
		told[kind+" "+outcome]++
	}})
	h.Handle("work", func(_ context.Context, j Job) error {
		switch string(j.Payload) {
		case `"again"`:
			return errors.New("later")
		case `"never"`:
			return Permanent("it cannot be", nil)
		}
		return nil
	})
	if age, at := h.OldestDue(); age != 0 || !at.IsZero() {
		t.Errorf("before the first sweep: %s at %s", age, at)
	}
	for _, p := range []string{"again", "never", "well"} {
		_ = h.Run(h.ctx, h.add(t, NewJob{Payload: p}))
	}
	if fmt.Sprint(told) != fmt.Sprint(map[string]int{"work again": 1, "work failed": 1, "work done": 1}) {
		t.Errorf("told %v", told)
	}
	if n := strings.Count(h.log.String(), `"job failed"`); n != 1 {
		t.Errorf("the log tells of %d jobs that were given up: %s", n, h.log)
	}
	late := testclock.Now().Add(-3 * time.Minute)
	h.add(t, NewJob{Payload: "well", RunAt: late})
	h.add(t, NewJob{Payload: "well", RunAt: late.Add(time.Minute)})
	if _, err := h.Sweep(h.ctx); err != nil {
		t.Fatal(err)
	}
	if age, at := h.OldestDue(); age < 3*time.Minute-time.Second || age > 4*time.Minute ||
		testclock.Now().Sub(at) > time.Minute {
		t.Errorf("the oldest has waited %s at %s", age, at)
	}
}
