package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/operate/rewrap"
)

// folderOf makes the folder of an installation in which work was done, and closes it.
func folderOf(t *testing.T, work func(*local.Cloud, *app.Operator)) string {
	t.Helper()
	dir := t.TempDir()
	cfg, err := config.Local("127.0.0.1:65535")
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	cloud, err := local.OpenCloud(t.Context(), local.CloudOptions{
		Dir: dir, Config: cfg, Content: app.ContentCollections(), Keys: app.KeysCollections(), Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := app.NewOperator(t.Context(), app.OperatorOptions{Config: cfg, Clients: cloud.Clients, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if work != nil {
		work(cloud, o)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// said runs a command that must succeed, and returns what it printed.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out, logs bytes.Buffer
	if err := run(t.Context(), args, &out, &logs); err != nil {
		t.Fatalf("tohctl %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), logs.String())
	}
	return out.String()
}

func TestKeys(t *testing.T) {
	dir := folderOf(t, nil)
	if got := said(t, "keys", "status", "--localcloud", dir); !strings.Contains(got, "1 keyrings") ||
		!strings.Contains(got, "enabled, primary") {
		t.Errorf("%s", got)
	}
	if got := said(t, "keys", "rotate", "--localcloud", dir); !strings.Contains(got, "/2 wraps from now on") ||
		!strings.Contains(got, "1 wrapped again") {
		t.Errorf("%s", got)
	}
	if got := said(t, "keys", "rotate", "--scope", "platform/main", "--localcloud", dir); !strings.Contains(got,
		"has new keys") {
		t.Errorf("%s", got)
	}
	if got := said(t, "keys", "rewrap", "--localcloud", dir); !strings.Contains(got, "0 wrapped again") {
		t.Errorf("%s", got)
	}
	var s rewrap.Status
	if err := json.Unmarshal([]byte(said(t, "keys", "status", "--json", "--localcloud", dir)), &s); err != nil ||
		s.Stale != 0 || len(s.Versions) != 2 || s.Versions[1].Keyrings != 1 {
		t.Errorf("%+v %v", s, err)
	}
	for name, args := range map[string][]string{
		"no verb":       {"keys", "--localcloud", dir},
		"unknown verb":  {"keys", "burn", "--localcloud", dir},
		"no scope":      {"keys", "rotate", "--scope", "workspaces", "--localcloud", dir},
		"scope, status": {"keys", "status", "--scope", "platform/main", "--localcloud", dir},
		"none there":    {"keys", "rotate", "--scope", "workspaces/none", "--localcloud", dir},
		"no folder":     {"keys", "status", "--localcloud", dir + "x"},
		"no project":    {"keys", "status"},
		"stray":         {"keys", "status", "now", "--localcloud", dir},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
