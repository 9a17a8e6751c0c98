package productions

import (
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

var (
	fieldType      = frame.FieldSpec{Name: "type", Kind: frame.KindSelect, Label: "performance.type", Width: "medium"}
	fieldHouseOpen = frame.FieldSpec{Name: "house_open", Kind: frame.KindText, Label: "performance.house-open",
		Hint: "performance.clock-hint", Max: 20, Width: "short", Optional: true}
	fieldStart = frame.FieldSpec{Name: "start", Kind: frame.KindText, Label: "performance.start",
		Hint: "performance.clock-hint", Max: 20, Width: "short"}
	fieldBreaks = frame.FieldSpec{Name: "intervals", Kind: frame.KindText, Label: "performance.intervals",
		Hint: "performance.intervals-hint", Max: 60, Width: "short", InputMode: "text", Optional: true}

	performanceForm = frame.FormSpec{
		{Name: "day", Kind: frame.KindDate, Label: "performance.day", Width: "medium"},
		fieldStart, fieldHouseOpen,
		{Name: "end", Kind: frame.KindText, Label: "performance.end", Max: 20, Width: "short", Optional: true},
		fieldBreaks, fieldType,
		{Name: "notes", Kind: frame.KindArea, Label: "performance.notes", Max: 5000, Rows: 3, Optional: true},
		{Name: "intervals_were", Kind: frame.KindHidden, Max: 60, Optional: true},
		{Name: "number", Kind: frame.KindText, Label: "performance.number", Hint: "performance.number-hint", Max: 6,
			Width: "short", InputMode: "numeric", Optional: true},
		frame.FieldID, frame.FieldVersion,
	}
)

func typeOptions() map[string][]frame.Option {
	options := make([]frame.Option, len(shows.PerformanceTypes))
	for i, c := range shows.PerformanceTypes {
		options[i] = frame.Option{Value: c.Key, Text: c.Label}
	}
	return map[string][]frame.Option{"type": options}
}

// performanceInput is what was entered. Intervals that were not touched stay as they are, with their planned times.
func performanceInput(f *frame.Form) shows.PerformanceInput {
	in := shows.PerformanceInput{
		ID: f.ChosenID(), Type: f.Given("type"), Day: f.Given("day"), Start: f.Given("start"),
		HouseOpen: f.Given("house_open"),
		End:       f.Given("end"), Notes: f.Given("notes"), Confirm: f.Confirmed(), Counted: f.Get("number") == "",
	}
	if !in.Counted {
		in.Number = f.Number("number", 1, 100_000)
	}
	if f.Get("intervals") != f.Get("intervals_were") {
		in.Intervals = breaks(f)
	}
	return in
}

// breaks reads minutes, as in "20, 15".
func breaks(f *frame.Form) []shows.BreakInput {
	list := []shows.BreakInput{}
	for _, word := range strings.FieldsFunc(f.Get("intervals"), func(r rune) bool {
		return r == ',' || r == ' ' || r == ';'
	}) {
		n, err := strconv.Atoi(word)
		if err != nil {
			f.Fail("intervals", f.T("performance.intervals-wrong"))
			return nil
		}
		list = append(list, shows.BreakInput{Minutes: n})
	}
	return list
}

// takeRefusal puts a refusal of the use case into the form. A problem with one interval is shown at the field of all
// intervals.
func takeRefusal(f *frame.Form, err error) bool {
	return f.TakeAs(err, func(name string) string {
		switch {
		case strings.HasPrefix(name, "intervals"):
			return "intervals"
		case name == "zone":
			return "start"
		case f.Field(name) == nil && (name == "number" || name == "day"):
			return "start"
		}
		return name
	})
}

func newPerformancePage(q *frame.Request, r records.Record[shows.Production], f *frame.Form) *frame.FormPage {
	title := q.T("performances.new")
	return &frame.FormPage{
		Base: productionCrumbs(q, r.ID, r.Body.Title, frame.Crumb{Text: title}), Title: title,
		Lead: q.T("performance.zone-lead", r.Body.Title, r.Body.Venue.Zone), Form: f,
		Action: q.WS("/productions/" + r.ID + "/performances"), Submit: q.T("performance.create"),
		Cancel: q.WS("/productions/" + r.ID),
		Links: []frame.TextLink{{Before: q.T("run.several"), Path: q.WS("/productions/" + r.ID + "/run"),
			Text: q.T("run.new")}},
	}
}

func (s *pages) showNewPerformance(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return frame.Answer{}, err
	}
	f := performanceForm.Blank(q, map[string]string{"day": s.firstGuess(q, &r.Body), "id": model.NewID()})
	f.Offer("type", typeOptions()["type"])
	return frame.Show(newPerformancePage(q, r, f)), nil
}

// firstGuess is the first day of the run if it is in the future, and otherwise today.
func (s *pages) firstGuess(q *frame.Request, p *shows.Production) string {
	zone, err := frame.LoadZone(p.Venue.Zone)
	if err != nil {
		zone = time.UTC
	}
	return max(q.Now().In(zone).Format(time.DateOnly), p.FirstDay)
}

func (s *pages) createPerformance(q *frame.Request) (frame.Answer, error) {
	f, err := performanceForm.Read(q, typeOptions())
	if err != nil {
		return frame.Answer{}, err
	}
	in, id := performanceInput(f), q.Var("production")
	var r records.Record[shows.Performance]
	if !f.Failed() {
		r, err = s.shows.CreatePerformance(q.Context(), q.Caller(), id, in)
	}
	if takeRefusal(f, err) || f.Failed() {
		of, err := s.shows.Production(q.Context(), q.Caller(), id)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(newPerformancePage(q, of, f)), nil
	}
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("performance.made", "")
	return frame.Go(q.WS("/performances/" + r.ID)), nil
}
