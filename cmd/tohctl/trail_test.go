package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// bound makes a folder in which the trail of the demonstration has its checkpoints.
func bound(t *testing.T) (dir string, home demo.Workspace) {
	t.Helper()
	dir = t.TempDir()
	t.Run("installation", func(t *testing.T) { // closed when this is over
		h := servetest.Start(t, servetest.Options{Dir: dir, Demo: true})
		home = h.Sheet.Workspaces[0]
		h.Tick(t)
		boss := access.Caller{Scope: model.Workspace(home.ID), Account: "boss", Name: "Boss", Role: access.Management}
		for start := testclock.Start(); ; time.Sleep(50 * time.Millisecond) {
			r, err := h.App.Workspaces.CheckTrail(t.Context(), boss)
			if err == nil && r.State == checkpoint.Well && r.Covered > 50 {
				return
			}
			if start.Elapsed() > 30*time.Second {
				t.Fatalf("%+v, %v", r, err)
			}
		}
	})
	return dir, home
}

func verified(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"trail", "verify"}, args...), &out, io.Discard)
	if err == nil {
		return out.String(), 0
	}
	return out.String(), codeOf(err)
}

func TestTrailVerify(t *testing.T) {
	dir, home := bound(t)
	if got, code := verified(t, "--localcloud", dir); code != 0 ||
		!strings.Contains(got, "all as they were written, up to ") {
		t.Errorf("untouched: %d %s", code, got)
	}
	for _, what := range []string{home.Slug, home.ID, "workspaces/" + home.ID} {
		if got, code := verified(t, what, "--localcloud", dir); code != 0 || !strings.HasPrefix(got, "1 trails with ") {
			t.Errorf("%s: %d %s", what, code, got)
		}
	}
	if _, code := verified(t, "nobody", "--localcloud", dir); code != codeUndecided {
		t.Errorf("nobody: %d", code)
	}
	if _, code := verified(t, "--localcloud", dir+"x"); code != codeUndecided {
		t.Errorf("no folder: %d", code)
	}
	gone := tamper(t, dir, model.Workspace(home.ID))
	got, code := verified(t, "--localcloud", dir)
	if code != codeBroken || !strings.Contains(got, "workspaces/"+home.ID+":\n  entry-removed "+gone+" of ") {
		t.Errorf("removed: %d %s", code, got)
	}
	got, code = verified(t, home.Slug, "--json", "--localcloud", dir)
	var r checkpoint.Report
	if err := json.Unmarshal([]byte(got), &r); err != nil || code != codeBroken || len(r.Findings) != 1 ||
		r.Findings[0].Entry != gone {
		t.Errorf("as JSON: %d %s, %v", code, got, err)
	}
}

// tamper removes an entry through the database.
func tamper(t *testing.T, dir string, scope model.Scope) string {
	t.Helper()
	f, err := target{folder: dir}.fill()
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	err = f.with(t.Context(), io.Discard, func(in *installation) error {
		o, err := in.operator(t.Context())
		if err != nil {
			return err
		}
		page, err := o.Content().Find(t.Context(), store.Find{Collection: audit.EntriesName, Query: "trail",
			Scope: scope, Limit: 20})
		if err != nil {
			return err
		}
		ref := page.Docs[len(page.Docs)-1].Ref
		id = ref.ID
		_, err = o.Content().Commit(t.Context(), store.Delete(ref, time.Time{}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
