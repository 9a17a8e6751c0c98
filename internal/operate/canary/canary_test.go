package canary_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/operate/canary"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// wire is the network between the controls and the service, on which a test plants faults.
type wire struct {
	before func(*http.Request)
	after  func(*http.Request, *http.Response)
	first  string // the first token that was shown: a manager's
}

// RoundTrip passes a request on.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if token := r.Header.Get("Authorization"); w.first == "" && token != "" {
		w.first = token
	}
	if w.before != nil {
		w.before(r)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && w.after != nil {
		w.after(r, resp)
	}
	return resp, err
}

func answer(resp *http.Response, status int, text string) {
	_ = resp.Body.Close()
	resp.StatusCode, resp.Body = status, io.NopCloser(strings.NewReader(text))
}

// bench is a running service, with controls that reach it over the wire.
type bench struct {
	wire
	t        *testing.T
	house    *servetest.Installation
	controls []promise.Control
	examined *records.Examined             // what is said of stored documents instead of what is so
	logged   func(map[string]string) error // changes what is found in the log
}

// told is a kind of which a test says how its documents are stored.
type told struct {
	records.Declared
	b *bench
}

// Examine says what the test says.
func (k told) Examine(ctx context.Context, g *records.Gate, ref records.Ref, words []string,
	places ...records.Ref) (records.Examined, error) {
	e, err := k.Declared.Examine(ctx, g, ref, words, places...)
	if k.b.examined != nil {
		e = *k.b.examined
	}
	return e, err
}

func (b *bench) kinds() []records.Declared {
	list := slices.Concat(account.Kinds(), shows.Kinds())
	for i, k := range list {
		list[i] = told{k, b}
	}
	return list
}

func newBench(t *testing.T, leastCost int) *bench {
	t.Helper()
	return newBenchAt(t, leastCost, nil)
}

// newBenchAt is a bench with a clock of its own.
func newBenchAt(t *testing.T, leastCost int, clock model.Clock) *bench {
	t.Helper()
	b := &bench{t: t, house: servetest.Start(t, servetest.Options{Clock: clock})}
	client, err := outside.NewClient(b.house.URL(), &b.wire)
	if err != nil {
		t.Fatal(err)
	}
	s := canary.New(canary.Options{Gate: b.house.App.Gate, Accounts: b.house.App.Accounts,
		Workspaces: b.house.App.Workspaces, Stage: b.house.App.Stage, Client: client, Kinds: b.kinds(),
		LeastCost: leastCost, Log: b})
	b.controls = s.Controls()
	for _, c := range b.controls {
		if f := c.Try(t.Context()); f.Outcome != promise.Unknown {
			t.Errorf("%s before the workspaces are made: %+v", c.ID, f)
		}
	}
	if err := s.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// genuine makes the service take every token that says the same as a genuine one for that one.
func (b *bench) genuine() func(*http.Request) {
	seen := map[string]string{}
	return func(r *http.Request) {
		for _, c := range r.Cookies() {
			parts := strings.Split(c.Value, ".")
			if c.Name != "toh" || len(parts) != 3 {
				continue
			}
			if first, ok := seen[parts[1]]; ok {
				r.Header.Set("Cookie", c.Name+"="+first)
				continue
			}
			seen[parts[1]] = c.Value
		}
	}
}

func (b *bench) try(id string) promise.Finding {
	b.t.Helper()
	i := slices.IndexFunc(b.controls, func(c promise.Control) bool { return c.ID == id })
	if i < 0 {
		b.t.Fatalf("there is no control %s", id)
	}
	return b.controls[i].Try(b.t.Context())
}

// TestEachFaultTurnsItsControl: on the product as it is each control passes; with a fault planted it fails; when the
// service does not answer it finds out nothing.
func TestEachFaultTurnsItsControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4)
	toManager := func(r *http.Request) { // the service takes everybody for a manager
		if r.Header.Get("Authorization") != "" {
			r.Header.Set("Authorization", b.first)
		}
	}
	faults := map[string]map[string]wire{
		"neighbours": {
			"a report of theirs opens": {after: func(r *http.Request, resp *http.Response) {
				if strings.Contains(r.URL.Path, "/reports/") {
					answer(resp, 200, "{}")
				}
			}},
			"it is told that there is one": {after: func(r *http.Request, resp *http.Response) {
				if strings.HasSuffix(r.URL.Path, "/audit") {
					answer(resp, 403, "{}")
				}
			}},
			"their cursor is taken": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.Query().Get("cursor") != "" {
					answer(resp, 200, `{"items":[]}`)
				}
			}},
		},
		"withheld-sections": {"everybody sees what managers see": {before: toManager}},
		"roles": {
			"everybody may what managers may": {before: toManager},
			"nobody may anything": {after: func(_ *http.Request, resp *http.Response) {
				answer(resp, 403, "{}")
			}},
		},
		"trail-entries": {
			"the trail is empty": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.RawQuery != "" {
					answer(resp, 200, `{"items":[]}`)
				}
			}},
			"the refusal is missing": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.Query().Get("outcome") == "denied" {
					answer(resp, 200, `{"items":[]}`)
				}
			}},
			"the viewer reads the trail": {before: toManager},
		},
		"no-session": {
			"a page opens": {after: func(r *http.Request, resp *http.Response) {
				if strings.HasSuffix(r.URL.Path, "/members") {
					answer(resp, 200, "Members")
				}
			}},
			"it tells that there is none": {after: func(r *http.Request, resp *http.Response) {
				if strings.HasPrefix(r.URL.Path, "/w/none-") {
					answer(resp, 404, "")
				}
			}},
		},
		"forged-sessions": {
			"the signature is not looked at": {before: b.genuine()},
			"the account stays closed": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.Path == "/account" {
					answer(resp, 404, "")
				}
			}},
		},
		"session-end": {"the session goes on": {after: func(r *http.Request, resp *http.Response) {
			if r.URL.Path == "/account" {
				answer(resp, 200, "Your account")
			}
		}}},
		"second-factor": {
			"the password is enough": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.Path == "/signin" {
					answer(resp, 303, "")
				}
			}},
			"any code is enough": {after: func(r *http.Request, resp *http.Response) {
				if r.URL.Path == "/account" {
					answer(resp, 200, "Your account")
				}
			}},
		},
		"token-end": {
			"the token goes on": {after: func(_ *http.Request, resp *http.Response) { answer(resp, 200, "{}") }},
			"no token opens anything": {after: func(_ *http.Request, resp *http.Response) {
				answer(resp, 401, "{}")
			}},
		},
		"new-password": {"it is taken": {after: func(r *http.Request, resp *http.Response) {
			if r.URL.Path == "/account/password" {
				answer(resp, 303, "")
			}
		}}},
	}
	for _, c := range b.controls {
		if c.ID == "fourteen-days" || c.ID == "trail-in-log" { // they cannot know yet; each has a test of its own
			continue
		}
		if f := b.try(c.ID); f.Outcome != promise.Passed || f.Evidence == "" {
			t.Errorf("%s: %+v", c.ID, f)
		}
		for name, fault := range faults[c.ID] {
			b.before, b.after = fault.before, fault.after
			if f := b.try(c.ID); f.Outcome != promise.Failed || f.Detail == "" {
				t.Errorf("%s with %q: %+v", c.ID, name, f)
			}
			b.before, b.after = nil, nil
		}
		if len(faults[c.ID]) == 0 && c.Kind == promise.Live {
			t.Errorf("no fault turns %s", c.ID)
		}
		b.after = func(_ *http.Request, resp *http.Response) { answer(resp, 503, "") }
		if f := b.try(c.ID); c.Kind == promise.Live && f.Outcome != promise.Unknown {
			t.Errorf("%s when the service is away: %+v", c.ID, f)
		}
		b.after = nil
	}
}

// TestCheapHashesTurnTheirControl: the tests' own hashes are cheaper than what was promised.
func TestCheapHashesTurnTheirControl(t *testing.T) {
	t.Parallel()
	if f := newBench(t, 12).try("password-hash"); f.Outcome != promise.Failed {
		t.Errorf("hashes at cost 4: %+v", f)
	}
}

// TestStoredFormTurnsItsControl: with a document that can be read, or that opens elsewhere, the control fails.
func TestStoredFormTurnsItsControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4)
	for name, e := range map[string]records.Examined{"plain": {Plain: true}, "moved": {Moved: true}} {
		b.examined = &e
		if f := b.try("stored-form"); f.Outcome != promise.Failed || f.Detail == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	b.examined = nil
	if f := b.try("stored-form"); f.Outcome != promise.Passed || !strings.Contains(f.Evidence, "14 stored documents") {
		t.Errorf("%+v", f)
	}
}

// TestNobodyElseIsACanary: no other account can have such an address, and of other accounts nothing is told.
func TestNobodyElseIsACanary(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{})
	accounts, sys := house.App.Accounts, access.SystemCaller(model.Platform(), "test", "")
	person := account.NewAccount{Name: "Eve", Password: "gravel sleeps beneath other anchors"}
	for _, address := range []string{account.CanaryAddress("eve"), "eve@CANARY.invalid", "eve@controls.invalid"} {
		person.Email = address
		if _, err := accounts.Provision(t.Context(), sys, person); !refused(err) {
			t.Errorf("%s: %v", address, err)
		}
		if err := accounts.SignUp(t.Context(), account.Client{}, person); !refused(err) {
			t.Errorf("sign-up with %s: %v", address, err)
		}
	}
	for _, address := range []string{"eve@lyric.example", "eve@canary.invalid.example", "canary.invalid@a.example"} {
		person.Email = address
		if _, err := accounts.ProvisionCanary(t.Context(), sys, person); err == nil {
			t.Errorf("%s is a canary", address)
		}
	}
	person.Email = "eve@lyric.example"
	p, err := accounts.Provision(context.WithoutCancel(t.Context()), sys, person)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := accounts.HashCost(t.Context(), sys, p.ID); err == nil {
		t.Error("it is told how the password of a person is stored")
	}
	if account.IsCanary(person.Email) || !account.IsCanary(account.CanaryAddress("x")) {
		t.Error("canaries are not told apart")
	}
}

// TestControlsAreMarkedInTheLog: a request of an account of controls is marked in its log line, and no other is,
// whatever it calls itself.
func TestControlsAreMarkedInTheLog(t *testing.T) {
	t.Parallel()
	const mark = `"control":true`
	b := newBench(t, 4)
	if f := b.try("no-session"); f.Outcome != promise.Passed {
		t.Errorf("%+v", f)
	}
	if strings.Contains(b.house.Logs.String(), mark) {
		t.Error("a request without a session is marked")
	}
	if f := b.try("session-end"); f.Outcome != promise.Passed { // asks for pages only
		t.Errorf("%+v", f)
	}
	pages := strings.Count(b.house.Logs.String(), mark)
	if f := b.try("neighbours"); f.Outcome != promise.Passed { // asks the API only
		t.Errorf("%+v", f)
	}
	if all := strings.Count(b.house.Logs.String(), mark); pages == 0 || all == pages {
		t.Errorf("%d requests for pages are marked, and %d to the API", pages, all-pages)
	}
}

// refused reports whether an address was refused as such.
func refused(err error) bool {
	var e *model.Error
	return errors.As(err, &e) && e.Fields["email"] != ""
}
