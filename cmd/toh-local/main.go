// Command toh-local runs Tiny Opera House on one machine, with its own small cloud in a folder. It needs no account anywhere.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tinyoperahouse/toh/internal/demo"
	"github.com/tinyoperahouse/toh/internal/local/serve"
	"github.com/tinyoperahouse/toh/internal/obs"
)

// How the program ends otherwise than in order; docs/operations.md has them, too.
const (
	exitFailed = 1
	exitUsage  = 2
	exitDisk   = 74 // EX_IOERR: the disk is full, failing, read-only, or its files are damaged
	exitHung   = 75 // EX_TEMPFAIL: an ordered end took too long
)

// patience is more than an ordered end takes: seven seconds for requests, two for the trail.
const patience = 15 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends it at once
		time.Sleep(patience)
		end(exitHung, errors.New("it did not end in time; what was acknowledged is on disk"))
	})
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr, func(err error) { end(exitDisk, err) })
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(exitUsage)
	case serve.DiskFailed(err):
		end(exitDisk, err)
	default:
		end(exitFailed, err)
	}
}

// end ends the process with one line.
func end(code int, err error) {
	fmt.Fprintln(os.Stderr, "toh-local:", strings.ReplaceAll(err.Error(), "\n", "; "))
	os.Exit(code)
}

// run serves until ctx ends. When the disk fails it calls failed, which must end the process: nothing can be told or kept any more.
func run(ctx context.Context, args []string, out, logs io.Writer, failed func(error)) error {
	flags := flag.NewFlagSet("toh-local", flag.ContinueOnError)
	flags.SetOutput(logs)
	addr := flags.String("addr", "127.0.0.1:8080", "where to listen: a loopback `address` with a port, 0 for any")
	dir := flags.String("data", "toh-data", "the `folder` that keeps everything")
	cloud := flags.String("cloud", "", "also serve the small cloud to Google's own tools on this loopback `address`")
	withDemo := flags.Bool("demo", false, "make two workspaces with accounts, a production and reports to try")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not understood: there are only flags, see --help", flags.Arg(0))
	}
	log := obs.New(obs.Options{Writer: logs, Text: true})
	house, err := serve.Open(ctx, serve.Options{Addr: *addr, Dir: *dir, Cloud: *cloud, Logger: log, Failed: failed})
	if err != nil {
		return err
	}
	if *withDemo {
		if _, err := demo.Make(ctx, house.App, house.URL(), *dir); err != nil {
			return errors.Join(fmt.Errorf("demo: %w", err), house.Close(context.WithoutCancel(ctx)))
		}
	}
	welcome(out, house, *dir, *withDemo)
	if at := house.CloudAddr(); at != "" {
		fmt.Fprintf(out, "  the small cloud listens for Google's tools at %s, without TLS\n", at)
	}
	return house.Run(ctx)
}

func welcome(out io.Writer, house *serve.House, dir string, withDemo bool) {
	fmt.Fprintf(out, "Tiny Opera House is open at %s\n", house.URL())
	fmt.Fprintf(out, "  its data is in %s\n  its mail, for you alone, is at %s\n", dir, house.MailAt())
	if withDemo {
		fmt.Fprintf(out, "  the demonstration's accounts are on the first page, and in %s/demo.json\n", dir)
	}
	fmt.Fprintln(out, "  stop with Ctrl-C")
}
