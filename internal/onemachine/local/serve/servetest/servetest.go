// Package servetest starts the whole service for tests, on a free loopback port, as a person would start it. Production
// code must never import it.
package servetest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// Options change how an installation is started. The zero value starts it as people do, but with cheap password hashes.
type Options struct {
	Dir       string                                         // "" means a disk in memory; then nobody opens it again
	Demo      bool                                           // with the demonstration
	Controls  bool                                           // with controls of promises, as people have them
	Clock     model.Clock                                    // nil means the tests' own, which advances by itself
	Intercept func(ctx context.Context, method string) error // between the service and its cloud
	Telemetry config.Telemetry                               // to the installation's own cloud
	Send      time.Duration                                  // how often metrics are sent, if they are
	Public    http.RoundTripper                              // between controls and the service
	// Further is for Telemetry, which arrives only where its services are.
	Further func(localcloud.Ground) (localcloud.Further, error)
}

// patience is longer than for people, because a test's machine may be busy with other work. Tests of failures test the
// real limits.
func (o Options) patience() time.Duration {
	if o.Intercept != nil {
		return 0
	}
	return 15 * time.Second
}

// Installation is a running service.
type Installation struct {
	*serve.Installation
	Dir   string
	Sheet demo.Sheet // the demonstration's accounts, if there is one
	Logs  *Logs

	stop context.CancelFunc
	done chan error
}

// Start starts an installation and ends it with the test.
func Start(t testing.TB, o Options) *Installation {
	t.Helper()
	var files localcloud.Files
	if o.Dir == "" {
		o.Dir, files = t.TempDir(), kvtest.Disk(t)
	}
	if o.Clock == nil {
		o.Clock = testclock.Moving{}
	}
	h := &Installation{Dir: o.Dir, Logs: &Logs{}, done: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	h.stop = stop
	var err error
	h.Installation, err = serve.Open(ctx, serve.Options{
		Addr: "127.0.0.1:0", Dir: o.Dir, Clock: o.Clock, Intercept: o.Intercept, CheapPasswords: true,
		Still:    !o.Controls,
		Patience: o.patience(),
		Logger: logging.New(logging.Options{Writer: h.Logs, Level: slog.LevelInfo, Project: "toh-local",
			Service: "toh", Version: "test"}),
		Telemetry: o.Telemetry, Send: o.Send, Further: o.Further, Files: files, Public: o.Public,
	})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	if o.Demo {
		if h.Sheet, err = demo.Make(ctx, h.App, h.URL(), o.Dir); err != nil {
			t.Fatal(err)
		}
	}
	go func() { h.done <- h.Run(ctx) }()
	t.Cleanup(func() { h.Stop(t) })
	return h
}

// Tick publishes a tick, as Cloud Scheduler does each minute. It does not wait for the tick's work.
func (h *Installation) Tick(t testing.TB) {
	t.Helper()
	_, err := h.Cloud.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{
		Topic: local.TickTopic(h.Config), Messages: []*pubsubpb.PubsubMessage{{Data: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Stop ends the installation as SIGTERM does, and fails the test if the end is not orderly.
func (h *Installation) Stop(t testing.TB) {
	t.Helper()
	h.stop()
	select {
	case err, running := <-h.done:
		if running && err != nil {
			t.Errorf("the service did not end in order: %v", err)
		}
		if running {
			close(h.done)
		}
	case <-time.After(20 * time.Second):
		t.Error("the service did not end")
	}
}

var linkForm = regexp.MustCompile(`https?://[^\s"<>]+`)

// Mail waits for a mail to an address that came after the given instant, and returns it with the first link in its
// text.
func (h *Installation) Mail(t testing.TB, to string, since time.Time) (m mail.Kept, link string) {
	t.Helper()
	box := mail.NewCatcher(h.App.Gate)
	for range 200 {
		kept, err := box.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kept {
			if m.To == to && m.At.After(since) {
				return m, linkForm.FindString(m.Text)
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("no mail came")
	return m, ""
}

// Logs collects what the service logs, for tests that look for what must not be there.
type Logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps one line.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is everything so far.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
