package posture

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

const mostLines = 8 // lines of evidence for a promise that is kept

var marks = map[State]string{Kept: "✓", CloudOnly: "◐", Broken: "✗", Undecided: "?"}

// Print writes the report for people.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, read on %s\n\n", r.Project, r.Region, r.At.Format(time.RFC3339))
	for _, p := range r.Promises {
		p.print(&b)
	}
	fmt.Fprintf(&b, "\n%s\n", r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Result) print(b *strings.Builder) {
	fmt.Fprintf(b, "%s %-10s %-3s %s\n", marks[p.State], strings.ToUpper(string(p.State)), p.ID, p.Title)
	lines := strings.Split(p.Evidence, "\n")
	rest := 0
	if (p.State == Kept || p.State == CloudOnly) && len(lines) > mostLines {
		lines, rest = lines[:mostLines], len(lines)-mostLines
	}
	for _, line := range lines {
		fmt.Fprintf(b, "      %s\n", line)
	}
	if rest > 0 {
		fmt.Fprintf(b, "      and %d more as expected (--json prints all)\n", rest)
	}
	if !p.Product.Built {
		fmt.Fprintf(b, "      not built: %s\n", p.Product.Missing)
	}
	fmt.Fprintf(b, "      not seen here: %s\n", p.Beyond)
}

// Summary is the report in one line.
func (r Report) Summary() string {
	missing := 0
	for _, e := range r.NotAttested {
		if !e.Product.Built {
			missing++
		}
	}
	return fmt.Sprintf("%d promises kept, %d cloud-only, %d broken, %d undecided; "+
		"%d others are not the cloud's to decide, and %d of these are not built",
		r.Count(Kept), r.Count(CloudOnly), r.Count(Broken), r.Count(Undecided), len(r.NotAttested), missing)
}

// JSON writes the report for programs.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
