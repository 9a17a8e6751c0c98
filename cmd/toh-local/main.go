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
	"syscall"

	"github.com/tinyoperahouse/toh/internal/demo"
	"github.com/tinyoperahouse/toh/internal/local/serve"
	"github.com/tinyoperahouse/toh/internal/obs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "toh-local:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, logs io.Writer) error {
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
	house, err := serve.Open(ctx, serve.Options{Addr: *addr, Dir: *dir, Cloud: *cloud, Logger: log})
	if err != nil {
		return err
	}
	if *withDemo {
		if _, err := demo.Make(ctx, house.App, house.URL(), *dir); err != nil {
			return errors.Join(fmt.Errorf("demo: %w", err), house.Close(context.WithoutCancel(ctx)))
		}
	}
	welcome(out, house.URL(), *dir, *withDemo)
	if at := house.CloudAddr(); at != "" {
		fmt.Fprintf(out, "  the small cloud listens for Google's tools at %s, without TLS\n", at)
	}
	return house.Run(ctx)
}

func welcome(out io.Writer, url, dir string, withDemo bool) {
	fmt.Fprintf(out, "Tiny Opera House is open at %s\n", url)
	fmt.Fprintf(out, "  its data is in %s, its mail at %s/_local/mail\n", dir, url)
	if withDemo {
		fmt.Fprintf(out, "  the demonstration's accounts are on the first page, and in %s/demo.json\n", dir)
	}
	fmt.Fprintln(out, "  stop with Ctrl-C")
}
