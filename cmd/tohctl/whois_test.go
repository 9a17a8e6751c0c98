package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
)

func TestWhois(t *testing.T) {
	dir := t.TempDir()
	var home demo.Workspace
	t.Run("installation", func(t *testing.T) { // closed when this is over
		home = servetest.Start(t, servetest.Options{Dir: dir, Demo: true}).Sheet.Workspaces[0]
	})
	if got := said(t, "whois", home.Slug, "--localcloud", dir); got != "workspaces/"+home.ID+
		", under the installation's key\n" {
		t.Errorf("%q", got)
	}
	if got := said(t, "whois", home.ID, "--localcloud", dir); !strings.HasPrefix(got, "workspaces/"+home.ID+",") {
		t.Errorf("%q", got)
	}
	var found []app.Found
	got := said(t, "whois", home.Accounts[0].Email, "--json", "--localcloud", dir)
	if err := json.Unmarshal([]byte(got), &found); err != nil || len(found) != 1 || !strings.HasPrefix(found[0].Scope,
		"accounts/") {
		t.Errorf("%q, %v", got, err)
	}
	for name, args := range map[string][]string{
		"nobody":     {"whois", "nobody@house.example", "--localcloud", dir},
		"no address": {"whois", "a@", "--localcloud", dir},
		"nothing":    {"whois", "--localcloud", dir},
		"two":        {"whois", home.Slug, home.ID, "--localcloud", dir},
		"no folder":  {"whois", home.Slug, "--localcloud", dir + "x"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
