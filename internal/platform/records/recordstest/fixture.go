// Package recordstest builds a real gate for tests: the in-process cloud on a disk in memory, official clients, store,
// keyrings, trail. Production code must never import it.
package recordstest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// Fixture is a gate with everything below it, accessible to tests.
type Fixture struct {
	Gate     *records.Gate
	Store    *store.Store
	Keyrings *seal.Keyrings
	Trail    *audit.Trail
	Shipper  *audit.Shipper
	Clients  *gcp.Clients
	Cloud    *local.Cloud
	Config   config.Config
	Clock    *modeltest.Clock

	mu        sync.Mutex
	intercept func(ctx context.Context, method string) error
}

// New builds an environment whose store knows the given kinds, and makes the platform's keyring. It is closed at the
// end of the test.
func New(t testing.TB, kinds ...records.Declared) *Fixture {
	t.Helper()
	h := &Fixture{Clock: modeltest.NewClock(testclock.Now())}
	h.openCloud(t, kinds)
	h.openGate(t, kinds)
	return h
}

// Beside is another release on the same cloud, which knows other kinds. The database keeps the indexes that it has.
func (h *Fixture) Beside(t testing.TB, kinds ...records.Declared) *Fixture {
	t.Helper()
	other := &Fixture{Clock: h.Clock, Config: h.Config, Cloud: h.Cloud, Clients: h.Clients}
	other.openGate(t, kinds)
	return other
}

// Intercept sets a function that runs before every call reaches the cloud; nil for none.
func (h *Fixture) Intercept(f func(ctx context.Context, method string) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.intercept = f
}

func (h *Fixture) call(ctx context.Context, method string) error {
	h.mu.Lock()
	f := h.intercept
	h.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, method)
}

// Workspace makes the keyring of a new workspace and returns its scope.
func (h *Fixture) Workspace(t testing.TB) model.Scope {
	t.Helper()
	return h.scope(t, model.Workspace(model.NewID()))
}

// Account makes the keyring of a new account and returns its scope.
func (h *Fixture) Account(t testing.TB) model.Scope {
	t.Helper()
	return h.scope(t, model.Account(model.NewID()))
}

func (h *Fixture) scope(t testing.TB, s model.Scope) model.Scope {
	t.Helper()
	if err := h.Keyrings.Make(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *Fixture) openCloud(t testing.TB, kinds []records.Declared) {
	t.Helper()
	var err error
	h.Config, err = config.Local("127.0.0.1:65535")
	check(t, err)
	h.Cloud, err = local.OpenCloud(t.Context(), local.CloudOptions{
		Dir: t.TempDir(), Config: h.Config, Clock: h.Clock, Content: collections(kinds), Keys: seal.Collections(),
		Logger: quiet(), Intercept: h.call, Files: kvtest.Disk(t),
	})
	check(t, err)
	h.Clients = h.Cloud.Clients
	t.Cleanup(func() {
		if err := h.Cloud.Firestore().Unchanged(); err != nil {
			t.Error(err)
		}
		_ = h.Cloud.Close()
	})
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func (h *Fixture) openGate(t testing.TB, kinds []records.Declared) {
	t.Helper()
	key := []byte("cursor key of the tests, 32 bytes")
	var err error
	h.Store, err = store.New(store.Options{
		Client: h.Clients.Firestore.Client, Database: h.Clients.Firestore.Name,
		Collections: collections(kinds), CursorKey: key, Clock: h.Clock,
	})
	check(t, err)
	keys, err := store.New(store.Options{
		Client: h.Clients.Keys.Client, Database: h.Clients.Keys.Name, Collections: seal.Collections(), CursorKey: key,
		Clock: h.Clock,
	})
	check(t, err)
	h.Keyrings = seal.New(seal.Options{KMS: h.Clients.KMS, KeyName: h.Config.KMSKey, Store: keys, Clock: h.Clock})
	h.Shipper = audit.NewShipper(audit.ShipperOptions{
		Store: h.Store, Log: audit.CloudLog{Client: h.Clients.Logging, Project: h.Config.Project},
		Clock: h.Clock, Logger: quiet(),
	})
	h.Trail = audit.New(audit.Options{Store: h.Store, Keyrings: h.Keyrings, Clock: h.Clock, Shipper: h.Shipper,
		Totals: checkpoint.Totals{Store: h.Store}})
	h.Gate = records.New(records.Options{Store: h.Store, Keyrings: h.Keyrings, Trail: h.Trail, Clock: h.Clock})
	check(t, h.Keyrings.Ensure(t.Context(), model.Platform()))
	check(t, h.Shipper.Start(t.Context()))
	t.Cleanup(func() { _ = h.Shipper.Close(context.WithoutCancel(t.Context())) })
}

func collections(kinds []records.Declared) []store.Collection {
	all := append(audit.Collections(), checkpoint.Collections()...)
	for _, k := range kinds {
		all = append(all, k.Collection())
	}
	return all
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// AnyAction declares every operation under every action of a sort of scope, for test kinds that are not about
// operations.
func AnyAction(in model.ScopeKind) records.Under {
	under := records.Under{}
	for _, op := range records.Operations {
		under[op] = access.Actions(in)
	}
	return under
}

// SigningKeys are the keys that sign checkpoints.
func (h *Fixture) SigningKeys() *signing.Keys {
	return &signing.Keys{Client: h.Clients.KMS, Name: h.Config.SigningKey(), Clock: h.Clock}
}

// Verifier checks trails.
func (h *Fixture) Verifier() *checkpoint.Verifier {
	return &checkpoint.Verifier{Store: h.Store, Keys: h.SigningKeys(), Seals: h.Trail, Clock: h.Clock}
}

// BindTrail makes checkpoints of what is new in all trails.
func (h *Fixture) BindTrail(t testing.TB) {
	t.Helper()
	s := checkpoint.New(checkpoint.Options{
		Store: h.Store, Shipper: h.Shipper, Keys: h.SigningKeys(), Log: nowhere{}, Clock: h.Clock,
	})
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// nowhere discards what is shipped beside entries.
type nowhere struct{}

func (nowhere) WriteNotes(context.Context, []audit.LogNote) error { return nil }

// KindOf is the kind of documents with this body among a package's kinds, which only the package itself can name.
func KindOf[T any](kinds []records.Declared) *records.Kind[T] {
	for _, k := range kinds {
		if k, ok := k.(*records.Kind[T]); ok {
			return k
		}
	}
	panic("recordstest: no such kind")
}
