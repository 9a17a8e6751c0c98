package outside_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// wire serves requests of the client without a network, and lets a test change what arrives.
type wire struct {
	handler http.Handler
	fault   func(r *http.Request, w *http.Response) // nil for none
	fails   error
}

// RoundTrip is a request over the wire, with TLS ended by a front as in production.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.fails != nil {
		return nil, w.fails
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "192.0.2.7:1234"
	in.Header.Set("X-Forwarded-Proto", r.URL.Scheme)
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, in)
	resp := rec.Result()
	if w.fault != nil {
		w.fault(r, resp)
	}
	if r.URL.Scheme == "https" {
		resp.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
	}
	return resp, nil
}

// bench is a site as in production, at an https address.
type bench struct {
	*wire
	t        *testing.T
	controls []promise.Control
}

func newBench(t *testing.T, base string, local bool) *bench {
	t.Helper()
	site := webtest.NewAt(t, base)
	b := &bench{t: t, wire: &wire{handler: site.Site.Handler()}}
	mux := http.NewServeMux()
	mux.Handle("/", b.handler)
	// The API is mounted beside the pages; without a token it answers 401 to everything.
	mux.HandleFunc("/api/v1/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	// What an installation stores is known to its composition only.
	row := `<tr><th scope="row">A</th><td>For B.</td><td>For C.</td></tr>`
	mux.HandleFunc("/data", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat(row, 30)))
	})
	b.handler = mux
	contact := webtest.Contact
	if local {
		contact = ""
	}
	var err error
	b.controls, err = outside.Controls(outside.Options{BaseURL: base, Local: local, Contact: contact, Google: !local,
		Transport: b.wire, Now: site.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) try(id string) promise.Finding {
	b.t.Helper()
	i := slices.IndexFunc(b.controls, func(c promise.Control) bool { return c.ID == id })
	if i < 0 {
		b.t.Fatalf("there is no control %s", id)
	}
	return b.controls[i].Try(b.t.Context())
}

// faults are, for each control, answers of a service that breaks the promise.
var faults = map[string]map[string]func(r *http.Request, w *http.Response){
	"plain-http": {
		"a page without TLS": func(r *http.Request, w *http.Response) {
			if r.URL.Scheme == "http" {
				answer(w, 200, "Sign in")
			}
		},
		"led to another host": func(r *http.Request, w *http.Response) {
			if r.URL.Scheme == "http" && r.Method == http.MethodGet {
				w.Header.Set("Location", "https://evil.example/signin")
			}
		},
		"a form without TLS": func(r *http.Request, w *http.Response) {
			if r.URL.Scheme == "http" && r.Method == http.MethodPost {
				answer(w, 200, "Signed in")
			}
		},
	},
	"tls": {
		"no strict transport security": func(_ *http.Request, w *http.Response) {
			w.Header.Del("Strict-Transport-Security")
		},
		"for a day": func(_ *http.Request, w *http.Response) {
			w.Header.Set("Strict-Transport-Security", "max-age=86400; includeSubDomains; preload")
		},
		"without preload": func(_ *http.Request, w *http.Response) {
			w.Header.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		},
	},
	"weak-passwords": {
		"they are accepted": func(r *http.Request, w *http.Response) {
			if r.Method == http.MethodPost {
				answer(w, http.StatusSeeOther, "")
				w.Header.Set("Location", "/signup/sent")
			}
		},
		"refused for another reason": func(r *http.Request, w *http.Response) {
			if r.Method == http.MethodPost {
				answer(w, 400, "The address is wrong.")
			}
		},
	},
	"no-token": {"the API answers": func(r *http.Request, w *http.Response) {
		answer(w, 200, `{"workspaces":[]}`)
	}},
	"background-closed": {"a tick is taken": func(r *http.Request, w *http.Response) {
		if r.URL.Path == "/push/tick" {
			answer(w, 204, "")
		}
	}},
	"api-description": {"it is there": func(r *http.Request, w *http.Response) {
		if r.URL.Path == "/api/v1/openapi.json" {
			answer(w, 200, "{}")
		}
	}},
	"contact": {
		"none": func(_ *http.Request, w *http.Response) { answer(w, 404, "") },
		"an old copy": func(_ *http.Request, w *http.Response) {
			answer(w, 200, "Contact: mailto:"+webtest.Contact+"\nExpires: 2025-01-01T00:00:00Z\n")
		},
		"for too long": func(_ *http.Request, w *http.Response) {
			answer(w, 200, "Contact: mailto:"+webtest.Contact+"\nExpires: 2999-01-01T00:00:00Z\n")
		},
		"somebody else": func(_ *http.Request, w *http.Response) {
			answer(w, 200, "Contact: mailto:x@evil.example\nExpires: 2999-01-01T00:00:00Z\n")
		},
	},
	"documents": {
		"one is gone": func(r *http.Request, w *http.Response) {
			if r.URL.Path == "/processing" {
				answer(w, 404, "")
			}
		},
		"somebody is not named": func(r *http.Request, w *http.Response) {
			if r.URL.Path == "/subprocessors" {
				answer(w, 200, "None.")
			}
		},
	},
	"policies": {
		"one is gone":      at("/terms", 404, ""),
		"one has no date":  at("/privacy", 200, "Privacy"),
		"not yet in force": at("/terms", 200, `From <time datetime="2999-01-01T00:00:00Z">`),
	},
	"purposes": {
		"it is gone":         at("/data", 404, ""),
		"it is nearly empty": at("/data", 200, `<th scope="row">A</th><td>B</td><td>C</td></tr>`),
		"one has no purpose": at("/data", 200, strings.Repeat(`<th scope="row">A</th><td>B</td><td></td></tr>`, 30)),
	},
	"insiders": {
		"it is gone":        at("/access", 404, ""),
		"a part is missing": at("/access", 200, `id="deploy-title" id="logs-title" id="data-title"`),
		"somebody is named": at("/access", 200,
			`id="deploy-title" id="logs-title" id="data-title" id="rules-title" user:eve@opera.example`),
	},
}

// at answers in place of one page.
func at(path string, code int, text string) func(*http.Request, *http.Response) {
	return func(r *http.Request, w *http.Response) {
		if r.URL.Path == path {
			answer(w, code, text)
		}
	}
}

func answer(w *http.Response, code int, text string) {
	w.StatusCode, w.Body = code, io.NopCloser(strings.NewReader(text))
}

// TestEachFaultTurnsItsControl: on the product as it is each control passes; with a fault planted it fails; when the
// service does not answer it finds out nothing.
func TestEachFaultTurnsItsControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, "https://opera.example", false)
	for _, c := range b.controls {
		if f := b.try(c.ID); f.Outcome != promise.Passed || f.Evidence == "" {
			t.Errorf("%s: %+v", c.ID, f)
		}
		if len(faults[c.ID]) == 0 {
			t.Errorf("no fault turns %s", c.ID)
		}
		for name, fault := range faults[c.ID] {
			b.fault = fault
			if f := b.try(c.ID); f.Outcome != promise.Failed || f.Detail == "" || f.Evidence != "" {
				t.Errorf("%s with %q: %+v", c.ID, name, f)
			}
			b.fault = nil
		}
		b.fails = context.DeadlineExceeded
		if f := b.try(c.ID); f.Outcome != promise.Unknown {
			t.Errorf("%s without an answer: %+v", c.ID, f)
		}
		b.fails = nil
	}
}

// TestOneMachine: what does not apply there is said so, and the rest passes.
func TestOneMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t, "http://127.0.0.1:8090", true)
	elsewhere := []string{"plain-http", "tls", "api-description", "contact", "insiders"}
	for _, c := range b.controls {
		want := promise.Passed
		if slices.Contains(elsewhere, c.ID) {
			want = promise.NotHere
		}
		if f := b.try(c.ID); f.Outcome != want {
			t.Errorf("%s: %+v", c.ID, f)
		}
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what is tested
	server.StartTLS()
	defer server.Close()
	for name, c := range map[string]struct {
		left time.Duration
		want promise.Outcome
	}{"valid": {30 * 24 * time.Hour, promise.Passed}, "about to expire": {24 * time.Hour, promise.Failed}} {
		now := server.Certificate().NotAfter.Add(-c.left)
		controls, err := outside.Controls(outside.Options{BaseURL: server.URL, Transport: server.Client().Transport,
			Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if f := controls[1].Try(t.Context()); f.Outcome != c.want {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// A certificate that no authority vouches for.
	controls, err := outside.Controls(outside.Options{BaseURL: server.URL, Now: server.Certificate().NotBefore.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if f := controls[1].Try(t.Context()); f.Outcome != promise.Failed {
		t.Errorf("an unknown authority: %+v", f)
	}
}
