// Package disktest makes disks that fail, for tests of whole programs. Production code must never import it.
package disktest

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/tinyoperahouse/toh/internal/localcloud"
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

// Hanging is the machine's own file system, on which no wait for the disk comes to its end once hangs says so.
func Hanging(hangs func() bool) localcloud.Files {
	return errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) && hangs() {
			select {}
		}
		return nil
	}))
}
