// Package serve runs the whole service on one machine: the local cloud, the service, and what replaces the network
// between them.
//
// It must never listen on an address that other machines can reach, and never be linked into the container's program.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// Options configure a one-machine installation.
type Options struct {
	Addr   string // loopback host and port; port 0 takes a free one
	Dir    string // the data folder, created when missing
	Cloud  string // loopback host and port on which Google's tools reach the local cloud; "" for none
	Logger *slog.Logger
	// Templates is a folder like the repository's templates, which pages are made of instead of what is built in, read
	// again whenever a file of it has changed; "" for what is built in.
	Templates string
	Clock     model.Clock // nil means the system's

	// Failed is called, with an error of one sentence, when the disk fails in a way after which nothing can be promised
	// any more. From then on nothing is answered. It may end the process at once: what was acknowledged is on disk.
	Failed func(error)

	// Telemetry is sent to the local cloud. It is off unless configured.
	Telemetry config.Telemetry

	Intercept      func(ctx context.Context, method string) error // for tests: between the service and its cloud
	CheapPasswords bool                                           // for tests
	Still          bool                                           // for tests and measurements: see app.Options
	Patience       time.Duration                                  // for tests: see app.Options
	Send           time.Duration                                  // for tests: how often metrics are sent, if they are
	Files          localcloud.Files                               // for tests: see localcloud.Options
	Public         http.RoundTripper                              // for tests: see app.Options
	// Further is for tests: Telemetry arrives only if its services exist.
	Further func(localcloud.Ground) (localcloud.Further, error)
}

// Installation is a running installation on one machine.
type Installation struct {
	App    *app.App
	Cloud  *local.Cloud
	Config config.Config

	telemetry *telemetry.Telemetry // nil when it is off
	watchers  *watchers.Clients    // nil when it is off
	ln        net.Listener
	tools     net.Listener // nil unless asked for
	log       *slog.Logger
}

// Open opens the folder and the address. Nothing is served before Run.
func Open(ctx context.Context, o Options) (*Installation, error) {
	templates, err := templatesIn(o.Templates)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", localcloud.ExplainDisk(o.Dir, err))
	}
	ln, cfg, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	cfg.Telemetry = o.Telemetry
	h := &Installation{Config: cfg, ln: ln, log: o.Logger}
	if err = h.openTools(ctx, o.Cloud); err == nil {
		err = h.open(ctx, o, templates)
	}
	if err != nil {
		return nil, errors.Join(err, h.closeAll(ctx))
	}
	return h, nil
}

func listen(ctx context.Context, addr string) (net.Listener, config.Config, error) {
	if err := onlyHere(addr); err != nil {
		return nil, config.Config{}, err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, config.Config{}, fmt.Errorf("listen on %s: %w (choose another with --addr)", addr, err)
	}
	cfg, err := config.Local(ln.Addr().String())
	if err != nil {
		return nil, cfg, errors.Join(err, ln.Close())
	}
	return ln, cfg, nil
}

// openTools listens for Google's own tools, if requested.
func (h *Installation) openTools(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	if err := onlyHere(addr); err != nil {
		return err
	}
	var lc net.ListenConfig
	var err error
	if h.tools, err = lc.Listen(ctx, "tcp", addr); err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	return nil
}

// CloudAddr is the address at which Google's tools reach the local cloud, or "".
func (h *Installation) CloudAddr() string {
	if h.tools == nil {
		return ""
	}
	return h.tools.Addr().String()
}

// onlyHere refuses, before anything listens, an address that other machines can reach. The port may be 0.
func onlyHere(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: use host:port, as in 127.0.0.1:8080: %w", addr, err)
	}
	_, err = config.Local(net.JoinHostPort(host, "1"))
	return err
}

// DiskFailed reports whether a folder could not be opened because of its disk: full, read-only, failing, damaged.
func DiskFailed(err error) bool { return localcloud.DiskFailed(err) }

// ExplainDisk says in one sentence what is wrong with the disk, if an error about the data folder is about the disk.
func ExplainDisk(dir string, err error) error { return localcloud.ExplainDisk(dir, err) }

const startTime = 30 * time.Second

func (h *Installation) open(ctx context.Context, o Options, templates fs.FS) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var err error
	h.Cloud, err = local.OpenCloud(ctx, local.CloudOptions{
		Dir: o.Dir, Config: h.Config, Clock: o.Clock, Logger: o.Logger, Intercept: o.Intercept,
		Failed: o.Failed, Files: o.Files, Further: o.Further,
		Content: app.ContentCollections(), Keys: app.KeysCollections(),
		Watch: func(ctx context.Context, dial gcp.Dialer) (gcp.Watch, error) { return h.openTelemetry(ctx, dial, o) },
	})
	if err != nil {
		return err
	}
	objects, err := blob.OpenFolder(filepath.Join(o.Dir, "files"))
	if err != nil {
		return localcloud.ExplainDisk(o.Dir, err)
	}
	h.App, err = app.New(ctx, app.Options{
		Config: h.Config, Clients: h.Cloud.Clients, Objects: objects, Clock: o.Clock, Logger: o.Logger, Alone: true,
		Telemetry: h.telemetry,
		Templates: templates,
		Outside:   h.Cloud.PubSub().CertsTransport(), CheapPasswords: o.CheapPasswords, Still: o.Still,
		Release:  "local",
		Public:   o.Public,
		Patience: o.Patience,
	})
	return err
}

// templatesIn is a folder of templates, or nil for none.
func templatesIn(dir string) (fs.FS, error) {
	if dir == "" {
		return nil, nil
	}
	files := os.DirFS(dir)
	if _, err := fs.Stat(files, "layout.html"); err != nil {
		return nil, fmt.Errorf("%s is not a folder of templates: give one like templates/ of the source: %w", dir, err)
	}
	return files, nil
}

// openTelemetry starts it, if it is on.
func (h *Installation) openTelemetry(ctx context.Context, dial gcp.Dialer, o Options) (gcp.Watch, error) {
	if !o.Telemetry.On {
		return gcp.Watch{}, nil
	}
	var err error
	if h.watchers, err = watchers.Open(ctx, watchers.Options{Project: h.Config.Project, Dial: dial}); err != nil {
		return gcp.Watch{}, err
	}
	h.telemetry, err = telemetry.New(ctx, telemetry.Options{
		Project: h.Config.Project, Region: h.Config.Region, Service: h.Config.Service(), Version: "local",
		Ratio: o.Telemetry.Ratio, Watchers: h.watchers, Logger: o.Logger, Every: o.Send,
	})
	return h.telemetry.Calls(), err
}

// URL is the address of the pages.
func (h *Installation) URL() string { return h.Config.BaseURL }

// MailAt is the address at which its mail can be read. It is a secret, because links in mails open accounts.
func (h *Installation) MailAt() string { return h.App.MailAt() }

// Run serves until ctx ends, then closes everything in order.
func (h *Installation) Run(ctx context.Context) error {
	if err := h.Cloud.Start(ctx); err != nil {
		return errors.Join(err, h.closeAll(context.WithoutCancel(ctx)))
	}
	beside, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { h.tickAlways(beside) })
	if h.tools != nil {
		done.Go(func() {
			if err := h.Cloud.Serve(beside, h.tools); err != nil && beside.Err() == nil {
				h.log.WarnContext(ctx, "the cloud's own address is closed", "error", err)
			}
		})
	}
	err := h.App.Serve(ctx, h.ln)
	stop()
	done.Wait()
	h.App = nil // Serve closed it
	return errors.Join(err, h.closeAll(context.WithoutCancel(ctx)))
}

// Close closes an installation that was never run.
func (h *Installation) Close(ctx context.Context) error { return h.closeAll(ctx) }

func (h *Installation) closeAll(ctx context.Context) error {
	var err error
	if h.App != nil {
		err = h.App.Close(ctx)
	}
	h.telemetry.Close(ctx)
	if h.watchers != nil {
		err = errors.Join(err, h.watchers.Close())
	}
	if h.Cloud != nil {
		err = errors.Join(err, h.Cloud.Close())
	}
	for _, ln := range []net.Listener{h.ln, h.tools} {
		if ln == nil {
			continue
		}
		if closed := ln.Close(); closed != nil && !errors.Is(closed, net.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	return err
}

const tickEvery = time.Minute

// tickAlways does what Cloud Scheduler does: it publishes a tick, at once for what a crash left behind, then every
// minute.
func (h *Installation) tickAlways(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		_, err := h.Cloud.Clients.Publisher.Publish(ctx, &pubsubpb.PublishRequest{
			Topic: local.TickTopic(h.Config), Messages: []*pubsubpb.PubsubMessage{{Data: []byte("{}")}},
		})
		if err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "tick not published", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
