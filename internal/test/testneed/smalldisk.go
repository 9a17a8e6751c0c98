package testneed

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// SmallDisk is a file system in memory with a size of its own.
type SmallDisk struct{ Dir string }

// NewSmallDisk mounts a file system of a size such as "6m" until the test ends. It needs root.
func NewSmallDisk(t testing.TB, size string) *SmallDisk {
	t.Helper()
	d := &SmallDisk{t.TempDir()}
	if os.Getuid() != 0 {
		Missing(t, "root, to mount a small file system")
	}
	if out, err := run("mount", "-t", "tmpfs", "-o", "mode=0700,size="+size, "tmpfs", d.Dir); err != nil {
		Missing(t, "the right to mount a small file system: "+out)
	}
	t.Cleanup(func() {
		if out, err := run("umount", "-l", d.Dir); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return d
}

// Remount changes the file system: "size=64m", "ro", "rw".
func (d *SmallDisk) Remount(t testing.TB, options string) {
	t.Helper()
	if out, err := run("mount", "-o", "remount,"+options, d.Dir); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
}

func run(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput() // #nosec G204 -- mount and umount
	return strings.TrimSpace(string(out)), err
}
