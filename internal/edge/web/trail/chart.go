package trail

import (
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// The chart's size in its own units. It scales with the page.
const (
	chartWidth  = 720
	chartHeight = 160
	chartLeft   = 64
	chartBottom = 24
	chartDayGap = 6
	keptDays    = 15 // 14 times 24 hours touch 15 days
)

// Chart is the activity by day: the number of entries, and how many of them were refusals. Its table has the same
// numbers.
type Chart struct {
	Width, Height int
	Base          int // the y coordinate of the bars' lower end
	Left          int
	Bars          []Bar
	Lines         []ChartLine
	Total, Denied int
	Summary       string // the numbers of all days together
	Bound         bool   // some number is a lower bound
	Busiest       string // the day with the most, if that is known
}

// Bar is one day.
type Bar struct {
	Day                frame.When
	Short              string
	X, Width, Middle   int
	Y, Height          int
	DeniedY, DeniedHi  int
	Count, DeniedCount Amount
}

// Amount is a number as the page shows it: a lower bound has a plus behind it.
type Amount audit.Number

func (a Amount) String() string {
	if a.More {
		return strconv.FormatInt(a.N, 10) + "+"
	}
	return strconv.FormatInt(a.N, 10)
}

// ChartLine is a line of the scale.
type ChartLine struct {
	Y    int
	Text string
}

// chartDays are the beginnings of the days that the trail reaches back to, the oldest first.
func chartDays(q *frame.Request) []time.Time {
	now := frame.Zoned(q.Now(), q.Place.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	days := make([]time.Time, keptDays)
	for i := range days {
		days[i] = today.AddDate(0, 0, i-keptDays+1)
	}
	return days
}

// dayFilters ask for two numbers a day: all, and what was refused. They keep who and what is filtered by; the days are
// the chart's own.
func dayFilters(days []time.Time, f audit.Filter) []audit.Filter {
	filters := make([]audit.Filter, 0, 2*len(days))
	for _, day := range days {
		f.Since, f.Until = day.UTC(), day.AddDate(0, 0, 1).UTC()
		refused := f
		refused.Outcome = audit.Denied
		filters = append(filters, f, refused)
	}
	return filters
}

// newChart draws the numbers of dayFilters.
func newChart(q *frame.Request, p *TrailPage, days []time.Time, counts []audit.Number) *Chart {
	c := &Chart{Width: chartWidth, Height: chartHeight, Base: chartHeight - chartBottom, Left: chartLeft}
	most := int64(1)
	var all, denied audit.Number
	for i := range days {
		if counts[2*i].N > most {
			most, c.Busiest = counts[2*i].N, p.Day(days[i]).Text
		}
		all, denied = all.Plus(counts[2*i]), denied.Plus(counts[2*i+1])
	}
	top := niceTop(most)
	for i, day := range days {
		c.Bars = append(c.Bars, c.bar(p, i, day, counts[2*i], counts[2*i+1], top))
	}
	c.Total, c.Denied, c.Bound = int(all.N), int(denied.N), all.More || denied.More
	switch {
	case !c.Bound:
		c.Summary = q.N("audit.chart-total", c.Total, c.Denied)
	case denied.More:
		c.Summary = q.T("audit.chart-least-both", c.Total, c.Denied)
	default:
		c.Summary = q.T("audit.chart-least", c.Total, c.Denied)
	}
	if c.Bound {
		c.Busiest = ""
	}
	for _, part := range []int64{0, 1, 2} {
		value := top * part / 2
		c.Lines = append(c.Lines, ChartLine{c.Base - c.high(value, top), strconv.FormatInt(value, 10)})
	}
	return c
}

func (c *Chart) bar(p *TrailPage, i int, day time.Time, count, denied audit.Number, top int64) Bar {
	step := (c.Width - c.Left) / keptDays
	b := Bar{
		Day: p.Day(day), Short: frame.Zoned(day, p.Zone()).Format("2"), X: c.Left + i*step + chartDayGap/2,
		Width: step - chartDayGap, Count: Amount(count), DeniedCount: Amount(denied), Height: c.high(count.N, top),
		DeniedHi: c.high(min(denied.N, count.N), top),
	}
	b.Middle, b.Y, b.DeniedY = b.X+b.Width/2, c.Base-b.Height, c.Base-b.DeniedHi
	return b
}

// high is the height of a bar. A number above zero is never too low to be seen.
func (c *Chart) high(n, top int64) int {
	if n == 0 {
		return 0
	}
	return max(2, int(n*int64(c.Base-12)/top))
}

// niceTop is an even number at or above n that reads well on a scale.
func niceTop(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, step := range []int64{2, 4, 6, 10} {
			if top := step * unit; top >= n {
				return top
			}
		}
	}
}
