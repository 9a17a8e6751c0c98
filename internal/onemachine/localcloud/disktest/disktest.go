// Package disktest makes disks that fail, for tests of whole programs. Production code must never import it.
package disktest

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
)

// Memory is a disk in memory that forgets what was not synced. The folder is on it for good.
func Memory(t testing.TB, dir string) *vfs.MemFS {
	t.Helper()
	mem := vfs.NewCrashableMem()
	if err := mem.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for above := dir; ; above = mem.PathDir(above) {
		d, err := mem.OpenDir(above)
		if err == nil {
			err = errors.Join(d.Sync(), d.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if above == mem.PathDir(above) {
			return mem
		}
	}
}

// Hanging is the machine's own file system, on which no wait for the disk ends once hangs says so.
func Hanging(hangs func() bool) localcloud.Files {
	return errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			if hangs() {
				select {}
			}
		}
		return nil
	}))
}

// Ended checks how toh-local ended by itself: with the exit code, and one last line that is not a log line and contains
// the texts. err is the result of waiting for the process, output what it wrote.
func Ended(t testing.TB, err error, code int, output string, says ...string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		t.Fatalf("it ended with %v, want code %d\n%s", err, code, output)
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	last := lines[len(lines)-1]
	for _, want := range append(says, "toh-local: ") {
		if !strings.Contains(last, want) {
			t.Errorf("the last line is %q, without %q", last, want)
		}
	}
	if strings.Contains(output, "goroutine ") {
		t.Errorf("a panic:\n%s", output)
	}
	for _, wrong := range []string{"in use", "; ; "} {
		if strings.Contains(last, wrong) {
			t.Errorf("the last line is %q, with %q", last, wrong)
		}
	}
}
