package mail

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// vendor is a server that answers as the API of resend.com is documented to.
type vendor struct {
	t      *testing.T
	mu     sync.Mutex
	key    string
	byKey  map[string]string // idempotency key → body
	mails  []resendMail
	answer func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	calls  atomic.Int64
}

func newVendor(t *testing.T) (*vendor, *httptest.Server) {
	v := &vendor{t: t, key: "re_good_key_123456", byKey: map[string]string{}}
	s := httptest.NewServer(v)
	t.Cleanup(s.Close)
	return v, s
}

func fail(w http.ResponseWriter, code int, name string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": code, "name": name, "message": "about bo@teatro.org"})
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.calls.Add(1)
	v.mu.Lock()
	defer v.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if v.answer != nil && v.answer(w, r) {
		return
	}
	idempotency := r.Header.Get("Idempotency-Key")
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/emails" || r.Header.Get("Content-Type") != "application/json":
		fail(w, 405, "method_not_allowed")
		return
	case r.Header.Get("User-Agent") == "":
		fail(w, 403, "validation_error")
		return
	case r.Header.Get("Authorization") != "Bearer "+v.key:
		fail(w, 403, "invalid_api_key")
		return
	case len(idempotency) < 1 || len(idempotency) > 256:
		fail(w, 400, "invalid_idempotency_key")
		return
	}
	if earlier, known := v.byKey[idempotency]; known && earlier != string(body) {
		fail(w, 409, "invalid_idempotent_request")
		return
	} else if !known {
		var m resendMail
		if err := json.Unmarshal(body, &m); err != nil || m.From == "" || len(m.To) == 0 || m.Subject == "" ||
			m.Text == "" {
			fail(w, 422, "missing_required_field")
			return
		}
		v.byKey[idempotency] = string(body)
		v.mails = append(v.mails, m)
	}
	_, _ = io.WriteString(w, `{"id":"49a3999c-0ce1-4ea6-ab68-`+idempotency[:12]+`"}`)
}

func keys(k ...string) Keys {
	return func(context.Context) ([]string, error) { return k, nil }
}

func (v *vendor) sender(s *httptest.Server, k ...string) *Resend {
	r, err := NewResend(ResendOptions{From: "Tiny Opera House <house@teatro.org>", Keys: keys(k...), URL: s.URL +
		"/emails"})
	if err != nil {
		v.t.Fatal(err)
	}
	return r
}

func sample(t *testing.T) Message {
	t.Helper()
	m, err := letters(t).Write(Reset, Recipient{"bo@teatro.org", "Bo, the \"Tenor\" Dahl"}, facts())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestResend(t *testing.T) {
	t.Parallel()
	v, s := newVendor(t)
	r := v.sender(s, v.key)
	m := sample(t)
	id, err := r.Send(t.Context(), m)
	if err != nil || !strings.HasPrefix(id, "49a3999c") {
		t.Fatal(id, err)
	}
	again, err := r.Send(t.Context(), m)
	if err != nil || again != id || len(v.mails) != 1 {
		t.Fatalf("the same mail was sent %d times: %v", len(v.mails), err)
	}
	got := v.mails[0]
	if got.From != `"Tiny Opera House" <house@teatro.org>` || got.Subject != m.Subject || got.Text != m.Text ||
		got.HTML != m.HTML || got.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("%+v", got)
	}
	if len(got.To) != 1 || !strings.HasSuffix(got.To[0], "<bo@teatro.org>") {
		t.Errorf("to %v", got.To)
	}
	m.Text += "changed"
	if _, err := r.Send(t.Context(), m); !errors.Is(err, ErrRefused) {
		t.Errorf("another mail under the same key: %v", err)
	}
}

func TestResendKeyRotation(t *testing.T) {
	t.Parallel()
	v, s := newVendor(t)
	if _, err := v.sender(s, "re_new_not_yet_known", v.key).Send(t.Context(), sample(t)); err != nil ||
		v.calls.Load() != 2 {
		t.Fatalf("the previous key is not tried: %v", err)
	}
	v.calls.Store(0)
	_, err := v.sender(s, "re_a", "re_b", "re_c", "re_d").Send(t.Context(), sample(t))
	if !errors.Is(err, errKey) || errors.Is(err, ErrRefused) || v.calls.Load() != maxKeyTries {
		t.Fatalf("%v after %d calls", err, v.calls.Load())
	}
	_, err = v.sender(s).Send(t.Context(), sample(t))
	if !errors.Is(err, errKey) {
		t.Fatalf("without a key: %v", err)
	}
}

func TestResendFailures(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		answer  func(w http.ResponseWriter, r *http.Request) bool
		refused bool
	}{
		{"422", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 422, "validation_error")
			return true
		}, true},
		{"400", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 400, "validation_error")
			return true
		}, true},
		{"429", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 429, "rate_limit_exceeded")
			return true
		}, false},
		{"quota", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 429, "daily_quota_exceeded")
			return true
		}, false},
		{"409 at once", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 409, "concurrent_idempotent_requests")
			return true
		}, false},
		{"500", func(w http.ResponseWriter, _ *http.Request) bool {
			fail(w, 500, "application_error")
			return true
		}, false},
		{"html", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<h1>bo@teatro.org</h1>")
			return true
		}, false},
		{"no id", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `{}`)
			return true
		}, false},
		{"id with lines", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `{"id":"a\r\nb"}`)
			return true
		}, false},
		{"redirect", func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/stolen" {
				t.Errorf("followed a redirect with %q", r.Header.Get("Authorization"))
			}
			w.Header().Set("Location", "/stolen")
			w.WriteHeader(307)
			return true
		}, false},
		{"cut off", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, s := newVendor(t)
			v.answer = c.answer
			_, err := v.sender(s, v.key).Send(t.Context(), sample(t))
			if err == nil || errors.Is(err, ErrRefused) != c.refused ||
				errors.Is(err, model.ErrUnavailable) == c.refused {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), "bo@") || strings.Contains(err.Error(), v.key) {
				t.Fatalf("the error says too much: %v", err)
			}
		})
	}
}

func TestResendHangs(t *testing.T) {
	v, s := newVendor(t)
	v.answer = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := testclock.Start()
	if _, err := v.sender(s, v.key).Send(ctx, sample(t)); !errors.Is(err, model.ErrUnavailable) ||
		start.Elapsed() > 3*time.Second {
		t.Fatalf("%v after %v", err, start.Elapsed())
	}
}

func TestResendStandardAddress(t *testing.T) {
	t.Parallel()
	var seen string
	r, err := NewResend(ResendOptions{From: "house@teatro.org", Keys: keys("k"),
		Transport: trip(func(req *http.Request) (*http.Response, error) {
			seen = req.URL.String()
			return nil, errors.New("no network in tests")
		})})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = r.Send(t.Context(), sample(t))
	if seen != "https://api.resend.com/emails" {
		t.Error(seen)
	}
	if _, err := NewResend(ResendOptions{From: "nobody"}); err == nil {
		t.Error("a sender that is no address")
	}
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
