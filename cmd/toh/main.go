// Command toh is the service in its container on Cloud Run. It is configured by the environment (docs/operations.md), and refuses to
// start with settings that would break a promise.
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
	"github.com/tinyoperahouse/toh/internal/gcp"
	"github.com/tinyoperahouse/toh/internal/obs"
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
	log := obs.New(obs.Options{Writer: os.Stdout, Level: cfg.LogLevel, Project: cfg.Project, Service: "toh", Version: revision})
	clients, err := gcp.Open(ctx, gcp.Options{
		Project: cfg.Project, FirestoreDatabase: cfg.ContentDatabase, KeysDatabase: cfg.KeysDatabase, UserAgent: "toh/" + revision,
	})
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, cfg, clients, log), clients.Close())
}

func serve(ctx context.Context, cfg config.Config, clients *gcp.Clients, log *slog.Logger) error {
	starting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	house, err := app.New(starting, app.Options{Config: cfg, Clients: clients, Logger: log})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", ":"+strconv.Itoa(cfg.Port))
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), house.Close(context.WithoutCancel(ctx)))
	}
	log.InfoContext(ctx, "open", "revision", revision, "role", string(cfg.Role))
	return house.Serve(ctx, ln)
}
