// Command toh-local runs Tiny Opera House on one machine, with its own local cloud in a folder. It needs no account
// anywhere.
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

	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Exit codes other than for an orderly end; docs/operations.md lists them, too.
const (
	exitFailed = 1
	exitUsage  = 2
	exitDisk   = 74 // EX_IOERR: the disk is full, failing, read-only, or its files are damaged
	exitHung   = 75 // EX_TEMPFAIL: an orderly end took too long
)

// machine is how long the program waits for a disk that hangs, and how its files are accessed; tests use other values.
type machine struct {
	ending time.Duration // more than an orderly end takes: seven seconds for requests, two for the trail
	start  time.Duration // more than a start takes; anything slow there reports it earlier
	files  localcloud.Files
}

func main() { begin(machine{ending: 15 * time.Second, start: 45 * time.Second}) }

// begin runs the program and ends the process, whatever the disk does.
func begin(m machine) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends it at once
		time.Sleep(m.ending)
		end(exitHung, errors.New("it did not end in time; what was acknowledged is on disk"))
	})
	err := m.run(ctx, os.Args[1:], os.Stdout, os.Stderr)
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

// run serves until ctx ends. When the disk fails the process ends, because nothing can be reported or stored any more.
func (m machine) run(ctx context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("toh-local", flag.ContinueOnError)
	flags.SetOutput(logs)
	addr := flags.String("addr", "127.0.0.1:8080", "where to listen: a loopback `address` with a port, 0 for any")
	dir := flags.String("data", "toh-data", "the `folder` that keeps everything")
	cloud := flags.String("cloud", "", "also serve the local cloud to Google's own tools on this loopback `address`")
	templates := flags.String("templates", "", "render pages from this `folder`, like templates in the source, and "+
		"pick up changes without a restart; for writing templates, texts and styles")
	withDemo := flags.Bool("demo", false, "make two workspaces with accounts, a production and reports to try")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not understood: there are only flags, see --help", flags.Arg(0))
	}
	log := logging.New(logging.Options{Writer: logs, Text: true})
	installation, err := m.open(ctx, serve.Options{
		Addr: *addr, Dir: *dir, Cloud: *cloud, Templates: *templates, Logger: log, Files: m.files,
		Failed: func(err error) {
			end(exitDisk, err)
		},
	})
	if err != nil {
		return err
	}
	if *withDemo {
		if _, err := demo.Make(ctx, installation.App, installation.URL(), *dir); err != nil {
			return errors.Join(fmt.Errorf("demo: %w", serve.ExplainDisk(*dir, err)),
				installation.Close(context.WithoutCancel(ctx)))
		}
	}
	welcome(out, installation, *dir, *withDemo)
	if at := installation.CloudAddr(); at != "" {
		fmt.Fprintf(out, "  the local cloud listens for Google's tools at %s, without TLS\n", at)
	}
	return installation.Run(ctx)
}

// open opens the installation. If the disk hangs, neither opening nor closing ever returns.
func (m machine) open(ctx context.Context, o serve.Options) (*serve.Installation, error) {
	hangs := time.AfterFunc(m.start, func() {
		end(exitDisk, fmt.Errorf("the disk of %s did not answer for %v; check the disk, then start again", o.Dir,
			m.start))
	})
	defer hangs.Stop()
	return serve.Open(ctx, o)
}

func welcome(out io.Writer, installation *serve.Installation, dir string, withDemo bool) {
	fmt.Fprintf(out, "Tiny Opera House is open at %s\n", installation.URL())
	fmt.Fprintf(out, "  its data is in %s\n  its mail, for you alone, is at %s\n", dir, installation.MailAt())
	if withDemo {
		fmt.Fprintf(out, "  the demonstration's accounts are on the first page, and in %s/demo.json\n", dir)
	}
	fmt.Fprintln(out, "  stop with Ctrl-C")
}
