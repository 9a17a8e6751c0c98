package app_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestTrashIsEmptiedByItsJob puts a production in the trash and lets 30 days pass.
func TestTrashIsEmptiedByItsJob(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	installation := servetest.Start(t, servetest.Options{Demo: true, Clock: clock})
	place := installation.Sheet.Workspaces[0]
	boss := access.Caller{Scope: model.Workspace(place.ID), Account: "boss", Name: "Boss", Role: access.Management}
	list, err := installation.App.Stage.Productions(t.Context(), boss, shows.ListInput{})
	if err != nil || len(list.Records) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	id := list.Records[0].ID
	if _, err := installation.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(29 * 24 * time.Hour)
	if _, err := installation.App.Queue.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := installation.App.Stage.RestoreProduction(t.Context(), boss, id); err != nil {
		t.Fatalf("gone after 29 days: %v", err)
	}
	if _, err := installation.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(32 * 24 * time.Hour)
	gone := func() bool {
		if _, err := installation.App.Queue.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := installation.App.Gate.History(t.Context(), records.By(boss, access.AuditRead),
			audit.Filter{Action: access.TrashEmpty, Record: "productions/" + id}, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Entries) == 1
	}
	for range 100 {
		if gone() {
			_, err := installation.App.Stage.RestoreProduction(t.Context(), boss, id)
			if !errors.Is(err, model.ErrNotFound) {
				t.Errorf("restored what was removed: %v", err)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the trash was never emptied")
}

// emptying reports whether the caller is the code that empties the trash.
func emptying() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, ".EmptyTrash") {
			return true
		}
		if !more {
			return false
		}
	}
}

// TestTheTrashIsEmptiedHoweverLongItTakes: its job fails for longer than other jobs are tried, then the service is down
// for weeks. During all that time what is due is not offered to anybody.
func TestTheTrashIsEmptiedHoweverLongItTakes(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	var down atomic.Bool
	installation := servetest.Start(t, servetest.Options{Dir: t.TempDir(), Demo: true, Clock: clock,
		Intercept: func(context.Context, string) error {
			if down.Load() && emptying() {
				return status.Error(codes.PermissionDenied, "an outage")
			}
			return nil
		}})
	boss := access.Caller{Scope: model.Workspace(installation.Sheet.Workspaces[0].ID), Account: "boss", Name: "Boss",
		Role: access.Management}
	list, err := installation.App.Stage.Productions(t.Context(), boss, shows.ListInput{})
	if err != nil {
		t.Fatal(err)
	}
	id := list.Records[0].ID
	if _, err := installation.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	down.Store(true)
	clock.Advance(32 * 24 * time.Hour)
	for n := 1; n <= 14; n++ { // others are given up after twelve
		until(t, func() bool {
			if _, err := installation.App.Queue.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			jobs, _, err := installation.App.Queue.Of(t.Context(), boss.Scope, 10, "")
			return err == nil && len(jobs) == 1 && jobs[0].Attempts >= n && jobs[0].State == task.Queued
		})
		clock.Advance(20 * time.Minute)
		notOffered(t, installation, boss, id)
	}
	installation.Stop(t)
	clock.Advance(21 * 24 * time.Hour)
	installation = servetest.Start(t, servetest.Options{Dir: installation.Dir, Clock: clock})
	until(t, func() bool {
		found, err := installation.App.Gate.History(t.Context(), records.By(boss, access.AuditRead),
			audit.Filter{Action: access.TrashEmpty, Record: "productions/" + id}, 10, "")
		return err == nil && len(found.Entries) == 1
	})
	notOffered(t, installation, boss, id)
}

// notOffered fails the test if a production can be seen in the trash, or taken out of it.
func notOffered(t *testing.T, installation *servetest.Installation, boss access.Caller, id string) {
	t.Helper()
	bin, err := installation.App.Stage.TrashedProductions(t.Context(), boss, shows.ListInput{})
	if err != nil || len(bin.Records) != 0 {
		t.Errorf("what is due is shown: %v, %v", bin.Records, err)
	}
	if _, err := installation.App.Stage.RestoreProduction(t.Context(), boss, id); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("what is due is taken out: %v", err)
	}
}

// until waits for a condition, and fails the test if it never holds.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("it never came to that")
}
