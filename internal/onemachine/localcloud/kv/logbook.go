package kv

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logbookName is the file that lists the existing logs. The engine replays whatever logs it finds. Their numbers have
// gaps anyway, so without the list it could not notice that one is missing, with everything in it.
const logbookName = "LOGS"

// A page of the log book has a fixed size, and two pages are written alternately, so that a crash in the middle of
// writing one leaves the other. Both exist from the beginning, because a log must be removed just when the disk is
// full.
const pageSize = 4096

// logbook is a file system that maintains the list of the logs in one folder: a log is in it before anything is written
// to the log, and until just before the log is removed.
type logbook struct {
	vfs.FS
	dir  string
	fate *failure

	mu   sync.Mutex
	turn uint64
	logs map[string]bool
}

// openLogbook reads the list and compares it with the existing logs. A folder from before there was a list gets one.
func openLogbook(files vfs.FS, dir string, fate *failure) (*logbook, error) {
	b := &logbook{FS: files, dir: dir, fate: fate, logs: map[string]bool{}}
	names, err := files.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	known, err := b.load()
	if errors.Is(err, fs.ErrNotExist) {
		known = nil
	} else if err != nil {
		return nil, err
	}
	for _, name := range known {
		if !there[name] {
			return nil, &problem{kind: ErrDamaged, cause: fs.ErrNotExist, text: fmt.Sprintf(
				"%s is missing, and with it changes that nothing else holds; put the file back, or %s",
				filepath.Join(dir, name), bringBack)}
		}
	}
	if err := b.checkMarker(there); err != nil {
		return nil, err
	}
	for name := range there {
		if isLog(name) {
			b.logs[name] = true
		}
	}
	return b, b.begin(there[logbookName])
}

// checkMarker: where the engine does not find the file that names its manifest, it starts from scratch, whatever else
// exists.
func (b *logbook) checkMarker(there map[string]bool) error {
	holds := ""
	for name := range there {
		if strings.HasPrefix(name, "marker.manifest.") {
			return nil
		}
		if isLog(name) || strings.HasSuffix(name, ".sst") {
			holds = name
		}
	}
	if holds == "" {
		return nil
	}
	return &problem{kind: ErrDamaged, cause: fs.ErrNotExist, text: fmt.Sprintf("%s is missing while %s is there; %s",
		filepath.Join(b.dir, "marker.manifest.*"), holds, bringBack)}
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

// begin writes the current list; the first time both pages, so that later writes need no room.
func (b *logbook) begin(again bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.save(); err != nil {
		return err
	}
	if again {
		return nil
	}
	if err := b.save(); err != nil {
		return err
	}
	return b.syncDir()
}

func (b *logbook) load() ([]string, error) {
	f, err := b.Open(b.path())
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", b.path(), err)
	}
	var newest []string
	found := false
	for at := 0; at < len(data); at += pageSize {
		turn, names, ok := parsePage(data[at:min(at+pageSize, len(data))])
		if ok && (!found || turn > b.turn) {
			found, b.turn, newest = true, turn, names
		}
	}
	if !found && len(data) >= 2*pageSize {
		return nil, &problem{kind: ErrDamaged, cause: ErrDamaged, text: fmt.Sprintf("%s is damaged; %s", b.path(),
			bringBack)}
	}
	return newest, nil
}

func (b *logbook) path() string { return b.PathJoin(b.dir, logbookName) }

// page is a list with its sequence number and checksum, padded with spaces.
func page(turn uint64, names []string) ([]byte, error) {
	text := strconv.FormatUint(turn, 10) + "\n" + strings.Join(names, "\n") + "\n"
	text = fmt.Sprintf("%08x\n%s", crc32.ChecksumIEEE([]byte(text)), text)
	if len(text) > pageSize {
		return nil, fmt.Errorf("%d logs: %w", len(names), ErrDisk)
	}
	return []byte(text + strings.Repeat(" ", pageSize-len(text))), nil
}

func parsePage(data []byte) (turn uint64, names []string, ok bool) {
	sum, text, ok := strings.Cut(strings.TrimRight(string(data), " "), "\n")
	if !ok || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) {
		return 0, nil, false
	}
	lines := strings.Fields(text)
	if len(lines) == 0 {
		return 0, nil, false
	}
	turn, err := strconv.ParseUint(lines[0], 10, 64)
	return turn, lines[1:], err == nil
}

// save writes the next page. The caller holds mu.
func (b *logbook) save() (err error) {
	next, err := page(b.turn+1, slices.Sorted(maps.Keys(b.logs)))
	if err != nil {
		return err
	}
	f, err := b.OpenReadWrite(b.path(), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteAt(next, int64((b.turn+1)%2)*pageSize); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	b.turn++
	return nil
}

func (b *logbook) syncDir() error {
	d, err := b.FS.OpenDir(b.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// note changes the list and saves it. If it cannot be saved, the list stays as it was.
func (b *logbook) note(name string, there bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := maps.Clone(b.logs)
	if delete(b.logs, name); there {
		b.logs[name] = true
	}
	err := b.save()
	if err != nil {
		b.logs = before
	}
	return err
}

// made adds a log that has just been created. Its name must be on disk first, because otherwise a crash could leave a
// list with a log that never existed.
func (b *logbook) made(f vfs.File, path string, err error) vfs.File {
	if err == nil {
		err = b.syncDir()
	}
	if err == nil {
		err = b.note(b.PathBase(path), true)
	}
	if err != nil {
		b.fate.halt(err)
	}
	return logFile{f, b.fate}
}

// Create makes a file.
func (b *logbook) Create(path string, use vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := b.FS.Create(path, use)
	if !isLog(path) {
		return f, err
	}
	return b.made(f, path, err), nil
}

// ReuseForWrite makes a new log from one that is no longer needed.
func (b *logbook) ReuseForWrite(old, path string, use vfs.DiskWriteCategory) (vfs.File, error) {
	if err := b.note(b.PathBase(old), false); err != nil {
		b.fate.halt(err)
	}
	f, err := b.FS.ReuseForWrite(old, path, use)
	return b.made(f, path, err), nil
}

// OpenDir opens a folder, to sync it.
func (b *logbook) OpenDir(path string) (vfs.File, error) {
	f, err := b.FS.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return logFile{f, b.fate}, nil
}

// Remove removes a file.
func (b *logbook) Remove(path string) error {
	if isLog(path) {
		if err := b.note(b.PathBase(path), false); err != nil {
			return err
		}
	}
	return b.FS.Remove(path)
}

// GetDiskUsage says how full the disk is, if that can be determined; if not, that is not a failure.
func (b *logbook) GetDiskUsage(path string) (vfs.DiskUsage, error) {
	usage, err := b.FS.GetDiskUsage(path)
	if err != nil {
		return usage, vfs.ErrUnsupported
	}
	return usage, nil
}

// Unwrap gives the file system below.
func (b *logbook) Unwrap() vfs.FS { return b.FS }
