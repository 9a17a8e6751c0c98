package drill_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	admin "cloud.google.com/go/firestore/apiv1/admin"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/drill"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

type text struct {
	Text string    `json:"text"`
	Ends time.Time `json:"ends,omitzero"`
}

func ends(t *text) store.Fields { return store.Fields{"ends": t.Ends} }

var (
	anyAction = recordstest.AnyAction(model.WorkspaceScope)

	reports = records.Declare(records.Spec[text]{Name: "reports", In: model.WorkspaceScope, Under: anyAction})
	tallies = records.Declare(records.Spec[text]{Name: "tallies", In: model.WorkspaceScope, Quiet: true,
		Under: anyAction})
	accounts = records.Declare(records.Spec[text]{Name: "account", In: model.AccountScope,
		Under: recordstest.AnyAction(model.AccountScope)})
	sessions = records.Declare(records.Spec[text]{
		Under: recordstest.AnyAction(model.AccountScope),
		Name:  "sessions", In: model.AccountScope, TTL: "ends", Fields: []store.Field{{Name: "ends", Type: store.Time}},
		Index: ends,
	})
	kinds = []records.Declared{reports, tallies, accounts, sessions}
)

const canary = "the canary in the flies"

// fixture is a service in use, with backups.
type fixture struct {
	*recordstest.Fixture
	t         *testing.T
	databases *admin.FirestoreAdminClient
	options   drill.Options
	boss      access.Caller
	person    access.Caller
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	h := &fixture{Fixture: recordstest.New(t, kinds...), t: t}
	var err error
	if h.databases, err = admin.NewFirestoreAdminClient(t.Context(), gtransport.WithConnPool(h.Cloud.Conn())); err !=
		nil {
		t.Fatal(err)
	}
	h.boss = access.SystemCaller(h.Workspace(t), "test", "")
	h.person = access.SystemCaller(h.Account(t), "test", "")
	collections := audit.Collections()
	for _, k := range kinds {
		collections = append(collections, k.Collection())
	}
	h.options = drill.Options{
		Databases: h.databases, Project: h.Config.Project, Database: h.Config.ContentDatabase, Gate: h.Gate,
		Live:        h.Store,
		Collections: collections, Kinds: kinds,
		Open: func(database string) (*store.Store, *records.Gate, error) {
			s, err := store.New(store.Options{
				Client: h.Clients.Firestore.Client, Database: database, Collections: collections,
				CursorKey: []byte("cursor key of the tests, 32 bytes"), Clock: h.Clock,
			})
			return s, records.New(records.Options{Store: s, Keyrings: h.Keyrings, Trail: h.Trail, Clock: h.Clock}), err
		},
	}
	return h
}

func put[T any](h *fixture, k *records.Kind[T], c access.Caller, a access.Action, body T) string {
	h.t.Helper()
	id := model.NewID()
	if _, err := k.Create(h.t.Context(), h.Gate, records.By(c, a).On(id), body); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *fixture) report(c access.Caller) string {
	return put(h, reports, c, access.TrashEmpty, text{Text: canary})
}

func (h *fixture) erase(c access.Caller, id string) {
	h.t.Helper()
	if err := reports.Delete(h.t.Context(), h.Gate, records.By(c, access.TrashEmpty).On(id)); err != nil {
		h.t.Fatal(err)
	}
}

// backup makes a backup, with an hour before and after it.
func (h *fixture) backup() *adminpb.Backup {
	h.t.Helper()
	h.Clock.Advance(time.Hour)
	b, err := h.Cloud.Firestore().BackUp(h.t.Context(), h.Clients.Firestore.Name, 7*24*time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	return b
}

func (h *fixture) drill(change ...func(*drill.Options)) drill.Result {
	h.t.Helper()
	r, err := h.try(change...)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *fixture) try(change ...func(*drill.Options)) (drill.Result, error) {
	o := h.options
	for _, f := range change {
		f(&o)
	}
	return drill.Run(h.t.Context(), o)
}

func keep(o *drill.Options) { o.Keep = true }

func (h *fixture) left() []string {
	h.t.Helper()
	list, err := h.databases.ListDatabases(h.t.Context(), &adminpb.ListDatabasesRequest{Parent: "projects/" +
		h.Config.Project})
	if err != nil {
		h.t.Fatal(err)
	}
	var left []string
	for _, d := range list.GetDatabases() {
		if strings.Contains(d.GetName(), "/drill-") {
			left = append(left, d.GetName())
		}
	}
	return left
}

func (h *fixture) passes(r drill.Result) {
	h.t.Helper()
	if !r.OK || len(r.Problems) > 0 {
		h.t.Errorf("%+v", r)
	}
}

func of(r drill.Result, kind string) drill.Count {
	for _, c := range r.Counts {
		if c.Kind == kind {
			return c
		}
	}
	return drill.Count{}
}

func TestNoErasedCanaryComesBack(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	stays, goes, early := h.report(h.boss), h.report(h.boss), h.report(h.boss)
	h.Clock.Advance(time.Hour)
	h.erase(h.boss, early) // before the backup, so it is not in it
	other := access.SystemCaller(h.Workspace(t), "test", "")
	inOther := h.report(other)
	gone := access.SystemCaller(h.Account(t), "test", "")
	inGone := put(h, accounts, gone, access.AccountCreate, text{Text: canary})
	lapses := put(h, sessions, h.person, access.SignIn, text{Ends: h.Clock.Now().Add(150 * time.Minute)})
	put(h, tallies, h.boss, access.TrashEmpty, text{})
	b := h.backup()
	h.erase(h.boss, goes)
	for _, c := range []access.Caller{other, gone} {
		if err := h.Keyrings.Shred(t.Context(), c.Scope); err != nil {
			t.Fatal(err)
		}
	}
	later := h.report(h.boss)
	h.Clock.Advance(time.Hour)
	if _, err := h.Cloud.Firestore().Sweep(t.Context()); err != nil { // the session has expired
		t.Fatal(err)
	}
	r := h.drill(keep)
	h.passes(r)
	if r.Backup != b.GetName() || r.Removed || r.Erased.Documents != 1 || r.Erased.InScopes < 2 {
		t.Errorf("%+v", r)
	}
	if c := of(r, "reports"); c.Restored != 1 || c.AtLeast != 1 || c.AtMost != 1 {
		t.Errorf("%+v", c)
	}
	if c := of(r, "sessions"); c.Restored != 1 || c.Lapsed != 1 || c.AtMost != 0 {
		t.Errorf("%+v", c)
	}
	fresh, _, err := h.options.Open("projects/" + h.Config.Project + "/databases/" + r.Database)
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[store.Ref]bool{
		reports.Ref(h.boss.Scope, stays): true, reports.Ref(h.boss.Scope, goes): false, reports.Ref(h.boss.Scope,
			early): false,
		reports.Ref(h.boss.Scope, later): false, reports.Ref(other.Scope, inOther): false,
		accounts.Ref(gone.Scope, inGone):     false,
		sessions.Ref(h.person.Scope, lapses): true,
	} {
		docs, err := fresh.GetAll(t.Context(), ref)
		if err != nil || (docs[0] != nil) != want {
			t.Errorf("%s: %v, %v, want %v", ref, docs, err, want)
		}
	}
	// The database in use is unchanged.
	if _, err := reports.Get(t.Context(), h.Gate, records.By(h.boss, access.TrashEmpty).On(later)); err != nil {
		t.Error(err)
	}
	page, err := h.Trail.List(t.Context(), model.Platform(), audit.Filter{Action: access.DrillRun}, 10, "")
	if err != nil || len(page.Entries) != 2 || page.Entries[1].Outcome != audit.Begun ||
		page.Entries[0].Outcome != audit.Done || page.Entries[0].Labels["opened"] == "0" {
		t.Errorf("%+v, %v", page.Entries, err)
	}
}

func TestTheNewestBackupAndTheDatabaseRemoved(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.report(h.boss)
	if _, err := h.try(); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("no backup: %v", err)
	}
	first := h.backup()
	again := h.report(h.boss)
	second := h.backup()
	if r := h.drill(); r.Backup != second.GetName() || !r.Removed || of(r, "reports").Restored != 2 {
		t.Errorf("%+v", r)
	}
	r := h.drill(func(o *drill.Options) { o.Backup = first.GetName() })
	h.passes(r)
	if of(r, "reports").Restored != 1 {
		t.Errorf("%+v", r)
	}
	if left := h.left(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// Removed and made again: the new document is not the erased one.
	h.erase(h.boss, again)
	h.Clock.Advance(time.Second)
	if _, err := reports.Create(t.Context(), h.Gate, records.By(h.boss, access.TrashEmpty).On(again),
		text{Text: "anew"}); err != nil {
		t.Fatal(err)
	}
	h.passes(h.drill())
	h.backup()
	if r := h.drill(); !r.OK || of(r, "reports").Restored != 2 || r.Erased.Documents != 0 {
		t.Errorf("%+v", r)
	}
}

// TestWhatADrillMustFind damages the backup, or the ledger, in different ways.
func TestWhatADrillMustFind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*fixture, string)
		want  string
	}{
		"a document lost": {func(*fixture, string) {}, "missing"},
		"a removal that no ledger knows": {func(h *fixture, id string) {
			if _, err := h.Store.Commit(h.t.Context(), store.Delete(reports.Ref(h.boss.Scope, id), time.Time{})); err !=
				nil {
				h.t.Fatal(err)
			}
		}, "back"},
		"a document that cannot be opened": {func(h *fixture, id string) {
			spoiled, err := h.Store.Get(h.t.Context(), reports.Ref(h.boss.Scope, id))
			if err != nil {
				h.t.Fatal(err)
			}
			spoiled.Body[20] ^= 1
			if _, err := h.Store.Commit(h.t.Context(), store.Put(*spoiled)); err != nil {
				h.t.Fatal(err)
			}
			h.backup()
		}, "cannot be opened"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFixture(t)
			id := h.report(h.boss)
			h.backup()
			c.spoil(h, id)
			r := h.drill(h.losing(c.want == "missing"))
			if r.OK || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], c.want) || !r.Removed {
				t.Errorf("%+v", r)
			}
			var out strings.Builder
			if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "FAILED") ||
				!strings.Contains(out.String(), c.want) || strings.Contains(out.String(), canary) {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

// losing opens the restored database with one document missing.
func (h *fixture) losing(lose bool) func(*drill.Options) {
	return func(o *drill.Options) {
		open := o.Open
		o.Open = func(database string) (*store.Store, *records.Gate, error) {
			s, g, err := open(database)
			if err != nil || !lose {
				return s, g, err
			}
			docs, err := s.Walk(h.t.Context(), store.Walk{Collection: "reports", Limit: 1})
			if err == nil {
				_, err = s.Commit(h.t.Context(), store.Delete(docs[0].Ref, time.Time{}))
			}
			return s, g, err
		}
	}
}

func TestALockedWorkspaceIsNoProblem(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.report(h.boss)
	ring, _, _ := strings.Cut(h.Config.KMSKey, "/cryptoKeys/")
	key, err := h.Clients.KMS.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: ring, CryptoKeyId: "own", CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keyrings.RewrapUnder(t.Context(), h.boss.Scope, key.GetName()); err != nil {
		t.Fatal(err)
	}
	h.backup()
	_, err = h.Clients.KMS.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: key.GetName() + "/cryptoKeyVersions/1",
			State: kmspb.CryptoKeyVersion_DISABLED},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := h.drill()
	h.passes(r)
	for _, s := range r.Samples {
		if s.Kind == "reports" && (s.Locked != 1 || s.Opened != 0) {
			t.Errorf("%+v", s)
		}
	}
}

// TestADrillThatDies leaves a database behind, which the next drill names.
func TestADrillThatDies(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.report(h.boss)
	h.backup()
	for _, method := range []string{"/RestoreDatabase", "/RunQuery", "/DeleteDatabase"} {
		ctx, die := context.WithCancel(t.Context())
		h.Intercept(func(_ context.Context, m string) error {
			if strings.HasSuffix(m, method) {
				return status.Error(codes.Internal, "dead")
			}
			return nil
		})
		_, err := drill.Run(ctx, h.options)
		die()
		h.Intercept(nil)
		if err == nil {
			t.Errorf("%s: no error", method)
		}
		want := 0
		if method == "/DeleteDatabase" {
			want = 1
		}
		if left := h.left(); len(left) != want {
			t.Errorf("%s: left %v", method, left)
		}
	}
	r := h.drill()
	h.passes(r)
	if len(r.LeftOver) != 1 || len(h.left()) != 1 {
		t.Errorf("%+v", r)
	}
}
