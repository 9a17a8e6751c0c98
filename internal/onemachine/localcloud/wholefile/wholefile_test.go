package wholefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
)

// failAt fails one step of a write, and records all steps.
type failAt struct {
	step  int
	steps []string
}

func (f *failAt) before(step string) error {
	f.steps = append(f.steps, step)
	if len(f.steps) == f.step {
		return syscall.EIO
	}
	return nil
}

// TestAWritingThatFailsChangesNothing: at each step. Only once the file has its final name may the new content be
// there, and then completely.
func TestAWritingThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	whole := &failAt{}
	path := filepath.Join(t.TempDir(), "f")
	if err := (wholefile.Writer{Before: whole.before}).Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	onlyOwners(t, path)
	for step, name := range whole.steps {
		path := filepath.Join(t.TempDir(), "f")
		if err := wholefile.Write(path, []byte("old")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".new", []byte("half of a"), 0o644); err != nil { // left by a crash
			t.Fatal(err)
		}
		err := (wholefile.Writer{Before: (&failAt{step: step + 1}).before}).Write(path, []byte("new"))
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: %v", name, err)
		}
		want := "old"
		if name == "sync the folder" {
			want = "new"
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s failed: the file holds %q, %v", name, got, err)
		}
		if err := wholefile.Write(path, []byte("later")); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
		onlyOwners(t, path)
	}
}

// onlyOwners fails the test unless only the owner may read the file.
func onlyOwners(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
}
