// Package kvtest gives tests a disk. Production code must never import it.
package kvtest

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Disk is a disk in memory, for tests of what stands on a database and not of what it keeps: nobody waits for it. A
// benchmark has the machine's own, since whoever waits for an answer waits for that.
func Disk(t testing.TB) vfs.FS {
	if _, measuring := t.(*testing.B); measuring {
		return vfs.Default
	}
	return vfs.NewMem()
}
