package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

// runLogLock locks the audit bucket, for ever.
func runLogLock(ctx context.Context, args []string, out, logs io.Writer) error {
	var t target
	flags := flag.NewFlagSet("tohctl log-lock", flag.ContinueOnError)
	flags.SetOutput(logs)
	t.flags(flags)
	confirm := flags.String("confirm", "", "`name` of the bucket: locking it can never be undone, by anybody")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	t, err := t.fill()
	if err != nil {
		return err
	}
	return t.with(ctx, logs, func(in *installation) error {
		err := provision.LockLog(ctx, in.Admin, t.specify(provision.Spec{}), *confirm)
		switch {
		case errors.Is(err, provision.ErrLocked):
			_, err = fmt.Fprintln(out, "The audit bucket is already locked.")
		case err == nil:
			_, err = fmt.Fprintln(out, "The audit bucket is locked: its 14 days stay, and it cannot be deleted while "+
				"it holds entries.")
		}
		return err
	})
}
