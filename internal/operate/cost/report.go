package cost

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report is the whole answer.
type Report struct {
	PricesAsOf string     `json:"prices_as_of"`
	Currency   string     `json:"currency"`
	Region     string     `json:"region"`
	Profile    Profile    `json:"profile"`
	Actions    []Action   `json:"actions"` // what each uses
	Estimates  []Estimate `json:"estimates"`
	Caveats    []string   `json:"caveats"`
}

// NewReport calculates everything for the given numbers of workspaces.
func NewReport(p Profile, scales []float64) Report {
	r := Report{PricesAsOf: PricesAsOf, Currency: "USD", Region: "europe-west1", Profile: p, Actions: Actions(),
		Caveats: caveats()}
	for _, n := range scales {
		r.Estimates = append(r.Estimates, For(p, n))
	}
	return r
}

func caveats() []string {
	list := []string{
		"The profile is an assumption: look at the month's real counts and change it.",
		"Not in the model: the mail vendor, data going out to the internet, monitoring beyond its free part, " +
			"support, taxes; free allotments are not taken off.",
	}
	var loose []string
	for _, p := range Prices() {
		if !p.Verified {
			loose = append(loose, p.Name)
		}
	}
	return append(list, "Prices that were not read in a list for europe-west1: "+strings.Join(loose, ", ")+".")
}

// Print writes tables for people.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "A month of Tiny Opera House in %s, in US dollars, prices of %s (* not verified)\n\n", r.Region,
		r.PricesAsOf)
	r.printBill(t)
	r.printQuotas(t)
	r.printActions(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, c := range r.Caveats {
		fmt.Fprintln(w, c)
	}
	return nil
}

// row writes cells, the first of them left-aligned.
func row(t io.Writer, cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }

func (r Report) heads(first string) []string {
	cells := []string{first}
	for _, e := range r.Estimates {
		cells = append(cells, number(e.Workspaces))
	}
	return cells
}

func (r Report) line(name string, value func(Estimate) string) []string {
	cells := []string{name}
	for _, e := range r.Estimates {
		cells = append(cells, value(e))
	}
	return cells
}

func (r Report) printBill(t io.Writer) {
	row(t, r.heads("workspaces")...)
	if len(r.Estimates) == 0 {
		return
	}
	for i, l := range r.Estimates[0].Bill {
		row(t, r.line(l.Price.Name+mark(l.Price.Verified), func(e Estimate) string {
			return money(e.Bill[i].Amount)
		})...)
	}
	row(t, r.line("together", func(e Estimate) string { return money(e.Total) })...)
	row(t, r.line("each workspace", func(e Estimate) string { return money(e.Total / e.Workspaces) })...)
	row(t, r.line("stored, GiB", func(e Estimate) string { return number(e.StoredGiB) })...)
	row(t, r.line("instances", func(e Estimate) string { return number(e.Instances) })...)
	row(t, "")
}

func (r Report) printQuotas(t io.Writer) {
	row(t, "share of quota, busiest minute")
	for i := range quotas(r.Profile, Estimate{}) {
		q := quotas(r.Profile, Estimate{})[i].Quota
		name := fmt.Sprintf("%s%s (%s a %s)", q.Name, mark(q.Verified), number(q.Most), q.Per)
		row(t, r.line(name, func(e Estimate) string { return fmt.Sprintf("%.2g %%", 100*e.Quotas[i].Share) })...)
	}
	row(t, "")
}

func (r Report) printActions(t io.Writer) {
	row(t, "one of each", "reads", "writes", "deletes", "index entries", "KMS", "log entries", "log bytes", "messages",
		"CPU ms")
	for _, a := range r.Actions {
		c := a.Uses
		row(t, a.Name, number(c.Reads), number(c.Writes), number(c.Deletes), number(c.IndexEntries), number(c.KMS),
			number(c.LogEntries),
			number(c.LogBytes), number(c.Messages), number(c.CPU*1000))
	}
}

func mark(verified bool) string {
	if verified {
		return ""
	}
	return "*"
}

func money(v float64) string {
	if v < 1 {
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func number(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprintf("%d", int64(v))
	}
	return fmt.Sprintf("%.1f", v)
}

// PrintHotspots writes the table of indexes, the worst last.
func PrintHotspots(w io.Writer, scales []float64, spots []Spot) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	head := []string{"index", "leading", "grows with time", "over", "verdict"}
	for _, n := range scales {
		head = append(head, "writes/s at "+number(n))
	}
	row(t, append(head, "why")...)
	for _, v := range []Verdict{Spread, Scoped, Sharded, Rare, Hot} {
		for _, s := range spots {
			if s.Verdict != v {
				continue
			}
			cells := []string{s.Index, s.Leading, yes(s.Monotonic), s.Over, string(s.Verdict)}
			for _, rate := range s.Writes {
				cells = append(cells, fmt.Sprintf("%.2g", rate))
			}
			row(t, append(cells, s.Reason)...)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	bad := Unsharded(spots)
	_, err := fmt.Fprintf(w, "\n%d indexes; Firestore advises at most %d writes a second into one end of an index; "+
		"%d would exceed that or are hot.\n", len(spots), SequentialWrites, len(bad))
	return err
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
