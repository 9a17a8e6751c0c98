package workspace_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// asked asks for a key in place of whatever was asked for before, and gives the id of the change.
func (h *fixture) asked(v visit, key string) string {
	h.t.Helper()
	if err := h.StopKey(h.t.Context(), v.Caller()); err != nil && !errors.Is(err, model.ErrConflict) {
		h.t.Fatal(err)
	}
	if err := h.AskKey(h.t.Context(), v.Caller(), key); err != nil {
		h.t.Fatal(err)
	}
	k, err := h.Key(h.t.Context(), v.Caller())
	if err != nil || k.Pending == nil || k.Pending.Key != key {
		h.t.Fatalf("%+v %v", k, err)
	}
	return k.Pending.ID
}

// due makes the change that is due.
func (h *fixture) due(v visit, change string) error {
	return h.ChangeKey(h.t.Context(), access.SystemCaller(v.Caller().Scope, "task:key", ""), change)
}

// protectedBy fails unless the workspace is under a key, and its management was sent just these letters.
func (h *fixture) protectedBy(v visit, key string, letters ...account.LetterKind) {
	h.t.Helper()
	lock, err := h.Keyrings.LockOf(h.t.Context(), v.Caller().Scope)
	if err != nil || lock.Key != key {
		h.t.Errorf("under %q, not %q: %v", lock.Key, key, err)
	}
	var kinds []account.LetterKind
	for _, l := range h.Post.Take() {
		kinds = append(kinds, l.Kind)
	}
	if !slices.Equal(kinds, letters) {
		h.t.Errorf("letters %v, not %v", kinds, letters)
	}
}

func TestAKeyIsChangedAfterThreeDaysUnlessStopped(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, ann := h.founder("ann@example.org", "lantern")
	_, ben := h.member(ann, "ben@example.org", access.Management)
	own, ours := h.ownKey("own-"+ann.ID), h.Config.KMSKey
	h.Post.Take()

	first := h.asked(ann, own)
	h.protectedBy(ann, ours, account.KeyAsked, account.KeyAsked)
	h.refused("a second change", h.AskKey(t.Context(), ben.Caller(), own), model.ErrConflict)
	h.refused("an early change", h.due(ann, first), model.ErrConflict)
	if err := h.StopKey(t.Context(), ben.Caller()); err != nil {
		t.Fatal(err)
	}
	h.refused("a second stop", h.StopKey(t.Context(), ann.Caller()), model.ErrConflict)
	h.protectedBy(ann, ours, account.KeyStopped, account.KeyStopped)

	second := h.asked(ann, own)
	h.Clock.Advance(workspace.KeyPause - time.Nanosecond)
	h.refused("a change a moment too early", h.due(ann, second), model.ErrConflict)
	h.Clock.Advance(time.Nanosecond)
	if err := h.due(ann, first); err != nil { // what was stopped
		t.Error(err)
	}
	h.protectedBy(ann, ours, account.KeyAsked, account.KeyAsked)
	for range 2 { // the second finds nothing to do
		if err := h.due(ann, second); err != nil {
			t.Error(err)
		}
	}
	h.protectedBy(ann, own, account.KeyChanged, account.KeyChanged)
	cred, _ := h.signedIn("ann@example.org")
	ann = h.enter(cred, "lantern")
	h.refused("the key that is there", h.AskKey(t.Context(), ann.Caller(), own), model.ErrInvalid)
	page, err := h.Gate.History(t.Context(), records.By(ann.Caller(), access.AuditRead),
		audit.Filter{Action: access.KeyUpdate}, 10,
		"")
	var told []audit.Outcome
	for _, e := range page.Entries {
		told = append(told, e.Outcome)
	}
	if err != nil || !slices.Equal(told, []audit.Outcome{audit.Done, audit.Begun, audit.Begun}) {
		t.Errorf("the trail: %v, %v", told, err)
	}
}

func (h *fixture) signedIn(email string) (account.Credential, account.SignedIn) {
	in, cred := h.Fixture.SignIn(h.t, email)
	return cred, in
}

func TestAChangeOfTheKeyEndsWithTheRightOfWhoAsked(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, ann := h.founder("ann@example.org", "lantern")
	_, ben := h.member(ann, "ben@example.org", access.Management)
	change := h.asked(ben, h.ownKey("own-"+ann.ID))
	if err := h.SetRole(t.Context(), ann.Caller(), ben.Caller().Account, access.Organizer); err != nil {
		t.Fatal(err)
	}
	h.Post.Take()
	h.Clock.Advance(workspace.KeyPause)
	if err := h.due(ann, change); err != nil {
		t.Fatal(err)
	}
	h.protectedBy(ann, h.Config.KMSKey, account.KeyStopped)
}

func TestAKeyThatCannotBeUsedWhenItIsDue(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, ann := h.founder("ann@example.org", "lantern")
	own := h.ownKey("own-" + ann.ID)
	change := h.asked(ann, own)
	h.Post.Take()
	if _, err := h.Clients.KMS.DestroyCryptoKeyVersion(t.Context(), &kmspb.DestroyCryptoKeyVersionRequest{Name: own +
		"/cryptoKeyVersions/1"}); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(workspace.KeyPause)
	if err := h.due(ann, change); err != nil {
		t.Fatal(err)
	}
	h.protectedBy(ann, h.Config.KMSKey, account.KeyFailed)
}

// A key whose name does not hold the workspace's id may be anybody's whom our service accounts serve.
func TestAKeyMustBeMadeForTheWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, ann := h.founder("ann@example.org", "lantern")
	_, bob := h.founder("bob@example.org", "gravel")
	theirs := h.ownKey("own-" + bob.ID)
	err := h.AskKey(t.Context(), ann.Caller(), theirs)
	h.refused("another workspace's key", err, model.ErrInvalid)
	if text := model.FieldTexts(err)["key"]; !strings.Contains(text, ann.ID) || strings.Contains(text, bob.ID) {
		t.Errorf("says %q", text)
	}
	h.refused("a key of no name", h.AskKey(t.Context(), ann.Caller(), h.ownKey("own")), model.ErrInvalid)
	inRing := strings.Replace(theirs, "/keyRings/", "/keyRings/"+ann.ID+"-", 1)
	if text := model.FieldTexts(h.AskKey(t.Context(), ann.Caller(), inRing))["key"]; !strings.Contains(text,
		"cannot use this key") {
		t.Errorf("the id in the name of the key ring: %q", text)
	}
}

func TestTheManagementIsToldOfManagers(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, ann := h.founder("ann@example.org", "lantern")
	h.member(ann, "ben@example.org", access.Management)
	_, cyd := h.member(ann, "cyd@example.org", access.Reporter)
	told := func(what string, do func() error, want ...string) {
		t.Helper()
		h.Post.Take()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range h.Post.Take() {
			if l.Kind == account.ManagersChanged {
				got = append(got, l.To)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %v, not %v", what, got, want)
		}
	}
	id := cyd.Caller().Account
	set := func(role access.Role) func() error {
		return func() error { return h.SetRole(t.Context(), ann.Caller(), id, role) }
	}
	told("an organizer", set(access.Organizer))
	told("a new manager", set(access.Management), "ben@example.org")
	told("the same again", set(access.Management))
	told("a manager less", set(access.Viewer), "ben@example.org")
	told("an invited viewer", func() error { h.invited(ann, "d@example.org", access.Viewer); return nil })
	told("an invited manager", func() error {
		_, err := h.Invite(t.Context(), ann.Caller(), workspace.NewInvite{Email: "e@example.org",
			Role: access.Management})
		return err
	}, "ben@example.org")
	told("a viewer removed", func() error { return h.Remove(t.Context(), ann.Caller(), id) })

	invite := func(email string) (id, secret string) { return h.invited(ann, email, access.Management) }
	again, _ := invite("f@example.org")
	told("invited again", func() error { return h.Resend(t.Context(), ann.Caller(), again) }, "ben@example.org")
	_, secret := invite("new@example.org")
	told("a newcomer accepts", func() error {
		_, _, err := h.AcceptNew(t.Context(), account.Client{}, secret, workspace.Newcomer{Name: "New Comer",
			Password: accounttest.Password})
		return err
	}, "ann@example.org", "ben@example.org")
	h.Person(t, "eve@example.org", "Eve")
	_, cred := h.Fixture.SignIn(t, "eve@example.org")
	_, secret = invite("eve@example.org")
	told("somebody with an account accepts", func() error {
		_, err := h.Accept(t.Context(), h.who(cred), secret)
		return err
	}, "ann@example.org", "ben@example.org", "new@example.org")
	_, low := h.invited(ann, "low@example.org", access.Viewer)
	told("a viewer accepts", func() error {
		_, _, err := h.AcceptNew(t.Context(), account.Client{}, low, workspace.Newcomer{Name: "Low",
			Password: accounttest.Password})
		return err
	})
	told("a manager leaves", func() error { return h.Leave(t.Context(), h.enter(cred, "lantern").Caller()) },
		"ann@example.org", "ben@example.org", "new@example.org")
	told("the operator makes one", func() error {
		_, err := h.Enlist(t.Context(), access.SystemCaller(model.Workspace(ann.ID), "test", ""),
			h.Person(t, "op@example.org", "Op"), access.Management)
		return err
	}, "ann@example.org", "ben@example.org", "new@example.org")
	ben := h.again("ben@example.org")
	told("a manager removed", func() error {
		return h.Remove(t.Context(), ann.Caller(), h.enter(ben, "lantern").Caller().Account)
	},
		"new@example.org", "op@example.org")
}

// A workspace that a form made is found by its id, as every other.
func TestAWorkspaceOfAFormIsFoundByItsID(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.Person(t, "ann@example.org", "Ann")
	_, cred := h.Fixture.SignIn(t, "ann@example.org")
	m, err := h.Create(t.Context(), h.who(cred).Self(), workspace.NewWorkspace{Name: "Lantern", Form: model.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	if v := h.enter(cred, m.Workspace); v.ID != m.Workspace {
		t.Errorf("%q is %q", m.Workspace, v.ID)
	}
}
