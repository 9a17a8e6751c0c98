package serve_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/local/serve"
	"github.com/tinyoperahouse/toh/internal/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/testclock"
)

func get(t *testing.T, url, token string) (*http.Response, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&body)
	return resp, body
}

func TestDemoSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	first := servetest.Start(t, servetest.Options{Dir: dir, Demo: true})
	token := first.Sheet.Workspaces[0].Accounts[3].Token
	path := "/api/v1/workspaces/demo/reports?limit=100"
	resp, body := get(t, first.URL()+path, token)
	if resp.StatusCode != http.StatusOK || len(body["items"].([]any)) != 30 {
		t.Fatalf("%s: %v", resp.Status, body)
	}
	first.Stop(t)
	second := servetest.Start(t, servetest.Options{Dir: dir, Demo: true})
	if second.Sheet.Workspaces[0].Accounts[3].Token != token || second.Sheet.BaseURL != second.URL() {
		t.Errorf("the sheet changed: %+v", second.Sheet)
	}
	if resp, body := get(t, second.URL()+path, token); resp.StatusCode != http.StatusOK || len(body["items"].([]any)) != 30 {
		t.Errorf("after the restart: %s", resp.Status)
	}
	info, err := os.Stat(filepath.Join(dir, "demo.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json: %v, %v", info.Mode(), err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	house := servetest.Start(t, servetest.Options{})
	_, err := serve.Open(t.Context(), serve.Options{Addr: "127.0.0.1:0", Dir: house.Dir})
	if err == nil || !strings.Contains(err.Error(), house.Dir) {
		t.Errorf("a second process on the same folder: %v", err)
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":8080", "192.168.1.10:80", "[::]:80", "example.org:80", "127.0.0.1", "nonsense"} {
		start := testclock.Start()
		if _, err := serve.Open(t.Context(), serve.Options{Addr: addr, Dir: t.TempDir()}); err == nil || start.Elapsed() > time.Second {
			t.Errorf("listens on %q: %v", addr, err)
		}
	}
}

func TestHealth(t *testing.T) {
	house := servetest.Start(t, servetest.Options{})
	for _, path := range []string{"/livez", "/readyz"} {
		if resp, _ := get(t, house.URL()+path, ""); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// TestReadyAsksTheDatabase: what is remembered of the keys says nothing about the database.
func TestReadyAsksTheDatabase(t *testing.T) {
	var down atomic.Bool
	house := servetest.Start(t, servetest.Options{Intercept: func(_ context.Context, method string) error {
		if down.Load() && strings.HasPrefix(method, "/google.firestore.") {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	}})
	for _, want := range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusOK} {
		down.Store(want != http.StatusOK)
		if resp, _ := get(t, house.URL()+"/readyz", ""); resp.StatusCode != want {
			t.Errorf("%s, want %d", resp.Status, want)
		}
	}
}
