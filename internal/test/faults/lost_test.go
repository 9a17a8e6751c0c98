package faults

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

type cloudConn = inproc.Conn // its own name would hide its method Conn

// lossy is a connection on which commits take place but their answers get lost.
type lossy struct {
	*cloudConn
	lose atomic.Pointer[func(context.Context) error]
	lost atomic.Int64
}

// Invoke makes a call, and may lose its answer.
func (l *lossy) Invoke(ctx context.Context, name string, args, reply any, opts ...grpc.CallOption) error {
	if err := l.cloudConn.Invoke(ctx, name, args, reply, opts...); err != nil {
		return err
	}
	if lose := l.lose.Load(); lose != nil && strings.HasSuffix(name, "Firestore/Commit") && rand.IntN(4) == 0 {
		l.lost.Add(1)
		return (*lose)(ctx)
	}
	return nil
}

// forgetful is the service on such a connection.
type forgetful struct {
	cloud *local.Cloud
	cfg   config.Config
	conn  *lossy
	sheet demo.Sheet
}

func forget(t *testing.T) *forgetful {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forgetful{}
	if f.cfg, err = config.Local(ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f.cloud, err = local.OpenCloud(t.Context(), local.CloudOptions{Dir: dir, Config: f.cfg,
		Content: app.ContentCollections(), Keys: app.KeysCollections()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.cloud.Close() })
	f.conn = &lossy{cloudConn: f.cloud.Conn()}
	clients, err := gcp.Open(t.Context(), gcp.Options{
		Project: f.cfg.Project, FirestoreDatabase: f.cfg.ContentDatabase, KeysDatabase: f.cfg.KeysDatabase,
		Dial: f.conn,
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Options{
		Config: f.cfg, Clients: clients, Logger: slog.New(slog.DiscardHandler), Alone: true,
		Outside: f.cloud.PubSub().CertsTransport(), CheapPasswords: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.sheet, err = demo.Make(t.Context(), a, f.cfg.BaseURL, dir); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

// settled waits until the log holds every entry, and compares everything with everything.
func (f *forgetful) settled(t *testing.T, all []*worker) {
	t.Helper()
	l := untilShipped(t, f.cloud, f.cfg)
	if wrong := l.balance(); len(wrong) > 0 {
		t.Errorf("effects and entries differ:\n%s", few(wrong))
	}
	for _, w := range all {
		for _, p := range w.papers {
			if v := l.versions["workspaces/"+w.workspace+"/reports/"+p.id]; v != p.version {
				t.Errorf("report %s: version %d, acknowledged was %d", p.id, v, p.version)
			}
		}
		for _, trace := range w.done {
			if !l.witnessed(trace, "done") {
				t.Errorf("request with trace %s was answered and left no entry", trace)
			}
		}
	}
}

// TestAnswersOfCommitsGetLost: a commit that took place without an answer is found, or reported as unknown; its entries
// reach the log.
func TestAnswersOfCommitsGetLost(t *testing.T) {
	f := forget(t)
	all := staff(t, f.sheet, newClient(f.cfg.BaseURL, false), 2)
	for name, lose := range map[string]func(context.Context) error{
		"unavailable": refuse(codes.Unavailable), "internal": refuse(codes.Internal), "hanging": hang,
		"exceeded": refuse(codes.DeadlineExceeded),
	} {
		f.conn.lost.Store(0)
		f.conn.lose.Store(&lose)
		stop := work(t.Context(), all)
		time.Sleep(2 * time.Second)
		stop()
		f.conn.lose.Store(nil)
		if resolve(t, all) {
			t.Fatal(name)
		}
		f.settled(t, all)
		t.Logf("%s: %d answers lost", name, f.conn.lost.Load())
		if f.conn.lost.Load() == 0 {
			t.Errorf("%s: nothing was lost", name)
		}
	}
}

// untilBalanced waits until what nobody waits for has ended, because until then a reading of everything is not from one
// moment.
func untilBalanced(t *testing.T, cloud *local.Cloud, cfg config.Config) {
	t.Helper()
	for start := testclock.Start(); ; time.Sleep(200 * time.Millisecond) {
		l, err := readLedger(t.Context(), cloud, cfg)
		if err != nil {
			t.Fatal(err)
		}
		wrong := l.balance()
		if len(wrong) == 0 {
			return
		}
		if start.Elapsed() > recovered {
			t.Fatalf("effects and entries differ:\n%s", few(wrong))
		}
	}
}

// TestPeopleLeaveMeanwhile: a request whose sender does not wait for the answer leaves no effect without its entry.
func TestPeopleLeaveMeanwhile(t *testing.T) {
	s := strike(t)
	s.now.Store(&fault{service: services[0].prefix, how: func(ctx context.Context) error {
		time.Sleep(rand.N(3 * time.Millisecond))
		return ctx.Err()
	}})
	token := s.token("reporter")
	production := must(t, s.api.ask(t.Context(), "GET", strings.TrimSuffix(s.reports(), "reports")+"productions", token,
		""), 200).items()[0]["id"].(string)
	var wg sync.WaitGroup
	var left atomic.Int64
	for range 6 {
		wg.Go(func() {
			c := newClient(s.URL(), true)
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(40*time.Millisecond))
				r := c.ask(ctx, "POST", s.reports(), token,
					asJSON(map[string]any{"production": production, "title": "Left behind"}))
				if r.err == nil && r.status == http.StatusCreated {
					r = c.ask(ctx, "POST", s.reports()+"/"+r.text("id")+"/file", token, "")
				}
				if r.err != nil {
					left.Add(1)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	s.now.Store(nil)
	untilBalanced(t, s.Cloud, s.Config)
	untilShipped(t, s.Cloud, s.Config)
	if left.Load() < 50 {
		t.Errorf("only %d left", left.Load())
	}
}

// TestLogIsAwayUntilTheEnd: a service that ends while Cloud Logging is unavailable ends in time, and the next one ships
// what it left.
func TestLogIsAwayUntilTheEnd(t *testing.T) {
	for name, how := range map[string]func(context.Context) error{"refusing": refuse(codes.Unavailable),
		"hanging": hang} {
		t.Run(name, func(t *testing.T) {
			s := strike(t)
			s.now.Store(&fault{service: services[2].prefix, how: how})
			all := staff(t, s.Sheet, newClient(s.URL(), false), 2)
			stop := work(t.Context(), all)
			time.Sleep(1500 * time.Millisecond)
			stop()
			if failures(t, all) {
				t.FailNow()
			}
			start := testclock.Start()
			s.Stop(t)
			took := start.Elapsed()
			if took > 9*time.Second { // Cloud Run waits ten
				t.Errorf("it took %v to end", took)
			}
			next := servetest.Start(t, servetest.Options{Dir: s.Dir, Demo: true})
			start = testclock.Start()
			l := untilShipped(t, next.Cloud, next.Config)
			t.Logf("ended within %v; %d entries in the log %v later", took.Round(time.Millisecond), len(l.lines),
				start.Elapsed().Round(time.Millisecond))
		})
	}
}
