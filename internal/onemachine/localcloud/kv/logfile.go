package kv

import (
	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFile is a log that is written, or the folder that holds its name. An error of either halts the database before
// anybody is answered. What was written before a failed sync may or may not be on disk, and trying again does not tell,
// because the system forgets such an error.
type logFile struct {
	vfs.File
	fate *failure
}

func (f logFile) try(err error) error {
	if err != nil {
		f.fate.halt(err)
	}
	return nil
}

// Write writes.
func (f logFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.try(err)
}

// Sync waits for the disk.
func (f logFile) Sync() error { return f.try(f.File.Sync()) }

// SyncData waits for the disk.
func (f logFile) SyncData() error { return f.try(f.File.SyncData()) }

// SyncTo begins writing out, or waits for the disk.
func (f logFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.try(err)
}

// Stat says how large it is.
func (f logFile) Stat() (vfs.FileInfo, error) {
	info, err := f.File.Stat()
	return info, f.try(err)
}

// Close ends the use of the file.
func (f logFile) Close() error { return f.try(f.File.Close()) }
