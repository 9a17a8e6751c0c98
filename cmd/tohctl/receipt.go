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

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
)

const receiptUsage = "receipt verify FILE --keys KEYS"

// runReceipt checks the receipt of an erasure with published keys. It asks nobody: neither the installation nor Google.
// It ends with 1 if the receipt is not what the key signed, with 2 if that could not be decided.
func runReceipt(_ context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("tohctl receipt verify FILE", flag.ContinueOnError)
	flags.SetOutput(logs)
	keys := flags.String("keys", "", "the `file` with the keys that the installation publishes at "+check.KeysPath)
	verb, rest := verbOf(args)
	name, rest := verbOf(rest)
	if err := flags.Parse(rest); err != nil {
		return err
	}
	if verb != "verify" || name == "" || *keys == "" || flags.NArg() > 0 {
		flags.Usage()
		return exit{codeUndecided, fmt.Errorf("use tohctl %s", receiptUsage)}
	}
	raw, err := readSmall(name)
	if err != nil {
		return exit{codeUndecided, err}
	}
	text, err := readSmall(*keys)
	if err != nil {
		return exit{codeUndecided, err}
	}
	var known []check.Key
	if err := json.Unmarshal(text, &known); err != nil {
		return exit{codeUndecided, fmt.Errorf("%s does not hold keys: %w", *keys, err)}
	}
	r, key, err := receipt.Verify(raw, known)
	switch {
	case errors.Is(err, receipt.ErrBadSignature):
		return exit{codeBroken, err}
	case err != nil:
		return exit{codeUndecided, err}
	}
	return printReceipt(out, r, key)
}

// printReceipt says what a good receipt says.
func printReceipt(out io.Writer, r receipt.Receipt, key string) error {
	var text strings.Builder
	when := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	fmt.Fprintf(&text, "Good: %s signed it.\n", key)
	fmt.Fprintf(&text, "%s erased the %s %s.\n", r.Origin, r.What, r.Scope)
	fmt.Fprintf(&text, "asked %s, due %s, keys destroyed %s, finished %s\n", when(r.Asked), when(r.Due),
		when(r.Shredded), when(r.Finished))
	for _, c := range r.Erased {
		fmt.Fprintf(&text, "erased: %d %s\n", c.Count, c.Name)
	}
	for _, x := range r.Remains {
		until := "for good"
		if !x.Until.IsZero() {
			until = "until " + when(x.Until)
		}
		fmt.Fprintf(&text, "remains %s: %s\n", until, x.What)
	}
	_, err := io.WriteString(out, text.String())
	return err
}
