package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Performance is one performance of a production.
type Performance struct {
	ID         string    `json:"id"`
	Production string    `json:"production"`
	Number     int       `json:"number" doc:"The number within the run."`
	Type       string    `json:"type"`
	State      string    `json:"state" enum:"scheduled,cancelled"`
	Start      time.Time `json:"start"`
	Day        string    `json:"day" doc:"The date at the venue."`
	Zone       string    `json:"zone" doc:"The venue's time zone."`
	HouseOpen  string    `json:"house_open" doc:"Planned, RFC 3339; or empty."`
	Intervals  []Break   `json:"intervals"`
	End        string    `json:"end" doc:"Expected, RFC 3339; or empty."`
	Notes      string    `json:"notes"`
	Version    int64     `json:"version"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Break is a planned interval.
type Break struct {
	Start   string `json:"start,omitempty" doc:"RFC 3339; in requests also a local time such as 20:45."`
	Minutes int    `json:"minutes"`
}

func performanceOf(r records.Record[shows.Performance]) Performance {
	p := &r.Body
	out := Performance{
		ID: r.ID, Production: p.Production, Number: p.Number, Type: p.Type, State: string(p.Status), Start: p.Start,
		Day: p.Day, Zone: p.Zone,
		HouseOpen: instant(p.HouseOpen), Intervals: make([]Break, len(p.Intervals)), End: instant(p.End),
		Notes:   p.Notes,
		Version: r.Version, CreatedAt: r.Created, UpdatedAt: r.Updated,
	}
	for i, b := range p.Intervals {
		out.Intervals[i] = Break{Start: instant(b.Start), Minutes: b.Minutes}
	}
	return out
}

// instant is a time as text, "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// NewPerformance is the input of a new performance.
type NewPerformance struct {
	Number    int     `json:"number,omitempty" doc:"Defaults to the next number of the run."`
	Type      string  `json:"type,omitempty" doc:"Defaults to a regular performance."`
	Day       string  `json:"day,omitempty" doc:"The date at the venue, as in 2026-03-14; not needed if start is RFC 3339."`
	Start     string  `json:"start" doc:"The local time, as in 19:30, or RFC 3339. Required."`
	HouseOpen string  `json:"house_open,omitempty"`
	End       string  `json:"end,omitempty" doc:"When it is expected to end."`
	Intervals []Break `json:"intervals,omitempty"`
	Notes     string  `json:"notes,omitempty"`
	State     string  `json:"state,omitempty" doc:"scheduled or cancelled. Defaults to scheduled."`
}

func (n *NewPerformance) input() shows.PerformanceInput {
	in := shows.PerformanceInput{
		Number: n.Number, Type: given(n.Type), Day: given(n.Day), Start: &n.Start, HouseOpen: given(n.HouseOpen),
		End:   given(n.End),
		Notes: given(n.Notes), Status: (*shows.PerformState)(given(n.State)),
	}
	for _, b := range n.Intervals {
		in.Intervals = append(in.Intervals, shows.BreakInput{Start: b.Start, Minutes: b.Minutes})
	}
	return in
}

// given is a text, or nil if there is none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (a *API) listPerformances(ctx context.Context, v *visit, in *Paging) (*listOut[Performance], error) {
	page, err := a.o.Stage.PerformancesOf(ctx, v.whole(), v.record, shows.ListInput{Limit: in.Limit,
		Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return listed(v, page.Records, page.Next, performanceOf), nil
}

// Confirmation confirms a request that looks like a mistake.
type Confirmation struct {
	Confirm string `query:"confirm" maxLength:"64" doc:"The value of confirm in a problem, if the request is meant as it is."`
}

type newPerformanceIn struct {
	Confirmation
	Body NewPerformance
}

func (a *API) createPerformance(ctx context.Context, v *visit, in *newPerformanceIn) (*madeOut[Performance], error) {
	r, replayed, err := once(ctx, a, v, "performances", a.o.Stage.PerformanceStat, &in.Body,
		func(c caller) (records.Record[shows.Performance], error) {
			input := in.Body.input()
			input.Confirm = in.Confirm
			return a.o.Stage.CreatePerformance(ctx, c, v.record, input)
		},
		func(id string) (records.Record[shows.Performance], error) {
			return a.o.Stage.Performance(ctx, v.caller(), id)
		})
	if err != nil {
		return nil, err
	}
	return made(v, r, replayed, performanceOf), nil
}
