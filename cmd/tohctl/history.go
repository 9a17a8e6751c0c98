package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

const historyUsage = "history verify URL, or history continue --why TEXT"

// historyFlags are the flags of the command.
type historyFlags struct {
	url    string
	heads  []string // files
	keys   string   // a file; "" is what the installation publishes
	asJSON bool
}

func parseHistory(args []string, logs io.Writer) (historyFlags, error) {
	var f historyFlags
	flags := flag.NewFlagSet("tohctl history verify URL", flag.ContinueOnError)
	flags.SetOutput(logs)
	flags.Func("head", "also check against the head in this `file`, which somebody kept; may be given several times",
		func(name string) error {
			f.heads = append(f.heads, name)
			return nil
		})
	flags.StringVar(&f.keys, "keys", "", "trust the keys in this `file`, in the form of "+check.KeysPath+", and not "+
		"those that the installation publishes")
	flags.BoolVar(&f.asJSON, "json", false, "print the report as JSON")
	verb, rest := verbOf(args)
	f.url, rest = verbOf(rest)
	if err := flags.Parse(rest); err != nil {
		return f, err
	}
	if verb != "verify" || f.url == "" || flags.NArg() > 0 {
		flags.Usage()
		return f, fmt.Errorf("use tohctl %s, and flags after it", historyUsage)
	}
	return f, nil
}

// runHistory checks a history, or continues one.
func runHistory(ctx context.Context, args []string, out, logs io.Writer) error {
	if verb, rest := verbOf(args); verb == "continue" {
		return continueHistory(ctx, rest, out, logs)
	}
	return verifyHistory(ctx, args, out, logs)
}

// continueHistory begins a new section of an installation's history.
func continueHistory(ctx context.Context, args []string, out, logs io.Writer) error {
	var t target
	flags := flag.NewFlagSet("tohctl history continue", flag.ContinueOnError)
	flags.SetOutput(logs)
	t.flags(flags)
	why := flags.String("why", "", "what happened to the entries: a `sentence`, which is published")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("use tohctl %s", historyUsage)
	}
	err := t.with(ctx, logs, func(in *installation) error {
		o, err := in.operator(ctx)
		if err != nil {
			return err
		}
		return o.ContinueHistory(ctx, *why)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "A new section of the history has begun. The next entry signs a head over it.")
	return err
}

// verifyHistory downloads the history that an installation publishes, and checks it. It needs no rights there. It ends
// with 1 if something is not as it was recorded, with 2 if that could not be decided.
func verifyHistory(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseHistory(args, logs)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return exit{codeUndecided, err}
	}
	b, err := f.bundle(ctx)
	if err != nil {
		return exit{codeUndecided, fmt.Errorf("the history could not be checked: %w", err)}
	}
	r := check.Verify(b)
	if f.asJSON {
		err = json.NewEncoder(out).Encode(r)
	} else {
		err = f.print(out, r)
	}
	return errors.Join(err, historyVerdict(r))
}

// bundle is what the installation publishes, and what the files have.
func (f historyFlags) bundle(ctx context.Context) (check.Bundle, error) {
	kept := make([]string, len(f.heads))
	for i, name := range f.heads {
		text, err := readSmall(name)
		if err != nil {
			return check.Bundle{}, err
		}
		kept[i] = string(text)
	}
	var keys []check.Key
	if f.keys != "" {
		text, err := readSmall(f.keys)
		if err != nil {
			return check.Bundle{}, err
		}
		if err := json.Unmarshal(text, &keys); err != nil {
			return check.Bundle{}, fmt.Errorf("%s: %w", f.keys, err)
		}
	}
	d, err := newDownload(f.url)
	if err != nil {
		return check.Bundle{}, err
	}
	b, err := d.bundle(ctx, kept, f.keys == "")
	if f.keys != "" {
		b.Keys = keys
	}
	return b, err
}

const smallFile = 1 << 20

func readSmall(name string) ([]byte, error) {
	file, err := os.Open(name) // #nosec G304 G703 -- the operator names it
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, smallFile+1))
	if err == nil && len(text) > smallFile {
		err = fmt.Errorf("%s is too large to be a head or keys", name)
	}
	return text, errors.Join(err, file.Close())
}

// print says what was found, and how far the check goes.
func (f historyFlags) print(out io.Writer, r check.Report) error {
	var text strings.Builder
	for _, x := range r.Findings {
		fmt.Fprintf(&text, "%s: %s\n", x.Kind, x.Says)
	}
	if r.More > 0 {
		fmt.Fprintf(&text, "and %d more\n", r.More)
	}
	for _, u := range r.Undecided {
		text.WriteString("undecided: " + u + "\n")
	}
	if d, err := newDownload(f.url); err == nil && d.copied {
		fmt.Fprintf(&text, "This is a copy of the history of %s.\n", strings.TrimSuffix(r.Origin, check.Path))
	}
	if r.State == check.Well {
		fmt.Fprintf(&text, "%d entries in %d sections: all as they were recorded, up to %s.\n", r.Covered, r.Sections,
			r.UpTo.UTC().Format(time.RFC3339))
		if r.Open > 0 {
			fmt.Fprintf(&text, "%d entries are younger than the head.\n", r.Open)
		}
	}
	if f.keys == "" {
		text.WriteString("The keys are those that the installation publishes itself. Keep them, and the head, and " +
			"check against them next time: --keys and --head.\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func historyVerdict(r check.Report) error {
	switch r.State {
	case check.Found:
		return exit{codeBroken, errors.New("something is not as it was recorded")}
	case check.Undecided:
		return exit{codeUndecided, errors.New("nothing wrong was found, but not everything could be checked")}
	}
	return nil
}
