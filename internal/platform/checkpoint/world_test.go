package checkpoint_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// world is a test environment whose trail is written by several instances and bound together by a sweeper.
type world struct {
	*recordstest.Fixture
	keys     *signing.Keys
	sweeper  *checkpoint.Sweeper
	verifier *checkpoint.Verifier
	log      *log
	started  int
	written  int
}

// log keeps what is shipped.
type log struct {
	mu    sync.Mutex
	fails error
	notes []audit.LogNote
}

func (l *log) Write(context.Context, []audit.SealedEntry) error { return nil }

func (l *log) WriteNotes(_ context.Context, notes []audit.LogNote) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return l.fails
	}
	l.notes = append(l.notes, notes...)
	return nil
}

func newWorld(t testing.TB) *world { return over(t, recordstest.New(t), nil) }

// over makes a world on a test environment, or on another database with its keys.
func over(t testing.TB, h *recordstest.Fixture, content *store.Store) *world {
	t.Helper()
	if content != nil {
		h.Store = content
	}
	w := &world{Fixture: h, log: &log{}, keys: &signing.Keys{Client: h.Clients.KMS, Name: h.Config.SigningKey(),
		Clock: h.Clock}}
	w.sweeper = w.another(t, 0)
	w.verifier = &checkpoint.Verifier{
		Store: h.Store, Keys: w.keys, Seals: audit.New(audit.Options{Store: h.Store, Keyrings: h.Keyrings,
			Clock: h.Clock, Shipper: h.Shipper}), Clock: h.Clock,
	}
	return w
}

// another is a sweeper of another instance.
func (w *world) another(t testing.TB, most int) *checkpoint.Sweeper {
	t.Helper()
	i := w.instance(t)
	return checkpoint.New(checkpoint.Options{Store: w.Store, Shipper: i.shipper, Keys: w.keys, Log: w.log,
		Clock: w.Clock, Most: most})
}

// instance is one process of the service. It has a clock of its own: if the clock stands still, the process was killed.
type instance struct {
	shipper *audit.Shipper
	trail   *audit.Trail
	clock   *modeltest.Clock
	dead    bool
}

func (w *world) instance(t testing.TB) *instance {
	t.Helper()
	w.started++
	i := &instance{clock: w.Clock}
	i.shipper = audit.NewShipper(audit.ShipperOptions{
		Store: w.Store, Log: w.log, Clock: w.Clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	i.trail = audit.New(audit.Options{Store: w.Store, Keyrings: w.Keyrings, Clock: w.Clock, Shipper: i.shipper,
		Timeout: 20 * time.Second})
	must(t, i.shipper.Start(t.Context()))
	t.Cleanup(func() { _ = i.shipper.Close(context.WithoutCancel(t.Context())) })
	return i
}

// mortal is an instance that can be killed: its clock is set separately, not shared.
func (w *world) mortal(t testing.TB) *instance {
	t.Helper()
	i := &instance{clock: modeltest.NewClock(w.Clock.Now())}
	i.shipper = audit.NewShipper(audit.ShipperOptions{
		Store: w.Store, Log: w.log, Clock: i.clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	i.trail = audit.New(audit.Options{Store: w.Store, Keyrings: w.Keyrings, Clock: i.clock, Shipper: i.shipper,
		Timeout: 20 * time.Second})
	must(t, i.shipper.Start(t.Context()))
	return i
}

// leave shuts an instance down in order.
func (i *instance) leave(t testing.TB) {
	t.Helper()
	must(t, i.shipper.Close(t.Context()))
	i.dead = true
}

// write writes entries of a scope.
func (w *world) write(t testing.TB, i *instance, scope model.Scope, n int) []*audit.Entry {
	t.Helper()
	list := make([]*audit.Entry, n)
	for k := range list {
		w.written++
		c := access.Caller{Scope: scope, Account: "ada", Name: "Ada", Role: access.Reporter, Request: fmt.Sprint("req-",
			w.written)}
		actions := []access.Action{access.ReportRead, access.ReportList, access.ReportAmend}
		list[k] = audit.Of(c, actions[w.written%3], fmt.Sprint("reports/r", w.written), audit.Done,
			map[string]string{"title": "Tosca"})
	}
	must(t, i.trail.Disclose(t.Context(), list...))
	return list
}

// tick lets some time pass, in which the given instances write their marks, and sweeps.
func (w *world) tick(t testing.TB, living ...*instance) {
	t.Helper()
	w.pass(t, time.Minute, living...)
	must(t, w.sweeper.Sweep(t.Context()))
}

func (w *world) pass(t testing.TB, d time.Duration, living ...*instance) {
	t.Helper()
	w.Clock.Advance(d)
	must(t, w.Shipper.KeepMark(t.Context()))
	for _, i := range living {
		if i.clock != w.Clock {
			i.clock.Advance(w.Clock.Now().Sub(i.clock.Now()))
		}
		must(t, i.shipper.KeepMark(t.Context()))
	}
}

func (w *world) verify(t testing.TB, scope model.Scope) checkpoint.Report {
	t.Helper()
	r, err := w.verifier.Verify(t.Context(), scope)
	must(t, err)
	return r
}

// well requires that nothing is found in a trail.
func (w *world) well(t testing.TB, scope model.Scope) checkpoint.Report {
	t.Helper()
	r := w.verify(t, scope)
	if r.State != checkpoint.Well {
		t.Fatalf("%s: %s: %+v %v", scope, r.State, r.Findings, r.Undecided)
	}
	return r
}

func (w *world) get(t testing.TB, ref store.Ref) *store.Doc {
	t.Helper()
	d, err := w.Store.Get(t.Context(), ref)
	must(t, err)
	return d
}

func (w *world) put(t testing.TB, d *store.Doc) {
	t.Helper()
	_, err := w.Store.Commit(t.Context(), store.Put(*d))
	must(t, err)
}

func (w *world) remove(t testing.TB, refs ...store.Ref) {
	t.Helper()
	for _, r := range refs {
		_, err := w.Store.Commit(t.Context(), store.Delete(r, time.Time{}))
		must(t, err)
	}
}

func entryRef(e *audit.Entry) store.Ref {
	return store.Ref{Scope: e.Scope, Collection: audit.EntriesName, ID: e.ID}
}

func entryRefs(list []*audit.Entry) []store.Ref {
	refs := make([]store.Ref, len(list))
	for i, e := range list {
		refs[i] = entryRef(e)
	}
	return refs
}

// checkpointsOf are the checkpoints of a scope, the oldest first.
func (w *world) checkpointsOf(t testing.TB, scope model.Scope) []*store.Doc {
	t.Helper()
	page, err := w.Store.Find(t.Context(), store.Find{Collection: checkpoint.CheckpointsName, Query: "newest",
		Scope: scope, Limit: 500})
	must(t, err)
	slices.Reverse(page.Docs)
	return page.Docs
}

// kinds are the kinds of findings with what they are about, sorted, each once.
func kinds(r checkpoint.Report) []string {
	var list []string
	for _, f := range r.Findings {
		text := string(f.Kind)
		if f.Entry != "" {
			text += " " + f.Entry
		} else if f.Checkpoint > 0 {
			text += fmt.Sprint(" #", f.Checkpoint)
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
