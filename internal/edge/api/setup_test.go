package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// town is the whole service with the two companies of the demonstration.
type town struct {
	*serve.Installation
	sheet demo.Sheet
	clock *modeltest.Clock
	away  atomic.Pointer[string] // methods with this in their name are refused
}

func open(t *testing.T) *town {
	t.Helper()
	w := &town{clock: modeltest.NewClock(testclock.Now())}
	dir := t.TempDir()
	installation, err := serve.Open(t.Context(), serve.Options{
		Addr: "127.0.0.1:0", Dir: dir, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Clock: w.clock,
		CheapPasswords: true, Intercept: w.intercept, Files: kvtest.Disk(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = installation.Close(context.WithoutCancel(t.Context())) })
	w.Installation = installation
	if w.sheet, err = demo.Make(t.Context(), installation.App, installation.URL(), dir); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) intercept(_ context.Context, method string) error {
	if part := w.away.Load(); part != nil && strings.Contains(method, *part) {
		return status.Error(codes.Unavailable, "away")
	}
	return nil
}

func (w *town) token(workspace int, role access.Role) string {
	for _, a := range w.sheet.Workspaces[workspace].Accounts {
		if a.Role == string(role) {
			return a.Token
		}
	}
	return ""
}

func (w *town) id(workspace int) string { return w.sheet.Workspaces[workspace].ID }

func (w *town) reports(workspace int) string {
	return "/api/v1/workspaces/" + w.id(workspace) + "/reports"
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request. headers are pairs of name and value.
func (w *town) ask(t *testing.T, method, path, token, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, w.URL()+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

func (a answer) is(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, not %d: %s", a.status, status, a.body)
	}
	if kind := a.header.Get("Content-Type"); status >= 400 && kind != "application/problem+json" {
		t.Errorf("an error of type %q", kind)
	}
	return a
}

// json reads the body as an object.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

func (a answer) items(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	all, ok := a.json(t)["items"].([]any)
	if !ok {
		t.Fatal(errors.New("no items: " + a.body))
	}
	for _, i := range all {
		list = append(list, i.(map[string]any))
	}
	return list
}

func (w *town) production(t *testing.T, workspace int) string {
	t.Helper()
	a := w.ask(t, "GET", "/api/v1/workspaces/"+w.id(workspace)+"/productions", w.token(workspace, access.Management),
		"").is(t, 200)
	return a.items(t)[0]["id"].(string)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
