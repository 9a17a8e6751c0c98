package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const maxRun = shows.MaxRun // performances at once

var runForm = FormSpec{
	{Name: "from", Kind: kindDate, Label: "run.from", Width: "medium"},
	{Name: "until", Kind: kindDate, Label: "run.until", Width: "medium"},
	{Name: "weekdays", Kind: kindChecks, Label: "run.weekdays"},
	fieldStart, fieldHouseOpen, fieldBreaks, fieldNightType,
	fieldID,
}

// runOptions are the days of the week, from Monday on, and the types.
func runOptions() map[string][]Option {
	options := nightTypes()
	for i := range 7 {
		day := time.Weekday((i + 1) % 7)
		options["weekdays"] = append(options["weekdays"], Option{Value: strconv.Itoa(int(day)), Text: day.String()})
	}
	return options
}

func runPage(q *Request, r records.Record[shows.Production], f *Form) *FormPage {
	title := q.T("run.new")
	return &FormPage{
		Base: productionCrumbs(q, r.ID, r.Body.Title, Crumb{Text: title}), Title: title,
		Lead: q.T("run.lead", r.Body.Title, r.Body.Venue.Zone, maxRun), Form: f,
		Action: q.WS("/productions/" + r.ID + "/run"), Submit: q.T("run.create"), Cancel: q.WS("/productions/" + r.ID),
	}
}

func (s *Site) showNewRun(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return Answer{}, err
	}
	f := runForm.Blank(q, map[string]string{"from": s.firstGuess(q, &r.Body), "until": r.Body.LastDay,
		"id": newRecordID()})
	for name, options := range runOptions() {
		f.Offer(name, options)
	}
	f.Set("weekdays", "2", "3", "4", "5", "6")
	return Show(runPage(q, r, f)), nil
}

// runDays are the days of the run that was entered.
func runDays(f *Form) []time.Time {
	from, err := shows.ParseDay(f.Get("from"))
	f.takeField("from", err)
	until, err := shows.ParseDay(f.Get("until"))
	f.takeField("until", err)
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
		f.Fail("until", f.q.T("run.empty"))
	case len(days) > maxRun:
		f.Fail("until", f.q.T("run.too-many", maxRun))
	}
	return days
}

// takeField marks a field with what an error says to people.
func (f *Form) takeField(name string, err error) {
	if err != nil {
		f.Fail(name, publicText(err))
	}
}

// createRun schedules one performance per day, all of them or none. A form that is sent twice schedules once.
func (s *Site) createRun(q *Request) (Answer, error) {
	f, err := runForm.Read(q, runOptions())
	if err != nil {
		return Answer{}, err
	}
	id := q.Var("production")
	in := shows.RunInput{ID: chosenID(f), PerformanceInput: shows.PerformanceInput{
		Type: given(f, "type"), Start: given(f, "start"), HouseOpen: given(f, "house_open"), Intervals: breaks(f),
		Confirm: f.confirmed(),
	}}
	for _, day := range runDays(f) {
		in.Days = append(in.Days, day.Format(time.DateOnly))
	}
	if !f.Failed() {
		_, err = s.opts.Services.Stage.CreateRun(q.Context(), q.Caller(), id, in)
	}
	if takeNight(f, err) || f.Failed() {
		of, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), id)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(runPage(q, of, f)), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.Flash("run.made", "")
	return Go(q.WS("/productions/" + id)), nil
}
