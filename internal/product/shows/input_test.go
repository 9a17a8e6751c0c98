package shows_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func section(change func(*shows.SectionInput)) []shows.SectionInput {
	s := shows.SectionInput{Department: "sound", Text: "x"}
	change(&s)
	return []shows.SectionInput{s}
}

func TestLimitsOfAReport(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	account := c.people["viewer"].Account
	for name, x := range map[string]struct {
		in    shows.ReportInput
		field string // "" is accepted
	}{
		"title at the limit":     {shows.ReportInput{Title: ptr(strings.Repeat("ü", 200))}, ""},
		"title too long":         {shows.ReportInput{Title: ptr(strings.Repeat("ü", 201))}, "title"},
		"title of two lines":     {shows.ReportInput{Title: ptr("a\nb")}, "title"},
		"body at the limit":      {shows.ReportInput{Text: ptr(strings.Repeat("x", 100<<10))}, ""},
		"body too long":          {shows.ReportInput{Text: ptr(strings.Repeat("x", 100<<10+1))}, "body"},
		"body with lines, tabs":  {shows.ReportInput{Text: ptr("a\r\n\tb\n")}, ""},
		"body with a control":    {shows.ReportInput{Text: ptr("a\x1b[31m")}, "body"},
		"body with a C1 control": {shows.ReportInput{Text: ptr("a\u0081b")}, "body"},
		"body that is no UTF-8":  {shows.ReportInput{Text: ptr("a\xff")}, "body"},
		"body with a card":       {shows.ReportInput{Text: ptr("paid by 4111 1111 1111 1111")}, "body"},
		"title with a card":      {shows.ReportInput{Title: ptr("4111-1111-1111-1111")}, "title"},
		"value with a card": {shows.ReportInput{Values: map[string]any{"weather": "4111111111111111"}},
			"values.weather"},
		"section with a card": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Text = "378282246310005"
		})}, "sections.0.text"},
		"cue with a card": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Cue = "378282246310005"
		})}, "sections.0.cue"},
		"section at the limit": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Text = strings.Repeat("x", 20<<10)
		})}, ""},
		"section too long": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Text = strings.Repeat("x", 20<<10+1)
		})}, "sections.0.text"},
		"100 sections": {shows.ReportInput{Sections: slices.Repeat(section(func(*shows.SectionInput) {}),
			100)}, ""},
		"101 sections": {shows.ReportInput{Sections: slices.Repeat(section(func(*shows.SectionInput) {}),
			101)}, "sections"},
		"no department": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Department = " "
		})}, "sections.0.department"},
		"unknown severity": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Severity = "fatal"
		})}, "sections.0.severity"},
		"unknown audience": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Audience.Level = "world"
		})}, "sections.0.audience"},
		"unknown topic": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Topic = "gossip"
		})}, "sections.0.topic"},
		"no day": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Due = "soon"
		})}, "sections.0.due"},
		"nobody": {shows.ReportInput{Sections: section(func(s *shows.SectionInput) {
			s.Audience.Level = access.People
		})}, "sections.0.people"},
		"people beside a level": {shows.ReportInput{Audience: &access.Audience{Level: access.Managers,
			People: []string{account}}}, "people"},
		"51 people": {shows.ReportInput{Audience: ptr(access.Only(slices.Repeat([]string{account},
			51)...))}, "people"},
		"unknown type":          {shows.ReportInput{Type: ptr("gossip")}, "type"},
		"unknown field":         {shows.ReportInput{Values: map[string]any{"gossip": "x"}}, "values"},
		"field of another type": {shows.ReportInput{Values: map[string]any{"gross": "1 EUR"}}, "values"},
		"count of a half":       {shows.ReportInput{Values: map[string]any{"paid": 1.5}}, "values.paid"},
		"count below zero":      {shows.ReportInput{Values: map[string]any{"paid": -1}}, "values.paid"},
		"count as text":         {shows.ReportInput{Values: map[string]any{"paid": "214"}}, ""},
		"count that is none":    {shows.ReportInput{Values: map[string]any{"paid": "NaN"}}, "values.paid"},
		"number beyond all":     {shows.ReportInput{Values: map[string]any{"crew-hours": 1e13}}, "values.crew-hours"},
		"choice that is none": {shows.ReportInput{Values: map[string]any{"risk-assessed": "maybe"}},
			"values.risk-assessed"},
		"list of numbers": {shows.ReportInput{Values: map[string]any{"guests": []any{1}}}, "values.guests"},
		"list too long": {shows.ReportInput{Values: map[string]any{"guests": slices.Repeat([]any{"x"}, 101)}},
			"values.guests"},
		"text that is a map": {shows.ReportInput{Values: map[string]any{"weather": map[string]any{}}},
			"values.weather"},
		"day that is none": {shows.ReportInput{Day: ptr("14.3.2026")}, "day"},
		"time that is none": {shows.ReportInput{Times: []shows.StampInput{{Event: "house-open",
			Actual: "25:00"}}}, "times.0.actual"},
		"lines joined in a value": {shows.ReportInput{Values: map[string]any{"guests": "Anna\nBert\n\n"}}, ""},
	} {
		x.in.Production = &p.ID
		r, err := c.s.CreateReport(t.Context(), c.people["author"], x.in)
		if x.field == "" && err != nil || x.field != "" && (kindOf(err) != model.ErrInvalid ||
			model.FieldTexts(err)[x.field] == "") {
			t.Errorf("%s: %v, fields %v", name, err, slices.Sorted(maps.Keys(model.FieldTexts(err))))
		}
		if x.field == "" && err == nil {
			c.file(t, r) // what can be kept can be filed
		}
	}
}

func TestALongReportForManyPeopleCanBeFiled(t *testing.T) {
	t.Parallel()
	c := open(t)
	var words strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&words, "w%d ", i)
	}
	in := shows.ReportInput{Text: ptr(words.String())}
	for range 30 {
		in.Sections = append(in.Sections, shows.SectionInput{Department: "sound", Text: words.String()[:15000],
			Audience: access.Audience{Level: access.Managers}})
	}
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, in))
	if n := c.count(t, "viewer", shows.ReportList{Search: "w17 w1234"}); n != 1 || r.Body.Number != 1 {
		t.Errorf("found %d", n)
	}
}

func TestSensitiveSectionsStartConfidential(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	r := c.draft(t, p.ID, shows.ReportInput{Sections: []shows.SectionInput{
		{Department: "company management", Topic: "injury", Text: "a"},
		{Department: "Lateness", Text: "b"},
		{Department: "sound", Text: "c"},
		{Department: "Personnel", Text: "d", Audience: access.Audience{Level: access.Everyone}},
	}})
	var got []access.Level
	for _, s := range r.Body.Sections {
		got = append(got, s.Audience.Level)
	}
	if want := []access.Level{access.Managers, access.Managers, access.Everyone, access.Everyone}; !slices.Equal(got,
		want) {
		t.Errorf("audiences %v, want %v", got, want)
	}
	if r := c.draft(t, p.ID, shows.ReportInput{Type: ptr("incident")}); r.Body.Audience.Level != access.Managers {
		t.Errorf("an incident starts for %s", r.Body.Audience.Level)
	}
}

func TestValuesAreMergedAndKeptInOneForm(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	r := c.draft(t, p.ID, shows.ReportInput{Type: ptr("front-of-house"), Values: map[string]any{
		"paid": "214", "door-cash": "12,5 eur", "guests": []string{" Anna ", ""}, "weather": "rain\r\nwind",
		"locked": "2350", "comps": 3,
	}})
	r = must[records.Record[shows.Report]](t)(c.s.UpdateReport(t.Context(), c.people["author"], r.ID, 0,
		shows.ReportInput{Values: map[string]any{"weather": "sun", "comps": nil}}))
	again := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["author"], r.ID))
	day := again.Body.Day
	if got, want := text(t, again.Body.Values), `{"door-cash":"12.50 EUR","guests":["Anna"],"locked":"`+day+
		`T23:50:00`; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `"paid":214,"weather":"sun"}`) {
		t.Errorf("values %s", got)
	}
	if text(t, r.Body.Values) != text(t, again.Body.Values) {
		t.Errorf("values change by being stored: %v, %v", r.Body.Values, again.Body.Values)
	}
}

func TestADraftMovesToAnotherPerformance(t *testing.T) {
	t.Parallel()
	c := open(t)
	p, q := c.production(t, "Tosca"), c.production(t, "Carmen")
	night := c.performance(t, q.ID, "2026-03-14", "19.30")
	r := c.draft(t, p.ID, shows.ReportInput{Title: ptr("kept")})
	author := c.people["author"]
	r = must[records.Record[shows.Report]](t)(c.s.UpdateReport(t.Context(), author, r.ID, r.Version, shows.ReportInput{
		Production: &q.ID, Performance: &night.ID, Times: []shows.StampInput{{Event: shows.ActUp, Actual: "1937"}},
	}))
	if b := r.Body; b.ProductionTitle != "Carmen" || b.PerformanceLabel != "No. 1, Sat 14 Mar 2026, 19:30" ||
		b.Title != "kept" || b.Computed().Late != 7 || !b.At.Equal(night.Body.Start) {
		t.Errorf("moved: %+v", b)
	}
	if n := c.count(t, "author", shows.ReportList{Performance: night.ID}); n != 1 {
		t.Errorf("%d reports of the performance", n)
	}
	for _, in := range []shows.ReportInput{{Production: ptr(model.NewID())}, {Performance: ptr(model.NewID())},
		{Type: ptr("day-log")}} {
		if _, err := c.s.UpdateReport(t.Context(), author, r.ID, 0, in); kindOf(err) != model.ErrInvalid {
			t.Errorf("%+v: %v", in, err)
		}
	}
	filed := c.file(t, r)
	if _, err := c.s.UpdateReport(t.Context(), author, filed.ID, 0, shows.ReportInput{Production: &p.ID}); kindOf(
		err) != model.ErrConflict {
		t.Errorf("a filed report moves: %v", err)
	}
}

func TestAChosenIDIsTakenOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	in := shows.ReportInput{ID: model.NewID(), Production: &p.ID}
	if r := must[records.Record[shows.Report]](t)(c.s.CreateReport(t.Context(), c.people["author"],
		in)); r.ID != in.ID {
		t.Errorf("id %s", r.ID)
	}
	if _, err := c.s.CreateReport(t.Context(), c.people["other"], in); kindOf(err) != model.ErrConflict {
		t.Errorf("the same id again: %v", err)
	}
	in.ID = "../x"
	if _, err := c.s.CreateReport(t.Context(), c.people["author"], in); kindOf(err) != model.ErrInvalid {
		t.Errorf("an id that is none: %v", err)
	}
}
