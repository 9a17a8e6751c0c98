package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// planted is a running service on which a test plants faults: on the wire between it and its controls, and below it.
type planted struct {
	*servetest.Installation
	t     *testing.T
	fault atomic.Pointer[func(*http.Request, *http.Response)]
	cut   atomic.Bool  // nothing reaches the log
	ahead atomic.Int64 // of the tests' clock, in nanoseconds
}

// Now is the time of the service.
func (p *planted) Now() time.Time { return testclock.Now().Add(time.Duration(p.ahead.Load())) }

// RoundTrip passes a request of a control on, and its answer as the fault has it.
func (p *planted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if fault := p.fault.Load(); err == nil && fault != nil {
		(*fault)(r, resp)
	}
	return resp, err
}

func answering(matches func(*http.Request) bool, code int, text string) func(*http.Request, *http.Response) {
	return func(r *http.Request, resp *http.Response) {
		if matches(r) {
			_ = resp.Body.Close()
			resp.StatusCode, resp.Body = code, io.NopCloser(strings.NewReader(text))
			resp.Header.Del("Content-Encoding")
		}
	}
}

func path(parts ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(r.URL.Path, p) })
	}
}

func everything(*http.Request) bool { return true }

// onTheWire are faults of the service as a client outside sees them.
var onTheWire = []struct {
	control, says string
	fault         func(*http.Request, *http.Response)
}{
	{"weak-passwords", "sign-up refuses for another reason", answering(func(r *http.Request) bool {
		return r.Method == http.MethodPost
	}, 400, "The address is wrong.")},
	{"no-token", "the API answers without a token", answering(everything, 200, `{"workspaces":[]}`)},
	{"background-closed", "a tick of a stranger is taken", answering(path("/push/tick"), 204, "")},
	{"documents", "the agreement is gone", answering(path("/processing"), 404, "")},
	{"policies", "the terms are gone", answering(path("/terms"), 404, "")},
	{"purposes", "the list of what is stored is gone", answering(path("/data"), 404, "")},
	{"neighbours", "another company's report opens", answering(path("/reports/"), 200, "{}")},
	{"roles", "nobody may do anything", answering(everything, 403, "{}")},
	{"trail-entries", "the trail is empty", answering(func(r *http.Request) bool { return r.URL.RawQuery != "" }, 200,
		`{"items":[]}`)},
	{"no-session", "a page opens without a session", answering(func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/members")
	}, 200, "Members")},
	{"forged-sessions", "the account of a genuine session stays closed", answering(path("/account"), 404, "")},
	{"session-end", "a session goes on after its end", answering(path("/account"), 200, "Your account")},
	{"token-end", "a revoked token goes on", answering(everything, 200, "{}")},
	{"new-password", "a weak new password is taken", answering(path("/account/password"), 303, "")},
}

// TestEachPlantedFaultReachesThePage: on a running service each control that somebody can ask for passes; with a fault
// planted, the next press of Run again turns it, and the public page says that each of its promises is broken.
func TestEachPlantedFaultReachesThePage(t *testing.T) {
	t.Parallel()
	p := &planted{t: t}
	p.Installation = servetest.Start(t, servetest.Options{Clock: p, Public: p, Intercept: p.call})
	if err := p.App.MakeCanaries(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.trailIsWhole()
	var ids []string
	for _, f := range onTheWire {
		ids = append(ids, f.control)
	}
	ids = append(ids, "trail-shipped", "trail-whole", "changes-told")
	if err := p.App.Promises.Run(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	for _, f := range onTheWire {
		p.turns(f.control, f.says, func() { p.fault.Store(&f.fault) })
		p.fault.Store(nil)
	}
	p.turns("trail-whole", "an entry of the trail is removed", p.removeEntry)
	p.turns("trail-shipped", "an entry does not reach the log for three minutes", func() {
		p.cut.Store(true)
		p.note()
		p.ahead.Add(int64(3 * time.Minute))
	})
	p.cut.Store(false)
	p.turns("changes-told", "nobody is told of another agreement", p.tellNobody)
}

// call cuts the service off from the log.
func (p *planted) call(_ context.Context, method string) error {
	if p.cut.Load() && strings.Contains(method, ".logging.") {
		return status.Error(codes.Unavailable, "cut off")
	}
	return nil
}

// turns plants a fault, asks for another run, and waits until the page says so.
func (p *planted) turns(control, says string, plant func()) {
	p.t.Helper()
	if found := p.published(control); found.State != promise.Kept && found.State != promise.Unchecked {
		p.t.Errorf("%s is %s before the fault", control, found.State)
	}
	plant()
	since := testclock.Start()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.URL()+"/security/run/"+control, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		p.t.Fatalf("%s: %v %v", control, resp, err)
	}
	_ = resp.Body.Close()
	for range 600 {
		found := p.published(control)
		if found.State != promise.Broken {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		p.t.Logf("%s | %s | %s | %s | %.1f s", strings.Join(found.promises, " "), control, found.Kind, says,
			since.Elapsed().Seconds())
		if found.intact != nil {
			p.t.Errorf("%s failed, and of its promises %v are not broken", control, found.intact)
		}
		return
	}
	p.t.Errorf("%s does not turn when %s\n%s", control, says, p.Logs)
}

// said is what the page says of a control.
type said struct {
	ID       string        `json:"id"`
	Kind     promise.Kind  `json:"kind"`
	State    promise.State `json:"state"`
	Passed   bool          `json:"passed"`
	promises []string      // that it is about
	intact   []string      // of these, are not broken
}

// published reads the public data.
func (p *planted) published(control string) said {
	p.t.Helper()
	resp, err := http.Get(p.URL() + "/security.json") // #nosec G107 -- the own service of the test
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	type told struct {
		ID       string        `json:"id"`
		State    promise.State `json:"state"`
		Controls []said        `json:"controls"`
	}
	var all struct{ Promises, Words []told }
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		p.t.Fatal(err)
	}
	var found said
	for _, one := range slices.Concat(all.Promises, all.Words) {
		for _, c := range one.Controls {
			if c.ID != control {
				continue
			}
			c.promises, c.intact = append(found.promises, one.ID), found.intact
			if one.State != promise.Broken {
				c.intact = append(c.intact, one.ID)
			}
			found = c
		}
	}
	return found
}

// trailIsWhole waits until there is a checkpoint of what is in the platform's trail.
func (p *planted) trailIsWhole() {
	p.t.Helper()
	for range 3 {
		p.note()
	}
	p.ahead.Add(int64(3 * time.Minute))
	last := ""
	for range 200 {
		p.Tick(p.t)
		time.Sleep(100 * time.Millisecond)
		p.ahead.Add(int64(time.Second))
		if err := p.App.Promises.Run(p.t.Context(), "trail-whole"); err != nil {
			p.t.Fatal(err)
		}
		o, err := p.App.Promises.Overview(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range o.Promises[slices.IndexFunc(o.Promises, func(s promise.Standing) bool {
			return s.ID == "T9"
		})].Controls {
			if c.ID != "trail-whole" {
				continue
			}
			if c.State == promise.Kept {
				return
			}
			last = string(c.State) + ": " + c.Evidence
		}
	}
	p.t.Fatalf("there is no checkpoint; %s", last)
}

// note makes an entry of the platform's trail.
func (p *planted) note() {
	p.t.Helper()
	by := records.By(access.SystemCaller(model.Platform(), "test", ""), access.Whois)
	if err := p.App.Gate.Note(p.t.Context(), p.App.Gate, by, "", audit.Done); err != nil {
		p.t.Fatal(err)
	}
}

// removeEntry removes the oldest entry of the platform's trail, which a checkpoint binds.
func (p *planted) removeEntry() {
	p.t.Helper()
	name := audit.Collections()[0].Name
	docs, err := p.App.Content().Walk(p.t.Context(), store.Walk{Collection: name, Limit: 500})
	if err != nil {
		p.t.Fatal(err)
	}
	docs = slices.DeleteFunc(docs, func(d *store.Doc) bool { return d.Ref.Scope != model.Platform() })
	oldest := slices.MinFunc(docs, func(a, b *store.Doc) int { return a.Created.Compare(b.Created) })
	if _, err := p.App.Content().Commit(p.t.Context(), store.Delete(oldest.Ref, time.Time{})); err != nil {
		p.t.Fatal(err)
	}
}

// tellNobody lets a release with another agreement begin, and end before it has told anybody.
func (p *planted) tellNobody() {
	p.t.Helper()
	agreement := policy.Document{Key: policy.Agreement, Versions: []policy.Version{
		{From: p.Now().AddDate(0, 0, 40), Changes: "More help.", Sum: strings.Repeat("0", 64)}}}
	s := notice.New(notice.Options{Gate: p.App.Gate, Queue: task.New(task.Options{Gate: p.App.Gate}),
		Workspaces: p.App.Workspaces, Agreement: &agreement})
	if err := s.Look(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.ahead.Add(int64(3 * time.Hour))
}
