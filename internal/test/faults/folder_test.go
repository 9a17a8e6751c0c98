package faults

import (
	"context"
	"log/slog"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// folder is a data folder on which no service runs, opened for inspection.
type folder struct {
	cloud *local.Cloud
	admin admin.Services // of the cloud
	cfg   config.Config
	store *store.Store
}

func openFolder(t *testing.T, dir string) *folder {
	t.Helper()
	cfg, err := config.Local("127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{cfg: cfg}
	f.cloud, err = local.OpenCloud(t.Context(), local.CloudOptions{
		Dir: dir, Config: cfg, Content: app.ContentCollections(), Keys: app.KeysCollections(),
		Logger:  slog.New(slog.DiscardHandler),
		Further: f.admin.Join,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.store = f.open(t, f.cloud.Clients.Firestore.Name, app.ContentCollections())
	return f
}

func (f *folder) open(t *testing.T, name string, collections []store.Collection) *store.Store {
	t.Helper()
	s, err := store.New(store.Options{
		Client: f.cloud.Clients.Firestore.Client, Database: name, Collections: collections, CursorKey: make([]byte, 32),
		Clock: testclock.Moving{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *folder) close(t *testing.T) {
	t.Helper()
	if err := f.cloud.Close(); err != nil {
		t.Error(err)
	}
}

// sweep ships what instances that are gone left behind, as the next instance does, and says how much that was.
func (f *folder) sweep(t *testing.T) int {
	t.Helper()
	s := audit.NewShipper(audit.ShipperOptions{
		Store: f.store, Clock: testclock.Moving{}, Alone: true, Logger: slog.New(slog.DiscardHandler),
		Log: audit.CloudLog{Client: f.cloud.Clients.Logging, Project: f.cfg.Project},
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := s.Sweep(t.Context())
	if err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	return n
}

func (f *folder) ledger(t *testing.T) *ledger {
	t.Helper()
	l, err := readLedger(t.Context(), f.cloud, f.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (f *folder) shipped(t *testing.T) map[string]int {
	t.Helper()
	log, err := shipped(t.Context(), f.cloud, f.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// bound checks every trail against its checkpoints: whatever was cut off, no check may say that something was changed,
// removed or inserted.
func (f *folder) bound(t *testing.T) {
	t.Helper()
	v := &checkpoint.Verifier{
		Store: f.store, Clock: testclock.Moving{},
		Keys: &signing.Keys{Client: f.cloud.Clients.KMS, Name: f.cfg.SigningKey(), Clock: testclock.Moving{}},
	}
	trails, rounds := 0, int64(0)
	err := v.All(t.Context(), func(r checkpoint.Report) error {
		if r.State == checkpoint.Found {
			t.Errorf("%s: %+v", r.Scope, r.Findings)
		}
		trails, rounds = trails+1, rounds+r.Rounds
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d reports on trails, %d rounds", trails, rounds)
}

// reports opens every report of a workspace.
func (f *folder) reports(t *testing.T, l *ledger, workspace string) map[string]records.Record[shows.Report] {
	t.Helper()
	keys := seal.New(seal.Options{
		KMS: f.cloud.Clients.KMS, KeyName: f.cfg.KMSKey, Store: f.open(t, f.cloud.Clients.Keys.Name,
			app.KeysCollections()),
	})
	gate := records.New(records.Options{Store: f.store, Keyrings: keys, Clock: testclock.Moving{}})
	scope := model.Workspace(workspace)
	kind := recordstest.KindOf[shows.Report](shows.Kinds())
	out := map[string]records.Record[shows.Report]{}
	for _, id := range l.of(scope.String() + "/reports/") {
		r, err := kind.Get(context.WithoutCancel(t.Context()), gate.Serving(),
			records.By(access.SystemCaller(scope,
				"proof", ""), access.TrashEmpty).On(id))
		if err != nil {
			t.Errorf("report %s: %v", id, err)
			continue
		}
		out[id] = r
	}
	return out
}
