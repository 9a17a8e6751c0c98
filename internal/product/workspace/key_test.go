package workspace_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// ownKey makes a key besides the installation's.
func (h *fixture) ownKey(id string) string {
	h.t.Helper()
	ring, _, _ := strings.Cut(h.Config.KMSKey, "/cryptoKeys/")
	key, err := h.Clients.KMS.CreateCryptoKey(h.t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: ring, CryptoKeyId: id, CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return key.GetName()
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	good := "projects/teatro-1/locations/europe-west1/keyRings/r_1/cryptoKeys/K-2"
	if k, ok := workspace.ParseKey(good); !ok || k != (workspace.KeyName{Project: "teatro-1", Location: "europe-west1",
		Ring: "r_1", Key: "K-2"}) {
		t.Errorf("%+v %v", k, ok)
	}
	for _, bad := range []string{"", "opera", good + "/cryptoKeyVersions/1", "/" + good, good + "\n",
		strings.Replace(good, "r_1", "r/1", 1),
		strings.Replace(good, "K-2", strings.Repeat("k", 64), 1), strings.Replace(good, "teatro-1", "tea tro", 1),
		strings.Replace(good, "K-2", "..", 1)} {
		if _, ok := workspace.ParseKey(bad); ok {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	lines := workspace.Key{Place: "eu", Accounts: []string{"a@x", "b@x"}}.Grants("$(rm -rf /)")
	if len(lines) != 2 || strings.Contains(lines[0], "rm") ||
		!strings.Contains(lines[1], "--member=serviceAccount:b@x") {
		t.Errorf("%q", lines)
	}
}

func TestWhoMayChangeTheKey(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	key := h.ownKey("own-" + boss.ID)
	_, v := h.member(boss, "ben@example.org", access.Organizer)
	h.refused("an organizer brings a key", h.AskKey(t.Context(), v.Caller(), key), model.ErrDenied)
	_, err := h.Key(t.Context(), v.Caller())
	h.refused("an organizer looks at the key", err, model.ErrDenied)
	old := boss.Caller()
	old.Account = v.Caller().Account // in the management when the request began, and not any more
	h.refused("a former manager", h.AskKey(t.Context(), old, key), model.ErrDenied)
	if k, err := h.Key(t.Context(), boss.Caller()); err != nil || k.Own {
		t.Errorf("%+v %v", k, err)
	}
	for range 31 {
		err = h.AskKey(t.Context(), boss.Caller(), key+"-none")
	}
	h.refused("guessing at keys", err, model.ErrTooMany)
}

// TestADeathWhileTheKeyChanges ends everything from the n-th call on, for each n: the workspace opens afterwards, under
// one key or the other, and a change is never without its entry.
func TestADeathWhileTheKeyChanges(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, v := h.founder("ann@example.org", "lantern")
	own := h.ownKey("own-" + v.ID)
	changed, steps := 0, 0
	for n := int64(0); ; n++ {
		if err := h.Keyrings.RewrapUnder(t.Context(), v.Caller().Scope, ""); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(2 * time.Hour)
		_, cred := h.Fixture.SignIn(t, "ann@example.org")
		v = h.enter(cred, "lantern")
		change := h.asked(v, own)
		h.Clock.Advance(workspace.KeyPause)
		_, cred = h.Fixture.SignIn(t, "ann@example.org")
		v = h.enter(cred, "lantern")
		dead, dies := context.WithCancel(t.Context())
		var calls atomic.Int64
		h.Intercept(func(_ context.Context, m string) error {
			if strings.Contains(m, ".logging.") || calls.Add(1) <= n {
				return nil
			}
			dies()
			return status.Error(codes.Unavailable, "dead")
		})
		err := h.ChangeKey(dead, access.SystemCaller(v.Caller().Scope, "task:key", ""), change)
		h.Intercept(nil)
		dies()
		h.Keyrings.Forget(v.Caller().Scope)
		h.enter(cred, "lantern")
		lock, failure := h.Keyrings.LockOf(t.Context(), v.Caller().Scope)
		if failure != nil || (lock.Key != own && lock.Key != h.Config.KMSKey) || lock.Own != (lock.Key == own) {
			t.Fatalf("after %d calls: %+v, %v", n, lock, failure)
		}
		page, failure := h.Gate.History(t.Context(), records.By(v.Caller(), access.AuditRead),
			audit.Filter{Action: access.KeyUpdate,
				Since: h.Clock.Now().Add(-73 * time.Hour)}, 10, "")
		if failure != nil {
			t.Fatal(failure)
		}
		if lock.Own {
			changed++
			if len(page.Entries) == 0 || page.Entries[len(page.Entries)-1].Outcome != audit.Begun {
				t.Errorf("after %d calls: changed without a word: %v", n, page.Entries)
			}
		}
		if err == nil {
			if !lock.Own {
				t.Error("acknowledged and not changed")
			}
			break
		}
		steps++
	}
	if changed < 2 || steps < 8 {
		t.Errorf("%d of %d deaths came after the change: the test shows nothing", changed, steps)
	}
}

// TestRefusalsOfALockedWorkspace counts the entries.
func TestRefusalsOfALockedWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	_, gone := h.Fixture.SignIn(t, "ann@example.org")
	other, _ := h.founder("bob@example.org", "gravel")
	h.Keyrings.Forget(v.Caller().Scope)
	h.Intercept(func(_ context.Context, m string) error {
		if strings.HasSuffix(m, "/Decrypt") {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	})
	for range 3 {
		got, err := h.Enter(t.Context(), cred, "lantern")
		h.refused("a member", err, model.ErrLocked)
		if got.Self().Account != v.Caller().Account || len(got.Memberships()) != 1 || got.ID != "" ||
			got.Workspace.Name != "" {
			t.Errorf("%+v", got)
		}
	}
	_, err := h.Enter(t.Context(), other, "lantern")
	if !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	h.Clock.Advance(time.Minute)
	_, err = h.Enter(t.Context(), cred, "lantern")
	h.refused("a minute later", err, model.ErrLocked)
	h.Keyrings.Forget(v.Caller().Scope)
	if err := h.Accounts.SignOut(t.Context(), h.who(gone)); err != nil {
		t.Fatal(err)
	}
	_, err = h.Enter(t.Context(), gone, "lantern")
	h.refused("somebody who signed out", err, model.ErrUnauthenticated) // and learns not even that it is locked
	h.Keyrings.Forget(model.Account(v.Caller().Account))
	_, err = h.Enter(t.Context(), cred, "lantern")
	h.refused("with the keys of the account away too", err, model.ErrLocked) // and not signed out
	h.Intercept(nil)
	page, err := h.Trail.List(t.Context(), model.Platform(), audit.Filter{Action: access.WorkspaceLocked}, 10, "")
	if err != nil || len(page.Entries) != 2 || page.Entries[0].Labels["account"] != v.Caller().Account ||
		page.Entries[0].Record != "workspace/"+v.ID {
		t.Errorf("%d entries, %v", len(page.Entries), err)
	}
	if err := h.Keyrings.Shred(t.Context(), v.Caller().Scope); err != nil {
		t.Fatal(err)
	}
	h.out(cred, "lantern", "a workspace whose keys were destroyed")
}
