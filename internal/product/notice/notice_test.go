package notice_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func same(t *testing.T, when string, got, want map[string]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: mails to %v, want %v", when, got, want)
	}
}

// TestEachManagerIsToldOnce: at a first start nobody is; of a new version each manager of each company once, whoever
// else is there; and after another start with the same version nobody again.
func TestEachManagerIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ada, bo, cy := h.Person(t, "ada@one.example", "Ada"), h.Person(t, "bo@one.example", "Bo"),
		h.Person(t, "cy@two.example", "Cy")
	one := h.company(t, ada, "one")
	two := h.company(t, cy, "two")
	h.enlist(t, two, ada, access.Management)
	h.enlist(t, one, bo, access.Management)
	h.enlist(t, one, cy, access.Organizer)
	gone := h.Person(t, "gone@one.example", "Gone")
	h.enlist(t, one, gone, access.Management)
	if err := h.spaces.Leave(t.Context(), access.Caller{Scope: one, Account: gone.ID, Name: gone.Name,
		Role:   access.Management,
		Proven: true}); err != nil {
		t.Fatal(err)
	}
	canary, err := h.Accounts.ProvisionCanary(t.Context(), access.SystemCaller(model.Platform(), "test", ""),
		account.NewAccount{Email: account.CanaryAddress("m"), Name: "Canary", Password: accounttest.Password})
	if err != nil {
		t.Fatal(err)
	}
	silent := []model.Scope{h.company(t, canary, "canary"), h.company(t, h.Person(t, demoAddress, "Demo"), "demo")}
	h.drain(t)

	same(t, "a first start", h.settle(t), map[string]int{})
	same(t, "a second look", h.settle(t), map[string]int{})
	h.Clock.Advance(time.Hour)
	h.release(h.Clock.Now().AddDate(0, 0, 40), "More help.")
	h.start(t)
	want := map[string]int{"ada@one.example": 2, "bo@one.example": 1, "cy@two.example": 1}
	same(t, "a new version", h.settle(t), want)
	for _, m := range h.vendor.mails {
		day := h.documents.Versions[0].From.Format("2 January 2006")
		if !strings.Contains(m.Text, "More help.") || !strings.Contains(m.Text, day) ||
			!strings.Contains(m.Text, "/processing/"+h.documents.Versions[0].Day()+"/differences") ||
			!strings.Contains(m.Text, "write to safety@opera.example") {
			t.Errorf("%s", m.Text)
		}
	}
	v := h.documents.Versions[0]
	if n, err := h.spaces.Tell(t.Context(), access.SystemCaller(one, "test", ""), workspace.News{
		ID: workspace.AgreementNotice(v.Day(), v.Sum)}); n != 0 || err != nil {
		t.Errorf("news that were told: %d people, %v", n, err)
	}
	for range 2 {
		h.Clock.Advance(time.Hour)
		h.start(t)
		same(t, "the same version again", h.settle(t), map[string]int{})
	}
	entries := h.told(t, one)
	people := entries[0].Labels["people"]
	if len(entries) != 1 || entries[0].Outcome != audit.Done || strings.Contains(fmt.Sprint(entries[0].Labels), "@") ||
		len(people) != len(ada.ID+" "+bo.ID) || !strings.Contains(people, bo.ID) ||
		!strings.Contains(people, ada.ID) || !strings.Contains(entries[0].Sentence(), "told the management") {
		t.Errorf("%d entries: %+v", len(entries), entries[0])
	}
	if n := len(h.told(t, two)); n != 1 {
		t.Errorf("%d entries in the other company", n)
	}
	for _, ws := range silent {
		if n := len(h.told(t, ws)); n != 0 {
			t.Errorf("%d entries say that somebody was told who was not", n)
		}
	}
	if c, err := h.Check(t.Context()); err != nil || c.Looked != 4 || c.Untold != 0 || c.Change == nil {
		t.Errorf("%+v %v", c, err)
	}
}

// TestAnotherListOfSubprocessorsIsTold: once it has stayed, and not while two releases take turns.
func TestAnotherListOfSubprocessorsIsTold(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.company(t, h.Person(t, "ada@one.example", "Ada"), "one")
	h.drain(t)
	nobody := map[string]int{}
	same(t, "a first start", h.settle(t), nobody)
	before, after := h.uses, policy.Uses{Google: true, Region: "europe-west1", Resend: true}
	for range 6 { // a rollout that does not end
		for _, uses := range []policy.Uses{after, before} {
			h.Clock.Advance(11 * time.Minute)
			h.uses = uses
			h.start(t)
			same(t, "releases side by side", h.settle(t), nobody)
		}
	}
	h.uses = after
	h.start(t)
	same(t, "found", h.settle(t), nobody)
	h.Clock.Advance(15*time.Minute - time.Second)
	same(t, "not settled", h.settle(t), nobody)
	h.Clock.Advance(time.Second)
	same(t, "settled", h.settle(t), map[string]int{"ada@one.example": 1})
	for _, m := range h.vendor.mails {
		if !strings.Contains(m.Text, "New: Resend (sends mails).") ||
			!strings.Contains(m.Text, "/subprocessors/changes") {
			t.Errorf("%s", m.Text)
		}
	}
	h.uses = policy.Uses{Google: true, Region: "europe-west1"} // and back: that is a change, too
	h.start(t)
	same(t, "found", h.settle(t), nobody)
	h.Clock.Advance(16 * time.Minute)
	same(t, "back", h.settle(t), map[string]int{"ada@one.example": 1})
	list, err := h.Changes(t.Context())
	if err != nil || len(list) != 2 || list[0].Says != "No longer used: Resend." ||
		list[0].What != policy.OfSubprocessors {
		t.Errorf("%+v %v", list, err)
	}
}

// TestAnInstallationThatIsCutOffTellsEverybodyOnce: it is cut off after each of its calls, one after the other, and
// then goes on.
func TestAnInstallationThatIsCutOffTellsEverybodyOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ada := h.Person(t, "ada@one.example", "Ada")
	one := h.company(t, ada, "one")
	h.enlist(t, one, h.Person(t, "bo@one.example", "Bo"), access.Management)
	h.company(t, h.Person(t, "cy@two.example", "Cy"), "two")
	h.drain(t)
	same(t, "a first start", h.settle(t), map[string]int{})
	want := map[string]int{"ada@one.example": 1, "bo@one.example": 1, "cy@two.example": 1}
	cuts := 0
	for n := int64(1); ; n += 3 {
		h.release(h.Clock.Now().AddDate(0, 0, int(40+n)), "Another.")
		h.start(t)
		clear(h.vendor.mails)
		dead, dies := context.WithCancel(t.Context())
		var calls atomic.Int64
		h.Intercept(func(_ context.Context, m string) error {
			if strings.Contains(m, ".logging.") || calls.Add(1) <= n {
				return nil
			}
			dies()
			return status.Error(codes.Unavailable, "dead")
		})
		_ = h.Look(dead) // wherever it ends
		for range 4 {
			_, _ = h.queue.Sweep(dead)
		}
		h.Intercept(nil)
		dies()
		h.start(t)
		for range 12 {
			h.Clock.Advance(20 * time.Minute)
			if err := h.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.drain(t)
		}
		same(t, fmt.Sprintf("cut off after %d calls", n), h.vendor.to(), want)
		if calls.Load() <= n {
			break
		}
		cuts++
	}
	if entries := h.told(t, one); cuts < 10 || len(entries) != cuts+1 {
		t.Errorf("%d cuts, %d entries", cuts, len(entries))
	}
}

// TestALockedCompanyIsToldWhenItIsOpen: and until then it keeps nobody else from being told, and is counted as locked.
func TestALockedCompanyIsToldWhenItIsOpen(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ada, bo := h.Person(t, "ada@one.example", "Ada"), h.Person(t, "bo@two.example", "Bo")
	locked := h.company(t, ada, "one")
	h.company(t, bo, "two")
	h.drain(t)
	h.settle(t)
	turn := h.ownKey(t, locked)
	turn(kmspb.CryptoKeyVersion_DISABLED)
	h.Clock.Advance(6 * time.Minute)
	h.release(h.Clock.Now().AddDate(0, 0, 40), "Another.")
	h.start(t)
	same(t, "locked", h.settle(t), map[string]int{"bo@two.example": 1})
	if c, err := h.Check(t.Context()); err != nil || c.Looked != 2 || c.Untold != 0 || c.Locked != 1 {
		t.Errorf("%+v %v", c, err)
	}
	h.Clock.Advance(25 * time.Hour)
	same(t, "still locked", h.settle(t), map[string]int{})
	turn(kmspb.CryptoKeyVersion_ENABLED)
	h.Clock.Advance(25 * time.Hour)
	same(t, "open again", h.settle(t), map[string]int{"ada@one.example": 1})
}

// ownKey puts a workspace under a key of its own, and gives what changes the state of that key.
func (h *fixture) ownKey(t *testing.T, ws model.Scope) func(kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
	t.Helper()
	ring, _, _ := strings.Cut(h.Config.KMSKey, "/cryptoKeys/")
	key, err := h.Clients.KMS.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{Parent: ring,
		CryptoKeyId: "own", CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Keyrings.RewrapUnder(t.Context(), ws, key.GetName()); err != nil {
		t.Fatal(err)
	}
	return func(s kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
		t.Helper()
		_, err := h.Clients.KMS.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
			CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: key.GetName() + "/cryptoKeyVersions/1", State: s},
			UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestACompanyThatWasNotToldIsFound: and one that was created after the change is not expected to have been told.
func TestACompanyThatWasNotToldIsFound(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	if c, err := h.Check(t.Context()); err != nil || !c.Began.IsZero() {
		t.Errorf("before the first look: %+v %v", c, err)
	}
	forgotten := h.company(t, h.Person(t, "ada@one.example", "Ada"), "one")
	h.company(t, h.Person(t, "bo@two.example", "Bo"), "two")
	h.settle(t)
	if c, err := h.Check(t.Context()); err != nil || c.Began.IsZero() || c.Change != nil {
		t.Errorf("nothing changed: %+v %v", c, err)
	}
	h.Clock.Advance(time.Minute)
	h.release(h.Clock.Now().AddDate(0, 0, 40), "Another.")
	h.start(t)
	h.settle(t)
	h.Clock.Advance(time.Minute)
	h.company(t, h.Person(t, "cy@late.example", "Cy"), "late")
	if c, err := h.Check(t.Context()); err != nil || c.Looked != 2 || c.Untold != 0 {
		t.Errorf("told: %+v %v", c, err)
	}
	h.forget(t, forgotten)
	if c, err := h.Check(t.Context()); err != nil || c.Looked != 2 || c.Untold != 1 || c.Locked != 0 {
		t.Errorf("forgotten: %+v %v", c, err)
	}
}

// places is workspaces without anything in them, of which one cannot be told.
type places struct {
	ids   []string
	fails string

	mu   sync.Mutex
	told map[string]int
}

func (p *places) All(_ context.Context, _ access.Caller, after string, limit int) ([]workspace.Place, error) {
	var list []workspace.Place
	for _, id := range p.ids {
		if id > after && len(list) < limit {
			list = append(list, workspace.Place{Scope: model.Workspace(id)})
		}
	}
	return list, nil
}

func (p *places) Tell(_ context.Context, sys access.Caller, _ workspace.News) (int, error) {
	if sys.Scope.ID == p.fails {
		return 0, model.ErrUnavailable
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[sys.Scope.ID]++
	return 1, nil
}

func (p *places) WereTold(_ context.Context, _ access.Caller, _ string, in []model.Scope) ([]bool, error) {
	told := make([]bool, len(in))
	for i, ws := range in {
		told[i] = p.told[ws.ID] > 0
	}
	return told, nil
}

// TestManyCompaniesAreToldInParts: at the ends of parts, and although one of them cannot be told. A check looks at no
// more than it may, and somewhere else each time.
func TestManyCompaniesAreToldInParts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 49, 50, 51, 150} {
		h := newFixture(t)
		h.settle(t)
		p := &places{told: map[string]int{}}
		for i := range n {
			p.ids = append(p.ids, fmt.Sprintf("ws-%04d", i))
		}
		p.fails = p.ids[0]
		h.release(h.Clock.Now().AddDate(0, 0, 40), "Another.")
		h.startOn(t, p)
		h.settle(t)
		if len(p.told) != n-1 {
			t.Errorf("%d of %d were told", len(p.told), n)
		}
		if c, err := h.Check(t.Context()); err != nil || c.Looked != n || c.Untold != 1 {
			t.Errorf("%d: %+v %v", n, c, err)
		}
		p.fails = ""
		h.Clock.Advance(time.Hour)
		h.drain(t)
		if p.told[p.ids[0]] != 1 {
			t.Errorf("of %d, the one that could not be told was not told later", n)
		}
	}
}
