package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
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
	t.Parallel()
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
	if resp, body := get(t, second.URL()+path, token); resp.StatusCode != http.StatusOK ||
		len(body["items"].([]any)) != 30 {
		t.Errorf("after the restart: %s", resp.Status)
	}
	info, err := os.Stat(filepath.Join(dir, "demo.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json: %v, %v", info.Mode(), err)
	}
}

// TestWrongTemplatesAreRefused: a folder that holds no templates is reported before anything is created.
func TestWrongTemplatesAreRefused(t *testing.T) {
	t.Parallel()
	empty, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	for _, templates := range []string{empty, filepath.Join(empty, "nowhere")} {
		h, err := serve.Open(t.Context(), serve.Options{Addr: "127.0.0.1:0", Dir: data, Templates: templates,
			Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			_ = h.Close(t.Context())
			t.Fatalf("%s is accepted", templates)
		}
		if !strings.Contains(err.Error(), templates+" is not a folder of templates") {
			t.Errorf("%v", err)
		}
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the data folder was created: %v", err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{Dir: t.TempDir()})
	_, err := serve.Open(t.Context(), serve.Options{Addr: "127.0.0.1:0", Dir: installation.Dir})
	if err == nil || !strings.Contains(err.Error(), installation.Dir) {
		t.Errorf("a second process on the same folder: %v", err)
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":8080", "192.168.1.10:80", "[::]:80", "example.org:80", "127.0.0.1",
		"nonsense"} {
		start := testclock.Start()
		if _, err := serve.Open(t.Context(), serve.Options{Addr: addr, Dir: t.TempDir()}); err == nil ||
			start.Elapsed() > time.Second {
			t.Errorf("listens on %q: %v", addr, err)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{})
	for _, path := range []string{"/livez", "/readyz"} {
		if resp, _ := get(t, installation.URL()+path, ""); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// TestReadyAsksTheDatabase: keys that are in memory say nothing about the database.
func TestReadyAsksTheDatabase(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	installation := servetest.Start(t, servetest.Options{Intercept: func(_ context.Context, method string) error {
		if down.Load() && strings.HasPrefix(method, "/google.firestore.") {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	}})
	for _, want := range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusOK} {
		down.Store(want != http.StatusOK)
		if resp, _ := get(t, installation.URL()+"/readyz", ""); resp.StatusCode != want {
			t.Errorf("%s, want %d", resp.Status, want)
		}
	}
}

// TestMailIsForWhoeverStartedIt: links in mails open accounts, and other people may use the machine, too.
func TestMailIsForWhoeverStartedIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := servetest.Start(t, servetest.Options{Dir: dir})
	at := first.MailAt()
	if secret, ok := strings.CutPrefix(at, first.URL()+"/_local/mail/"); !ok || len(secret) < 32 {
		t.Fatalf("the mail is at %s", at)
	}
	for url, want := range map[string]int{
		at: http.StatusOK, first.URL() + "/_local/mail": http.StatusForbidden, first.URL() +
			"/_local/mail/x": http.StatusForbidden, at[:len(at)-1]: http.StatusForbidden,
	} {
		if resp, _ := get(t, url, ""); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", url, resp.Status, want)
		}
	}
	first.Stop(t)
	second := servetest.Start(t, servetest.Options{Dir: dir})
	if strings.TrimPrefix(second.MailAt(), second.URL()) != strings.TrimPrefix(at, first.URL()) {
		t.Error("the address changed with the restart")
	}
	if other := servetest.Start(t, servetest.Options{}); strings.HasSuffix(at, strings.TrimPrefix(other.MailAt(),
		other.URL())) {
		t.Error("another folder has the same address")
	}
}

// TestNobodyChoosesTheirSource: there is no proxy in front of a one-machine installation, so a header says nothing
// about where a request comes from, and the limit per source holds.
func TestNobodyChoosesTheirSource(t *testing.T) {
	t.Parallel()
	installation := servetest.Start(t, servetest.Options{})
	last := 0
	for i := range 11 {
		form := url.Values{"email": {"nobody@example.org"}, "password": {"wrong umbrella wrong teapot"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, installation.URL()+"/signin",
			strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", installation.URL())
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		last = resp.StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eleventh attempt: %d", last)
	}
}
