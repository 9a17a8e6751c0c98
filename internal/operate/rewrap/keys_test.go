package rewrap_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/rewrap"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// fixture is keyrings on a local cloud, with something sealed under each.
type fixture struct {
	*recordstest.Fixture
	*rewrap.Service
	queue  *task.Queue
	sealed map[model.Scope][]byte
}

func newFixture(t *testing.T, scopes int) *fixture {
	t.Helper()
	h := &fixture{Fixture: recordstest.New(t, task.Kinds()...), sealed: map[model.Scope][]byte{}}
	h.queue = task.New(task.Options{Gate: h.Gate})
	h.Service = rewrap.New(rewrap.Options{Gate: h.Gate, Queue: h.queue, KMS: h.Clients.KMS})
	for range scopes {
		h.keep(t, h.Workspace(t))
	}
	h.keep(t, h.Account(t))
	return h
}

func place(s model.Scope) seal.Binding { return seal.Binding{Scope: s, Kind: "reports", ID: "r1"} }

func (h *fixture) keep(t *testing.T, s model.Scope) {
	t.Helper()
	r, err := h.Keyrings.Ring(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if h.sealed[s], err = r.Seal([]byte("in "+s.String()), place(s)); err != nil {
		t.Fatal(err)
	}
}

// fresh is an instance with nothing in memory.
func (h *fixture) fresh(t *testing.T) *seal.Keyrings {
	t.Helper()
	keysStore, err := store.New(store.Options{
		Client: h.Clients.Keys.Client, Database: h.Clients.Keys.Name, Collections: seal.Collections(),
		CursorKey: []byte("cursor key of the tests, 32 bytes"), Clock: h.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return seal.New(seal.Options{KMS: h.Clients.KMS, KeyName: h.Config.KMSKey, Store: keysStore, Clock: h.Clock})
}

// opens checks that what was sealed can be opened, by an instance that never saw it and by one that has it in memory.
func (h *fixture) opens(t *testing.T, when string) {
	t.Helper()
	other := h.fresh(t)
	for s, c := range h.sealed {
		for _, k := range []*seal.Keyrings{other, h.Keyrings} {
			r, err := k.Ring(t.Context(), s)
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			if got, err := r.Open(c, place(s)); err != nil || string(got) != "in "+s.String() {
				t.Fatalf("%s: %q, %v", when, got, err)
			}
		}
	}
}

func (h *fixture) status(t *testing.T) rewrap.Status {
	t.Helper()
	s, err := h.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *fixture) newVersion(t *testing.T) string {
	t.Helper()
	v, err := h.NewVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *fixture) disable(t *testing.T, version string) {
	t.Helper()
	_, err := h.Clients.KMS.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: version, State: kmspb.CryptoKeyVersion_DISABLED},
		UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *fixture) entries(t *testing.T, a access.Action) []*audit.Entry {
	t.Helper()
	page, err := h.Trail.List(t.Context(), model.Platform(), audit.Filter{Action: a}, 500, "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

func TestRotationOfTheInstallationKey(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 230) // three jobs
	before := h.status(t)
	if len(before.Versions) != 1 || before.Versions[0].Keyrings != 232 || before.Stale != 0 {
		t.Fatalf("%+v", before)
	}
	first, second := before.Versions[0].Name, h.newVersion(t)
	h.opens(t, "before anything is wrapped again")
	if s := h.status(t); s.Stale != 232 || !s.Versions[1].Primary || s.Versions[1].Name != second {
		t.Fatalf("%+v", s)
	}
	late := h.Workspace(t) // made in the meantime: nothing to do
	h.keep(t, late)
	run, err := h.Rewrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said, err := h.RunHere(t.Context(), run)
	if err != nil || said != "232 wrapped again, 0 as they should be, 0 locked" {
		t.Fatalf("%q, %v", said, err)
	}
	s := h.status(t)
	if s.Stale != 0 || s.Versions[0].Keyrings != 0 || s.Versions[1].Keyrings != 233 {
		t.Fatalf("%+v", s)
	}
	h.disable(t, first)
	h.opens(t, "without the old version")
	if n := len(h.entries(t, access.KeysRotate)); n != 2 {
		t.Errorf("%d entries of the rotation", n)
	}
	told := h.entries(t, access.KeysRewrap)
	if len(told) != 6 || told[0].Outcome != audit.Done || told[0].Labels["count"] != "32" ||
		told[5].Outcome != audit.Begun {
		t.Errorf("%d entries of wrapping again", len(told))
	}
	if said, err = h.RunHere(t.Context(), run); err != nil || !strings.HasPrefix(said, "232") {
		t.Errorf("again: %q, %v", said, err)
	}
}

// TestOneLockedKeyStopsNobody has one workspace with a key that is disabled, and one with a new version of its key.
func TestOneLockedKeyStopsNobody(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 3)
	ring, _, _ := strings.Cut(h.Config.KMSKey, "/cryptoKeys/")
	var own []string
	for i := range 2 {
		key, err := h.Clients.KMS.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
			Parent: ring, CryptoKeyId: fmt.Sprintf("own-%d", i),
			CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
		})
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, key.GetName())
		ws := h.Workspace(t)
		if err := h.Keyrings.RewrapUnder(t.Context(), ws, key.GetName()); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			h.keep(t, ws)
		}
	}
	h.disable(t, own[0]+"/cryptoKeyVersions/1")
	v, err := h.Clients.KMS.CreateCryptoKeyVersion(t.Context(), &kmspb.CreateCryptoKeyVersionRequest{Parent: own[1]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Clients.KMS.UpdateCryptoKeyPrimaryVersion(t.Context(),
		&kmspb.UpdateCryptoKeyPrimaryVersionRequest{Name: own[1], CryptoKeyVersionId: "2"}); err != nil {
		t.Fatal(err)
	}
	h.newVersion(t)
	for n, want := range []string{"6 wrapped again, 0 as they should be, 1 locked",
		"0 wrapped again, 1 as they should be, 1 locked"} {
		run, err := h.Rewrap(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if said, err := h.RunHere(t.Context(), run); err != nil || said != want {
			t.Fatalf("run %d: %q, %v", n, said, err)
		}
	}
	if s := h.status(t); s.Stale != 0 || len(s.Own) != 2 || s.Own[1].Name != v.GetName() {
		t.Errorf("%+v", s)
	}
	h.disable(t, own[1]+"/cryptoKeyVersions/1")
	h.opens(t, "under the new version of its own key")
}

// TestADeathAtAnyStep makes everything fail from the n-th call on, for each n, and then continues in a new process.
func TestADeathAtAnyStep(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 2)
	steps := 0
	for n := int64(0); ; n++ {
		target := h.newVersion(t)
		dead, dies := context.WithCancel(t.Context())
		var calls atomic.Int64
		h.Intercept(func(_ context.Context, m string) error {
			if strings.Contains(m, ".logging.") || calls.Add(1) <= n {
				return nil
			}
			dies()
			return status.Error(codes.Unavailable, "dead")
		})
		run, err := h.Rewrap(dead)
		if err == nil {
			_, err = h.RunHere(dead, run)
		}
		h.Intercept(nil)
		dies()
		when := fmt.Sprintf("after %d calls", n)
		h.opens(t, when)
		for _, w := range wraps(t, h) {
			if w.Version == target && w.Keyrings > 0 && len(h.entries(t, access.KeysRewrap)) == 0 {
				t.Fatalf("%s: keyrings were wrapped again without a word", when)
			}
		}
		if err == nil {
			break
		}
		steps++
		h.goOn(t, run, when)
		if s := h.status(t); s.Stale != 0 {
			t.Fatalf("%s: %+v", when, s)
		}
	}
	if steps < 10 {
		t.Errorf("only %d steps to die at", steps)
	}
	h.opens(t, "in the end")
}

func wraps(t *testing.T, h *fixture) []seal.Wraps {
	t.Helper()
	w, err := h.Keyrings.Wraps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// goOn lets the sweep of a new process finish a run, whose lease has to expire, or starts another run where none was
// started.
func (h *fixture) goOn(t *testing.T, run, when string) {
	t.Helper()
	h.queue = task.New(task.Options{Gate: h.Gate})
	h.Service = rewrap.New(rewrap.Options{Gate: h.Gate, Queue: h.queue, KMS: h.Clients.KMS})
	if _, err := h.queue.Get(t.Context(), rewrap.JobID(run, 1)); run == "" || errors.Is(err, model.ErrNotFound) {
		if run, err = h.Rewrap(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		h.Clock.Advance(2 * time.Minute)
		if _, err := h.queue.Sweep(t.Context()); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	for part := 1; ; part++ {
		info, err := h.queue.Get(t.Context(), rewrap.JobID(run, part))
		if errors.Is(err, model.ErrNotFound) && part > 1 {
			return
		}
		if err != nil || info.State != task.Done {
			t.Fatalf("%s: part %d: %+v, %v", when, part, info, err)
		}
	}
}

func TestDailyBeginsOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	h.newVersion(t)
	for range 3 {
		if err := h.Daily(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := h.queue.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("%d jobs, %v", n, err)
	}
	for range 3 {
		if _, err := h.queue.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s := h.status(t); s.Stale != 0 {
		t.Errorf("%+v", s)
	}
	h.Clock.Advance(24 * time.Hour)
	if err := h.Daily(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.queue.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("the next day %d jobs, %v", n, err)
	}
}

func TestRotationOfOneScope(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	for s := range h.sealed {
		if err := h.RotateScope(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := h.RotateScope(t.Context(), s); !errors.Is(err, model.ErrConflict) {
			t.Errorf("twice: %v", err)
		}
	}
	h.opens(t, "during")
	h.Clock.Advance(h.Keyrings.Wait())
	h.opens(t, "after")
	got := h.entries(t, access.KeysRotate)
	if len(got) != 8 || got[0].Outcome != audit.Failed || !strings.Contains(got[0].Labels["scope"], "/") {
		t.Errorf("%d entries", len(got))
	}
	if err := h.RotateScope(t.Context(), model.Workspace("none")); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("no such scope: %v", err)
	}
}
