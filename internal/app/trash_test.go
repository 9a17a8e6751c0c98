package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/stage"
	"github.com/tinyoperahouse/toh/internal/testclock"
)

// TestTrashIsEmptiedByItsJob puts a production in the trash and lets 30 days pass.
func TestTrashIsEmptiedByItsJob(t *testing.T) {
	clock := modeltest.NewClock(testclock.Now())
	house := servetest.Start(t, servetest.Options{Demo: true, Clock: clock})
	place := house.Sheet.Workspaces[0]
	boss := access.Caller{Scope: model.Workspace(place.ID), Account: "boss", Name: "Boss", Role: access.Management}
	list, err := house.App.Stage.Productions(t.Context(), boss, stage.ListInput{})
	if err != nil || len(list.Records) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	id := list.Records[0].ID
	if _, err := house.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(29 * 24 * time.Hour)
	if _, err := house.App.Queue.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := house.App.Stage.RestoreProduction(t.Context(), boss, id); err != nil {
		t.Fatalf("gone after 29 days: %v", err)
	}
	if _, err := house.App.Stage.TrashProduction(t.Context(), boss, id, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(32 * 24 * time.Hour)
	gone := func() bool {
		if _, err := house.App.Queue.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := house.App.Gate.History(t.Context(), boss, access.AuditRead, audit.Filter{Action: access.TrashEmpty, Record: "productions/" + id}, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Entries) == 1
	}
	for range 100 {
		if gone() {
			if _, err := house.App.Stage.RestoreProduction(t.Context(), boss, id); !errors.Is(err, model.ErrNotFound) {
				t.Errorf("restored what was removed: %v", err)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the trash was never emptied")
}
