// Package tabletest opens stores for tests, on the real database: on a disk in memory, or in a folder for those that
// open it again.
package tabletest

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Open opens a store on a disk in memory, until the test ends.
func Open(t testing.TB) table.Store {
	t.Helper()
	store, closeStore := on(t, kvtest.Disk(t), t.TempDir())
	t.Cleanup(closeStore)
	return store
}

// At opens the store in dir; the test closes it.
func At(t testing.TB, dir string) (store table.Store, closeStore func()) {
	t.Helper()
	return on(t, vfs.Default, dir)
}

func on(t testing.TB, files vfs.FS, dir string) (store table.Store, closeStore func()) {
	t.Helper()
	db, err := kv.Open(dir, kv.Options{CacheBytes: 1 << 20, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return table.On(db), func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
