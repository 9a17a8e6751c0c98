package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

const provisionUsage = "provision {plan|apply|terraform}"

// provisionFlags are the flags of the command.
type provisionFlags struct {
	target
	provision.Spec
}

type provisionVerb func(ctx context.Context, f provisionFlags, out, logs io.Writer) error

// runProvision makes what the service needs, or says what has to be done.
func runProvision(ctx context.Context, args []string, out, logs io.Writer) error {
	do, f, err := parseProvision(args, logs)
	if err != nil {
		return err
	}
	return do(ctx, f, out, logs)
}

func parseProvision(args []string, logs io.Writer) (provisionVerb, provisionFlags, error) {
	f := provisionFlags{target: target{empty: true}}
	flags := flag.NewFlagSet("tohctl "+provisionUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	flags.StringVar(&f.BaseURL, "base-url", "", "`address` where people find the service (default: where Cloud "+
		"Run serves it)")
	flags.StringVar(&f.MailFrom, "mail-from", "", "`sender` of mail")
	flags.StringVar(&f.Operator, "operator", "", "`name` of the company that runs the service, for its public pages")
	flags.StringVar(&f.Contact, "contact", "",
		"`address` for security, privacy and abuse (default: the sender of mail)")
	flags.StringVar(&f.AlertMail, "alert-mail", "", "`address` of whoever is told of alerts")
	flags.StringVar(&f.Image, "image", "", "`image` that the services start with, until the first deployment")
	flags.BoolVar(&f.BehindBalancer, "behind-balancer", false, "people reach the service through a load balancer only")
	flags.BoolVar(&f.NoInvokerCheck, "no-invoker-check", false,
		"open the pages by switching off Cloud Run's invoker check, not by a role for allUsers (for organizations "+
			"that forbid that role)")
	flags.BoolVar(&f.NoMirror, "no-mirror", false, "make no public bucket for a copy of the security page")
	verb, rest := verbOf(args)
	if err := flags.Parse(rest); err != nil {
		return nil, f, err
	}
	do := map[string]provisionVerb{"plan": plan, "apply": apply, "terraform": terraform}[verb]
	if do == nil || flags.NArg() > 0 {
		flags.Usage()
		return nil, f, fmt.Errorf("use tohctl %s", provisionUsage)
	}
	var err error
	if f.target, err = f.fill(); err != nil {
		return nil, f, err
	}
	f.Spec = f.specify(f.Spec)
	return do, f, f.Check()
}

// specify completes a specification with what every installation has.
func (t target) specify(s provision.Spec) provision.Spec {
	s.Project, s.Region = t.project, t.region
	s.Content, s.Keys = app.ContentCollections(), app.KeysCollections()
	return s
}

func plan(ctx context.Context, f provisionFlags, out, logs io.Writer) error {
	return f.with(ctx, logs, func(in *installation) error {
		changes, err := provision.Plan(ctx, in.Admin, f.Spec)
		if err != nil {
			return err
		}
		return provision.Print(out, changes)
	})
}

func apply(ctx context.Context, f provisionFlags, out, logs io.Writer) error {
	return f.with(ctx, logs, func(in *installation) error {
		_, err := provision.Apply(ctx, in.Admin, f.Spec, out)
		return err
	})
}

func terraform(_ context.Context, f provisionFlags, out, _ io.Writer) error {
	return provision.Terraform(out, f.Spec)
}
