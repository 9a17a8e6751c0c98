package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
)

// The exit codes of the command besides 0: a promise is broken, or something could not be decided.
const (
	codeBroken    = 1
	codeUndecided = 2
)

// attestFlags are the flags of the command.
type attestFlags struct {
	target
	asJSON, watch bool
	trails        bool
	every         time.Duration
}

// trailsPatience is for an attestation that reads all entries.
const trailsPatience = 30 * time.Minute

// soonest keeps --watch far below Google's quotas for reading.
const soonest = 30 * time.Second

func parseAttest(args []string, logs io.Writer) (attestFlags, error) {
	var f attestFlags
	flags := flag.NewFlagSet("tohctl attest", flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	flags.BoolVar(&f.asJSON, "json", false, "print JSON, with all evidence")
	flags.BoolVar(&f.watch, "watch", false, "look again and again, and print what changes, until interrupted")
	flags.BoolVar(&f.trails, "trails", false, "check every audit trail against its checkpoints, too: this reads "+
		"all entries")
	flags.DurationVar(&f.every, "every", 5*time.Minute, "how `often` to look with --watch, 30s or more")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	switch {
	case flags.NArg() > 0:
		return f, fmt.Errorf("unknown argument %q", flags.Arg(0))
	case f.every < soonest:
		return f, fmt.Errorf("--every %s: %s or more", f.every, soonest)
	}
	var err error
	f.target, err = f.fill()
	return f, err
}

// runAttest reads back the real configuration and says which promises it keeps. It ends with 1 if one is broken, with 2
// if one could not be decided.
func runAttest(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseAttest(args, logs)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return exit{codeUndecided, err}
	}
	in, err := f.open(ctx, logs)
	if err != nil {
		return exit{codeUndecided, fmt.Errorf("nothing could be decided: %w", err)}
	}
	defer in.Close()
	options := posture.Options{
		Admin: in.Admin, Project: f.project, Region: f.region, Content: app.ContentCollections(),
		Keys: app.KeysCollections(),
	}
	if f.trails {
		o, err := in.operator(ctx)
		if err != nil {
			return exit{codeUndecided, fmt.Errorf("the trails cannot be checked: %w", err)}
		}
		options.Trails, options.Patience = trails(o), trailsPatience
	}
	look := func(ctx context.Context) (posture.Report, error) { return posture.Run(ctx, options) }
	r, err := look(ctx)
	if err != nil {
		return exit{codeUndecided, fmt.Errorf("nothing could be decided: %w", err)}
	}
	if err := f.print(out, r); err != nil {
		return exit{codeUndecided, err}
	}
	if f.watch {
		w := watch{flags: f, look: look, wait: pause, out: out, logs: logs}
		r = w.run(ctx, r)
	}
	return verdict(r)
}

func (f attestFlags) print(out io.Writer, r posture.Report) error {
	if f.asJSON {
		return r.JSON(out)
	}
	return r.Print(out)
}

// verdict is the exit code: 0 says that nothing is broken and everything could be read. That the product's half of a
// promise is missing is in the report, and no run of the command could change it.
func verdict(r posture.Report) error {
	switch {
	case r.Sound():
		return nil
	case r.State == posture.Broken:
		return exit{codeBroken, errors.New(r.Summary())}
	}
	return exit{codeUndecided, errors.New(r.Summary())}
}

// watch attests again and again.
type watch struct {
	flags     attestFlags
	look      func(context.Context) (posture.Report, error)
	wait      func(context.Context, time.Duration) error
	out, logs io.Writer
}

// run continues until ctx ends, and returns the last report. An attestation that fails as a whole is reported, and the
// next one is compared with the last that did not fail.
func (w watch) run(ctx context.Context, last posture.Report) posture.Report {
	for w.wait(ctx, w.flags.every) == nil {
		now, err := w.look(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			fmt.Fprintf(w.logs, "tohctl: nothing could be decided: %v\n", err)
			continue
		}
		for _, c := range posture.Changes(last, now) {
			w.tell(now.At, c)
		}
		last = now
	}
	return last
}

func (w watch) tell(at time.Time, c posture.Change) {
	if w.flags.asJSON {
		_ = json.NewEncoder(w.out).Encode(map[string]any{"at": at, "change": c.String(), "promise": c.Now})
		return
	}
	fmt.Fprintf(w.out, "%s %s\n", at.Format(time.RFC3339), c)
	for _, f := range c.Appeared {
		fmt.Fprintf(w.out, "      now %s: %s\n", f.State, f)
	}
	for _, f := range c.Gone {
		fmt.Fprintf(w.out, "      no longer %s: %s\n", f.State, f)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
