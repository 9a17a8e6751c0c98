package firestore_test

import (
	"errors"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	transport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// TestTimesNeverGoBack sets the clock back a day, while the server runs and between two runs: an overwrite is later
// than what it replaced, a document that is created again later than it was, and a new one later than all.
func TestTimesNeverGoBack(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), time.Date(2026, 5, 5, 20, 0, 0, 0, time.UTC)
	var newest time.Time
	later := func(what string, at time.Time) {
		t.Helper()
		if !at.After(newest) {
			t.Errorf("%s: %v is not after %v", what, at, newest)
		}
		newest = at
	}
	for life, step := range []time.Duration{0, -24 * time.Hour, time.Minute, -time.Hour} {
		clock = clock.Add(step)
		client, end := serveAt(t, dir, func() time.Time { return clock })
		for _, back := range []time.Duration{0, 24 * time.Hour} {
			clock = clock.Add(-back)
			kept, gone := client.Doc("c/kept"), client.Doc("c/gone")
			r, err := kept.Set(t.Context(), map[string]any{"n": life, "back": back.Hours()})
			if err != nil {
				t.Fatal(err)
			}
			later("overwritten", r.UpdateTime)
			if _, err := gone.Delete(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r, err = gone.Create(t.Context(), map[string]any{"n": 1}); err != nil {
				t.Fatal(err)
			}
			later("made again", r.UpdateTime)
			found, err := kept.Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			later("read", found.ReadTime) // which nothing stores; what is written in the next run is still later
			clock = clock.Add(back)
		}
		end()
	}
	if ahead := newest.Sub(time.Date(2026, 5, 5, 20, 0, 0, 0, time.UTC)); ahead > 10*time.Second {
		t.Errorf("the times ran ahead by %v", ahead)
	}
}

// TestOverwriteIsLaterWhereNoTimeWasKept: a folder from before times were kept.
func TestOverwriteIsLaterWhereNoTimeWasKept(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), time.Date(2026, 5, 5, 20, 0, 0, 0, time.UTC)
	client, end := serveAt(t, dir, func() time.Time { return clock })
	before, err := client.Doc("c/a").Set(t.Context(), map[string]any{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	end()
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := store.Batch()
	b.Delete([]byte("ft"))
	if err := errors.Join(b.Commit(), store.Close()); err != nil {
		t.Fatal(err)
	}
	client, end = serveAt(t, dir, func() time.Time { return clock.Add(-24 * time.Hour) })
	defer end()
	after, err := client.Doc("c/a").Set(t.Context(), map[string]any{"n": 2})
	if err != nil || !after.UpdateTime.After(before.UpdateTime) {
		t.Errorf("%v is not after %v: %v", after.UpdateTime, before.UpdateTime, err)
	}
}

func serveAt(t *testing.T, dir string, clock func() time.Time) (*gcfs.Client, func()) {
	t.Helper()
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := firestore.New(store, firestore.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.EnsureDatabase("p", "d"); err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{})
	server.Register(conn)
	client, err := gcfs.NewClientWithDatabase(t.Context(), "p", "d", transport.WithConnPool(conn))
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		for _, end := range []func() error{client.Close, server.Close, store.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}
}
