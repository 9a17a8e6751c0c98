package workspace_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func TestCreateChecks(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	who := h.who(cred)
	for name, n := range map[string]workspace.NewWorkspace{
		"no name": {Slug: "xx"}, "long name": {Name: strings.Repeat("x", 81)}, "taken": {Name: "X", Slug: "lantern"},
		"zone":       {Name: "X", TimeZone: "Mars/Base"},
		"local zone": {Name: "X", TimeZone: "Local"}, "capital": {Name: "X", Slug: "Lantern2"},
		"one letter": {Name: "X", Slug: "x"}, "reserved": {Name: "X", Slug: "api"},
		"long": {Name: "X", Slug: strings.Repeat("x", 41)}, "hyphens": {Name: "X", Slug: "a--b"},
		"an id": {Name: "X", Slug: model.NewID()}, "path": {Name: "X", Slug: "../x"},
	} {
		_, err := h.Create(t.Context(), who.Self(), n)
		h.refused(name, err, model.ErrInvalid)
	}
	_, err := h.Create(t.Context(), v.Caller(), workspace.NewWorkspace{Name: "X"})
	h.refused("a member's caller", err, model.ErrDenied)
	slugs := map[string]bool{}
	for _, name := range []string{"House lantern", "Lantern", "Lantern", "Œuvre & Söhne", "劇場", "---", "New",
		strings.Repeat("long name ", 8)} {
		m, err := h.Create(t.Context(), who.Self(), workspace.NewWorkspace{Name: name})
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if slugs[m.Slug] || m.Slug == "lantern" {
			t.Errorf("%q: the slug %q is there twice", name, m.Slug)
		}
		slugs[m.Slug] = true
		if got := h.enter(cred, m.Slug); got.ID != m.Workspace {
			t.Errorf("%q leads elsewhere", m.Slug)
		}
	}
}

func TestOneSlugOneWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	callers := []identity.Identity{}
	for i := range 8 {
		email := fmt.Sprintf("p%d@example.org", i)
		h.Person(t, email, "P")
		_, cred := h.Fixture.SignIn(t, email)
		callers = append(callers, h.who(cred))
	}
	var made atomic.Int32
	parallel(8, func(i int) {
		if _, err := h.Create(t.Context(), callers[i].Caller(), workspace.NewWorkspace{Name: "X",
			Slug: "wanted"}); err ==
			nil {
			made.Add(1)
		}
	})
	if made.Load() != 1 {
		t.Fatalf("%d workspaces have one slug", made.Load())
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	otherCred, _ := h.member(v, "rep@example.org", "reporter")
	h.founder("bob@example.org", "gravel")
	set := workspace.Settings{Name: "Lantern Players", Slug: "lantern-players", TimeZone: "America/New_York"}
	r, err := h.SetSettings(t.Context(), v.Caller(), v.Version, set)
	if err != nil || r.Version != v.Version+1 {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = h.SetSettings(t.Context(), v.Caller(), v.Version, set)
	h.refused("an old version", err, model.ErrStale)
	for _, place := range []string{"lantern", "lantern-players"} {
		if got := h.enter(cred, place); got.Workspace.Slug != "lantern-players" ||
			got.Memberships()[0].Slug != "lantern-players" {
			t.Errorf("%s: %+v", place, got.Workspace)
		}
	}
	later := h.enter(otherCred, "lantern")
	if err := h.identities.Used(t.Context(), later.Identity); err != nil {
		t.Fatal(err)
	}
	if got := h.enter(otherCred, "lantern"); got.Memberships()[0].Name != "Lantern Players" {
		t.Errorf("the list of another member: %+v", got.Memberships())
	}
	for name, n := range map[string]workspace.Settings{
		"taken": {Name: "X", Slug: "gravel", TimeZone: "UTC"}, "no slug": {Name: "X", TimeZone: "UTC"},
		"no zone":  {Name: "X", Slug: "xx"},
		"idle":     {Name: "X", Slug: "lantern", TimeZone: "UTC", Session: account.Lifetimes{Idle: 5*time.Minute - 1}},
		"negative": {Name: "X", Slug: "lantern", TimeZone: "UTC", Session: account.Lifetimes{Idle: -1}},
		"absolute": {Name: "X", Slug: "lantern", TimeZone: "UTC", Session: account.Lifetimes{Absolute: time.Hour - 1}},
		"huge":     {Name: "X", Slug: "lantern", TimeZone: "UTC", Session: account.Lifetimes{Absolute: 1 << 62}},
	} {
		_, err := h.SetSettings(t.Context(), v.Caller(), 0, n)
		h.refused(name, err, model.ErrInvalid)
	}
}

// Earlier slugs go on leading to the workspace, nobody else gets them, and there is an end to it.
func TestSlugsStay(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	set := func(slug string) error {
		_, err := h.SetSettings(t.Context(), v.Caller(), 0, workspace.Settings{Name: "Lantern", Slug: slug,
			TimeZone: "UTC"})
		return err
	}
	for i := range 10 {
		if err := set(fmt.Sprintf("lantern-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	h.refused("one too many", set("lantern-10"), model.ErrConflict)
	if err := set("lantern-9"); err != nil {
		t.Errorf("the same name again: %v", err)
	}
	for _, earlier := range []string{"lantern", "lantern-3"} {
		if err := set(earlier); err != nil {
			t.Errorf("an earlier name: %v", err)
		}
	}
	if got := h.enter(cred, "lantern-0"); got.ID != v.ID {
		t.Error("an earlier name leads elsewhere")
	}
	h.Person(t, "bob@example.org", "Bob")
	_, err := h.Create(t.Context(), h.who(h.again("bob@example.org")).Self(), workspace.NewWorkspace{Name: "X",
		Slug: "lantern-0"})
	h.refused("somebody takes an earlier name", err, model.ErrInvalid)
}
