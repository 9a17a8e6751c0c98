package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/operate/bench"
)

// benchFlags are the flags of the command.
type benchFlags struct {
	reports     []int
	seconds     float64
	concurrency int
	dir         string
	only        []string
	asJSON      bool
	cpuProfile  string
	allocs      string
}

func parseBench(args []string, logs io.Writer) (benchFlags, error) {
	var f benchFlags
	flags := flag.NewFlagSet("tohctl bench", flag.ContinueOnError)
	flags.SetOutput(logs)
	reports := flags.String("reports", "2000", "how many reports the workspace has: one number or several with "+
		"commas, ascending")
	flags.Float64Var(&f.seconds, "seconds", 5, "how long each measurement takes")
	flags.IntVar(&f.concurrency, "concurrency", 16, "requests under way at once")
	only := flags.String("only", "", "operations with commas (get, list, search, update, create); all if you "+
		"say nothing")
	flags.StringVar(&f.dir, "data", "", "the `folder` to work in: it must not be there yet; a temporary one if you "+
		"say nothing")
	flags.StringVar(&f.dir, "localcloud", "", "the same as --data")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON instead of a table")
	flags.StringVar(&f.cpuProfile, "cpuprofile", "", "write a CPU profile of the measurements to this `file`")
	flags.StringVar(&f.allocs, "allocprofile", "", "write a profile of all that was allocated to this `file`")
	if err := flags.Parse(args); err != nil {
		return f, err
	}
	if flags.NArg() > 0 {
		return f, fmt.Errorf("%q is not understood", flags.Arg(0))
	}
	if *only != "" {
		f.only = strings.Split(*only, ",")
	}
	for text := range strings.SplitSeq(*reports, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 1_000_000 {
			return f, fmt.Errorf("--reports %q: numbers from 1 to 1000000", *reports)
		}
		if len(f.reports) > 0 && n <= f.reports[len(f.reports)-1] {
			return f, fmt.Errorf("--reports %q: the numbers must ascend", *reports)
		}
		f.reports = append(f.reports, n)
	}
	return f, nil
}

func runBench(ctx context.Context, args []string, out, logs io.Writer) error {
	f, err := parseBench(args, logs)
	if err != nil {
		return err
	}
	dir, done, err := folder(f.dir)
	if err != nil {
		return err
	}
	defer done()
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelError}))
	installation, err := serve.Open(ctx, serve.Options{Addr: "127.0.0.1:0", Dir: dir, Logger: log,
		Still: true})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- installation.Run(running) }()
	err = measure(ctx, installation, f, out, logs)
	stop()
	return errors.Join(err, <-ended)
}

// folder is where the installation is made. An existing one is not touched, because the made-up reports would mix with
// it.
func folder(given string) (dir string, done func(), err error) {
	if given == "" {
		dir, err = os.MkdirTemp("", "toh-bench-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	if _, err := os.Stat(given); !errors.Is(err, os.ErrNotExist) {
		return "", nil, fmt.Errorf("--data %s exists already: name a new folder", given)
	}
	return given, func() {}, nil
}

func measure(ctx context.Context, installation *serve.Installation, f benchFlags, out, logs io.Writer) error {
	service, err := furnish(ctx, installation, logs)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if _, err := service.Seed(ctx, f.reports[0]); err != nil { // here, so that profiles show only the measurements
		return err
	}
	finish, err := f.profile()
	if err != nil {
		return err
	}
	list, err := bench.Run(ctx, service, bench.Options{
		Reports: f.reports, Length: time.Duration(f.seconds * float64(time.Second)), Concurrency: f.concurrency,
		Only: f.only, Progress: logs,
	})
	err = errors.Join(err, finish())
	if f.asJSON {
		return errors.Join(err, json.NewEncoder(out).Encode(list))
	}
	return errors.Join(err, bench.Print(out, list))
}
