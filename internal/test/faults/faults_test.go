package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	promised  = 2 * time.Second // the longest that anybody waits for an answer
	noise     = time.Second     // what a test machine that does other things adds to that
	recovered = 8 * time.Second // from the end of a fault until everything is answered again
	caughtUp  = 2 * time.Minute
)

// clock is the machine's, and can be set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time {
	return testclock.Now().Add(time.Duration(c.ahead.Load()))
}

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// fault is what happens to calls of a service at the connection.
type fault struct {
	name    string
	service string
	cold    bool // nothing is in the service's memory
	how     func(ctx context.Context) error
}

// secretText is what a cloud says in its errors, and nobody outside may read.
const secretText = "denied for host-agent@toh-local.iam.gserviceaccount.com on " +
	"projects/toh-local/locations/local-machine1/keyRings/toh/cryptoKeys/workspaces"

func refuse(code codes.Code) func(context.Context) error {
	return func(context.Context) error { return status.Error(code, secretText) }
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return status.FromContextError(ctx.Err()).Err()
}

func slow(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	case <-time.After(rand.N(300 * time.Millisecond)):
		return nil
	}
}

// creep is too slow to be usable: one call may succeed, but not a request of several calls.
func creep(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	case <-time.After(1100 * time.Millisecond):
		return nil
	}
}

var services = []struct{ name, prefix string }{
	{"Firestore", "/google.firestore.v1.Firestore/"},
	{"KMS", "/google.cloud.kms.v1."},
	{"Logging", "/google.logging.v2."},
	{"Secret Manager", "/google.cloud.secretmanager.v1."},
	{"Pub/Sub", "/google.pubsub.v1."},
}

func allFaults() []fault {
	var all []fault
	kinds := []fault{
		{name: "unavailable", how: refuse(codes.Unavailable)}, {name: "denied", how: refuse(codes.PermissionDenied)},
		{name: "exhausted", how: refuse(codes.ResourceExhausted)}, {name: "internal", how: refuse(codes.Internal)},
		{name: "hanging", how: hang}, {name: "slow", how: slow}, {name: "creeping", how: creep},
	}
	for _, s := range services {
		for _, k := range kinds {
			k.service = s.prefix
			k.name = s.name + " " + k.name
			all = append(all, k)
			if s.name == "KMS" || s.name == "Secret Manager" {
				k.cold = true
				k.name += ", nothing remembered"
				all = append(all, k)
			}
		}
	}
	return all
}

// away reports whether answers during this fault must be errors, or may be.
func (f *fault) away() (must, may bool) {
	essential := f.service == services[0].prefix || f.service == services[1].prefix && f.cold
	slow := strings.Contains(f.name, "slow") || strings.Contains(f.name, "creeping")
	return essential && !slow, essential
}

// stricken is a service on a cloud whose faults the test controls.
type stricken struct {
	*servetest.Installation
	clock  *clock
	now    atomic.Pointer[fault]
	api    *client
	secret []string // content that no error may contain
}

func (s *stricken) intercept(ctx context.Context, method string) error {
	if f := s.now.Load(); f != nil && strings.HasPrefix(method, f.service) {
		return f.how(ctx)
	}
	return nil
}

func strike(t *testing.T) *stricken {
	t.Helper()
	s := &stricken{clock: &clock{}}
	s.Installation = servetest.Start(t, servetest.Options{Dir: t.TempDir(), Demo: true, Clock: s.clock,
		Intercept: s.intercept})
	s.api = newClient(s.URL(), false)
	list := must(t, s.api.ask(t.Context(), "GET", s.reports()+"?limit=100", s.token("management"), ""), 200)
	for _, r := range list.items() {
		whole := must(t, s.api.ask(t.Context(), "GET", s.reports()+"/"+r["id"].(string), s.token("management"), ""),
			200)
		s.secret = append(s.secret, r["title"].(string), whole.text("body"))
	}
	return s
}

func (s *stricken) reports() string {
	return "/api/v1/workspaces/" + s.Sheet.Workspaces[0].ID + "/reports"
}

func (s *stricken) token(role string) string { return account(s.Sheet.Workspaces[0], role).Token }

// call is one of the requests that are sent during every fault.
type call struct {
	name  string
	write bool
	send  func(ctx context.Context) reply
	got   reply
}

// prepare makes what the calls need, without faults, and the calls.
func (s *stricken) prepare(t *testing.T, n int) []*call {
	t.Helper()
	reporter, management := s.token("reporter"), s.token("management")
	production := must(t, s.api.ask(t.Context(), "GET", strings.TrimSuffix(s.reports(), "reports")+"productions",
		management, ""), 200).items()[0]["id"].(string)
	draft := func(title string) string {
		return asJSON(map[string]any{"production": production, "title": title, "body": "Canarytext of " + title})
	}
	make := func(title string) string {
		return s.reports() + "/" + must(t, s.api.ask(t.Context(), "POST", s.reports(), reporter, draft(title)), 201).
			text("id")
	}
	change, file := make(fmt.Sprintf("Canarychange %d", n)), make(fmt.Sprintf("Canaryfile %d", n))
	boss := account(s.Sheet.Workspaces[0], "management")
	browser := newClient(s.URL(), false)
	t.Cleanup(browser.close)
	must(t, browser.post(t.Context(), "/signin", "email", boss.Email, "password", boss.Password), http.StatusSeeOther)
	api := func(method, path, token, body string) func(context.Context) reply {
		return func(ctx context.Context) reply { return s.api.ask(ctx, method, path, token, body) }
	}
	page := func(path string) func(context.Context) reply {
		return func(ctx context.Context) reply { return browser.get(ctx, path) }
	}
	calls := []*call{
		{name: "get", send: api("GET", change, reporter, "")},
		{name: "list", send: api("GET", s.reports()+"?limit=50", management, "")},
		{name: "search", send: api("GET", s.reports()+"?q=dragon", management, "")},
		{name: "trail", send: api("GET", strings.TrimSuffix(s.reports(), "reports")+"audit", management, "")},
		{name: "create", write: true, send: api("POST", s.reports(), reporter,
			draft(fmt.Sprintf("Canarycreate %d", n)))},
		{name: "update", write: true, send: api("PATCH", change, reporter,
			asJSON(map[string]any{"title": fmt.Sprintf("Canaryupdate %d", n)}))},
		{name: "file", write: true, send: api("POST", file+"/file", reporter, "")},
		{name: "audit page", send: page("/w/demo/audit")},
		{name: "members page", send: page("/w/demo/members")},
		{name: "sign-in", write: true, send: func(ctx context.Context) reply {
			b := newClient(s.URL(), true)
			return b.post(ctx, "/signin", "email", boss.Email, "password", boss.Password)
		}},
	}
	for _, c := range calls[:4] { // everything is in memory that can be
		c.sendOK(t)
	}
	return calls
}

func (c *call) sendOK(t *testing.T) {
	t.Helper()
	if r := c.send(t.Context()); r.err != nil || r.status >= 400 {
		t.Fatalf("%s with everything in order: %d %v %.300s", c.name, r.status, r.err, r.body)
	}
}

func together(ctx context.Context, calls []*call) {
	var wg sync.WaitGroup
	for _, c := range calls {
		wg.Go(func() { c.got = c.send(ctx) })
	}
	wg.Wait()
}

// TestCloudRefusingHangingSlow makes every service of the cloud fail in every way. It checks what people get in the
// meantime, that nothing is done without being recorded, and that everything works again afterwards.
func TestCloudRefusingHangingSlow(t *testing.T) {
	s := strike(t)
	for n, f := range allFaults() {
		t.Run(f.name, func(t *testing.T) {
			s.clock.advance(10 * time.Minute) // attempts to sign in are counted
			calls := s.prepare(t, n)
			if f.cold {
				s.clock.advance(6 * time.Minute)
			}
			s.now.Store(&f)
			together(t.Context(), calls)
			if f.cold && f.service == services[3].prefix { // an old secret is refreshed after the first request
				together(t.Context(), calls[:4])
			}
			s.now.Store(nil)
			s.judge(t, f, calls)
			took := s.recover(t, calls)
			s.settled(t, calls)
			worst := longest(calls)
			t.Logf("longest answer %v (%s, %d), all well again after %v", worst.got.took.Round(time.Millisecond),
				worst.name, worst.got.status, took.Round(time.Millisecond))
		})
	}
	s.mailArrives(t)
	start := testclock.Start()
	l := untilShipped(t, s.Cloud, s.Config)
	t.Logf("%d entries, all in the log after %v", len(l.lines), start.Elapsed().Round(time.Millisecond))
	s.logsTell(t)
}

func longest(calls []*call) *call {
	return slices.MaxFunc(calls, func(a, b *call) int { return int(a.got.took - b.got.took) })
}

// judge checks the answers during a fault.
func (s *stricken) judge(t *testing.T, f fault, calls []*call) {
	t.Helper()
	must, may := f.away()
	for _, c := range calls {
		r := c.got
		if r.err != nil {
			t.Errorf("%s: no answer: %v", c.name, r.err)
			continue
		}
		if r.took > promised+noise {
			t.Errorf("%s: %d after %v", c.name, r.status, r.took)
		}
		switch failed := r.status >= 400; {
		case failed && !may:
			t.Errorf("%s: status %d, although this can do without", c.name, r.status)
		case !failed && must:
			t.Errorf("%s: status %d, although this cannot be", c.name, r.status)
		case failed && r.status != http.StatusServiceUnavailable && (r.status != http.StatusLocked ||
			!strings.Contains(f.name, "denied")):
			t.Errorf("%s: status %d", c.name, r.status)
		case failed:
			s.tellsNothing(t, c)
		}
	}
}

// inside are internal words that answers must not contain.
var inside = []string{
	"projects/", "toh-local", "cryptoKeys", "keyRings", "gserviceaccount", "goroutine", ".go:", "rpc error",
	"googleapis", "firestore", "Firestore",
	"context deadline", "Canarytext", "/tmp/", "denied for",
}

func (s *stricken) tellsNothing(t *testing.T, c *call) {
	t.Helper()
	text := c.got.body + asJSON(c.got.header)
	for _, word := range append(inside, s.secret...) {
		if strings.Contains(text, word) {
			t.Errorf("%s: the error tells %q", c.name, word)
		}
	}
}

// recover repeats everything until everything is answered.
func (s *stricken) recover(t *testing.T, calls []*call) time.Duration {
	t.Helper()
	start := testclock.Start()
	for _, c := range calls {
		for {
			r := c.send(t.Context())
			if r.err == nil && (r.status < 400 || c.name == "file" && r.status == http.StatusConflict) {
				break
			}
			if start.Elapsed() > recovered {
				t.Errorf("%s: still %d after %v: %.200s", c.name, r.status, start.Elapsed(), r.body)
				break
			}
		}
	}
	return start.Elapsed()
}

// settled: every effect has its entry and every entry its effect; what was disclosed was recorded; and whoever was told
// that nothing was changed was told the truth.
func (s *stricken) settled(t *testing.T, calls []*call) {
	t.Helper()
	l, err := readLedger(t.Context(), s.Cloud, s.Config)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := l.balance(); len(wrong) > 0 {
		t.Errorf("effects and entries differ:\n%s", few(wrong))
	}
	for _, c := range calls {
		ok, done := c.got.status < 400, l.witnessed(c.got.trace, "done")
		switch {
		case ok && !done:
			t.Errorf("%s: answered with %d and left no entry", c.name, c.got.status)
		case !ok && c.write && strings.Contains(c.got.body, "Nothing was changed") && done:
			t.Errorf("%s: told that nothing was changed, which is not true", c.name)
		}
	}
}

// mailArrives: a letter whose wake-up was lost is sent with the next tick.
func (s *stricken) mailArrives(t *testing.T) {
	t.Helper()
	s.now.Store(&fault{service: services[4].prefix, how: refuse(codes.Unavailable)})
	to, since := account(s.Sheet.Workspaces[0], "viewer").Email, s.clock.Now()
	must(t, newClient(s.URL(), true).post(t.Context(), "/forgot", "email", to), http.StatusSeeOther)
	s.now.Store(nil)
	s.clock.advance(time.Minute)
	_, err := s.Cloud.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{
		Topic: local.TickTopic(s.Config), Messages: []*pubsubpb.PubsubMessage{{Data: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Mail(t, to, since)
}

// untilShipped waits until the log holds every entry of the trail once, and returns the trail.
func untilShipped(t *testing.T, cloud *local.Cloud, cfg config.Config) *ledger {
	t.Helper()
	for start := testclock.Start(); ; time.Sleep(200 * time.Millisecond) {
		l, err := readLedger(t.Context(), cloud, cfg)
		if err != nil {
			t.Fatal(err)
		}
		log, err := shipped(t.Context(), cloud, cfg)
		if err != nil {
			t.Fatal(err)
		}
		wrong := l.compare(log)
		if len(wrong) == 0 {
			return l
		}
		if start.Elapsed() > caughtUp {
			t.Fatalf("the log does not catch up:\n%s", few(wrong))
		}
	}
}

// logsTell: what the service wrote to its own log during all this holds no content and no people.
func (s *stricken) logsTell(t *testing.T) {
	t.Helper()
	text := s.Logs.String()
	words := append([]string{"Canarytext", "Canarycreate", "Canaryupdate", "Canaryfile"}, s.secret...)
	for _, h := range s.Sheet.Workspaces {
		for _, a := range h.Accounts {
			words = append(words, a.Email, a.Name, a.Password, a.Token)
		}
	}
	for _, word := range words {
		if strings.Contains(text, word) {
			t.Errorf("the log tells %q", word)
		}
	}
}
