package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const releaseUsage = "release --revision REVISION --tests FILE --out FILE"

// runRelease writes the record of a release: which of the tests that promises rest on have passed. The build does so
// before it makes the program, which carries the record.
func runRelease(_ context.Context, args []string, _, logs io.Writer) error {
	flags := flag.NewFlagSet("tohctl "+releaseUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	revision := flags.String("revision", "", "the `name` of what is released")
	tests := flags.String("tests", "", "the `file` with the output of go test -json ./...")
	out := flags.String("out", "", "the `file` to write: internal/product/promise/release.json")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *tests == "" || *out == "" || flags.NArg() > 0 {
		return fmt.Errorf("use tohctl %s", releaseUsage)
	}
	file, err := os.Open(*tests)
	if err != nil {
		return err
	}
	r, err := promise.NewRelease(*revision, model.SystemClock{}.Now(), file)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644) // #nosec G306 -- it is public
}
