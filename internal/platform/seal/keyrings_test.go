package seal_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	ttl  = 5 * time.Minute
	skew = time.Minute
)

func stored(scope model.Scope) store.Ref {
	return store.Ref{Scope: scope, Collection: "keyrings", ID: "main"}
}

func TestMakeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	_, err := k.Ring(t.Context(), tosca)
	wantKind(t, err, model.ErrNotFound)
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	r := ringOf(t, k, tosca) // the absence was not cached
	c := sealed(t, r, "x")
	wantKind(t, k.Make(t.Context(), tosca), model.ErrConflict)
	if err := k.Ensure(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	opens(t, ringOf(t, w.instance(), tosca), c, "x")
}

// TestEnsureFromEverywhereMakesOneKeyset lets all instances see that there is none before any of them makes one.
func TestLookupsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	w.ring(t, k, tosca)
	for range 3 {
		ringOf(t, k, tosca)
	}
	if hits, misses := k.Lookups(); hits != 3 || misses != 1 {
		t.Errorf("%d hits, %d misses", hits, misses)
	}
	w.clock.Advance(ttl)
	ringOf(t, k, tosca)
	if hits, misses := k.Lookups(); hits != 3 || misses != 2 {
		t.Errorf("after their time: %d hits, %d misses", hits, misses)
	}
}

func TestEnsureFromEverywhereMakesOneKeyset(t *testing.T) {
	t.Parallel()
	const instances = 5
	w := newWorld(t)
	var ready, done sync.WaitGroup
	var made atomic.Int64
	ready.Add(instances)
	w.Faults.Set(func(_ context.Context, m string) error {
		if m == "Encrypt" {
			ready.Done()
			ready.Wait()
		}
		return nil
	}, nil)
	rings := make([]*seal.Ring, instances)
	for i := range instances {
		k := w.instance(func(o *seal.Options) { o.Timeout = 10 * time.Second })
		done.Go(func() {
			err := k.Make(t.Context(), tosca)
			if err == nil {
				made.Add(1)
			} else if errors.Is(err, model.ErrConflict) {
				err = k.Ensure(t.Context(), tosca)
			}
			if err == nil {
				rings[i], err = k.Ring(t.Context(), tosca)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if n := made.Load(); n != 1 {
		t.Fatalf("made %d times", n)
	}
	for _, r := range rings {
		opens(t, rings[0], sealed(t, r, "x"), "x")
	}
	opens(t, ringOf(t, w.instance(), tosca), sealed(t, rings[0], "x"), "x")
}

func TestARingIsFetchedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	calls := w.kmsCalls("Decrypt")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := k.Ring(t.Context(), tosca); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.clock.Advance(ttl - time.Second)
	ringOf(t, k, tosca)
	if n := calls.Load(); n != 1 {
		t.Fatalf("%d calls of KMS", n)
	}
	w.clock.Advance(time.Second)
	ringOf(t, k, tosca)
	if n := calls.Load(); n != 2 {
		t.Fatalf("%d calls of KMS after the TTL", n)
	}
	k.Forget(tosca)
	ringOf(t, k, tosca)
	if n := calls.Load(); n != 3 {
		t.Fatalf("%d calls of KMS after Forget", n)
	}
}

func TestTheNumberOfRingsIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance(func(o *seal.Options) { o.MaxRings = 2 })
	bank := model.Platform()
	for _, s := range []model.Scope{tosca, norma, bank} {
		if err := k.Make(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	calls := w.kmsCalls("Decrypt")
	// norma is dropped: it was used least recently
	for _, s := range []model.Scope{tosca, norma, tosca, bank, tosca, bank} {
		ringOf(t, k, s)
	}
	if n := calls.Load(); n != 3 {
		t.Fatalf("%d calls of KMS", n)
	}
	ringOf(t, k, norma)
	if n := calls.Load(); n != 4 {
		t.Fatalf("%d calls of KMS", n)
	}
}

func TestWhoLeavesDoesNotTakeTheOthersWithHim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	w.Faults.Set(func(_ context.Context, m string) error {
		if m == "Decrypt" {
			close(arrived)
			<-release
		}
		return nil
	}, nil)
	impatient, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := k.Ring(impatient, tosca); gone <- err }()
	<-arrived
	stays := make(chan error, 1)
	go func() { _, err := k.Ring(t.Context(), tosca); stays <- err }()
	leave()
	err := <-gone
	wantKind(t, err, context.Canceled)
	wantKind(t, err, model.ErrUnavailable)
	close(release)
	if err := <-stays; err != nil {
		t.Fatal(err)
	}
}

func TestRotationKeepsTheOldReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.instance(), w.instance()
	r := w.ring(t, a, tosca)
	old, token := sealed(t, r, "old"), r.Token("reports", "tenor")
	key := func(c []byte) string { return string(c[:5]) }
	stale := ringOf(t, b, tosca) // fetched before the rotation
	if err := a.Rotate(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	wantKind(t, a.Rotate(t.Context(), tosca), model.ErrConflict)
	// As long as some instance may not know the new key, it does not seal.
	r = ringOf(t, a, tosca)
	during := sealed(t, r, "during")
	opens(t, stale, during, "during")
	if key(during) != key(old) {
		t.Fatal("the new key seals too early")
	}
	w.clock.Advance(ttl + skew - time.Microsecond)
	if _, err := a.Rewrap(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	if key(sealed(t, ringOf(t, a, tosca), "x")) != key(old) {
		t.Fatal("wrapping again ends the wait")
	}
	a.Forget(tosca)
	w.clock.Advance(time.Microsecond)
	r = ringOf(t, a, tosca)
	fresh := sealed(t, r, "new")
	if key(fresh) == key(old) {
		t.Fatal("the new key does not seal")
	}
	for _, ring := range []*seal.Ring{r, ringOf(t, b, tosca)} {
		opens(t, ring, old, "old")
		opens(t, ring, during, "during")
		opens(t, ring, fresh, "new")
		if ring.Token("reports", "tenor") != token {
			t.Fatal("the blind index changed")
		}
	}
	closed(t, stale, fresh, place(tosca))
	for range 3 {
		if err := a.Rotate(t.Context(), tosca); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(a.Wait())
	}
	opens(t, ringOf(t, b, tosca), old, "old")
	opens(t, ringOf(t, b, tosca), fresh, "new")
}

func TestRotationsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := sealed(t, w.ring(t, w.instance(), tosca), "x")
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 6 {
		k := w.instance(func(o *seal.Options) { o.Timeout = 10 * time.Second })
		wg.Go(func() {
			err := k.Rotate(t.Context(), tosca)
			if err != nil && !errors.Is(err, model.ErrConflict) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				done++
			}
		})
	}
	wg.Wait()
	if done != 1 {
		t.Fatalf("%d rotations at once", done)
	}
	opens(t, ringOf(t, w.instance(), tosca), c, "x")
}

func TestRewrapUsesThePrimaryVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	c := sealed(t, w.ring(t, k, tosca), "x")
	before, err := w.store.Get(t.Context(), stored(tosca))
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.Clients.KMS.CreateCryptoKeyVersion(t.Context(),
		&kmspb.CreateCryptoKeyVersionRequest{Parent: storetest.WrappingKey})
	if err != nil {
		t.Fatal(err)
	}
	number := v.GetName()[len(storetest.WrappingKey+"/cryptoKeyVersions/"):]
	_, err = w.Clients.KMS.UpdateCryptoKeyPrimaryVersion(t.Context(), &kmspb.UpdateCryptoKeyPrimaryVersionRequest{
		Name: storetest.WrappingKey, CryptoKeyVersionId: number,
	})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := k.Rewrap(t.Context(), tosca); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if changed, err := k.Rewrap(t.Context(), tosca); err != nil || changed {
		t.Fatal("wrapped again for nothing", err)
	}
	after, err := w.store.Get(t.Context(), stored(tosca))
	if err != nil {
		t.Fatal(err)
	}
	if after.Fields["kek"] != v.GetName() || before.Fields["kek"] == v.GetName() ||
		bytes.Equal(before.Body, after.Body) {
		t.Fatalf("wrapped by %v, before by %v", after.Fields["kek"], before.Fields["kek"])
	}
	if !after.Created.Equal(before.Created) || after.Version != before.Version+1 {
		t.Fatalf("made %v, version %d; before %v, %d", after.Created, after.Version, before.Created, before.Version)
	}
	w.setVersion(t, before.Fields["kek"].(string), kmspb.CryptoKeyVersion_DISABLED)
	opens(t, ringOf(t, w.instance(), tosca), c, "x")
	page, err := w.store.Find(t.Context(), store.Find{
		Collection: "keyrings", Query: "wrapped", Limit: 10, Equal: store.Fields{"state": "live"}, From: v.GetName(),
		Until: v.GetName() + "\x00",
	})
	if err != nil || len(page.Docs) != 1 {
		t.Fatalf("what a version wrapped: %v, %v", page.Docs, err)
	}
}

func (w *world) setVersion(t *testing.T, name string, state kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
	t.Helper()
	_, err := w.Clients.KMS.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: name, State: state},
		UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestABroughtKeyLocksTheWorkspaceAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	c := sealed(t, w.ring(t, k, tosca), "x")
	w.ring(t, k, norma)
	own := w.Key(t, "tosca")
	if err := k.RewrapUnder(t.Context(), tosca, own); err != nil {
		t.Fatal(err)
	}
	opens(t, ringOf(t, k, tosca), c, "x")
	w.setVersion(t, own+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_DISABLED)
	w.clock.Advance(time.Minute - time.Second)
	opens(t, ringOf(t, k, tosca), c, "x") // until its time is up
	w.clock.Advance(time.Second)
	_, err := k.Ring(t.Context(), tosca)
	wantKind(t, err, model.ErrLocked)
	if model.PublicText(err) == "" {
		t.Error("nothing to tell the person")
	}
	wantKind(t, k.Rotate(t.Context(), tosca), model.ErrLocked)
	ringOf(t, k, norma)
	w.setVersion(t, own+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_ENABLED)
	opens(t, ringOf(t, k, tosca), c, "x") // the failure is not cached
}

func TestShredIsForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.instance(), w.instance()
	c := sealed(t, w.ring(t, a, tosca), "x")
	w.ring(t, a, norma)
	ringOf(t, b, tosca)
	before, err := w.store.Get(t.Context(), stored(tosca))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Shred(t.Context(), tosca); err != nil {
			t.Fatal(err)
		}
	}
	locked := func(k *seal.Keyrings) {
		t.Helper()
		_, err := k.Ring(t.Context(), tosca)
		wantKind(t, err, model.ErrLocked)
	}
	locked(a)
	locked(w.instance())
	opens(t, ringOf(t, b, tosca), c, "x") // its copy lasts until the TTL, no longer
	w.clock.Advance(ttl)
	locked(b)
	for name, f := range map[string]func(context.Context, model.Scope) error{
		"make": a.Make, "ensure": a.Ensure, "rotate": a.Rotate,
		"rewrap": func(ctx context.Context, s model.Scope) error { _, err := a.Rewrap(ctx, s); return err },
	} {
		if err := f(t.Context(), tosca); !errors.Is(err, model.ErrLocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, err := w.store.Get(t.Context(), stored(tosca))
	if err != nil || d.Body != nil || len(d.Fields) != 1 || d.Fields["state"] != "shredded" {
		t.Fatalf("the tombstone: %v, %v", d, err)
	}
	ringOf(t, a, norma)
	// A rotation that was in progress cannot bring the keys back.
	_, err = w.store.Commit(t.Context(), store.Replace(*before, before.Stamp))
	wantKind(t, err, model.ErrConflict)
	// A scope that never had keys cannot get any after it was shredded.
	never := model.Workspace("never")
	if err := a.Shred(t.Context(), never); err != nil {
		t.Fatal(err)
	}
	wantKind(t, a.Ensure(t.Context(), never), model.ErrLocked)
}

func TestAFetchThatIsForgottenIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	w.Faults.Set(func(_ context.Context, m string) error {
		if m == "Decrypt" {
			close(arrived)
			<-release
		}
		return nil
	}, nil)
	first := make(chan error, 1)
	go func() { _, err := k.Ring(t.Context(), tosca); first <- err }()
	<-arrived
	w.Faults.Set(nil, nil)
	if err := k.Shred(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	close(release)
	<-first
	_, err := k.Ring(t.Context(), tosca)
	wantKind(t, err, model.ErrLocked)
}

func TestAKeyringOfAnotherScopeIsNotUnwrapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	w.ring(t, k, tosca)
	d, err := w.store.Get(t.Context(), stored(tosca))
	if err != nil {
		t.Fatal(err)
	}
	d.Ref = stored(norma)
	if _, err := w.store.Commit(t.Context(), store.Create(*d)); err != nil {
		t.Fatal(err)
	}
	if r, err := k.Ring(t.Context(), norma); err == nil || r != nil || errors.Is(err, model.ErrNotFound) {
		t.Fatalf("a stolen keyring: %v", err)
	}
}

func TestKMSOutOfReach(t *testing.T) {
	w := newWorld(t)
	k := w.instance()
	cached := sealed(t, w.ring(t, k, norma), "x")
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	hang := func(ctx context.Context, m string) error {
		if m != "Decrypt" && m != "Encrypt" {
			return nil
		}
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	say := func(code codes.Code) storetest.Hook {
		return func(_ context.Context, m string) error {
			if m == "Decrypt" || m == "Encrypt" {
				return status.Error(code, "kms says no")
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		hook storetest.Hook
		kind error
	}{
		"hanging":   {hang, model.ErrUnavailable},
		"refusing":  {say(codes.Unavailable), model.ErrUnavailable},
		"quota":     {say(codes.ResourceExhausted), model.ErrUnavailable},
		"internal":  {say(codes.Internal), model.ErrUnavailable},
		"disabled":  {say(codes.FailedPrecondition), model.ErrLocked},
		"withdrawn": {say(codes.PermissionDenied), model.ErrLocked},
		"deleted":   {say(codes.NotFound), model.ErrLocked},
	} {
		w.Faults.Set(c.hook, nil)
		for call, f := range map[string]func() error{
			"ring": func() error { _, err := k.Ring(t.Context(), tosca); return err },
			"make": func() error { return k.Make(t.Context(), model.Workspace("new")) },
		} {
			start := testclock.Start()
			if err := f(); !errors.Is(err, c.kind) || errors.Is(err, model.ErrNotFound) {
				t.Errorf("%s, %s: %v", name, call, err)
			}
			if took := start.Elapsed(); took > 1500*time.Millisecond {
				t.Errorf("%s, %s: took %v", name, call, took)
			}
		}
		opens(t, ringOf(t, k, norma), cached, "x")
		w.Faults.Set(nil, nil)
		ringOf(t, k, tosca)
		k.Forget(tosca)
	}
}

func TestChecksumsOfKMSAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	if err := k.Make(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(any){
		"plaintext changed": func(m any) {
			if r, ok := m.(*kmspb.DecryptResponse); ok {
				r.Plaintext[0] ^= 1
			}
		},
		"plaintext unchecked": func(m any) {
			if r, ok := m.(*kmspb.DecryptResponse); ok {
				r.PlaintextCrc32C = nil
			}
		},
	} {
		w.Faults.Spoil(spoil)
		_, err := k.Ring(t.Context(), tosca)
		if !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*kmspb.EncryptResponse){
		"ciphertext changed":    func(r *kmspb.EncryptResponse) { r.Ciphertext[0] ^= 1 },
		"ciphertext unchecked":  func(r *kmspb.EncryptResponse) { r.CiphertextCrc32C = nil },
		"text arrived damaged":  func(r *kmspb.EncryptResponse) { r.VerifiedPlaintextCrc32C = false },
		"scope arrived damaged": func(r *kmspb.EncryptResponse) { r.VerifiedAdditionalAuthenticatedDataCrc32C = false },
		"wrapped with another key": func(r *kmspb.EncryptResponse) {
			r.Name = "projects/p/locations/l/keyRings/r/cryptoKeys/other/cryptoKeyVersions/1"
		},
	} {
		w.Faults.Spoil(func(m any) {
			if r, ok := m.(*kmspb.EncryptResponse); ok {
				spoil(r)
			}
		})
		if err := k.Make(t.Context(), norma); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	w.Faults.Spoil(nil)
	_, err := k.Ring(t.Context(), norma)
	wantKind(t, err, model.ErrNotFound)
	ringOf(t, k, tosca)
}
