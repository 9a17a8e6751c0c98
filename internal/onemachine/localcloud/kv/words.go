package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// What can be wrong with a folder or its disk. The text around these errors says which file and what to do.
var (
	// ErrInUse says that another process, or another part of this one, has the folder open.
	ErrInUse = errors.New("folder is in use by another process")
	// ErrFull says that the disk, or this user's share of it, has no room left.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly says that the folder is on a file system that accepts no writes.
	ErrReadOnly = errors.New("the file system is mounted read-only")
	// ErrForbidden says that this user may not use the folder.
	ErrForbidden = errors.New("this user may not")
	// ErrDamaged says that a file does not hold what was written to it, or is missing.
	ErrDamaged = errors.New("the folder is damaged")
	// ErrDisk says that the disk failed in another way.
	ErrDisk = errors.New("the disk failed")
)

// problem is an error in one sentence for whoever runs the program. Pebble's own error is kept for errors.Is, but not
// in the text, because it has several lines.
type problem struct {
	kind, cause error
	text        string
}

// Error is the sentence.
func (p *problem) Error() string { return p.text }

// Unwrap returns the kind of error and its cause.
func (p *problem) Unwrap() []error { return []error{p.kind, p.cause} }

const bringBack = `bring the folder back from a copy, see "One machine" in docs/operations.md`

// Explain says in one sentence what the disk refused, with which file, and what to do. Errors that are not about the
// disk are returned unchanged.
func Explain(dir string, err error) error {
	var errno syscall.Errno
	if err == nil || !errors.As(err, &errno) || errno == syscall.ENOENT {
		return err
	}
	return explain(dir, err)
}

// explain says in one sentence what is wrong, with which file, and what to do.
func explain(dir string, err error) error {
	var known *problem
	if errors.As(err, &known) {
		return known
	}
	p := &problem{cause: err}
	file := fileOf(dir, err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		p.kind = ErrFull
		p.text = fmt.Sprintf("the disk is full: there is no room for %s; make room, then start again", file)
	case errors.Is(err, syscall.EROFS):
		p.kind = ErrReadOnly
		p.text = fmt.Sprintf("%s cannot be written: its file system is mounted read-only; mount it for writing, or "+
			"name another folder", file)
	case errors.Is(err, fs.ErrPermission):
		p.kind = ErrForbidden
		p.text = fmt.Sprintf("this user may not read and write %s; give it the folder and everything in it", file)
	case damaged(err):
		p.kind = ErrDamaged
		p.text = fmt.Sprintf("%s is damaged or missing; %s", file, bringBack)
	default:
		p.kind = ErrDisk
		p.text = fmt.Sprintf("the disk failed at %s: %s; check the disk, then start again", file,
			firstLine(rootOf(err).Error()))
	}
	return p
}

// explainOpen is explain for what keeps a folder from being opened. An error that does not come from the disk is about
// the content of the files.
func explainOpen(dir string, err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != syscall.ENOENT {
		return explain(dir, err)
	}
	var known *problem
	if errors.As(err, &known) {
		return known
	}
	return &problem{kind: ErrDamaged, cause: err,
		text: fmt.Sprintf("%s is damaged or missing (%s); %s", fileOf(dir, err), firstLine(err.Error()), bringBack)}
}

func damaged(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged)
}

var (
	fileName = regexp.MustCompile(
		`(?:\d{6,}\.(?:log|sst)|(?:MANIFEST|OPTIONS|LOGS)(?:-\d+)?|marker\.[a-z-]+\.[\w.-]+)`)
	replaying = regexp.MustCompile(`replaying wal (\d+)`)
	tableIn   = regexp.MustCompile(`L\d: (\d{6,})`)
)

// fileOf is the file that an error is about, or the folder when it does not say.
func fileOf(dir string, err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Path
	}
	said := fmt.Sprintf("%+v", err)
	if found := replaying.FindStringSubmatch(said); found != nil {
		if n, err := strconv.Atoi(found[1]); err == nil {
			return filepath.Join(dir, fmt.Sprintf("%06d.log", n))
		}
	}
	if found := fileName.FindString(said); found != "" {
		return filepath.Join(dir, found)
	}
	if found := tableIn.FindStringSubmatch(said); found != nil {
		return filepath.Join(dir, found[1]+".sst")
	}
	return dir
}

// rootOf is the innermost error: that of the operating system.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func firstLine(s string) string {
	for i, r := range s {
		if r == '\n' {
			return s[:i]
		}
	}
	return s
}
