package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// ends is an installation with two companies, one of which will be erased.
type ends struct {
	*servetest.Installation
	clock *modeltest.Clock
	place string // id
	name  string
	boss  access.Caller
}

func newEnds(t *testing.T, intercept func(context.Context, string) error) *ends {
	t.Helper()
	clock := modeltest.NewClock(testclock.Now())
	h := &ends{Installation: servetest.Start(t, servetest.Options{Demo: true, Clock: clock, Intercept: intercept}),
		clock: clock}
	if _, _, err := h.App.History().Append(t.Context(), "test", struct{}{}); err != nil {
		t.Fatal(err)
	}
	place := h.Sheet.Workspaces[0]
	h.place = place.ID
	seats, err := h.App.Workspaces.ListMembers(t.Context(), access.Caller{Scope: model.Workspace(place.ID),
		Account: "x", Role: access.Management})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range seats {
		if m.Body.Role == access.Management {
			h.boss = access.Caller{Scope: model.Workspace(place.ID), Account: m.ID, Name: m.Body.Name,
				Role: access.Management, Proven: true}
		}
	}
	w, err := h.App.Workspaces.Get(t.Context(), h.boss)
	if err != nil {
		t.Fatal(err)
	}
	h.name = w.Body.Name
	return h
}

func (h *ends) ask(t *testing.T) workspace.Ending {
	t.Helper()
	e, err := h.App.Workspaces.AskErase(t.Context(), h.boss, workspace.NewEnding{Name: h.name, Pause: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// until sweeps, and moves the clock, until the erasure is in a state.
func (h *ends) until(t *testing.T, id string, want erasure.State) erasure.Progress {
	t.Helper()
	var p erasure.Progress
	for n := range 3000 {
		if _, err := h.App.Queue.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if p, err = h.App.Erasures.Progress(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if p.State == want {
			t.Logf("%s after %d looks", want, n)
			return p
		}
		h.clock.Advance(time.Minute) // other instances forget the keys, and what failed is tried again
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the erasure is %s, not %s", p.State, want)
	return p
}

// TestWorkspaceIsErased asks for an erasure, lets it happen, and looks for what must not be left.
func TestWorkspaceIsErased(t *testing.T) {
	t.Parallel()
	h := newEnds(t, nil)
	scope := model.Workspace(h.place)
	e := h.ask(t)
	if _, err := h.App.Workspaces.AskErase(t.Context(), h.boss, workspace.NewEnding{Name: h.name,
		Pause: time.Hour}); !errors.Is(err, model.ErrConflict) {
		t.Errorf("asked twice: %v", err)
	}
	h.clock.Advance(59 * time.Minute)
	if _, err := h.App.Queue.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.App.Stage.Productions(t.Context(), h.boss, shows.ListInput{}); err != nil {
		t.Fatalf("before it is due: %v", err)
	}
	h.clock.Advance(2 * time.Minute)
	p := h.until(t, e.ID, erasure.Done)

	_, err := h.App.Stage.Productions(t.Context(), h.boss, shows.ListInput{})
	if !errors.Is(err, records.ErrDestroyed) {
		t.Errorf("read after the erasure: %v", err)
	}
	r, _, err := receipt.Verify(p.Receipt, h.keys(t))
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != e.ID || r.Scope != h.place || r.Finished.Before(r.Shredded) || r.Shredded.Before(r.Due) ||
		len(r.Erased) < 5 || len(r.Sample.Stored) == 0 || !strings.Contains(r.Sample.Answer, "destroyed") {
		t.Errorf("the receipt says %+v", r)
	}
	text, _ := json.Marshal(r)
	if strings.Contains(string(text), h.name) || strings.Contains(string(text), h.boss.Name) {
		t.Errorf("the receipt names somebody: %s", text)
	}
	if wait := h.App.Gate.Keyrings().Wait(); r.Finished.Before(r.Shredded.Add(wait)) {
		t.Errorf("finished %s after the keys were destroyed: others may still hold them", r.Finished.Sub(r.Shredded))
	}
	h.nothingLeft(t, scope)
	h.told(t)
	h.seen(t, e.ID, r)
	other := model.Workspace(h.Sheet.Workspaces[1].ID)
	if _, err := h.App.Gate.Keyrings().Ring(t.Context(), other); err != nil {
		t.Errorf("the other company: %v", err)
	}
}

// nothingLeft looks for documents of the scope, but the trail, which has its own end.
func (h *ends) nothingLeft(t *testing.T, scope model.Scope) {
	t.Helper()
	_, kinds := app.Documents()
	left, err := h.App.Gate.Contents(t.Context(), scope, kinds, 10)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v; %v", left, err)
	}
	list, err := h.App.Workspaces.Mine(t.Context(), access.Caller{Scope: model.Account(h.boss.Account),
		Account: h.boss.Account, Role: access.Self})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Workspace == h.place {
			t.Error("it is still on a list of workspaces")
		}
	}
}

// seen looks at the page that the management gets a link to.
func (h *ends) seen(t *testing.T, id string, r receipt.Receipt) {
	t.Helper()
	page := h.get(t, erasure.Path+id)
	for _, want := range []string{"Keys destroyed", r.Scope, "A sample", "Download the receipt"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the receipt does not say %q", want)
		}
	}
	if strings.Contains(page, h.name) {
		t.Error("the page of the receipt names the company")
	}
	if got := h.get(t, erasure.Path+id+".json"); !strings.Contains(got, receipt.PayloadType) {
		t.Errorf("the file is %.80s", got)
	}
	if page := h.get(t, erasure.Path+model.NewID()); strings.Contains(page, "Keys destroyed") {
		t.Error("there is a page for an id that does not exist")
	}
}

// told looks for what the platform's trail says of it, and for the mails.
func (h *ends) told(t *testing.T) {
	t.Helper()
	entries, err := h.App.PlatformTrail(t.Context(), access.ScopeErase)
	if err != nil || len(entries) < 2 || entries[0].Outcome != audit.Done ||
		entries[0].Record != "workspaces/"+h.place {
		t.Fatalf("the trail has %d entries; %v", len(entries), err)
	}
	for _, x := range entries[1:] { // more than one if the clock overtook the lease of a job
		if x.Outcome != audit.Begun {
			t.Errorf("the trail says %s before it is done", x.Outcome)
		}
	}
	for range 3000 {
		box := h.get(t, strings.TrimPrefix(h.App.MailAt(), h.URL()))
		if strings.Contains(box, "the workspace was erased") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("nobody in the management was told")
}

// get is a page that needs no sign-in.
func (h *ends) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(h.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keys are those that the installation publishes.
func (h *ends) keys(t *testing.T) []check.Key {
	t.Helper()
	text := h.get(t, check.KeysPath)
	var keys []check.Key
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return keys
}

// TestErasureIsStopped: until it is due everybody in the management can stop it, and then nothing is erased.
func TestErasureIsStopped(t *testing.T) {
	t.Parallel()
	h := newEnds(t, nil)
	e := h.ask(t)
	if err := h.App.Workspaces.StopErase(t.Context(), h.boss); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(2 * time.Hour)
	h.until(t, e.ID, erasure.Stopped)
	if _, err := h.App.Stage.Productions(t.Context(), h.boss, shows.ListInput{}); err != nil {
		t.Errorf("after it was stopped: %v", err)
	}
	if err := h.App.Workspaces.StopErase(t.Context(), h.boss); !errors.Is(err, model.ErrConflict) {
		t.Errorf("stopped twice: %v", err)
	}
}

// TestErasureLapsesWithItsRequester: whoever asked and is no longer in the management erases nothing.
func TestErasureLapsesWithItsRequester(t *testing.T) {
	t.Parallel()
	h := newEnds(t, nil)
	seats, err := h.App.Workspaces.ListMembers(t.Context(), h.boss)
	if err != nil {
		t.Fatal(err)
	}
	other := h.boss
	for _, m := range seats {
		if m.Body.Role == access.Organizer {
			other.Account, other.Name = m.ID, m.Body.Name
		}
	}
	if err := h.App.Workspaces.SetRole(t.Context(), h.boss, other.Account, access.Management); err != nil {
		t.Fatal(err)
	}
	e := h.ask(t)
	if err := h.App.Workspaces.SetRole(t.Context(), other, h.boss.Account, access.Viewer); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(61 * time.Minute)
	h.until(t, e.ID, erasure.Stopped)
	w, err := h.App.Workspaces.Get(t.Context(), other)
	if err != nil || w.Body.Ending != nil || w.Body.State != workspace.Active {
		t.Errorf("%+v; %v", w.Body, err)
	}
}

// within reports whether the caller runs below a function whose name contains this.
func within(name string) bool {
	var pcs [96]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, name) {
			return true
		}
		if !more {
			return false
		}
	}
}

// TestErasureThatIsCutOffGoesOn cuts it off again and again, each time some calls later. It ends, and is done once.
func TestErasureThatIsCutOffGoesOn(t *testing.T) {
	t.Parallel()
	var calls, cuts, next atomic.Int64
	next.Store(2)
	h := newEnds(t, func(context.Context, string) error {
		if !within("erasure.(*Service).run") || calls.Add(1) != next.Load() {
			return nil
		}
		next.Add(3 + cuts.Add(1))
		return status.Error(codes.Unavailable, "cut off")
	})
	e := h.ask(t)
	h.clock.Advance(61 * time.Minute)
	p := h.until(t, e.ID, erasure.Done)
	if cuts.Load() < 5 {
		t.Errorf("it was cut off %d times, in %d calls", cuts.Load(), calls.Load())
	}
	r, _, err := receipt.Verify(p.Receipt, h.keys(t))
	if err != nil || r.Scope != h.place {
		t.Errorf("the receipt says %+v; %v", r, err)
	}
	h.nothingLeft(t, model.Workspace(h.place))
	entries, err := h.App.PlatformTrail(t.Context(), access.ScopeErase)
	done := 0
	for _, x := range entries {
		if x.Outcome == audit.Done {
			done++
		}
	}
	if done != 1 || err != nil {
		t.Errorf("the trail says %d times that it is done; %v", done, err)
	}
}
