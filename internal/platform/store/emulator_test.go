package store_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// emulator opens a store on the official emulator, which is slow when many writers change one document.
func emulator(t *testing.T) *store.Store {
	t.Helper()
	clients, _ := emulatorClients(t)
	return open(t, clients, 20*time.Second)
}

func emulatorClients(t *testing.T) (*gcp.Clients, string) {
	t.Helper()
	host := testneed.FirestoreEmulator(t)
	clients, err := gcp.Open(t.Context(), gcp.Options{
		Project: "opera-test", FirestoreDatabase: "content", KeysDatabase: "keys",
		Dial: refusing{}, Emulators: gcp.Emulators{Firestore: host},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clients.Close() })
	return clients, host
}

func open(t testing.TB, clients *gcp.Clients, timeout time.Duration) *store.Store {
	t.Helper()
	s, err := store.New(store.Options{
		Client: clients.Firestore.Client, Database: clients.Firestore.Name,
		Collections: storetest.Collections(), CursorKey: storetest.CursorKey, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEmulator(t *testing.T) {
	t.Parallel()
	s := emulator(t)
	storetest.Run(t, func(*testing.T) *store.Store { return s })
	t.Run("contention", func(t *testing.T) {
		t.Logf("3 writers needed %d tries", storetest.Contention(t, s, 3))
	})
}

func TestEmulatorProperty(t *testing.T) {
	fewer(t, 25)
	storetest.Property(t, emulator(t))
}

// fewer reduces the number of random runs, unless the command line sets it.
func fewer(t *testing.T, n int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", checks.DefValue) })
}
