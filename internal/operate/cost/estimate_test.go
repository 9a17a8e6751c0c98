package cost

import (
	"math"
	"testing"
)

func TestProfileNamesActionsOfTheModel(t *testing.T) {
	t.Parallel()
	// beside what workspaces do
	used := map[string]bool{Tick: true, KeepMark: true, CountBatch: true, Round: true, Checkpoint: true,
		Controls: true}
	for _, s := range DefaultProfile().Month() {
		if _, known := Uses(s.Action); !known {
			t.Errorf("the profile has %q, which is no action", s.Action)
		}
		used[s.Action] = true
	}
	for _, a := range Actions() {
		if !used[a.Name] {
			t.Errorf("%q is modelled and never happens", a.Name)
		}
	}
}

func TestEstimateAddsUp(t *testing.T) {
	t.Parallel()
	p := DefaultProfile()
	var before Estimate
	for _, n := range []float64{1, 100, 10_000, 1_000_000} {
		e := For(p, n)
		sum := 0.0
		for _, l := range e.Bill {
			if l.Amount < 0 || math.IsNaN(l.Amount) || l.Price.Source == "" ||
				math.Abs(l.Units*l.Price.USD-l.Amount) > 1e-9 {
				t.Errorf("%v workspaces: %+v", n, l)
			}
			sum += l.Amount
		}
		if math.Abs(sum-e.Total) > 1e-6 || e.Total <= before.Total || e.Total/n >= before.Total/max(1,
			before.Workspaces) && before.Workspaces > 0 {
			t.Errorf("%v workspaces: total %v, sum %v, before %v", n, e.Total, sum, before.Total)
		}
		for _, q := range e.Quotas {
			if q.Share != q.Rate/q.Quota.Most || q.Quota.Advice == "" || q.Quota.Source == "" {
				t.Errorf("%+v", q)
			}
		}
		before = e
	}
}

// TestReadsAreBilledOnce: a workspace with one page a month costs that page.
func TestReadsAreBilledOnce(t *testing.T) {
	t.Parallel()
	p := Profile{Members: 1, Days: 1, ReportPages: 1, Peak: 1, Busy: 1}
	got, page := p.PerWorkspace(), Counts{}
	page, _ = Uses("page: a report")
	if got != page {
		t.Errorf("%+v, want %+v", got, page)
	}
	none, two := For(p, 0).Counts.LogEntries, For(p, 2).Counts.LogEntries // controls leave entries, too
	if math.Abs(two-none-2) > 1e-6 {
		t.Errorf("%v entries of two workspaces, %v of none", two, none)
	}
}
