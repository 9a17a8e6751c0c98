package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/model"
)

// A count looks at each entry that it counts, so each has an end: beyond it, the number is a lower bound.
const (
	mostCounted     = 1000
	mostCountedHour = 10_000 // of an hour or less, which is what totals leave to count
	countsAbreast   = 8
)

// Number is how many entries there are; More says that there may be more than that.
type Number struct {
	N    int64
	More bool
}

// Plus is two numbers together.
func (n Number) Plus(m Number) Number { return Number{n.N + m.N, n.More || m.More} }

// Quarter is what totals are kept by: the days of all time zones begin at a quarter of an hour of UTC.
const Quarter = 15 * time.Minute

// Sums are how many entries a scope has by quarter of an hour and outcome. They are complete for the quarters from From
// to Until, and say nothing of the others.
type Sums struct {
	From, Until time.Time
	By          map[time.Time]map[Outcome]int64 // by the beginning of the quarter in UTC; no member is zero
}

// Totals knows how many entries a scope has, between two instants at most.
type Totals interface {
	Sums(ctx context.Context, scope model.Scope, from, until time.Time) (Sums, error)
}

// part is what is left to count of a filter.
type part struct {
	of int
	f  Filter
}

// Counts says how many entries each filter matches. What the trail's totals know is not looked at: of filters by time
// and outcome only the newest and the oldest minutes are counted.
func (t *Trail) Counts(ctx context.Context, scope model.Scope, filters []Filter) ([]Number, error) {
	now := t.clock.Now()
	oldest := now.Add(-Lifetime).Add(time.Microsecond) // as in find
	var sums Sums
	if t.totals != nil && slices.ContainsFunc(filters, Filter.summed) {
		var err error
		if sums, err = t.totals.Sums(ctx, scope, oldest, now); err != nil {
			return nil, fmt.Errorf("count the trail: %w", err)
		}
	}
	numbers := make([]Number, len(filters))
	var parts []part
	for i, f := range filters {
		if f.Since.Before(oldest) {
			f.Since = oldest
		}
		lo, hi, n := sums.of(f)
		numbers[i].N = n
		if lo.Before(hi) {
			head, tail := f, f
			head.Until, tail.Since = lo, hi
			parts = append(parts, part{i, head}, part{i, tail})
		} else {
			parts = append(parts, part{i, f})
		}
	}
	parts = slices.DeleteFunc(parts, func(p part) bool { return !p.f.Until.IsZero() && !p.f.Since.Before(p.f.Until) })
	counts := make([]Number, len(parts))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(countsAbreast)
	for i, p := range parts {
		group.Go(func() (err error) {
			counts[i], err = t.count(within, scope, p.f, now)
			return err
		})
	}
	err := group.Wait()
	for i, p := range parts {
		numbers[p.of] = numbers[p.of].Plus(counts[i])
	}
	return numbers, err
}

// summed reports whether totals can tell something of a filter.
func (f Filter) summed() bool { return f.Actor == "" && f.Action == "" && f.Record == "" }

// of is how many entries a filter matches between two instants, which are equal if the sums know nothing of it.
func (s Sums) of(f Filter) (lo, hi time.Time, n int64) {
	if !f.summed() {
		return lo, lo, 0
	}
	lo, hi = f.Since, s.Until
	if lo.Before(s.From) {
		lo = s.From
	}
	if !f.Until.IsZero() && f.Until.Before(hi) {
		hi = f.Until
	}
	lo, hi = lo.UTC().Add(Quarter-1).Truncate(Quarter), hi.UTC().Truncate(Quarter)
	if !lo.Before(hi) {
		return lo, lo, 0
	}
	for at := lo; at.Before(hi); at = at.Add(Quarter) {
		for outcome, count := range s.By[at] {
			if f.Outcome == "" || f.Outcome == outcome {
				n += count
			}
		}
	}
	return lo, hi, n
}

func (t *Trail) count(ctx context.Context, scope model.Scope, f Filter, now time.Time) (Number, error) {
	until, most := f.Until, int64(mostCounted)
	if until.IsZero() || until.After(now) {
		until = now
	}
	if until.Sub(f.Since) <= time.Hour {
		most = mostCountedHour
	}
	n, err := t.store.Count(ctx, t.find(scope, f, 1, ""), most)
	if err != nil {
		return Number{}, fmt.Errorf("count the trail: %w", err)
	}
	return Number{n, n >= most}, nil
}
