package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/operate/drill"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// TestRestoreDrill works on a folder with every collection that the service has.
func TestRestoreDrill(t *testing.T) {
	shredded := model.Workspace(model.NewID())
	dir := folderOf(t, func(cloud *local.Cloud, o *app.Operator) {
		for range 3 {
			if _, err := o.Queue.Add(t.Context(), o.Gate, task.NewJob{Kind: "nothing"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Keyrings.Make(t.Context(), shredded); err != nil {
			t.Fatal(err)
		}
		if _, err := cloud.Firestore().BackUp(t.Context(), cloud.Clients.Firestore.Name, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := o.Keyrings.Shred(t.Context(), shredded); err != nil {
			t.Fatal(err)
		}
	})
	got := said(t, "restore-drill", "--localcloud", dir)
	for _, want := range []string{"PASSED", "Backup projects/toh-local/locations/", "jobs", "is removed"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	var r drill.Result
	if err := json.Unmarshal([]byte(said(t, "restore-drill", "--json", "--keep", "--localcloud", dir)),
		&r); err != nil || !r.OK || r.Removed || r.Problems == nil {
		t.Errorf("%+v, %v", r, err)
	}
	if got := said(t, "restore-drill", "--localcloud", dir, "--backup", r.Backup); !strings.Contains(got,
		"Left by an earlier drill, remove it: projects/toh-local/databases/"+r.Database) {
		t.Errorf("%s", got)
	}
	for name, args := range map[string][]string{
		"no such backup": {"restore-drill", "--localcloud", dir, "--backup", r.Backup + "x"},
		"no samples":     {"restore-drill", "--localcloud", dir, "--samples", "0"},
		"stray":          {"restore-drill", "now", "--localcloud", dir},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"restore-drill", "--localcloud", folderOf(t, nil)}, &out,
		io.Discard); err == nil || out.Len() > 0 {
		t.Errorf("without a backup: %v, %s", err, out.String())
	}
}
