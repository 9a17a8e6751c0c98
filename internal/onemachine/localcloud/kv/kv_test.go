package kv_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// In a child process the test binary opens a folder and reports the result, or commits until it is killed.
func TestMain(m *testing.M) {
	switch dir := os.Getenv("KV_TEST_DIR"); os.Getenv("KV_TEST_CHILD") {
	case "open":
		db, err := kv.Open(dir, kv.Options{})
		if err == nil {
			err = db.Close()
		}
		fmt.Println(err)
	case "commit":
		commitForever(dir)
	default:
		os.Exit(m.Run())
	}
}

func child(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "KV_TEST_CHILD="+what, "KV_TEST_DIR="+dir)
	return cmd
}

func open(t *testing.T, dir string) *kv.DB {
	t.Helper()
	db, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func closeNow(t *testing.T, db *kv.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, db *kv.DB, pairs ...string) {
	t.Helper()
	b := db.Batch()
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestOneFolderHasOneUser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, dir)
	_, err := kv.Open(dir, kv.Options{})
	if !errors.Is(err, kv.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second user in this process: %v", err)
	}
	out, err := child(t, "open", dir).Output()
	if err != nil || !strings.Contains(string(out), dir) || !strings.Contains(string(out),
		"in use by another process") {
		t.Errorf("second process: %s %v", out, err)
	}
	closeNow(t, db)
	if out, err = child(t, "open", dir).Output(); err != nil || strings.TrimSpace(string(out)) != "<nil>" {
		t.Errorf("after the first is gone: %s %v", out, err)
	}
	db = open(t, dir)
	closeNow(t, db)
}

func TestReadsSeeWhatWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/made"
	db := open(t, dir)
	defer closeNow(t, db)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Error("others can look into the folder", info, err)
	}
	set(t, db, "a/1", "x", "a/2", "y", "b/1", "z", "c", "")
	if v, err := db.Get([]byte("a/2")); err != nil || string(v) != "y" {
		t.Error(v, err)
	}
	if v, err := db.Get([]byte("c")); err != nil || len(v) != 0 {
		t.Error(v, err)
	}
	if _, err := db.Get([]byte("a")); !errors.Is(err, kv.ErrNotFound) {
		t.Error(err)
	}
	for _, c := range []struct {
		r    kv.Range
		want string
	}{
		{kv.Prefix([]byte("a/")), "a/1=x a/2=y"},
		{kv.Range{Lo: []byte("a/2"), Hi: []byte("c")}, "a/2=y b/1=z"},
		{kv.Range{Reverse: true}, "c= b/1=z a/2=y a/1=x"},
		{kv.Range{Lo: []byte("x")}, ""},
	} {
		if got := scan(t, db, c.r, 100); got != c.want {
			t.Errorf("%v: %q, want %q", c.r, got, c.want)
		}
	}
	if got := scan(t, db, kv.Range{}, 2); got != "a/1=x a/2=y" {
		t.Errorf("stopped scan: %q", got)
	}
	boom := errors.New("boom")
	if err := db.Scan(kv.Range{}, func(_, _ []byte) error { return boom }); !errors.Is(err, boom) {
		t.Error(err)
	}
}

func scan(t *testing.T, r kv.Reader, over kv.Range, most int) string {
	t.Helper()
	var out []string
	err := r.Scan(over, func(k, v []byte) error {
		out = append(out, string(k)+"="+string(v))
		if len(out) == most {
			return kv.Stop
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func TestSnapshotStaysAsItWas(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir())
	defer closeNow(t, db)
	set(t, db, "a", "1")
	snap := db.Snapshot()
	b := db.Batch()
	b.Set([]byte("a"), []byte("2"))
	b.Set([]byte("b"), []byte("2"))
	wait, err := db.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := scan(t, db, kv.Range{}, 10); got != "a=2 b=2" {
		t.Errorf("applied but not seen: %s", got)
	}
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if got := scan(t, snap, kv.Range{}, 10); got != "a=1" {
		t.Errorf("snapshot has %s", got)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	drop := db.Batch()
	drop.DeleteRange([]byte("a"), []byte("b"))
	drop.Delete([]byte("nothing"))
	if drop.Len() == 0 {
		t.Error("a batch with changes has no size")
	}
	if err := drop.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := scan(t, db, kv.Range{}, 10); got != "b=2" {
		t.Errorf("after delete: %s", got)
	}
}

func TestDroppedBatchLeavesNothing(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir())
	defer closeNow(t, db)
	b := db.Batch()
	b.Set([]byte("a"), []byte("1"))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := scan(t, db, kv.Range{}, 10); got != "" {
		t.Errorf("found %s", got)
	}
}

func TestPrefixEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want []byte }{
		{[]byte("a"), []byte("b")},
		{[]byte{1, 0xff, 0xff}, []byte{2}},
		{[]byte{0xff, 0xff}, nil},
		{nil, nil},
	} {
		in := slices.Clone(c.in)
		if got := kv.PrefixEnd(c.in); !bytes.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%x: %x, want %x", c.in, got, c.want)
		}
		if !bytes.Equal(in, c.in) {
			t.Error("the argument changed")
		}
	}
}

// commitForever commits from several goroutines and prints each key when its commit has returned.
func commitForever(dir string) {
	db, err := kv.Open(dir, kv.Options{})
	if err != nil {
		panic(err)
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d/%08d", g, i)
				b := db.Batch()
				b.Set([]byte(key), bytes.Repeat([]byte(key), 100))
				wait, err := db.Apply(b)
				if err == nil {
					err = wait()
				}
				if err != nil {
					panic(err)
				}
				out.Lock()
				fmt.Println(key)
				out.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNothingThatWasCommitted(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		cmd := child(t, "commit", dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		acknowledged := map[string]bool{}
		for lines.Scan() {
			acknowledged[lines.Text()] = true
			if len(acknowledged) == 500*(round+1) {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		started := testclock.Start()
		db := open(t, dir)
		if took := started.Elapsed(); took > 5*time.Second {
			t.Errorf("opening took %v", took)
		}
		for key := range acknowledged {
			if v, err := db.Get([]byte(key)); err != nil || !bytes.Equal(v, bytes.Repeat([]byte(key), 100)) {
				t.Fatalf("lost %q: %v", key, err)
			}
		}
		closeNow(t, db)
	}
}
