package demo_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// TestADemonstrationThatWasCutOffIsGoneOnWith: it is cut off after more and more commits, until it is complete. Then it
// equals one that was never cut off.
func TestADemonstrationThatWasCutOffIsGoneOnWith(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	left.Store(1 << 40)
	h := servetest.Start(t, servetest.Options{Intercept: func(_ context.Context, method string) error {
		if strings.HasSuffix(method, "/Commit") && left.Add(-1) < 0 {
			return status.Error(codes.PermissionDenied, "cut off")
		}
		return nil
	}})
	path, cuts := filepath.Join(h.Dir, demo.File), 0
	var sheet demo.Sheet
	for most := int64(0); ; most = most*4/3 + 1 {
		left.Store(most)
		var err error
		sheet, err = demo.Make(t.Context(), h.App, h.URL(), h.Dir)
		if err == nil {
			break
		}
		if cuts++; cuts > 200 {
			t.Fatal(err)
		}
		var kept demo.Sheet
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil || kept.Unfinished == nil {
			t.Fatalf("cut off after %d commits, and the file says that it is whole: %v", most, err)
		}
	}
	left.Store(1 << 40)
	t.Logf("cut off %d times", cuts)
	if cuts < 10 {
		t.Error("that is too seldom to say anything")
	}
	fresh := servetest.Start(t, servetest.Options{Demo: true})
	for i, place := range sheet.Workspaces {
		got, want := seen(t, h, place), seen(t, fresh, fresh.Sheet.Workspaces[i])
		if got != want || strings.Count(got, "\n") != 30 {
			t.Errorf("%s is\n%s\nwant\n%s", place.Name, got, want)
		}
	}
}

// seen is what a company's management sees of its reports, when everybody signs in with what the sheet says.
func seen(t *testing.T, h *servetest.Installation, place demo.Workspace) string {
	t.Helper()
	var out strings.Builder
	for _, a := range place.Accounts {
		if _, err := h.App.Accounts.SignIn(t.Context(), account.Client{Address: "192.0.2.9"},
			account.Login{Email: a.Email, Password: a.Password}); err != nil {
			t.Errorf("%s: %v", a.Email, err)
		}
		_, err := h.App.Identity.FromToken(t.Context(), account.Client{}, a.Token, identity.Where{})
		if err != nil {
			t.Errorf("the token of %s: %v", a.Email, err)
		}
	}
	boss := access.Caller{Scope: model.Workspace(place.ID), Account: "boss", Name: "Boss", Role: access.Management}
	members, err := h.App.Workspaces.ListMembers(t.Context(), boss)
	if err != nil || len(members) != 4 {
		t.Errorf("%d members, %v", len(members), err)
	}
	list, err := h.App.Stage.Reports(t.Context(), boss, shows.ReportList{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Records {
		b := r.Body
		out.WriteString(strings.Join([]string{b.Day, b.Label(), b.PerformanceLabel, string(b.State), b.Title, b.Text,
			string(rune('0' + b.Revision))}, " | ") + "\n")
	}
	return out.String()
}
