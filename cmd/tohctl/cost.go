package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
)

// runCost prints what the cost model says, or where indexes would become hot spots. It calls no cloud.
func runCost(_ context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("tohctl cost", flag.ContinueOnError)
	flags.SetOutput(logs)
	text := flags.String("workspaces", "100,10000,1000000", "for how many workspaces: `numbers`, with commas "+
		"between them")
	asJSON := flags.Bool("json", false, "print JSON")
	hotspots := flags.Bool("hotspots", false, "look at every index instead: which would grow at one end")
	_ = flags.String("localcloud", "", "accepted as by every command; the model asks no cloud")
	if err := flags.Parse(args); err != nil {
		return err
	}
	scales, err := parseScales(*text)
	if err != nil || flags.NArg() > 0 {
		return errorsOr(err, fmt.Errorf("%q is not understood: there are only flags", flags.Args()))
	}
	report := cost.NewReport(cost.DefaultProfile(), scales)
	if *hotspots {
		spots := cost.Hotspots(report.Profile, scales, placed())
		return printCost(out, *asJSON, map[string]any{"workspaces": scales, "hotspots": spots}, func() error {
			return cost.PrintHotspots(out, scales, spots)
		})
	}
	return printCost(out, *asJSON, report, func() error { return report.Print(out) })
}

// placed are the collections of both databases.
func placed() []cost.Placed {
	return append(cost.Place(app.ContentCollections(), app.ContentPlaces()), cost.Place(app.KeysCollections(), nil)...)
}

func printCost(out io.Writer, asJSON bool, value any, table func() error) error {
	if !asJSON {
		return table()
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

func errorsOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

const mostWorkspaces = 1e9

// parseScales reads numbers of workspaces.
func parseScales(text string) ([]float64, error) {
	var scales []float64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || n < 1 || n > mostWorkspaces {
			return nil, fmt.Errorf("--workspaces %q: use whole numbers from 1 to %d, with commas between them", text,
				int64(mostWorkspaces))
		}
		scales = append(scales, float64(n))
	}
	return scales, nil
}
