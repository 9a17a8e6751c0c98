package localcloud_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/disktest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
)

// openAndClose is a start and an orderly end.
func openAndClose(t *testing.T, o localcloud.Options) error {
	t.Helper()
	c, err := localcloud.Open(t.Context(), o)
	if err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return nil
}

// TestHalfAFolderIsNotBegunAnew: where a part of the folder is gone or damaged, one sentence says which and what to do,
// and nothing is changed.
func TestHalfAFolderIsNotBegunAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"no database": {func(dir string) error {
			return os.RemoveAll(filepath.Join(dir, "cloud"))
		}, "cloud: the master key is here"},
		"empty database": {emptyDatabase, "the data that it opens is gone"},
		"no key":         {func(dir string) error { return os.Remove(keyOf(dir)) }, "the master key is missing"},
		"empty key": {func(dir string) error {
			return os.WriteFile(keyOf(dir), nil, 0o600)
		}, "the master key is damaged"},
		"half of the key": {func(dir string) error { return os.Truncate(keyOf(dir), 40) }, "the master key is damaged"},
		"other key":       {otherKey(t), "does not belong to this folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := openAndClose(t, localcloud.Options{Dir: dir}); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(keyOf(dir))
			for range 2 { // the first refusal leaves nothing behind that would let the second start succeed
				err := openAndClose(t, localcloud.Options{Dir: dir})
				if !localcloud.DiskFailed(err) || !strings.Contains(err.Error(), c.says) ||
					!strings.Contains(err.Error(), dir) ||
					!strings.Contains(err.Error(), "docs/operations.md") || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v", err)
				}
			}
			if after, _ := os.ReadFile(keyOf(dir)); !bytes.Equal(before, after) {
				t.Error("the key file was changed")
			}
		})
	}
}

func keyOf(dir string) string { return filepath.Join(dir, "master.key") }

func emptyDatabase(dir string) error {
	path := filepath.Join(dir, "cloud")
	return errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o700))
}

// otherKey replaces the folder's own key by that of another folder.
func otherKey(t *testing.T) func(string) error {
	return func(dir string) error {
		other := t.TempDir()
		if err := openAndClose(t, localcloud.Options{Dir: other}); err != nil {
			return err
		}
		return os.Rename(keyOf(other), keyOf(dir))
	}
}

// TestFaultAtTheKeyLeavesAFolderToStart: each step of writing the key of a new folder fails once; the next start
// continues, and so does the one after.
func TestFaultAtTheKeyLeavesAFolderToStart(t *testing.T) {
	t.Parallel()
	steps := 0
	count := wholefile.Writer{Before: func(string) error { steps++; return nil }}
	if err := openAndClose(t, localcloud.Options{Dir: t.TempDir(), Files: vfs.NewMem(), Writer: count}); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= steps; at++ {
		dir, n, failed := t.TempDir(), 0, ""
		disk := disktest.Memory(t, dir)
		err := openAndClose(t, localcloud.Options{Dir: dir, Files: disk,
			Writer: wholefile.Writer{Before: func(step string) error {
				if n++; n == at {
					failed = step
					return syscall.ENOSPC
				}
				return nil
			}}})
		if !localcloud.DiskFailed(err) || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", failed, err)
		}
		disk = disk.CrashClone(vfs.CrashCloneCfg{})
		for range 2 {
			if err := openAndClose(t, localcloud.Options{Dir: dir, Files: disk}); err != nil {
				t.Fatalf("after a failed %s: %v", failed, err)
			}
		}
		if _, err := os.Stat(keyOf(dir)); err != nil {
			t.Error(err)
		}
	}
}

// TestKeyOpenToOthersIsRefused: that is not a fault of the disk.
func TestKeyOpenToOthersIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openAndClose(t, localcloud.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(keyOf(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := openAndClose(t, localcloud.Options{Dir: dir}); !errors.Is(err, vault.ErrKeyMode) ||
		localcloud.DiskFailed(err) {
		t.Error(err)
	}
}
