package cost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// fixture is the whole service on a cloud that counts. Its clock does not move unless it is advanced, so that nothing
// else happens.
type fixture struct {
	meter              *meter
	cloud              *local.Cloud
	cfg                config.Config
	clock              *modeltest.Clock
	app                *app.App
	sheet              demo.Sheet
	client             *http.Client
	production, report string // the report is an accepted one
	filed              []string
}

func open(t *testing.T, limit config.API) *fixture {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &fixture{clock: modeltest.NewClock(testclock.Now())}
	if h.cfg, err = config.Local(ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	h.cfg.API = limit
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	dir := t.TempDir()
	h.cloud, err = local.OpenCloud(ctx, local.CloudOptions{
		Dir: dir, Config: h.cfg, Content: app.ContentCollections(), Keys: app.KeysCollections(),
		Clock: testclock.Moving{}, Files: kvtest.Disk(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.meter = &meter{cloudConn: h.cloud.Conn(), entries: indexEntries(), passes: expiring()}
	clients, err := gcp.Open(ctx, gcp.Options{
		Project: h.cfg.Project, FirestoreDatabase: h.cfg.ContentDatabase, KeysDatabase: h.cfg.KeysDatabase,
		Dial: h.meter,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.app, err = app.New(ctx, app.Options{
		Still:  true, // controls of promises have a cost of their own
		Config: h.cfg, Clients: clients, Clock: h.clock, Logger: slog.New(slog.DiscardHandler),
		Outside: h.cloud.PubSub().CertsTransport(), CheapPasswords: true, Patience: 15 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if h.sheet, err = demo.Make(ctx, h.app, h.cfg.BaseURL, dir); err != nil {
		t.Fatal(err)
	}
	if err := h.cloud.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.app.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = h.cloud.Close()
	})
	h.client = browser()
	return h
}

func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// indexEntries says how many entries a document has in the declared indexes.
func indexEntries() func(*pb.Document) int {
	spec := store.Indexes(append(app.ContentCollections(), app.KeysCollections()...))
	return func(d *pb.Document) int {
		return cost.IndexEntries(spec, collectionOf(d), func(field string) (int, bool) {
			v, there := d.GetFields()[field]
			return len(v.GetArrayValue().GetValues()), there
		})
	}
}

func collectionOf(d *pb.Document) string {
	parts := strings.Split(d.GetName(), "/")
	return parts[len(parts)-2]
}

// expiring says whether the database deletes a document by itself one day.
func expiring() func(*pb.Document) bool {
	passing := map[string]bool{"mails": true} // kept on one machine, otherwise with the vendor
	for _, c := range app.ContentCollections() {
		passing[c.Name] = passing[c.Name] || c.TTL != ""
	}
	return func(d *pb.Document) bool { return passing[collectionOf(d)] }
}

// measure counts what f uses, including the shipping of its entries to the log.
func (h *fixture) measure(t *testing.T, f func()) cost.Counts {
	t.Helper()
	before := h.settle(t)
	f()
	return h.settle(t).Plus(before.Times(-1))
}

// settle waits until everything is shipped and nothing is in progress.
func (h *fixture) settle(t *testing.T) cost.Counts {
	t.Helper()
	last, since := cost.Counts{}, testclock.Start()
	for start := testclock.Start(); start.Elapsed() < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		now, quiet := h.meter.read()
		if now != last || !quiet {
			last, since = now, testclock.Start()
		}
		if since.Elapsed() > 120*time.Millisecond {
			return now
		}
	}
	t.Fatal("it does not settle")
	return last
}

func (h *fixture) account(role string) demo.Account {
	for _, a := range h.sheet.Workspaces[0].Accounts {
		if a.Role == role {
			return a
		}
	}
	return demo.Account{}
}

func (h *fixture) api(t *testing.T, method, path, role, body string, status int) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.cfg.BaseURL+"/api/v1/workspaces/"+
		h.sheet.Workspaces[0].ID+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.account(role).Token)
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	text := h.do(t, h.client, r, status)
	var v map[string]any
	_ = json.Unmarshal(text, &v)
	return v
}

func (h *fixture) do(t *testing.T, c *http.Client, r *http.Request, status int) []byte {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %v %.500s", r.Method, r.URL.Path, resp.StatusCode, status, err, text)
	}
	return text
}

func (h *fixture) page(t *testing.T, path string) []byte {
	t.Helper()
	return h.do(t, h.client, h.visit(t, "GET", path, nil), http.StatusOK)
}

func (h *fixture) visit(t *testing.T, method, path string, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.cfg.BaseURL+path,
		bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (h *fixture) signIn(t *testing.T, c *http.Client, role string) {
	t.Helper()
	a := h.account(role)
	h.do(t, c, h.visit(t, "POST", "/signin", url.Values{"email": {a.Email}, "password": {a.Password}}),
		http.StatusSeeOther)
}

// tick publishes a tick past the meter, as Cloud Scheduler does.
func (h *fixture) tick(t *testing.T) {
	t.Helper()
	_, err := h.cloud.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{
		Topic: local.TickTopic(h.cfg), Messages: []*pubsubpb.PubsubMessage{{Data: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond)
}
