package faults

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// client sends requests to a running service.
type client struct {
	base string
	http *http.Client
}

// newClient makes one that follows no redirects, keeps cookies if it is a browser, and opens a connection per request
// if told to.
func newClient(base string, fresh bool) *client {
	jar, _ := cookiejar.New(nil)
	return &client{base: base, http: &http.Client{
		Jar: jar, Timeout: 20 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: fresh, MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// reply is what came back; err is set when nothing did.
type reply struct {
	trace  string // that was sent with the request; its entries have it
	status int
	header http.Header
	body   string
	took   time.Duration
	err    error
}

// object reads the body as JSON.
func (r reply) object() map[string]any {
	var v map[string]any
	_ = json.Unmarshal([]byte(r.body), &v)
	return v
}

func (r reply) text(name string) string { s, _ := r.object()[name].(string); return s }

func (r reply) number(name string) int64 { n, _ := r.object()[name].(float64); return int64(n) }

func (r reply) items() []map[string]any {
	list, _ := r.object()["items"].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, i := range list {
		if m, ok := i.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// ask sends a request with a token. headers are pairs.
func (c *client) ask(ctx context.Context, method, path, token, body string, headers ...string) reply {
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	return c.send(ctx, method, path, body, append(headers, "Authorization", "Bearer "+token)...)
}

// post sends a form as a browser does: pairs of names and values.
func (c *client) post(ctx context.Context, path string, pairs ...string) reply {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.send(ctx, http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// get opens a page as a browser does.
func (c *client) get(ctx context.Context, path string) reply {
	return c.send(ctx, http.MethodGet, path, "")
}

func (c *client) send(ctx context.Context, method, path, body string, headers ...string) reply {
	start := testclock.Start()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	trace := hex.EncodeToString(id)
	r.Header.Set("traceparent", "00-"+trace+"-"+trace[:16]+"-01")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return reply{trace: trace, err: err, took: start.Elapsed()}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{trace, resp.StatusCode, resp.Header, string(text), start.Elapsed(), err}
}

// must returns the reply if it has the status.
func must(t testing.TB, r reply, status int) reply {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("status %d, want %d: %v\n%.1500s", r.status, status, r.err, r.body)
	}
	return r
}

// account is the demonstration's account with a role.
func account(h demo.Workspace, role string) demo.Account {
	for _, a := range h.Accounts {
		if a.Role == role {
			return a
		}
	}
	return demo.Account{}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
