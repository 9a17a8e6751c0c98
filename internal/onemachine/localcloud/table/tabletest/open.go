// Package tabletest opens stores for tests, on the real database in a folder of the test.
package tabletest

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Open opens a store in a new folder, until the test ends.
func Open(t testing.TB) table.Store {
	t.Helper()
	store, closeStore := At(t, t.TempDir())
	t.Cleanup(closeStore)
	return store
}

// At opens the store in dir; the test closes it.
func At(t testing.TB, dir string) (store table.Store, closeStore func()) {
	t.Helper()
	db, err := kv.Open(dir, kv.Options{CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return table.On(db), func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
