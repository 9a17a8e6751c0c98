package blob_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/blob/blobtest"
)

func open(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	blobtest.Suite(t, open(t, dir))
	left := 0
	err := filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error {
		left++
		return err
	})
	if err != nil || left != 2 { // the folder, and that of what is being written
		t.Errorf("%d entries are left, %v", left, err)
	}
}

// A process that ended while it wrote leaves nothing that counts, and only the owner can read what is there.
func TestFolderAfterACrash(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	f := open(t, dir)
	if err := f.Put(t.Context(), "w/f/p", []byte("whole")); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, ".new", "half")
	if err := os.WriteFile(half, []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = open(t, dir)
	if names, err := f.List(t.Context(), "", "", 10); err != nil || len(names) != 1 {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("what was not finished is still there")
	}
	for _, path := range []string{dir, filepath.Join(dir, "w", "f"), filepath.Join(dir, "w", "f", "p")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
