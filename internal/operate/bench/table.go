package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Print writes the measurements as a table.
func Print(w io.Writer, list []Measure) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "reports\toperation\treq/s\tp50\tp99\tbytes\tbare req/s\tratio\tCPU\tbare CPU\tCPU "+
		"ratio\treads\twrites\tKMS/10k\tfailed\t")
	for _, m := range list {
		fmt.Fprintf(t, "%d\t%s\t%.0f\t%s\t%s\t%d\t%.0f\t%.3f\t%s\t%s\t%.3f\t%.2f\t%.2f\t%.1f\t%d\t\n",
			m.Reports, m.Operation, m.PerSecond, round(m.P50), round(m.P99), m.Bytes, m.Bare, m.Ratio,
			m.CPU.Round(time.Microsecond), m.BareCPU.Round(time.Microsecond), float64(m.BareCPU)/float64(max(1, m.CPU)),
			m.Reads, m.Writes, m.KMS, m.Failed)
	}
	return t.Flush()
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
