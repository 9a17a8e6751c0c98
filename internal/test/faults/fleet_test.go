package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// fleet is several instances of the service, each a process of its own, on one cloud behind one front end.
type fleet struct {
	cloud   *local.Cloud
	cfg     config.Config
	clock   *clock
	app     *app.App // in this process, for what no edge offers
	sheet   demo.Sheet
	front   *front
	witness *witness
	spec    instanceSpec // what all instances have in common

	mu        sync.Mutex
	instances []*instance
}

// instance is one process.
type instance struct {
	spec   instanceSpec
	hidden bool // gets only requests that name it
	addr   string
	http   *http.Transport
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	read   sync.WaitGroup
	log    bytes.Buffer
	gone   bool
}

// newFleet starts the cloud with the demonstration in it. There are no instances yet.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{clock: &clock{}, front: &front{}}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	entrance := httptest.NewServer(f.front)
	t.Cleanup(entrance.Close)
	var err error
	f.spec.Front = entrance.Listener.Addr().String()
	if f.cfg, err = config.Local(f.spec.Front); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f.cloud, err = local.OpenCloud(ctx, local.CloudOptions{Dir: dir, Config: f.cfg, Content: app.ContentCollections(),
		Keys: app.KeysCollections()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.cloud.Close() })
	if err := f.cloud.Start(ctx); err != nil {
		t.Fatal(err)
	}
	f.listen(ctx, t)
	f.furnish(ctx, t, dir)
	return f
}

// listen lets other processes reach the cloud and the witness.
func (f *fleet) listen(ctx context.Context, t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = f.cloud.Serve(ctx, ln) }()
	f.spec.Cloud = ln.Addr().String()
	f.witness = newWitness(f.cloud.PubSub().JWKS)
	seat := httptest.NewServer(f.witness)
	t.Cleanup(seat.Close)
	f.spec.Witness = seat.URL
}

func (f *fleet) furnish(ctx context.Context, t *testing.T, dir string) {
	t.Helper()
	var err error
	f.app, err = app.New(ctx, app.Options{
		Config: f.cfg, Clients: f.cloud.Clients, Clock: f.clock, Logger: slog.New(slog.DiscardHandler),
		Outside: f.cloud.PubSub().CertsTransport(), CheapPasswords: true, Patience: 15 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.app.Close(ctx) })
	if f.sheet, err = demo.Make(ctx, f.app, f.cfg.BaseURL, dir); err != nil {
		t.Fatal(err)
	}
}

// start starts an instance and waits until it is ready.
func (f *fleet) start(t *testing.T, name string, role config.Role, change ...func(*instance)) *instance {
	t.Helper()
	i := &instance{spec: f.spec, http: &http.Transport{MaxIdleConnsPerHost: 64}}
	i.spec.Name, i.spec.Role = name, role
	for _, c := range change {
		c(i)
	}
	i.launch(t)
	t.Cleanup(func() { i.kill() })
	fmt.Fprintln(i.stdin, time.Duration(f.clock.ahead.Load()))
	c := newClient("http://"+i.addr, true)
	for start := testclock.Start(); ; time.Sleep(5 * time.Millisecond) {
		r := c.send(t.Context(), "GET", "/readyz", "", "X-Forwarded-For", "127.0.0.1")
		if r.status == http.StatusOK {
			break
		}
		if start.Elapsed() > longStart {
			t.Fatalf("%s is not ready: %d %v %.200s\n%s", name, r.status, r.err, r.body, i.log.String())
		}
	}
	f.front.add(i)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = append(f.instances, i)
	return i
}

func (i *instance) launch(t *testing.T) {
	t.Helper()
	spec, err := json.Marshal(i.spec)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	i.cmd = exec.Command(exe)
	i.cmd.Env = append(os.Environ(), instanceVariable+"="+string(spec))
	i.cmd.Stderr = &i.log
	out, err := i.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if i.stdin, err = i.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	at := make(chan string, 1)
	i.read.Go(func() {
		defer close(at)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if addr, ok := strings.CutPrefix(lines.Text(), "at "); ok {
				at <- addr
			}
		}
	})
	select {
	case i.addr = <-at:
	case <-time.After(longStart):
	}
	if i.addr == "" {
		i.kill()
		t.Fatalf("%s did not start:\n%s", i.spec.Name, i.log.String())
	}
}

// kill ends the process as a lost machine would.
func (i *instance) kill() {
	if i.gone {
		return
	}
	i.gone = true
	_ = i.cmd.Process.Kill()
	i.read.Wait()
	_ = i.cmd.Wait()
	i.http.CloseIdleConnections()
}

// end sends SIGTERM, as Cloud Run does, and returns how long the process took to end by itself.
func (i *instance) end(t *testing.T) time.Duration {
	t.Helper()
	start := testclock.Start()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(30*time.Second, func() { _ = i.cmd.Process.Kill() }).Stop()
	i.read.Wait()
	if err := i.cmd.Wait(); err != nil {
		t.Errorf("%s did not end in order: %v\n%s", i.spec.Name, err, i.log.String())
	}
	i.gone = true
	return start.Elapsed()
}

// lose kills an instance while requests are on their way to it; the front end notices a little later.
func (f *fleet) lose(i *instance) {
	i.kill()
	f.witness.buried(i.spec.Name)
	time.Sleep(150 * time.Millisecond)
	f.front.drop(i)
}

// advance sets all clocks forward.
func (f *fleet) advance(d time.Duration) {
	f.clock.advance(d)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.instances {
		if !i.gone {
			fmt.Fprintln(i.stdin, time.Duration(f.clock.ahead.Load()))
		}
	}
}

// tick publishes what Cloud Scheduler publishes.
func (f *fleet) tick(t *testing.T) {
	t.Helper()
	_, err := f.cloud.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{
		Topic: local.TickTopic(f.cfg), Messages: []*pubsubpb.PubsubMessage{{Data: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// browser is one that is signed in on an instance.
func (f *fleet) browser(t *testing.T, who demo.Account, on string) *client {
	t.Helper()
	c := newClient(f.cfg.BaseURL, false)
	t.Cleanup(c.close)
	must(t, c.postTo(t.Context(), on, "/signin", "email", who.Email, "password", who.Password), http.StatusSeeOther)
	return c
}

func (c *client) getFrom(ctx context.Context, on, path string) reply {
	return c.send(ctx, http.MethodGet, path, "", wanted, on)
}

func (c *client) postTo(ctx context.Context, on, path string, pairs ...string) reply {
	form := make([]string, 0, len(pairs)/2)
	for p := range slices.Chunk(pairs, 2) {
		form = append(form, urlPair(p[0], p[1]))
	}
	return c.send(ctx, http.MethodPost, path, strings.Join(form, "&"), "Content-Type",
		"application/x-www-form-urlencoded", wanted, on)
}

func urlPair(name, value string) string { return url.QueryEscape(name) + "=" + url.QueryEscape(value) }
