package faults

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var (
	oneMachine = regexp.MustCompile(`(?s)## One machine\n(.*?)\n## `)
	tarLine    = regexp.MustCompile(`(?m)^(?:[a-z].*)?\btar -.*$`)
)

// copying are the two commands of the documentation, word for word: to back up and to restore.
func copying(t *testing.T) (backUp, bringBack string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	section := oneMachine.FindSubmatch(text)
	if section == nil {
		t.Fatal("docs/operations.md has no section on one machine")
	}
	lines := tarLine.FindAllString(string(section[1]), -1)
	if len(lines) != 2 || !strings.Contains(lines[0], "-c") || !strings.Contains(lines[1], "-x") {
		t.Fatalf("docs/operations.md says how to copy and bring back with %q", lines)
	}
	return lines[0], lines[1]
}

// shell runs a line in a folder.
func shell(t *testing.T, dir, line string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line) // #nosec G204 -- a line of our documentation
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// TestManualBringsTheFolderBack does what docs/operations.md says: back up, lose the folder to a damaged table, restore
// it. What was acknowledged before the copy is there, what came after it is not, and the damaged folder is kept.
func TestManualBringsTheFolderBack(t *testing.T) {
	backUp, bringBack := copying(t)
	exe, home := build(t), t.TempDir()
	dir := filepath.Join(home, "toh-data")
	p := launch(t, exe, dir, "127.0.0.1:0")
	url, _ := p.await(t)
	c := newClient(url, false)
	defer c.close()
	worker := staff(t, readSheet(t, dir), c, 1)[0]
	file := func(title string) string {
		t.Helper()
		r := c.ask(t.Context(), "POST", worker.reports, worker.author, asJSON(map[string]any{
			"production": worker.production, "title": title, "body": "All well."}))
		if r.status != http.StatusCreated {
			t.Fatal(r.status, r.err)
		}
		return worker.reports + "/" + r.text("id")
	}
	before := file("Before the copy")
	p.end(t, syscall.SIGTERM)
	shell(t, home, backUp)

	p = launch(t, exe, dir, "127.0.0.1:0")
	c.base, _ = p.await(t)
	after := file("After the copy")
	p.end(t, syscall.SIGTERM)
	spoilTables(t, dir)
	launch(t, exe, dir, "127.0.0.1:0").ended(t, "docs/operations.md")

	shell(t, home, bringBack)
	p = launch(t, exe, dir, "127.0.0.1:0")
	c.base, _ = p.await(t)
	if r := c.ask(t.Context(), "GET", before, worker.author, ""); r.status != http.StatusOK ||
		r.text("title") != "Before the copy" {
		t.Errorf("what the copy has: %d %q", r.status, r.text("title"))
	}
	if r := c.ask(t.Context(), "GET", after, worker.author, ""); r.status != http.StatusNotFound {
		t.Errorf("what came after the copy: %d", r.status)
	}
	p.end(t, syscall.SIGTERM)
	if _, err := os.Stat(filepath.Join(home, "toh-data.damaged", "master.key")); err != nil {
		t.Errorf("the damaged folder was not kept: %v", err)
	}
	consistent(t, dir)
}
