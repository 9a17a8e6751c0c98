package faults

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/disktest"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// exitDisk is the exit code when the disk fails, as docs/operations.md says.
const exitDisk = 74

// ended waits until the program has ended by itself, and checks how: the exit code, and one line that is not a log
// line.
func (p *program) ended(t *testing.T, says ...string) {
	t.Helper()
	late := time.AfterFunc(longStart, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	p.read.Wait()
	disktest.Ended(t, p.cmd.Wait(), exitDisk, p.out.String(), says...)
}

// filed is a report that was answered with 201.
type filed struct{ path, title string }

// fill files long reports until one is not answered with 201.
func fill(t *testing.T, c *client, reports, production, token string) []filed {
	t.Helper()
	var done []filed
	for n := 0; n < 2000; n++ {
		title := "Report" + strings.Repeat("i", n%7)
		r := c.ask(t.Context(), "POST", reports, token, asJSON(map[string]any{
			"production": production, "title": title, "body": strings.Repeat("Forty thousand letters. ", 1700)}))
		if r.status != http.StatusCreated {
			t.Logf("%d reports, then %d %v", len(done), r.status, r.err)
			return done
		}
		// The header alone acknowledges it, because the program may end before the whole body was sent.
		done = append(done, filed{r.header.Get("Location"), title})
	}
	t.Fatal("the disk does not get full")
	return nil
}

// TestFullDiskLosesNothing fills a disk of six megabytes with reports: whatever was answered with 201 is there after a
// restart with more room, and the program ends by itself with a line and an exit code, both in use and when it is
// started.
func TestFullDiskLosesNothing(t *testing.T) {
	disk, exe := testneed.NewSmallDisk(t, "6m"), build(t)
	dir := filepath.Join(disk.Dir, "data")
	p := launch(t, exe, dir, "127.0.0.1:0")
	url, _ := p.await(t)
	c := newClient(url, false)
	all := staff(t, readSheet(t, dir), c, 1)
	done := fill(t, c, all[0].reports, all[0].production, all[0].author)
	p.ended(t, "the disk is full", dir, "make room")
	if len(done) == 0 {
		t.Fatal("no report fitted: this shows nothing")
	}

	stuff(t, filepath.Join(disk.Dir, "filler"))
	launch(t, exe, dir, "127.0.0.1:0").ended(t, "the disk is full", dir, "make room")

	disk.Remount(t, "size=64m")
	p = launch(t, exe, dir, "127.0.0.1:0")
	c.close()
	c.base, _ = p.await(t)
	for _, f := range done {
		if r := c.ask(t.Context(), "GET", f.path, all[0].author, ""); r.status != http.StatusOK ||
			r.text("title") != f.title {
			t.Errorf("%s was acknowledged: now %d %q", f.path, r.status, r.text("title"))
		}
	}
	p.end(t, syscall.SIGTERM)

	disk.Remount(t, "ro")
	launch(t, exe, dir, "127.0.0.1:0").ended(t, "mounted read-only", dir)
	disk.Remount(t, "rw")
	consistent(t, dir)
}

// stuff fills what is left of a disk.
func stuff(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(errors.Join(err, f.Close()), syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestDamagedFolderIsOneLine: a damaged table ends the program with a sentence, not with stacks.
func TestDamagedFolderIsOneLine(t *testing.T) {
	exe, dir := build(t), t.TempDir()
	p := launch(t, exe, dir, "127.0.0.1:0")
	p.await(t)
	p.end(t, os.Interrupt)
	spoilTables(t, dir)
	launch(t, exe, dir, "127.0.0.1:0").ended(t, ".sst", "damaged", "docs/operations.md")
}

// spoilTables changes half of every table in a folder.
func spoilTables(t *testing.T, dir string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(dir, "cloud", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, path := range tables {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data[:len(data)/2] {
			data[i] ^= 0x55
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
