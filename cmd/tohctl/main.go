// Command tohctl is for the operator: it provisions and attests an installation, manages its keys, trails, dead letters
// and backups, and measures.
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
)

// command is one thing that tohctl does.
type command struct {
	name, says string
	run        func(ctx context.Context, args []string, out, logs io.Writer) error
}

var commands = []command{
	{"bench", "measure the API of a one-machine installation", runBench},
	{"keys", "rotate keys, wrap keyrings again, and see how far that is", runKeys},
	{"whois", "find the account of an address, the workspace of a short name, or what has an id", runWhois},
	{"dead-letters", "list messages that could not be delivered and jobs that gave up, and send them again",
		runLetters},
	{"restore-drill", "restore a backup into a fresh database, try it, and remove it again", runDrill},
	{"provision", "plan or make what the service stands on, or print it as Terraform", runProvision},
	{"attest", "read back what is there, and say which promises it keeps", runAttest},
	{"trail", "check the audit trails: was an entry changed, removed or added", runTrail},
	{"history", "check the history that an installation publishes, or begin a new section of it", runHistory},
	{"receipt", "check the receipt of an erasure with the keys that the installation publishes", runReceipt},
	{"release", "write the record of a release: which tests have passed that promises rest on", runRelease},
	{"log-lock", "lock the audit bucket, for ever", runLogLock},
	{"cost", "say what the service costs and which quotas it uses, by a model; --hotspots looks at the indexes",
		runCost},
	{"indexes", "print the indexes, exemptions and time-to-live fields of a database as firestore.indexes.json",
		runIndexes},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var code exit
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case errors.As(err, &code):
		fmt.Fprintln(os.Stderr, "tohctl:", err)
		os.Exit(code.code)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tohctl:", err)
		os.Exit(1)
	}
}

// exit is an error with an exit code of its own.
type exit struct {
	code int
	error
}

// Unwrap returns the cause.
func (e exit) Unwrap() error { return e.error }

func run(ctx context.Context, args []string, out, logs io.Writer) error {
	if len(args) == 0 {
		usage(logs)
		return flag.ErrHelp
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:], out, logs)
		}
	}
	usage(logs)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: tohctl <command> [flags]")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-13s %s (tohctl %s -h)\n", c.name, c.says, c.name)
	}
}
