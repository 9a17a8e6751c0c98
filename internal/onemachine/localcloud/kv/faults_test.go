package kv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// disk is a disk in memory that forgets what was not synced, and fails at a chosen call: once, or from there on.
type disk struct {
	mem     *vfs.MemFS
	calls   atomic.Int64
	at      int64
	forever bool
	errno   syscall.Errno
}

func newDisk(at int64, forever bool, errno syscall.Errno) *disk {
	return &disk{mem: vfs.NewCrashableMem(), at: at, forever: forever, errno: errno}
}

func (d *disk) String() string { return "disk" }

// MaybeError fails a call. Reads do not count, because they do not affect what is stored and their number differs each
// time.
func (d *disk) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	n := d.calls.Add(1)
	if d.at == 0 || n < d.at || n > d.at && !d.forever {
		return nil
	}
	return &fs.PathError{Op: fmt.Sprint("call ", op.Kind), Path: op.Path, Err: d.errno}
}

// run is what one life of the database acknowledged.
type run struct {
	acknowledged, told []string
	failed             error
	opened             error
}

const faultDir = "data"

func value(key string) []byte { return bytes.Repeat([]byte(key), 400) }

// live opens, commits until something fails, and closes. It also reports what it read, whenever the database lets it.
func live(t *testing.T, d *disk) *run {
	t.Helper()
	r := &run{}
	var failed atomic.Pointer[error]
	db, err := kv.Open(faultDir, kv.Options{
		Files: errorfs.Wrap(d.mem, d), MemTable: 16 << 10, CacheBytes: 1 << 20, Failed: func(err error) {
			failed.Store(&err)
		},
	})
	defer func() {
		if p := failed.Load(); p != nil {
			r.failed = *p
		}
	}()
	if err != nil {
		r.opened = err
		return r
	}
	for i := range 40 {
		key := fmt.Sprintf("key-%03d", i)
		b := db.Batch()
		b.Set([]byte(key), value(key))
		wait, err := db.Apply(b)
		if err != nil {
			break
		}
		if i%2 == 0 { // of the others only the commit itself waits
			if _, err := db.Get([]byte(key)); err == nil && db.Durable(context.Background()) == nil {
				r.told = append(r.told, key)
			}
		}
		if wait() != nil {
			break
		}
		r.acknowledged = append(r.acknowledged, key)
	}
	err = db.Close()
	if failed.Load() == nil {
		return r
	}
	if !errors.Is(err, kv.ErrFailed) {
		t.Errorf("closed after a failure: %v", err)
	}
	if _, err := db.Get([]byte("key-000")); !errors.Is(err, kv.ErrFailed) {
		t.Errorf("answers after a failure: %v", err)
	}
	return r
}

// TestNoFaultOfTheDiskLosesWhatWasAcknowledged fails each call of a run that creates, writes, syncs, renames or removes
// a file of the log, a table or the manifest, alone and with all that follow, and checks what a crash leaves.
func TestNoFaultOfTheDiskLosesWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	whole := newDisk(0, false, 0)
	if r := live(t, whole); len(r.acknowledged) != 40 || len(r.told) != 20 {
		t.Fatalf("without a fault: %d acknowledged, %d told", len(r.acknowledged), len(r.told))
	}
	calls := whole.calls.Load()
	survived, ended, refused := 0, 0, 0
	for _, forever := range []bool{false, true} {
		for at := int64(1); at <= calls; at++ {
			for _, errno := range []syscall.Errno{syscall.EIO, syscall.ENOSPC}[:1+at%2] {
				d := newDisk(at, forever, errno)
				r := live(t, d)
				switch {
				case r.opened != nil:
					refused++
				case r.failed != nil:
					ended++
				default:
					survived++
				}
				checkWords(t, r)
				if !checkAfterCrash(t, d, r) {
					t.Fatalf("call %d, %v, for ever: %v", at, errno, forever)
				}
			}
		}
	}
	t.Logf("%d calls: %d faults survived, %d ended the database, %d kept it from opening", calls, survived, ended,
		refused)
	if survived == 0 || ended == 0 || refused == 0 {
		t.Error("one of the three never came: the faults miss something")
	}
}

func checkWords(t *testing.T, r *run) {
	t.Helper()
	for _, err := range []error{r.failed, r.opened} {
		if err == nil {
			continue
		}
		said := strings.Contains(err.Error(), faultDir) || strings.Contains(err.Error(), " . ") ||
			strings.Contains(err.Error(), " .:") ||
			strings.Contains(err.Error(), " .;") // the folder above, which holds its name
		if strings.Contains(err.Error(), "\n") || !said {
			t.Errorf("not one line with a file: %v", err)
		}
	}
}

func checkAfterCrash(t *testing.T, d *disk, r *run) bool {
	t.Helper()
	db, err := kv.Open(faultDir, kv.Options{Files: d.mem.CrashClone(vfs.CrashCloneCfg{}), CacheBytes: 1 << 20})
	if err != nil {
		t.Errorf("does not open after the crash: %v", err)
		return false
	}
	defer closeNow(t, db)
	for _, key := range append(r.acknowledged, r.told...) {
		if v, err := db.Get([]byte(key)); err != nil || !bytes.Equal(v, value(key)) {
			t.Errorf("%s was acknowledged and is gone: %v (%v)", key, err, r.failed)
			return false
		}
	}
	return true
}

// TestNothingIsToldBeforeTheDiskHasIt: a change is visible at once, and revealed when its sync is over.
func TestNothingIsToldBeforeTheDiskHasIt(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var hold atomic.Bool
	slow := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if hold.Load() && strings.HasSuffix(op.Path, ".log") && op.Kind == errorfs.OpFileSyncData {
			<-release
		}
		return nil
	})
	db, err := kv.Open(faultDir, kv.Options{Files: errorfs.Wrap(vfs.NewMem(), slow), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(t, db)
	if err := db.Durable(t.Context()); err != nil {
		t.Error(err)
	}
	hold.Store(true)
	b := db.Batch()
	b.Set([]byte("a"), []byte("1"))
	wait, err := db.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := db.Get([]byte("a")); err != nil || string(v) != "1" {
		t.Error(v, err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if err := db.Durable(over); !errors.Is(err, context.Canceled) {
		t.Errorf("told before the disk has it: %v", err)
	}
	close(release)
	if err := errors.Join(wait(), db.Durable(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyIsNotInUse(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]error{syscall.EROFS: kv.ErrReadOnly, syscall.ENOSPC: kv.ErrFull,
		syscall.EACCES: kv.ErrForbidden} {
		refuse := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpLock {
				return &fs.PathError{Op: "open", Path: op.Path, Err: errno}
			}
			return nil
		})
		_, err := kv.Open(faultDir, kv.Options{Files: errorfs.Wrap(vfs.NewMem(), refuse)})
		if !errors.Is(err, want) || errors.Is(err, kv.ErrInUse) || !strings.Contains(err.Error(), "LOCK") {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

// logs fills a folder whose changes are in several logs, and leaves it as a crash does.
func logs(t *testing.T) (files *vfs.MemFS, names []string) {
	t.Helper()
	mem := vfs.NewCrashableMem()
	stuck := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".sst") && op.Kind == errorfs.OpFileWrite {
			select {} // tables are never finished, so the logs stay
		}
		return nil
	})
	db, err := kv.Open(faultDir, kv.Options{Files: errorfs.Wrap(mem, stuck), MemTable: 16 << 10, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		key := fmt.Sprintf("key-%03d", i)
		set(t, db, key, string(value(key)))
	}
	files = mem.CrashClone(vfs.CrashCloneCfg{})
	all, err := files.List(faultDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.HasSuffix(name, ".log") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) < 3 {
		t.Fatalf("only the logs %v", names)
	}
	return files, names
}

// TestMissingLogIsSeen: it is noticed whether the first, a middle or the last log is missing; a last log whose end was
// cut off is what a crash leaves.
func TestMissingLogIsSeen(t *testing.T) {
	t.Parallel()
	_, names := logs(t)
	for i := range names {
		files, names := logs(t)
		if err := files.Remove(files.PathJoin(faultDir, names[i])); err != nil {
			t.Fatal(err)
		}
		_, err := kv.Open(faultDir, kv.Options{Files: files})
		if !errors.Is(err, kv.ErrDamaged) || !strings.Contains(err.Error(), names[i]+" is missing") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s of %v is gone: %v", names[i], names, err)
		}
	}
	files, names := logs(t)
	cut(t, files, files.PathJoin(faultDir, names[len(names)-1]))
	db, err := kv.Open(faultDir, kv.Options{Files: files})
	if err != nil {
		t.Fatalf("a torn tail: %v", err)
	}
	if _, err := db.Get([]byte("key-018")); err != nil {
		t.Errorf("before the torn tail: %v", err)
	}
	closeNow(t, db)
	files, names = logs(t)
	cut(t, files, files.PathJoin(faultDir, names[1]))
	if _, err = kv.Open(faultDir, kv.Options{Files: files}); !errors.Is(err, kv.ErrDamaged) ||
		!strings.Contains(err.Error(), names[1]) {
		t.Errorf("a torn log in the middle: %v", err)
	}
}

// cut removes a file's last bytes.
func cut(t *testing.T, files vfs.FS, path string) {
	t.Helper()
	rewrite(t, files, path, func(data []byte) []byte { return data[:len(data)-1500] })
}

// rewrite changes what a file holds.
func rewrite(t *testing.T, files vfs.FS, path string, change func([]byte) []byte) {
	t.Helper()
	f, err := files.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	w, err := files.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(change(data)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Sync(), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsOneSentence damages files of each kind: the folder does not open, or the first read that needs the file
// fails; there is never a panic.
func TestDamageIsOneSentence(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{".sst", "MANIFEST-", "marker.manifest", "LOGS"} {
		for what, spoil := range map[string]func([]byte) []byte{
			"gone":    nil,
			"flipped": flip,
			"empty":   func([]byte) []byte { return nil },
		} {
			if kind == "marker.manifest" && what != "gone" || kind == "LOGS" && what != "flipped" {
				continue // a marker is only a name; without a list there is nothing to compare with
			}
			t.Run(kind+" "+what, func(t *testing.T) {
				files := vfs.NewMem()
				path := filled(t, files, kind)
				if spoil == nil {
					if err := files.Remove(path); err != nil {
						t.Fatal(err)
					}
				} else {
					rewrite(t, files, path, spoil)
				}
				err := readAll(files)
				if !errors.Is(err, kv.ErrDamaged) || strings.Contains(err.Error(), "\n") ||
					!strings.Contains(err.Error(), "docs/operations.md") {
					t.Fatalf("%v", err)
				}
				if !strings.Contains(err.Error(), faultDir) {
					t.Errorf("does not say where: %v", err)
				}
			})
		}
	}
}

// filled fills a folder and returns the path of its last file of a kind: for manifests, the one in use.
func filled(t *testing.T, files vfs.FS, kind string) string {
	t.Helper()
	db, err := kv.Open(faultDir, kv.Options{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		key := fmt.Sprintf("key-%03d", i)
		set(t, db, key, string(value(key)))
	}
	closeNow(t, db)
	names, err := files.List(faultDir)
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, name := range names {
		if strings.HasPrefix(name, kind) || strings.HasSuffix(name, kind) {
			found = max(found, name)
		}
	}
	if found == "" {
		t.Fatalf("no %s in %v", kind, names)
	}
	return files.PathJoin(faultDir, found)
}

// readAll opens a folder and reads all of it; it returns what its owner is told.
func readAll(files vfs.FS) error {
	var told error
	db, err := kv.Open(faultDir, kv.Options{Files: files, Failed: func(err error) { told = err }})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.Scan(kv.Range{}, func(_, _ []byte) error { return nil }); err == nil {
		return nil
	}
	return told
}

func flip(data []byte) []byte {
	for i := range data {
		data[i] ^= 0x55
	}
	return data
}
