package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
)

const trailUsage = "trail verify [ADDRESS|SHORT-NAME|ID|SCOPE]"

// trailFlags are the flags of the command.
type trailFlags struct {
	target
	what   string // "" is all
	asJSON bool
}

func parseTrail(args []string, logs io.Writer) (trailFlags, error) {
	var f trailFlags
	flags := flag.NewFlagSet("tohctl "+trailUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	flags.BoolVar(&f.asJSON, "json", false, "print each report as a line of JSON")
	verb, rest := verbOf(args)
	f.what, rest = verbOf(rest)
	if err := flags.Parse(rest); err != nil {
		return f, err
	}
	if verb != "verify" || flags.NArg() > 0 {
		flags.Usage()
		return f, fmt.Errorf("use tohctl %s, and flags after it", trailUsage)
	}
	return f, nil
}

// runTrail checks the trails against their checkpoints. It ends with 1 if something is not as it was written, with 2 if
// that could not be decided.
func runTrail(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseTrail(args, logs)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return exit{codeUndecided, err}
	}
	t := tally{flags: f, out: out, worst: checkpoint.Well}
	err = f.with(ctx, logs, func(in *installation) error {
		o, err := in.operator(ctx)
		if err != nil {
			return err
		}
		return o.CheckTrails(ctx, f.what, t.take)
	})
	if err != nil && t.worst != checkpoint.Found {
		return exit{codeUndecided, fmt.Errorf("the trail could not be checked: %w", err)}
	}
	return t.verdict()
}

// tally prints the results and remembers the worst.
type tally struct {
	flags   trailFlags
	out     io.Writer
	worst   checkpoint.State
	trails  int
	entries int64
	upTo    time.Time // the earliest
}

func (t *tally) take(r checkpoint.Report) error {
	t.worst = checkpoint.Worst(t.worst, r.State)
	if r.Scope != checkpoint.RoundsScope {
		t.trails++
		t.entries += r.Covered
		if t.upTo.IsZero() || r.UpTo.Before(t.upTo) {
			t.upTo = r.UpTo
		}
	}
	if t.flags.asJSON {
		return json.NewEncoder(t.out).Encode(r)
	}
	return printReport(t.out, r)
}

// printReport says what is wrong with a trail, and prints nothing about one that is well.
func printReport(out io.Writer, r checkpoint.Report) error {
	if r.State == checkpoint.Well {
		return nil
	}
	text := r.Scope + ":\n"
	for _, f := range r.Findings {
		text += "  " + string(f.Kind)
		if f.Entry != "" {
			text += " " + f.Entry
		}
		if !f.At.IsZero() {
			text += " of " + f.At.UTC().Format(time.RFC3339)
		}
		text += ": " + f.Says + "\n"
	}
	if r.More > 0 {
		text += fmt.Sprintf("  and %d more\n", r.More)
	}
	for _, u := range r.Undecided {
		text += "  undecided: " + u + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

func (t *tally) verdict() error {
	switch t.worst {
	case checkpoint.Found:
		return exit{codeBroken, errors.New("something is not as it was written; the same entries are in the log " +
			"bucket, where nobody can change them")}
	case checkpoint.Undecided:
		return exit{codeUndecided, errors.New("nothing wrong was found, but not everything could be checked")}
	}
	if t.flags.asJSON {
		return nil
	}
	_, err := fmt.Fprintf(t.out, "%d trails with %d entries: all as they were written, up to %s.\n", t.trails,
		t.entries, t.upTo.UTC().Format(time.RFC3339))
	return err
}

// trails makes attesting check every trail.
func trails(o *app.Operator) func(context.Context, func(posture.Trail)) error {
	states := map[checkpoint.State]posture.State{
		checkpoint.Well: posture.Kept, checkpoint.Found: posture.Broken, checkpoint.Undecided: posture.Undecided,
	}
	return func(ctx context.Context, tell func(posture.Trail)) error {
		return o.CheckTrails(ctx, "", func(r checkpoint.Report) error {
			tell(posture.Trail{Scope: r.Scope, State: states[r.State], Read: inWords(r)})
			return nil
		})
	}
}

// inWords is the result for a trail, in one line.
func inWords(r checkpoint.Report) string {
	if n := len(r.Findings) + int(r.More); n > 0 {
		return fmt.Sprintf("has %d findings, the first: %s", n, r.Findings[0].Says)
	}
	return strings.Join(r.Undecided, " ")
}
