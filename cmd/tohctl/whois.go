package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/tinyoperahouse/toh/internal/app"
)

const whoisUsage = "whois {ADDRESS|SHORT-NAME|ID}"

// whoisFlags are the flags of the command.
type whoisFlags struct {
	target
	what   string
	asJSON bool
}

func parseWhois(args []string, logs io.Writer) (whoisFlags, error) {
	var f whoisFlags
	flags := flag.NewFlagSet("tohctl "+whoisUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	what, rest := verbOf(args)
	if err := flags.Parse(rest); err != nil {
		return f, err
	}
	if what == "" || flags.NArg() > 0 {
		flags.Usage()
		return f, fmt.Errorf("use tohctl %s, and flags after it", whoisUsage)
	}
	f.what = what
	return f, nil
}

// runWhois finds the account or workspace that an operator is asked about. It prints ids and keys, and opens nothing.
func runWhois(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseWhois(args, logs)
	if err != nil {
		return err
	}
	return f.with(ctx, logs, func(in *installation) error {
		o, err := in.operator(ctx)
		if err != nil {
			return err
		}
		found, err := o.Whois(ctx, f.what)
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return fmt.Errorf("there is no account and no workspace %q", f.what)
		case f.asJSON:
			return json.NewEncoder(out).Encode(found)
		}
		return printFound(out, found)
	})
}

func printFound(out io.Writer, found []app.Found) error {
	for _, one := range found {
		key := "under the installation's key"
		if one.Own {
			key = "under its own key " + one.Key
		}
		if _, err := fmt.Fprintf(out, "%s, %s\n", one.Scope, key); err != nil {
			return err
		}
	}
	return nil
}
