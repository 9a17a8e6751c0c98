package workspace_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

var (
	workspaceKind = recordstest.KindOf[workspace.Workspace](workspace.Kinds())
	memberKind    = recordstest.KindOf[workspace.Member](workspace.Kinds())
)

// fixture is workspaces on a real gate.
type fixture struct {
	*accounttest.Fixture
	*workspace.Service
	identities *identity.Service
	t          *testing.T
}

// visit is who asks, and where.
type visit struct {
	identity.Identity
	workspace.Seat
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	h := accounttest.New(t, workspace.Kinds()...)
	s, err := workspace.New(workspace.Options{Gate: h.Gate, Accounts: h.Accounts, Post: h.Post})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{h, s, identity.New(h.Gate, h.Accounts, s), t}
}

// founder makes a person with a workspace, and gives their visit in it.
func (h *fixture) founder(email, slug string) (account.Credential, visit) {
	h.t.Helper()
	h.Person(h.t, email, "Founder of "+slug)
	_, cred := h.Fixture.SignIn(h.t, email)
	who := h.who(cred)
	if _, err := h.Create(h.t.Context(), who.Self(), workspace.NewWorkspace{Name: "House " + slug, Slug: slug,
		TimeZone: "Europe/Vienna"}); err != nil {
		h.t.Fatal(err)
	}
	return cred, h.enter(cred, slug)
}

func (h *fixture) who(cred account.Credential) identity.Identity {
	h.t.Helper()
	who, err := h.Whoami(h.t.Context(), cred)
	if err != nil {
		h.t.Fatal(err)
	}
	return who
}

// Enter finds out who asks in a workspace.
func (h *fixture) Enter(ctx context.Context, cred account.Credential, place string) (visit, error) {
	id, err := h.identities.Find(ctx, cred, identity.Where{Workspace: place})
	seat, _ := id.Seat()
	return visit{id, seat}, err
}

func (h *fixture) enter(cred account.Credential, place string) visit {
	h.t.Helper()
	v, err := h.Enter(h.t.Context(), cred, place)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// invited invites an address and gives the secret of the link.
func (h *fixture) invited(by visit, email string, role access.Role) (id, secret string) {
	h.t.Helper()
	h.Post.Take()
	id, err := h.Invite(h.t.Context(), by.Caller(), workspace.NewInvite{Email: email, Role: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return id, h.Post.Secret(h.t, account.Invitation)
}

// member makes a person who is a member.
func (h *fixture) member(by visit, email string, role access.Role) (account.Credential, visit) {
	h.t.Helper()
	_, secret := h.invited(by, email, role)
	h.Person(h.t, email, "Member "+email[:3])
	_, cred := h.Fixture.SignIn(h.t, email)
	if _, err := h.Accept(h.t.Context(), h.who(cred), secret); err != nil {
		h.t.Fatal(err)
	}
	return cred, h.enter(cred, by.ID)
}

func (h *fixture) refused(what string, err, kind error) {
	h.t.Helper()
	if !errors.Is(err, kind) {
		h.t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func (h *fixture) out(cred account.Credential, place, why string) {
	h.t.Helper()
	_, err := h.Enter(h.t.Context(), cred, place)
	h.refused(why, err, model.ErrNotFound)
}

// calls counts calls to the cloud.
func (h *fixture) calls(f func()) []string {
	var mu sync.Mutex
	var methods []string
	h.Intercept(func(_ context.Context, method string) error {
		if strings.Contains(method, ".logging.") { // the shipper, in the background
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		methods = append(methods, method)
		return nil
	})
	defer h.Intercept(nil)
	f()
	return methods
}

func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; f(i) })
	}
	close(start)
	wg.Wait()
}
