package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

var (
	fieldNightType = FieldSpec{Name: "type", Kind: kindSelect, Label: "performance.type", Width: "medium"}
	fieldHouseOpen = FieldSpec{Name: "house_open", Kind: kindText, Label: "performance.house-open",
		Hint: "performance.clock-hint", Max: 20, Width: "short", Optional: true}
	fieldStart = FieldSpec{Name: "start", Kind: kindText, Label: "performance.start",
		Hint: "performance.clock-hint", Max: 20, Width: "short"}
	fieldBreaks = FieldSpec{Name: "intervals", Kind: kindText, Label: "performance.intervals",
		Hint: "performance.intervals-hint", Max: 60, Width: "short", InputMode: "text", Optional: true}

	performanceForm = FormSpec{
		{Name: "day", Kind: kindDate, Label: "performance.day", Width: "medium"},
		fieldStart, fieldHouseOpen,
		{Name: "end", Kind: kindText, Label: "performance.end", Max: 20, Width: "short", Optional: true},
		fieldBreaks, fieldNightType,
		{Name: "notes", Kind: kindArea, Label: "performance.notes", Max: 5000, Rows: 3, Optional: true},
		{Name: "intervals_were", Kind: kindHidden, Max: 60, Optional: true},
		{Name: "number", Kind: kindText, Label: "performance.number", Hint: "performance.number-hint", Max: 6,
			Width: "short", InputMode: "numeric", Optional: true},
		fieldID, fieldVersion,
	}
)

func nightTypes() map[string][]Option {
	options := make([]Option, len(shows.PerformanceTypes))
	for i, c := range shows.PerformanceTypes {
		options[i] = Option{Value: c.Key, Text: c.Label}
	}
	return map[string][]Option{"type": options}
}

// performanceInput is what was entered. Intervals that were not touched stay as they are, with their planned times.
func performanceInput(f *Form) shows.PerformanceInput {
	in := shows.PerformanceInput{
		ID: chosenID(f), Type: given(f, "type"), Day: given(f, "day"), Start: given(f, "start"),
		HouseOpen: given(f, "house_open"),
		End:       given(f, "end"), Notes: given(f, "notes"), Confirm: f.confirmed(), Counted: f.Get("number") == "",
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
func breaks(f *Form) []shows.BreakInput {
	list := []shows.BreakInput{}
	for _, word := range strings.FieldsFunc(f.Get("intervals"), func(r rune) bool {
		return r == ',' || r == ' ' || r == ';'
	}) {
		n, err := strconv.Atoi(word)
		if err != nil {
			f.Fail("intervals", f.q.T("performance.intervals-wrong"))
			return nil
		}
		list = append(list, shows.BreakInput{Minutes: n})
	}
	return list
}

// takeNight puts a refusal of the use case into the form: what is wrong with one interval is shown with all of them.
func takeNight(f *Form, err error) bool {
	return f.Take(renamed(err, func(name string) string {
		switch {
		case strings.HasPrefix(name, "intervals"):
			return "intervals"
		case name == "zone":
			return "start"
		case f.Field(name) == nil && (name == "number" || name == "day"):
			return "start"
		}
		return name
	}))
}

func newPerformancePage(q *Request, r records.Record[shows.Production], f *Form) *FormPage {
	title := q.T("performances.new")
	return &FormPage{
		Base: productionCrumbs(q, r.ID, r.Body.Title, Crumb{Text: title}), Title: title,
		Lead: q.T("performance.zone-lead", r.Body.Title, r.Body.Venue.Zone), Form: f,
		Action: q.WS("/productions/" + r.ID + "/performances"), Submit: q.T("performance.create"),
		Cancel: q.WS("/productions/" + r.ID),
		Links: []TextLink{{Before: q.T("run.several"), Path: q.WS("/productions/" + r.ID + "/run"),
			Text: q.T("run.new")}},
	}
}

func (s *Site) showNewPerformance(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return Answer{}, err
	}
	f := performanceForm.Blank(q, map[string]string{"day": s.firstGuess(q, &r.Body), "id": newRecordID()})
	f.Offer("type", nightTypes()["type"])
	return Show(newPerformancePage(q, r, f)), nil
}

// firstGuess is the first day of a run that is to come, else today.
func (s *Site) firstGuess(q *Request, p *shows.Production) string {
	zone, err := loadZone(p.Venue.Zone)
	if err != nil {
		zone = time.UTC
	}
	return max(q.Now().In(zone).Format(time.DateOnly), p.FirstDay)
}

func (s *Site) createPerformance(q *Request) (Answer, error) {
	f, err := performanceForm.Read(q, nightTypes())
	if err != nil {
		return Answer{}, err
	}
	in, id := performanceInput(f), q.Var("production")
	var r records.Record[shows.Performance]
	if !f.Failed() {
		r, err = s.opts.Services.Stage.CreatePerformance(q.Context(), q.Caller(), id, in)
	}
	if takeNight(f, err) || f.Failed() {
		of, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), id)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(newPerformancePage(q, of, f)), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.Flash("performance.made", "")
	return Go(q.WS("/performances/" + r.ID)), nil
}
