package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder keeps objects as files in a folder that only its owner can read.
type Folder struct{ dir string }

// unfinished is the folder of what is being written. No object can have such a name.
const unfinished = ".new"

// OpenFolder opens the folder, and makes it if there is none. It removes what a process that is gone did not finish, so
// only one process at a time may use the folder.
func OpenFolder(dir string) (*Folder, error) {
	half := filepath.Join(dir, unfinished)
	if err := os.RemoveAll(half); err != nil {
		return nil, fmt.Errorf("blob: tidy the folder: %w", err)
	}
	if err := os.MkdirAll(half, 0o700); err != nil {
		return nil, fmt.Errorf("blob: open the folder: %w", err)
	}
	return &Folder{dir}, nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Put implements Store: the object gets its name when all of it is on the disk, unless there is one of this name.
func (f *Folder) Put(_ context.Context, name string, body []byte) error {
	if err := Check(name, len(body)); err != nil {
		return err
	}
	half, err := f.fill(body)
	if err == nil {
		err = f.give(half, name)
	}
	if half != "" {
		err = errors.Join(err, os.Remove(half))
	}
	if errors.Is(err, fs.ErrExist) {
		return f.same(name, body)
	}
	if err != nil {
		return fmt.Errorf("blob: store an object: %w", err)
	}
	return nil
}

// fill writes the object to a file without a name of its own.
func (f *Folder) fill(body []byte) (path string, err error) {
	half, err := os.CreateTemp(filepath.Join(f.dir, unfinished), "")
	if err != nil {
		return "", err
	}
	_, err = half.Write(body)
	return half.Name(), errors.Join(err, half.Sync(), half.Close())
}

// give gives the file its name. A link, unlike a renaming, never replaces another file.
func (f *Folder) give(half, name string) error {
	path := f.path(name)
	err := os.Link(half, path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = f.makeAbove(path); err == nil {
			err = os.Link(half, path)
		}
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// makeAbove makes the folders above a file, durably.
func (f *Folder) makeAbove(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for dir != f.dir {
		dir = filepath.Dir(dir)
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- a folder of the operator's own data
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// same reports whether the object that has this name holds the same.
func (f *Folder) same(name string, body []byte) error {
	have, err := os.ReadFile(f.path(name))
	if err != nil {
		return fmt.Errorf("blob: look at an object: %w", err)
	}
	if !bytes.Equal(have, body) {
		return ErrExists
	}
	return nil
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if err := Check(name, 0); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("blob: open an object: %w", err)
	}
	return file, nil
}

// Delete implements Store. Folders that are empty then go, too.
func (f *Folder) Delete(_ context.Context, name string) error {
	if err := Check(name, 0); err != nil {
		return err
	}
	path := f.path(name)
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("blob: remove an object: %w", err)
	}
	for dir := filepath.Dir(path); dir != f.dir; dir = filepath.Dir(dir) {
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("blob: remove an object: %w", err)
		}
		if os.Remove(dir) != nil { // something else is in it
			return nil
		}
	}
	return nil
}

// List implements Store.
func (f *Folder) List(_ context.Context, prefix, after string, most int) ([]string, error) {
	if err := CheckList(prefix, after, most); err != nil {
		return nil, err
	}
	l := listing{folder: f, after: after, most: most}
	if err := l.add(prefix); err != nil {
		return nil, fmt.Errorf("blob: list the folder: %w", err)
	}
	return l.names, nil
}

// listing is a list that is being made.
type listing struct {
	folder *Folder
	after  string
	most   int
	names  []string
}

// add adds what is in a folder. A folder has its place by its name with a slash, which is how names are sorted that
// have no folders.
func (l *listing) add(prefix string) error {
	entries, err := os.ReadDir(l.folder.path(prefix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there is none, or it was removed in the meantime
	}
	if err != nil {
		return err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		name := prefix + e.Name()
		if e.IsDir() {
			name += "/"
		}
		if e.Name() != unfinished && (name > l.after || e.IsDir() && strings.HasPrefix(l.after, name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case len(l.names) == l.most:
			return nil
		case !strings.HasSuffix(name, "/"):
			l.names = append(l.names, name)
		default:
			if err := l.add(name); err != nil {
				return err
			}
		}
	}
	return nil
}
