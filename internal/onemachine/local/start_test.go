package local_test

import (
	"context"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/disktest"
)

// prepared is a start and an orderly end. As in the program, a disk that fails ends everything, and the reported
// failure is the error.
func prepared(t *testing.T, dir string, files localcloud.Files) error {
	t.Helper()
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	cfg, err := config.Local("127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	c, err := local.OpenCloud(ctx, local.CloudOptions{
		Dir: dir, Config: cfg, Content: app.ContentCollections(), Keys: app.KeysCollections(), Files: files,
		Failed: func(err error) { end(err) },
	})
	if told := context.Cause(ctx); told != nil {
		return told
	}
	if err != nil {
		return err
	}
	return c.Close()
}

// TestFaultOfAFirstStartLeavesAFolderToStart: from a certain call that changes something on disk, a first start fails,
// and with it the power. The next start has to create whatever is missing.
func TestFaultOfAFirstStartLeavesAFolderToStart(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	fault := func(at int64) errorfs.Injector {
		return errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
				return nil
			}
			if n := calls.Add(1); at == 0 || n < at {
				return nil
			}
			return &fs.PathError{Op: "write", Path: op.Path, Err: syscall.EIO}
		})
	}
	if err := prepared(t, t.TempDir(), errorfs.Wrap(vfs.NewMem(), fault(0))); err != nil {
		t.Fatal(err)
	}
	whole := calls.Load()
	refused := 0
	for at := int64(1); at <= whole; at += 1 + whole/40 {
		calls.Store(0)
		dir := t.TempDir()
		disk := disktest.Memory(t, dir)
		err := prepared(t, dir, errorfs.Wrap(disk, fault(at)))
		if err != nil {
			refused++
		}
		if err != nil && (!localcloud.DiskFailed(err) || !strings.Contains(err.Error(), dir) ||
			strings.Contains(err.Error(), "\n")) {
			t.Errorf("call %d: %v", at, err)
		}
		disk = disk.CrashClone(vfs.CrashCloneCfg{})
		if err := prepared(t, dir, disk); err != nil {
			t.Fatalf("after a fault at call %d of %d: %v", at, whole, err)
		}
	}
	t.Logf("%d calls, %d starts refused", whole, refused)
	if refused == 0 {
		t.Error("no fault was met")
	}
}
