package seal_test

import (
	"errors"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
)

// newPrimary gives the installation's key another version.
func (w *world) newPrimary(t *testing.T) string {
	t.Helper()
	v, err := w.Clients.KMS.CreateCryptoKeyVersion(t.Context(),
		&kmspb.CreateCryptoKeyVersionRequest{Parent: storetest.WrappingKey})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Clients.KMS.UpdateCryptoKeyPrimaryVersion(t.Context(), &kmspb.UpdateCryptoKeyPrimaryVersionRequest{
		Name: storetest.WrappingKey, CryptoKeyVersionId: v.GetName()[len(storetest.WrappingKey+"/cryptoKeyVersions/"):],
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.GetName()
}

func stale(t *testing.T, k *seal.Keyrings, primary string) map[model.Scope]bool {
	t.Helper()
	all, cursor := map[model.Scope]bool{}, ""
	for {
		scopes, next, err := k.Stale(t.Context(), primary, cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scopes {
			all[s] = true
		}
		if cursor = next; cursor == "" {
			return all
		}
	}
}

func TestWhatIsWrappedByWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	first, err := k.Primary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := []model.Scope{model.Workspace("aa"), model.Workspace("bb"), model.Account("cc"), model.Workspace("dd"),
		model.Platform()}
	for _, s := range names {
		w.ring(t, k, s)
	}
	if n := stale(t, k, first); len(n) != 0 {
		t.Fatalf("stale from the start: %v", n)
	}
	own := w.Key(t, "a-first") // sorts before the installation's
	if err := k.RewrapUnder(t.Context(), names[1], own); err != nil {
		t.Fatal(err)
	}
	second := w.newPrimary(t)
	if now, err := k.Primary(t.Context()); err != nil || now != second {
		t.Fatalf("primary %v, %v", now, err)
	}
	if n := stale(t, k, second); len(n) != 5 {
		t.Fatalf("stale after the rotation: %v", n)
	}
	for _, s := range names[:3] {
		if _, err := k.Rewrap(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if n := stale(t, k, second); len(n) != 3 || n[names[0]] || !n[names[3]] {
		t.Fatalf("stale in the middle: %v", n)
	}
	got, err := k.Wraps(t.Context())
	want := []seal.Wraps{{Version: own + "/cryptoKeyVersions/1", Keyrings: 1}, {Version: first, Keyrings: 2},
		{Version: second, Keyrings: 2}}
	if err != nil || len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("%v, %v", got, err)
	}
	lock, err := k.LockOf(t.Context(), names[1])
	if err != nil || !lock.Own || lock.Key != own || seal.KeyOf(lock.Version) != own {
		t.Fatalf("%+v, %v", lock, err)
	}
	if err := k.RewrapUnder(t.Context(), names[1], ""); err != nil {
		t.Fatal(err)
	}
	if lock, err := k.LockOf(t.Context(), names[1]); err != nil || lock.Own || lock.Version != second {
		t.Fatalf("back under the installation's key: %+v, %v", lock, err)
	}
}

// TestAnOwnKeyLocksWithinAMinute disables a workspace's own key and checks another instance that has a copy in memory.
func TestAnOwnKeyLocksWithinAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.instance(), w.instance()
	c := sealed(t, w.ring(t, a, tosca), "x")
	own := w.Key(t, "own")
	if err := a.Try(t.Context(), own, tosca); err != nil {
		t.Fatal(err)
	}
	wantKind(t, a.Try(t.Context(), own+"-none", tosca), model.ErrLocked)
	if err := a.RewrapUnder(t.Context(), tosca, own); err != nil {
		t.Fatal(err)
	}
	opens(t, ringOf(t, b, tosca), c, "x")
	w.setVersion(t, own+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_DISABLED)
	w.clock.Advance(time.Minute - time.Microsecond)
	opens(t, ringOf(t, b, tosca), c, "x")
	w.clock.Advance(time.Microsecond)
	_, err := b.Ring(t.Context(), tosca)
	wantKind(t, err, model.ErrLocked)
	if errors.Is(err, seal.ErrDestroyed) {
		t.Error("a disabled key counts as destroyed")
	}
	if lock, err := b.LockOf(t.Context(), tosca); err != nil || lock.Key != own {
		t.Errorf("a locked scope does not say what locks it: %+v, %v", lock, err)
	}
	w.setVersion(t, own+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_ENABLED)
	opens(t, ringOf(t, b, tosca), c, "x")
	// What is sealed later was never under another key.
	w.clock.Advance(7 * time.Minute)
	later := sealed(t, ringOf(t, b, tosca), "y")
	if string(later[:5]) == string(c[:5]) {
		t.Error("no new keys came with the own key")
	}
	if err := b.Shred(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ring(t.Context(), tosca); !errors.Is(err, seal.ErrDestroyed) {
		t.Errorf("shredded: %v", err)
	}
	dead, next, err := b.Destroyed(t.Context(), "", 10)
	if err != nil || next != "" || len(dead) != 1 || dead[0].Scope != tosca || !dead[0].At.Equal(w.clock.Now()) {
		t.Errorf("%v %q %v", dead, next, err)
	}
}

// TestKeysDoNotGrowBeyondWhatWraps rotates for thirty years.
func TestKeysDoNotGrowBeyondWhatWraps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	c := sealed(t, w.ring(t, k, tosca), "x")
	n := 0
	var err error
	for ; n < 100 && err == nil; n++ {
		err = k.Rotate(t.Context(), tosca)
		w.clock.Advance(time.Hour)
	}
	wantKind(t, err, model.ErrConflict)
	if n < 20 || n == 100 {
		t.Errorf("%d rotations", n)
	}
	opens(t, ringOf(t, k, tosca), c, "x")
	own := w.Key(t, "own")
	if err := k.RewrapUnder(t.Context(), tosca, own); err != nil {
		t.Errorf("no own key after so many: %v", err)
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	start := w.clock.Now()
	doc := func(id string) store.Ref { return store.Ref{Scope: tosca, Collection: "reports", ID: id} }
	if _, err := k.Erasing(t.Context(), doc("aa"), doc("bb")); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	entries, err := k.Erasing(t.Context(), doc("cc"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Erasing(t.Context(), doc("dd")); err != nil {
		t.Fatal(err)
	}
	if err := k.NotErased(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		since time.Time
		want  int
	}{{start, 3}, {start.Add(time.Microsecond), 1}, {start.Add(time.Hour), 1}, {start.Add(time.Hour + time.Microsecond),
		0}} {
		got := map[string]time.Time{}
		err := k.Erased(t.Context(), c.since, func(e seal.Erasure) error {
			got[e.Ref.String()] = e.At
			return nil
		})
		if err != nil || len(got) != c.want {
			t.Errorf("since %v: %v, %v", c.since, got, err)
		}
		if at, ok := got["workspaces/tosca/reports/dd"]; c.want > 0 && (!ok || !at.Equal(start.Add(time.Hour))) {
			t.Errorf("since %v: %v", c.since, got)
		}
	}
}
