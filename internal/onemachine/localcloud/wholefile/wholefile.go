// Package wholefile writes a small file atomically: whatever ends the writing, its path has either the old content or
// the new one, never a part.
//
// It must never report that a file is written before the disk has it.
package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Writer writes files that only their owner may read. The zero value is right for everything but tests.
type Writer struct {
	// Before, when set, is called before each step, and its error is the step's.
	Before func(step string) error
}

// Write writes a file with the zero Writer.
func Write(path string, data []byte) error { return Writer{}.Write(path, data) }

// Write gives the file at path this content. Until it is complete, the content is beside it, under the same name with
// ".new".
func (w Writer) Write(path string, data []byte) error {
	half := path + ".new"
	if err := w.fill(half, data); err != nil {
		_ = os.Remove(half) // the disk may be full, and the file is of no use
		return err
	}
	return w.Rename(half, path)
}

// Rename gives a file that is on disk its final name, durably.
func (w Writer) Rename(from, to string) error {
	err := w.step("rename", func() error { return os.Rename(from, to) })
	if err != nil {
		return err
	}
	return w.step("sync the folder", func() error { return syncDir(filepath.Dir(to)) })
}

func (w Writer) step(name string, do func() error) error {
	if w.Before != nil {
		if err := w.Before(name); err != nil {
			return err
		}
	}
	return do()
}

// fill creates a new file, because one that was left behind could be readable by others.
func (w Writer) fill(path string, data []byte) (err error) {
	err = w.step("remove what was left", func() error {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	var f *os.File
	err = w.step("make", func() (err error) {
		// #nosec G304 -- a file of the operator's own data folder
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, w.step("close", func() error { return nil }), f.Close())
	}()
	err = w.step("write", func() error {
		_, err := f.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	return w.step("sync", f.Sync)
}

func syncDir(dir string) (err error) {
	d, err := os.Open(dir) // #nosec G304 -- as above
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
