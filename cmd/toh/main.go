// Command toh is the service in its container on Cloud Run. It is configured by the environment (docs/operations.md),
// and refuses to start with settings that would break a promise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/blob/bucket"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// revision is set by the build.
var revision = "unknown"

func main() {
	check := flag.Bool("check", false, "check the settings, say what is wrong with them, and exit")
	version := flag.Bool("version", false, "print the revision and exit")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "toh takes no arguments: it is configured by the environment")
		os.Exit(2)
	}
	if *version {
		fmt.Println(revision)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *check)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const startTime = 30 * time.Second

func run(ctx context.Context, check bool) error {
	cfg, err := config.FromEnvironment()
	if err != nil || check {
		return err
	}
	log := logging.New(logging.Options{Writer: os.Stdout, Level: cfg.LogLevel, Project: cfg.Project,
		Service: cfg.Service(), Version: revision})
	o := gcp.Options{
		Project: cfg.Project, FirestoreDatabase: cfg.ContentDatabase, KeysDatabase: cfg.KeysDatabase,
		UserAgent: "toh/" + revision,
	}
	watch, stop, err := telemetryOf(ctx, cfg, o, log)
	if err != nil {
		return err
	}
	o.Watch = watch.Calls()
	clients, err := gcp.Open(ctx, o)
	if err != nil {
		return errors.Join(err, stop())
	}
	copies, err := bucketOf(ctx, cfg)
	if err != nil {
		return errors.Join(err, clients.Close(), stop())
	}
	files, err := filesOf(ctx, cfg)
	if err != nil {
		return errors.Join(err, clients.Close(), stop())
	}
	return errors.Join(serve(ctx, app.Options{Config: cfg, Clients: clients, Logger: log, Telemetry: watch,
		Admin: admin(cfg), Mirror: copies, Objects: files, Release: revision}), clients.Close(), stop())
}

// bucketOf opens the bucket for the copy of the security page, where the process writes one.
func bucketOf(ctx context.Context, cfg config.Config) (*objects.Bucket, error) {
	if cfg.Mirror == "" || cfg.Role == config.Web {
		return nil, nil
	}
	return objects.Open(ctx, objects.Options{Project: cfg.Project, Bucket: cfg.Mirror, UserAgent: "toh/" + revision})
}

// filesOf opens where files are kept; nil is nowhere.
func filesOf(ctx context.Context, cfg config.Config) (blob.Store, error) {
	if cfg.Files == "" {
		return nil, nil
	}
	b, err := objects.Open(ctx, objects.Options{Project: cfg.Project, Bucket: cfg.Files, UserAgent: "toh/" + revision})
	if err != nil {
		return nil, err
	}
	return bucket.New(b), nil
}

// admin opens the clients by which the service looks at what it stands on.
func admin(cfg config.Config) func(context.Context) (*operator.Clients, error) {
	return func(ctx context.Context) (*operator.Clients, error) {
		return operator.Open(ctx, operator.Options{Project: cfg.Project, UserAgent: "toh/" + revision})
	}
}

// telemetryOf starts telemetry, if it is on. The returned function closes its clients, after telemetry has ended.
func telemetryOf(ctx context.Context, cfg config.Config, o gcp.Options, log *slog.Logger) (*telemetry.Telemetry,
	func() error, error) {
	nothing := func() error { return nil }
	if !cfg.Telemetry.On {
		return nil, nothing, nil
	}
	clients, err := watchers.Open(ctx, watchers.Options{Project: o.Project, UserAgent: o.UserAgent})
	if err != nil {
		return nil, nothing, err
	}
	watch, err := telemetry.New(ctx, telemetry.Options{
		Project: cfg.Project, Region: cfg.Region, Service: cfg.Service(), Version: revision, Ratio: cfg.Telemetry.Ratio,
		Watchers: clients, Logger: log,
	})
	if err != nil {
		return nil, nothing, errors.Join(err, clients.Close())
	}
	return watch, clients.Close, nil
}

func serve(ctx context.Context, o app.Options) error {
	starting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	service, err := app.New(starting, o)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", ":"+strconv.Itoa(o.Config.Port))
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), service.Close(context.WithoutCancel(ctx)))
	}
	o.Logger.InfoContext(ctx, "open", "revision", revision, "role", string(o.Config.Role))
	return service.Serve(ctx, ln)
}
