package records_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
)

var bound = records.Declare(records.Spec[page]{
	Name: "reports", In: model.WorkspaceScope,
	Label: func(p *page) string { return p.Title },
	Under: records.Under{
		records.Read: {access.ReportRead}, records.Create: {access.ReportCreate}, records.Change: {access.ReportUpdate,
			access.ReportAccept},
		records.Remove: {access.ReportTrash}, records.Serve: {access.ReportFile},
	},
	Only: records.Only[page]{access.ReportAccept: func(c access.Caller, p *page) error {
		if p.State != "filed" {
			return model.Conflict("It waits for nobody.")
		}
		if p.Title == "mine" && c.Account != "ann" {
			return model.Denied("Only Ann.")
		}
		return nil
	}},
})

// A caller whose role allows an action must not get another operation through it.
func TestOperationsAreBoundToTheirActions(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, bound)
	scope := h.Workspace(t)
	ctx, viewer, boss := t.Context(), as(scope, "vic", access.Viewer), as(scope, "ann", access.Management)
	r, err := bound.Create(ctx, h.Gate, records.By(boss, access.ReportCreate).On(model.NewID()), page{Title: "one"})
	if err != nil {
		t.Fatal(err)
	}
	before := len(trail(t, h, scope, audit.Filter{}))
	change := func(p *page) error { p.Title = "rewritten"; return nil }
	for name, err := range map[string]error{
		"change under read": errOf(bound.Update(ctx, h.Gate, records.By(viewer, access.ReportRead).On(r.ID), change)),
		"remove under read": bound.Delete(ctx, h.Gate, records.By(viewer, access.ReportRead).On(r.ID)),
		"remove under list": bound.Delete(ctx, h.Gate, records.By(viewer, access.MemberList).On(r.ID)),
		"create under read": errOf(bound.Create(ctx, h.Gate, records.By(viewer, access.ReportRead).On(model.NewID()),
			page{Title: "x"})),
		"read under change": errOf(bound.Get(ctx, h.Gate, records.By(boss, access.ReportUpdate).On(r.ID))),
		"read under serve":  errOf(bound.Get(ctx, h.Gate, records.By(boss, access.ReportFile).On(r.ID))),
		"serve under read":  errOf(bound.Get(ctx, h.Gate.Serving(), records.By(boss, access.ReportRead).On(r.ID))),
		"stat under read":   errOf(bound.Stat(ctx, h.Gate, records.By(viewer, access.ReportRead).On(r.ID))),
		"list under read": errOf(bound.Find(ctx, h.Gate, records.By(viewer, access.ReportRead),
			records.Find{Query: "all"})),
		"trail under read": errOf(h.Gate.History(ctx, records.By(boss, access.ReportRead), audit.Filter{}, 10, "")),
		"in a transaction": h.Gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
			return bound.Delete(ctx, tx, records.By(boss, access.ReportUpdate).On(r.ID))
		}),
		"nothing asked":        errOf(bound.Get(ctx, h.Gate, records.Target{})),
		"nothing asked of it":  errOf(bound.Get(ctx, h.Gate, records.Ask{}.On(r.ID))),
		"nothing asked of all": errOf(bound.Find(ctx, h.Gate, records.Ask{}, records.Find{Query: "all"})),
		"a trail of nothing":   errOf(h.Gate.History(ctx, records.Ask{}, audit.Filter{}, 10, "")),
		"read at a version":    errOf(bound.Get(ctx, h.Gate, records.By(boss, access.ReportRead).On(r.ID).At(1))),
		"an unknown action":    errOf(bound.Get(ctx, h.Gate, records.By(boss, "report.burn").On(r.ID))),
	} {
		if !errors.Is(err, records.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := bound.Get(ctx, h.Gate.Serving(), records.By(boss, access.ReportFile).On(r.ID)); err != nil ||
		got.Body.Title != "one" || got.Version != 1 {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
	if n := len(trail(t, h, scope, audit.Filter{})) - before; n != 0 {
		t.Errorf("%d entries of what did not happen", n)
	}
}

// A condition is checked in the transaction that changes the document, and its refusals are reported like others.
func TestConditionsAreAskedByTheGate(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, bound)
	scope := h.Workspace(t)
	ctx, ann, max := t.Context(), as(scope, "ann", access.Management), as(scope, "max", access.Management)
	make := func(title, state string) string {
		r, err := bound.Create(ctx, h.Gate, records.By(ann, access.ReportCreate).On(model.NewID()),
			page{Title: title, State: state})
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	draft, mine := make("one", "draft"), make("mine", "filed")
	ran := false
	accept := func(c access.Caller, id string) error {
		return errOf(bound.Update(ctx, h.Gate, records.By(c, access.ReportAccept).On(id), func(*page) error {
			ran = true
			return nil
		}))
	}
	if err := accept(ann, draft); !errors.Is(err, model.ErrConflict) || ran {
		t.Errorf("in the wrong state: %v, ran %v", err, ran)
	}
	before := len(trail(t, h, scope, audit.Filter{}))
	if err := accept(max, mine); !errors.Is(err, model.ErrDenied) || ran {
		t.Errorf("by another: %v, ran %v", err, ran)
	}
	if list := trail(t, h, scope, audit.Filter{}); len(list) != before+1 {
		t.Errorf("%d entries of a refusal", len(list)-before)
	}
	if err := accept(ann, mine); err != nil || !ran {
		t.Errorf("as it should be: %v", err)
	}
	if err := errOf(bound.Update(ctx, h.Gate, records.By(ann, access.ReportAccept).On(draft).At(7), func(*page) error {
		return nil
	})); !errors.Is(err, model.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	body := page{State: "filed"}
	if err := bound.Allows(ann, access.ReportAccept, &body); err != nil {
		t.Errorf("allows: %v", err)
	}
	if err := bound.Allows(as(scope, "vic", access.Viewer), access.ReportAccept, &body); !errors.Is(err,
		model.ErrDenied) {
		t.Errorf("allows a viewer: %v", err)
	}
}

func TestDeclarationsThatNameWhatThereIsNotPanic(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]records.Spec[counter]{
		"operation": {Name: "x", In: model.WorkspaceScope, Under: records.Under{"burn": {access.ReportRead}}},
		"action":    {Name: "x", In: model.WorkspaceScope, Under: records.Under{records.Read: {"report.burn"}}},
		"scope":     {Name: "x", In: model.AccountScope, Under: records.Under{records.Read: {access.ReportRead}}},
		"condition": {Name: "x", In: model.WorkspaceScope, Only: records.Only[counter]{access.ReportRead: nil}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			records.Declare(s)
		}()
	}
}

func errOf[T any](_ T, err error) error { return err }
