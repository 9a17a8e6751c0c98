package app_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// TestWhois looks somebody up in each possible way: each finds the same, opens nothing of theirs, and is in the
// platform's trail.
func TestWhois(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{Demo: true})
	o, err := app.NewOperator(t.Context(), app.OperatorOptions{Config: installation.Config,
		Clients: installation.Cloud.Clients,
		Logger:  slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close(t.Context()) })
	home := installation.Sheet.Workspaces[0]
	email := home.Accounts[0].Email
	found := func(what string) string {
		t.Helper()
		list, err := o.Whois(t.Context(), what)
		if err != nil || len(list) > 1 || len(list) == 1 && (list[0].Key == "" || list[0].Own) {
			t.Fatalf("%q: %+v, %v", what, list, err)
		}
		if len(list) == 0 {
			return ""
		}
		return list[0].Scope
	}
	account := found(email)
	if !strings.HasPrefix(account, "accounts/") {
		t.Fatalf("%q", account)
	}
	_, id, _ := strings.Cut(account, "/")
	for what, want := range map[string]string{
		" " + strings.ToUpper(email[:1]) + email[1:]: account, id: account, account: account,
		home.Slug: "workspaces/" + home.ID, home.ID: "workspaces/" + home.ID, "workspaces/" + home.ID: "workspaces/" +
			home.ID,
		"nobody@house.example": "", "no-such-house": "", model.NewID(): "", "accounts/" + home.ID: "",
	} {
		if got := found(what); got != want {
			t.Errorf("%q is %q, not %q", what, got, want)
		}
	}
	for _, bad := range []string{"", "a b", "not an address@", "platform/main", "rooms/x1", "workspaces/A"} {
		if list, err := o.Whois(t.Context(), bad); !errors.Is(err, model.ErrInvalid) || len(list) > 0 {
			t.Errorf("%q: %v, %v", bad, list, err)
		}
	}
	wantTold(t, o, account, "workspaces/"+home.ID, email)
}

// wantTold: each lookup is recorded once, with what was found, and never with the address or the name that was looked
// up.
func wantTold(t *testing.T, o *app.Operator, account, workspace, email string) {
	t.Helper()
	page, err := o.Trail().List(t.Context(), model.Platform(), audit.Filter{Action: access.Whois}, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range page.Entries {
		told = append(told, e.Record)
		if text := strings.ToLower(slog.AnyValue(e).String()); strings.Contains(text, strings.ToLower(email)) {
			t.Errorf("the trail holds the address: %s", text)
		}
	}
	slices.Sort(told)
	want := []string{"", "", "", "", account, account, account, account, workspace, workspace, workspace}
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("the trail tells of %q, not of %q", told, want)
	}
	for _, scope := range []string{account, workspace} {
		kind, id, _ := strings.Cut(scope, "/")
		page, err := o.Trail().List(t.Context(), model.Scope{Kind: model.ScopeKind(kind), ID: id},
			audit.Filter{Action: access.Whois}, 10, "")
		if err != nil || len(page.Entries) > 0 {
			t.Errorf("%s: %v, %v", scope, page.Entries, err)
		}
	}
}
