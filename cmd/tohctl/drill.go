package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/operate/drill"
)

// drillFlags are the flags of the command.
type drillFlags struct {
	target
	backup  string
	samples int
	keep    bool
	asJSON  bool
}

func parseDrill(args []string, logs io.Writer) (drillFlags, error) {
	var f drillFlags
	flags := flag.NewFlagSet("tohctl restore-drill", flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	flags.StringVar(&f.backup, "backup", "", "full `name` of the backup; the newest that is ready if you say nothing")
	flags.IntVar(&f.samples, "samples", 20, "how many documents of each kind are opened")
	flags.BoolVar(&f.keep, "keep", false, "leave the restored database, to look further or to serve from it")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	if flags.NArg() > 0 || f.samples < 1 || f.samples > 10_000 {
		return f, errors.New("restore-drill takes no arguments, and 1 to 10000 samples")
	}
	return f, nil
}

var errDrill = errors.New("the drill found problems")

func runDrill(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseDrill(args, logs)
	if err != nil {
		return err
	}
	return f.with(ctx, logs, func(in *installation) error {
		o, err := in.operator(ctx)
		if err != nil {
			return err
		}
		result, err := drill.Run(ctx, f.options(in, o, logs))
		if err != nil {
			return err
		}
		if f.asJSON {
			err = json.NewEncoder(out).Encode(result)
		} else {
			err = result.Print(out)
		}
		if err == nil && !result.OK {
			err = errDrill
		}
		return err
	})
}

func (f drillFlags) options(in *installation, o *app.Operator, logs io.Writer) drill.Options {
	collections, kinds := app.Documents()
	return drill.Options{
		Databases: in.Admin.Databases, Project: in.project, Database: config.Installed(in.project, in.region).
				ContentDatabase,
		Gate: o.Gate, Live: o.Content(), Open: o.OpenContent, Collections: collections, Kinds: kinds,
		Backup: f.backup, Keep: f.keep, Samples: f.samples,
		Tell: func(what string) { fmt.Fprintln(logs, what) },
	}
}
