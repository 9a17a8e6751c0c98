package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/deadletter"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// lettersFlags are the flags of the command.
type lettersFlags struct {
	target
	verb   string
	ids    []string
	asJSON bool
}

const lettersUsage = "dead-letters {list|replay}"

func parseLetters(args []string, logs io.Writer) (lettersFlags, error) {
	var f lettersFlags
	flags := flag.NewFlagSet("tohctl "+lettersUsage, flag.ContinueOnError)
	flags.SetOutput(logs)
	f.flags(flags)
	ids := flags.String("id", "", "replay only these: `ids` of messages or jobs, with commas")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON (list)")
	verb, rest := verbOf(args)
	if err := flags.Parse(rest); err != nil {
		return f, err
	}
	if f.verb = verb; verb != "list" && verb != "replay" || flags.NArg() > 0 || *ids != "" && verb == "list" {
		flags.Usage()
		return f, fmt.Errorf("use tohctl %s; --id goes with replay", lettersUsage)
	}
	if *ids != "" {
		f.ids = strings.Split(*ids, ",")
	}
	return f, nil
}

func runLetters(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseLetters(args, logs)
	if err != nil {
		return err
	}
	return f.with(ctx, logs, func(in *installation) error {
		letters, err := f.letters(ctx, in)
		if err != nil {
			return err
		}
		if f.verb == "replay" {
			return f.replay(ctx, letters, out)
		}
		return f.list(ctx, letters, out)
	})
}

func (f lettersFlags) letters(ctx context.Context, in *installation) (*deadletter.Letters, error) {
	o, err := in.operator(ctx)
	if err != nil {
		return nil, err
	}
	subscription, err := deadletter.Find(ctx, in.Admin.Subscriptions, in.project)
	if err != nil {
		return nil, err
	}
	options := deadletter.Options{
		Subscriptions: in.Admin.Subscriptions, Topics: in.Admin.Topics, Subscription: subscription, Gate: o.Gate,
		Queue: o.Queue,
	}
	if in.local() {
		options.Wait = 200 * time.Millisecond // no network
	}
	return deadletter.New(options), nil
}

// shown is what list prints as JSON.
type shown struct {
	Letters []deadletter.Letter `json:"letters"`
	GaveUp  []gaveUp            `json:"gave_up"`
}

type gaveUp struct {
	Job      string    `json:"job"`
	Kind     string    `json:"kind"`
	Attempts int       `json:"attempts"`
	Ended    time.Time `json:"ended"`
	Why      string    `json:"why"`
}

func (f lettersFlags) list(ctx context.Context, l *deadletter.Letters, out io.Writer) error {
	letters, err := l.List(ctx)
	if err != nil {
		return err
	}
	jobs, err := l.GivenUp(ctx)
	if err != nil {
		return err
	}
	if f.asJSON {
		return json.NewEncoder(out).Encode(shown{append([]deadletter.Letter{}, letters...), gaveUps(jobs)})
	}
	fmt.Fprintf(out, "%d dead letters\n", len(letters))
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, m := range letters {
		topic := m.Topic[strings.LastIndexByte(m.Topic, '/')+1:]
		fmt.Fprintf(w, "  %s\t%s\t%d attempts\t%s\tjob %s %s\t%s\n", m.ID, topic, m.Attempts, age(m.Since), m.Job,
			m.Kind, m.Why)
	}
	fmt.Fprintf(w, "%d jobs gave up\n", len(jobs))
	for _, j := range gaveUps(jobs) {
		fmt.Fprintf(w, "  %s\t%s\t%d attempts\t%s\t%s\n", j.Job, j.Kind, j.Attempts, age(j.Ended), j.Why)
	}
	return w.Flush()
}

func gaveUps(jobs []task.Info) []gaveUp {
	list := make([]gaveUp, len(jobs))
	for i, j := range jobs {
		list[i] = gaveUp{j.ID, j.Kind, j.Attempts, j.Ended, j.Reason}
	}
	return list
}

func age(t time.Time) string {
	return model.SystemClock{}.Now().Sub(t).Round(time.Second).String() + " ago"
}

func (f lettersFlags) replay(ctx context.Context, l *deadletter.Letters, out io.Writer) error {
	sent, unknown, err := l.Replay(ctx, f.ids...)
	for _, m := range sent {
		fmt.Fprintf(out, "sent again: message %s, job %s\n", orNone(m.ID), orNone(m.Job))
	}
	fmt.Fprintf(out, "%d sent again\n", len(sent))
	if len(unknown) > 0 {
		err = errors.Join(err, fmt.Errorf("nothing to send, or nowhere to send it: %s", strings.Join(unknown, ", ")))
	}
	return err
}

func orNone(id string) string {
	if id == "" {
		return "none"
	}
	return id
}
