// Package serve runs the whole service on one machine: the cloud in process, the service, and what stands in for the network between
// them.
//
// It must never listen on an address that other machines reach, and never be linked into the container's program.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/local"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Options are what a one-machine installation is told.
type Options struct {
	Addr   string // loopback host and port; port 0 takes a free one
	Dir    string // the data folder, made when missing
	Logger *slog.Logger
	Clock  model.Clock // nil means the system's

	Intercept      func(ctx context.Context, method string) error // for tests: between the service and its cloud
	CheapPasswords bool                                           // for tests
	Patience       time.Duration                                  // for tests: see app.Options
}

// House is a running one-machine installation.
type House struct {
	App    *app.App
	Cloud  *local.Cloud
	Config config.Config
	ln     net.Listener
	log    *slog.Logger
}

// Open opens the folder and the address. Nothing is served before Run.
func Open(ctx context.Context, o Options) (*House, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	ln, cfg, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	h := &House{Config: cfg, ln: ln, log: o.Logger}
	if err := h.open(ctx, o); err != nil {
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

// onlyHere refuses, before anything listens, an address that other machines reach. The port may be 0.
func onlyHere(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: use host:port, as in 127.0.0.1:8080: %w", addr, err)
	}
	_, err = config.Local(net.JoinHostPort(host, "1"))
	return err
}

const startTime = 30 * time.Second

func (h *House) open(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var err error
	h.Cloud, err = local.OpenCloud(ctx, local.CloudOptions{
		Dir: o.Dir, Config: h.Config, Clock: o.Clock, Logger: o.Logger, Intercept: o.Intercept,
		Content: app.ContentCollections(), Keys: app.KeysCollections(),
	})
	if err != nil {
		return err
	}
	h.App, err = app.New(ctx, app.Options{
		Config: h.Config, Clients: h.Cloud.Clients, Clock: o.Clock, Logger: o.Logger, Alone: true,
		Outside: h.Cloud.PubSub().CertsTransport(), CheapPasswords: o.CheapPasswords, Patience: o.Patience,
	})
	return err
}

// URL is where the house is open.
func (h *House) URL() string { return h.Config.BaseURL }

// Run serves until ctx ends, then closes everything in order.
func (h *House) Run(ctx context.Context) error {
	if err := h.Cloud.Start(ctx); err != nil {
		return errors.Join(err, h.closeAll(context.WithoutCancel(ctx)))
	}
	ticking, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.tickAlways(ticking)
	}()
	err := h.App.Serve(ctx, h.ln)
	stop()
	<-done
	h.App = nil // Serve closed it
	return errors.Join(err, h.closeAll(context.WithoutCancel(ctx)))
}

// Close closes a house that was never run.
func (h *House) Close(ctx context.Context) error { return h.closeAll(ctx) }

func (h *House) closeAll(ctx context.Context) error {
	var err error
	if h.App != nil {
		err = h.App.Close(ctx)
	}
	if h.Cloud != nil {
		err = errors.Join(err, h.Cloud.Close())
	}
	if closed := h.ln.Close(); closed != nil && !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

const tickEvery = time.Minute

// tickAlways does what Cloud Scheduler does: it publishes a tick, at once for what a crash left, then every minute.
func (h *House) tickAlways(ctx context.Context) {
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
