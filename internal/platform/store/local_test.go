package store_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
)

// local opens a local cloud and a store on it.
func local(t testing.TB, timeout time.Duration) (*store.Store, *storetest.Cloud) {
	t.Helper()
	c := storetest.Open(t, storetest.Collections(), nil)
	return c.Store(t, storetest.Content, storetest.Collections(), timeout), c
}

func TestLocal(t *testing.T) {
	t.Parallel()
	s, _ := local(t, 10*time.Second)
	storetest.Run(t, func(*testing.T) *store.Store { return s })
	t.Run("largest commit", func(t *testing.T) { storetest.LargestCommit(t, s) })
	t.Run("contention", func(t *testing.T) {
		t.Logf("50 writers needed %d tries", storetest.Contention(t, s, 50))
	})
}

func TestLocalProperty(t *testing.T) {
	t.Parallel()
	s, _ := local(t, 10*time.Second)
	storetest.Property(t, s)
}

// It runs alone: fewer changes a flag of the whole process.
func TestLocalLikeEmulator(t *testing.T) {
	fewer(t, 25)
	s, _ := local(t, 10*time.Second)
	storetest.Property(t, s, emulator(t))
}
