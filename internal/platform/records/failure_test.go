package records_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

type contextT = context.Context

// refuse makes every call of a method fail.
func refuse(method string) func(context.Context, string) error {
	return func(_ context.Context, m string) error {
		if strings.HasSuffix(m, method) {
			return status.Error(codes.Unavailable, "away")
		}
		return nil
	}
}

// hang makes every call of a method wait until its caller gives up.
func hang(method string) func(context.Context, string) error {
	return func(ctx context.Context, m string) error {
		if !strings.HasSuffix(m, method) {
			return nil
		}
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
}

// TestNothingIsDisclosedUnaudited makes the database's writes fail: a read must then return nothing.
func TestNothingIsDisclosedUnaudited(t *testing.T) {
	h := newFixture(t)
	ws := h.Workspace(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "canary", Reads: everyone()})
	for name, fault := range map[string]func(context.Context, string) error{"refusing": refuse("/Commit"),
		"hanging": hang("/Commit")} {
		h.Intercept(fault)
		start := testclock.Start()
		got, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID))
		wantKind(t, err, model.ErrUnavailable)
		if got.Body.Title != "" {
			t.Errorf("%s: disclosed %+v", name, got)
		}
		list, err := pages.Find(t.Context(), h.Gate, records.By(ada, access.ReportList), records.Find{Query: "mine"})
		wantKind(t, err, model.ErrUnavailable)
		_ = list
		_, err = pages.Get(t.Context(), h.Gate, records.By(as(ws, "vera", access.Viewer), access.ReportUpdate).On(r.ID))
		wantKind(t, err, model.ErrUnavailable) // a denial that cannot be recorded
		if took := start.Elapsed(); took > 6*time.Second {
			t.Errorf("%s: three answers took %s", name, took)
		}
		h.Intercept(nil)
	}
	if _, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID)); err != nil {
		t.Errorf("no recovery: %v", err)
	}
}

// TestAChangeWithoutItsEntryDoesNotHappen makes the keys unavailable, so that the entry cannot be sealed.
func TestAChangeWithoutItsEntryDoesNotHappen(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "before", Reads: everyone()})
	h.Keyrings.Forget(ws)
	h.Intercept(refuse("/Decrypt"))
	_, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID), func(p *page) error {
		p.Title = "after"
		return nil
	})
	wantKind(t, err, model.ErrUnavailable)
	h.Intercept(nil)
	got, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID))
	if err != nil || got.Body.Title != "before" || got.Version != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestReadAhead(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws, person := h.Workspace(t), h.Account(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "ahead", Reads: everyone()})
	if _, err := people.Create(t.Context(), h.Gate, records.By(access.SystemCaller(person, "test", ""),
		access.AccountCreate).On("main"), counter{7}); err != nil {
		t.Fatal(err)
	}
	before := h.Cloud.Conn().Calls()
	reads := func() int64 {
		const m = "/google.firestore.v1.Firestore/BatchGetDocuments"
		return h.Cloud.Conn().Calls()[m] - before[m]
	}
	who, nobody := people.Want(person, "main"), people.Want(person, "absent")
	ahead, err := h.Gate.Identify(t.Context(), []store.Ref{pages.Ref(ws, r.ID), pages.Ref(ws, "../x")}, who, nobody)
	if err != nil || !who.Found || who.Record.Body.N != 7 || nobody.Found {
		t.Fatalf("%+v %+v %v", who, nobody, err)
	}
	ada.Ahead = ahead
	if got, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID)); err != nil ||
		got.Body.Title != "ahead" {
		t.Fatalf("%+v %v", got, err)
	}
	if n := reads(); n != 1 {
		t.Errorf("%d batched reads, want 1", n)
	}
	if _, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID), func(p *page) error {
		p.Title = "fresh"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got, _ := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID)); got.Body.Title !=
		"fresh" {
		t.Errorf("the second read is %q", got.Body.Title)
	}
	eve := as(h.Workspace(t), "eve", access.Management)
	eve.Ahead, _ = h.Gate.Identify(t.Context(), []store.Ref{pages.Ref(ws, r.ID)})
	_, err = pages.Get(t.Context(), h.Gate, records.By(eve, access.ReportRead).On(r.ID))
	wantKind(t, err, model.ErrNotFound) // a document that was read ahead still has to be decided on
}

func TestHistory(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	ada, boss := as(ws, "ada", access.Reporter), as(ws, "boss", access.Management)
	r := create(t, h, ada, page{Title: "t", Reads: everyone()})
	_, err := h.Gate.History(t.Context(), records.By(ada, access.AuditRead), audit.Filter{}, 50, "")
	wantKind(t, err, model.ErrDenied)
	got, err := h.Gate.History(t.Context(), records.By(boss, access.AuditRead), audit.Filter{Record: "reports/" + r.ID},
		50, "")
	if err != nil || len(got.Entries) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if e := trail(t, h, ws, audit.Filter{})[0]; e.Action != access.AuditRead || e.Actor.ID != "boss" {
		t.Errorf("reading the trail left %+v", e)
	}
	h.Clock.Advance(audit.Lifetime - time.Second)
	if n := len(trail(t, h, ws, audit.Filter{Action: access.ReportCreate})); n != 1 {
		t.Errorf("%d entries just before 14 days", n)
	}
	h.Clock.Advance(time.Second)
	if n := len(trail(t, h, ws, audit.Filter{Action: access.ReportCreate})); n != 0 {
		t.Errorf("%d entries at 14 days", n)
	}
}
