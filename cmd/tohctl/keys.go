package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/rewrap"
)

// keysFlags are the flags of the command.
type keysFlags struct {
	target
	scope  model.Scope
	asJSON bool
}

const keysUsage = "keys {rotate|rewrap|status}"

func runKeys(ctx context.Context, args []string, out, logs io.Writer) error {
	do, f, err := parseKeys(args, logs)
	if err != nil {
		return err
	}
	return f.with(ctx, logs, func(in *installation) error {
		o, err := in.operator(ctx)
		if err != nil {
			return err
		}
		return do(ctx, f, o, out)
	})
}

type keysVerb func(context.Context, keysFlags, *app.Operator, io.Writer) error

func parseKeys(args []string, logs io.Writer) (keysVerb, keysFlags, error) {
	var f keysFlags
	flags := flag.NewFlagSet("tohctl "+keysUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	scope := flags.String("scope", "", "rotate the keys of one `scope` only, as in workspaces/ID or accounts/ID")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON (status)")
	verb, rest := verbOf(args)
	if err := flags.Parse(rest); err != nil {
		return nil, f, err
	}
	do := map[string]keysVerb{"rotate": rotate, "rewrap": rewrapAll, "status": status}[verb]
	if do == nil || flags.NArg() > 0 {
		flags.Usage()
		return nil, f, fmt.Errorf("use tohctl %s", keysUsage)
	}
	if *scope == "" {
		return do, f, nil
	}
	kind, id, _ := strings.Cut(*scope, "/")
	f.scope = model.Scope{Kind: model.ScopeKind(kind), ID: id}
	if !f.scope.Valid() || verb != "rotate" {
		return nil, f, fmt.Errorf("--scope %q: workspaces/ID, accounts/ID or platform/main, with rotate", *scope)
	}
	return do, f, nil
}

// verbOf is the first argument, and the others.
func verbOf(args []string) (string, []string) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", args
	}
	return args[0], args[1:]
}

func rotate(ctx context.Context, f keysFlags, o *app.Operator, out io.Writer) error {
	if f.scope.Valid() {
		if err := o.Keys.RotateScope(ctx, f.scope); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s has new keys. They seal in %s; what older ones sealed can be opened as "+
			"before.\n",
			f.scope, o.Keyrings.Wait())
		return err
	}
	version, err := o.Keys.NewVersion(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s wraps from now on.\n", version)
	return rewrapAll(ctx, f, o, out)
}

func rewrapAll(ctx context.Context, f keysFlags, o *app.Operator, out io.Writer) error {
	run, err := o.Keys.Rewrap(ctx)
	if err != nil {
		return err
	}
	if !f.local() {
		_, err := fmt.Fprintf(out, "The tasks service wraps all keyrings again (%s). To see the progress: tohctl keys "+
			"status --project %s --region %s\n", run, f.project, f.region)
		return err
	}
	said, err := o.Keys.RunHere(ctx, run)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %s.\n", run, said)
	return err
}

func status(ctx context.Context, f keysFlags, o *app.Operator, out io.Writer) error {
	s, err := o.Keys.Status(ctx)
	if err != nil {
		return err
	}
	if f.asJSON {
		return json.NewEncoder(out).Encode(s)
	}
	fmt.Fprintln(out, s.Key)
	if err := table(out, append(s.Versions, s.Own...)); err != nil {
		return err
	}
	if s.Stale > 0 {
		_, err = fmt.Fprintf(out, "%d keyrings are still under an older version: do not disable it.\n", s.Stale)
		return err
	}
	_, err = fmt.Fprintln(out, "Every keyring is under the primary version. Older ones can be disabled; destroy them "+
		"when no backup of the keys database is older than today.")
	return err
}

func table(out io.Writer, versions []rewrap.Version) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, v := range versions {
		state := strings.ToLower(v.State)
		if v.Primary {
			state += ", primary"
		}
		fmt.Fprintf(w, "  %s\t%d keyrings\t%s\n", v.Name, v.Keyrings, state)
	}
	return w.Flush()
}
