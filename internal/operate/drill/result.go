package drill

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Result is what a drill found.
type Result struct {
	OK       bool      `json:"ok"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Backup   string    `json:"backup"`
	Snapshot time.Time `json:"snapshot"` // the instant of the backup
	Database string    `json:"database"` // the new one
	Removed  bool      `json:"removed"`  // whether it was removed again
	Erased   Erased    `json:"erased"`
	Counts   []Count   `json:"counts"`
	Samples  []Sample  `json:"samples"`
	Problems []string  `json:"problems"`
	LeftOver []string  `json:"left_over,omitempty"` // databases that earlier drills left behind
}

// Erased is what had come back and was erased again.
type Erased struct {
	Documents int `json:"documents"` // by the ledger of erasures
	InScopes  int `json:"in_scopes"` // of workspaces and accounts whose keys were destroyed
}

func (r Result) opened() int {
	n := 0
	for _, s := range r.Samples {
		n += s.Opened
	}
	return n
}

// Print writes the result for people. The result of a drill that ended early says only that.
func (r Result) Print(out io.Writer) error {
	word := "PASSED"
	if !r.OK {
		word = "FAILED"
	}
	fmt.Fprintf(out, "Restore drill of %s: %s, in %s\n", r.Began.UTC().Format("2 January 2006, 15:04 MST"), word,
		r.Ended.Sub(r.Began).Round(time.Millisecond))
	fmt.Fprintf(out, "Backup %s, of %s\n", r.Backup, r.Snapshot.UTC().Format("2 January 2006, 15:04:05 MST"))
	fmt.Fprintf(out, "Erased again: %d documents by the ledger, %d of scopes whose keys were destroyed\n\n",
		r.Erased.Documents, r.Erased.InScopes)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tRESTORED\tIN USE\tEXPIRED\t")
	for _, c := range r.Counts {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\n", c.Kind, c.Restored, between(c), c.Lapsed, c.Says)
	}
	fmt.Fprintln(w, "\nSAMPLES\tOPENED\tLOCKED\tFAILED\t")
	for _, s := range r.Samples {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t\n", s.Kind, s.Opened, s.Locked, s.Failed)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return r.printEnd(out)
}

func between(c Count) string {
	if c.AtLeast == c.AtMost {
		return fmt.Sprint(c.AtMost)
	}
	return fmt.Sprintf("%d to %d", c.AtLeast, c.AtMost)
}

func (r Result) printEnd(out io.Writer) error {
	fmt.Fprintln(out)
	for _, p := range r.Problems {
		fmt.Fprintln(out, "Problem:", p)
	}
	for _, name := range r.LeftOver {
		fmt.Fprintln(out, "Left by an earlier drill, remove it:", name)
	}
	end := "The restored database is kept: " + r.Database
	if r.Removed {
		end = "The restored database " + r.Database + " is removed."
	}
	_, err := fmt.Fprintln(out, end)
	return err
}
