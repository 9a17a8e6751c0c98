package seal_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
)

// world is a keys database, a KMS, and instances that use them.
type world struct {
	*storetest.Cloud
	store *store.Store
	clock *modeltest.Clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c := storetest.Open(t, nil, seal.Collections())
	return &world{
		Cloud: c,
		store: c.Store(t, storetest.Keys, seal.Collections(), 0),
		clock: modeltest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)),
	}
}

// instance is one of several instances in the same world.
func (w *world) instance(change ...func(*seal.Options)) *seal.Keyrings {
	o := seal.Options{KMS: w.Clients.KMS, KeyName: storetest.WrappingKey, Store: w.store, Clock: w.clock}
	for _, f := range change {
		f(&o)
	}
	return seal.New(o)
}

// ring makes a keyring for a workspace and returns it.
func (w *world) ring(t testing.TB, k *seal.Keyrings, scope model.Scope) *seal.Ring {
	t.Helper()
	if err := k.Ensure(t.Context(), scope); err != nil {
		t.Fatal(err)
	}
	return ringOf(t, k, scope)
}

func ringOf(t testing.TB, k *seal.Keyrings, scope model.Scope) *seal.Ring {
	t.Helper()
	r, err := k.Ring(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// kmsCalls counts the calls of a method from now on.
func (w *world) kmsCalls(method string) *atomic.Int64 {
	n := &atomic.Int64{}
	w.Faults.Set(storetest.Counting(method, n), nil)
	return n
}

var (
	tosca = model.Workspace("tosca")
	norma = model.Workspace("norma")
)

func place(scope model.Scope) seal.Binding {
	return seal.Binding{Scope: scope, Kind: "reports", ID: "r1", Field: "title"}
}

func wantKind(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want kind %q", err, kind)
	}
}

func sealed(t testing.TB, r *seal.Ring, text string) []byte {
	t.Helper()
	c, err := r.Seal([]byte(text), place(r.Scope()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func opens(t testing.TB, r *seal.Ring, c []byte, want string) {
	t.Helper()
	got, err := r.Open(c, place(r.Scope()))
	if err != nil || string(got) != want {
		t.Fatalf("opened %q, %v; want %q", got, err, want)
	}
}

func closed(t testing.TB, r *seal.Ring, c []byte, b seal.Binding) {
	t.Helper()
	got, err := r.Open(c, b)
	if !errors.Is(err, model.ErrInvalid) || got != nil {
		t.Fatalf("opened %q with %v", got, err)
	}
}
