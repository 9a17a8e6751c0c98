package productions

import (
	"slices"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

const maxRun = shows.MaxRun // performances at once

var runForm = frame.FormSpec{
	{Name: "from", Kind: frame.KindDate, Label: "run.from", Width: "medium"},
	{Name: "until", Kind: frame.KindDate, Label: "run.until", Width: "medium"},
	{Name: "weekdays", Kind: frame.KindChecks, Label: "run.weekdays"},
	fieldStart, fieldHouseOpen, fieldBreaks, fieldType,
	frame.FieldID,
}

// runOptions are the days of the week, from Monday on, and the types.
func runOptions() map[string][]frame.Option {
	options := typeOptions()
	for i := range 7 {
		day := time.Weekday((i + 1) % 7)
		options["weekdays"] = append(options["weekdays"], frame.Option{Value: strconv.Itoa(int(day)),
			Text: day.String()})
	}
	return options
}

func runPage(q *frame.Request, r records.Record[shows.Production], f *frame.Form) *frame.FormPage {
	title := q.T("run.new")
	return &frame.FormPage{
		Base: productionCrumbs(q, r.ID, r.Body.Title, frame.Crumb{Text: title}), Title: title,
		Lead: q.T("run.lead", r.Body.Title, r.Body.Venue.Zone, maxRun), Form: f,
		Action: q.WS("/productions/" + r.ID + "/run"), Submit: q.T("run.create"), Cancel: q.WS("/productions/" + r.ID),
	}
}

func (s *pages) showNewRun(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return frame.Answer{}, err
	}
	f := runForm.Blank(q, map[string]string{"from": s.firstGuess(q, &r.Body), "until": r.Body.LastDay,
		"id": model.NewID()})
	for name, options := range runOptions() {
		f.Offer(name, options)
	}
	f.Set("weekdays", "2", "3", "4", "5", "6")
	return frame.Show(runPage(q, r, f)), nil
}

// runDays are the days of the run that was entered.
func runDays(f *frame.Form) []time.Time {
	from, err := wallclock.ParseDay(f.Get("from"))
	f.FailWith("from", err)
	until, err := wallclock.ParseDay(f.Get("until"))
	f.FailWith("until", err)
	var days []time.Time
	for day := from; !f.Failed() && !day.After(until) && len(days) <= maxRun &&
		day.Sub(from) < 3*366*24*time.Hour; day = day.AddDate(0, 0, 1) {
		if slices.Contains(f.All("weekdays"), strconv.Itoa(int(day.Weekday()))) {
			days = append(days, day)
		}
	}
	switch {
	case f.Failed():
	case len(days) == 0:
		f.Fail("until", f.T("run.empty"))
	case len(days) > maxRun:
		f.Fail("until", f.T("run.too-many", maxRun))
	}
	return days
}

// createRun schedules one performance per day, all of them or none. A form that is sent twice schedules once.
func (s *pages) createRun(q *frame.Request) (frame.Answer, error) {
	f, err := runForm.Read(q, runOptions())
	if err != nil {
		return frame.Answer{}, err
	}
	id := q.Var("production")
	in := shows.RunInput{ID: f.ChosenID(), PerformanceInput: shows.PerformanceInput{
		Type: f.Given("type"), Start: f.Given("start"), HouseOpen: f.Given("house_open"), Intervals: breaks(f),
		Confirm: f.Confirmed(),
	}}
	for _, day := range runDays(f) {
		in.Days = append(in.Days, day.Format(time.DateOnly))
	}
	if !f.Failed() {
		_, err = s.shows.CreateRun(q.Context(), q.Caller(), id, in)
	}
	if takeRefusal(f, err) || f.Failed() {
		of, err := s.shows.Production(q.Context(), q.Caller(), id)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(runPage(q, of, f)), nil
	}
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("run.made", "")
	return frame.Go(q.WS("/productions/" + id)), nil
}
