package shows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func texts(r shows.Report) []string {
	var list []string
	for _, s := range r.Sections {
		list = append(list, s.Department+":"+s.Text)
	}
	return list
}

func TestAnAmenderKeepsWhatTheyCannotSee(t *testing.T) {
	t.Parallel()
	c := open(t)
	managers := access.Audience{Level: access.Managers}
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{
		Values: map[string]any{"illness": "secret flu", "weather": "rain"},
		Sections: []shows.SectionInput{
			{Department: "a", Text: "hidden first", Audience: managers},
			{Department: "b", Text: "open"},
			{Department: "c", Text: "hidden middle", Audience: managers},
			{Department: "d", Text: "dropped"},
			{Department: "e", Text: "hidden after what goes", Audience: managers},
		},
	}))
	organizer := c.people["organizer"]
	seen := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), organizer, r.ID)).Body
	in := shows.ReportInput{
		Values: map[string]any{"weather": "sun"},
		Sections: []shows.SectionInput{
			{Withheld: true}, // as it was read
			{ID: seen.Sections[0].ID, Department: "b", Text: "open, and better"},
			{Department: "f", Text: "new"},
		},
	}
	must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), organizer, r.ID, r.Version, "reason", in))
	after := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["management"], r.ID)).Body
	want := []string{"a:hidden first", "b:open, and better", "c:hidden middle", "f:new", "e:hidden after what goes"}
	if got := texts(after); !slices.Equal(got, want) {
		t.Errorf("sections %q, want %q", got, want)
	}
	if after.Values["illness"] != "secret flu" || after.Values["weather"] != "sun" {
		t.Errorf("values %v", after.Values)
	}
	for i, s := range after.Sections {
		author := c.people["author"].Account
		if i == 1 || i == 3 {
			author = organizer.Account
		}
		if s.By != author {
			t.Errorf("section %s is said to be by %s", s.Department, s.By)
		}
	}
}

func TestAnAmenderCannotReachWhatTheyCannotSee(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{
		Values: map[string]any{"illness": "secret flu"},
		Sections: []shows.SectionInput{{Department: "a", Text: "hidden",
			Audience: access.Audience{Level: access.Managers}}},
	}))
	hidden := r.Body.Sections[0].ID
	var said []string
	for _, in := range []shows.ReportInput{
		{Sections: []shows.SectionInput{{ID: hidden, Department: "a", Text: "overwritten"}}},
		{Sections: []shows.SectionInput{{ID: model.NewID(), Department: "a", Text: "overwritten"}}},
		{Values: map[string]any{"illness": ""}},
	} {
		_, err := c.s.AmendReport(t.Context(), c.people["organizer"], r.ID, 0, "reason", in)
		if kindOf(err) != model.ErrInvalid {
			t.Errorf("%+v: %v", in, err)
		}
		said = append(said, text(t, model.FieldTexts(err)))
	}
	if said[0] != said[1] {
		t.Errorf("a withheld section's id is told from a random one: %s, %s", said[0], said[1])
	}
	must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["organizer"], r.ID, 0, "reason",
		shows.ReportInput{Sections: []shows.SectionInput{}}))
	after := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["author"], r.ID)).Body
	if got := texts(after); !slices.Equal(got, []string{"a:hidden"}) || after.Values["illness"] != "secret flu" {
		t.Errorf("left: %q, %v", got, after.Values)
	}
}

func TestSectionsWithoutIDsTakeThePlaceOfTheirDepartment(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{Sections: []shows.SectionInput{
		{Department: "sound", Text: "one"}, {Department: "sound", Text: "two"}, {Department: "props", Text: "three"},
	}}))
	before := r.Body.Sections
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, 0, "reason",
		shows.ReportInput{Sections: []shows.SectionInput{
			{Department: "sound", Text: "two"}, {Department: "sound", Text: "one, longer"},
		}}))
	if after := r.Body.Sections; after[0].ID != before[1].ID || after[1].ID != before[0].ID {
		t.Errorf("ids %+v after %+v", after, before)
	}
	diff := must[[]shows.Change](t)(c.s.Difference(t.Context(), c.people["viewer"], r.ID, 1, 2))
	if len(diff) != 2 || diff[0].Kind != shows.Changed || diff[1].Kind != shows.Removed ||
		!strings.Contains(diff[1].Before, "three") {
		t.Errorf("difference %+v", diff)
	}
}

func TestFiledVersionsAreWholeAndIntact(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	night := c.performance(t, p.ID, "2026-03-14", "19:30")
	in := c.secretive()
	in.Performance = &night.ID
	in.Values["paid"], in.Values["guests"] = 214, []string{"<Anna> & co", "Bert"}
	in.Times = []shows.StampInput{{Event: shows.ActUp, Actual: "1934"}}
	r := c.file(t, c.draft(t, p.ID, in))
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, 0, "reason",
		shows.ReportInput{Text: ptr("other words")}))
	versions := must[[]shows.Version](t)(c.s.Versions(t.Context(), c.people["author"], r.ID))
	if len(versions) != 2 || versions[0].N != 2 || versions[1].Content.Text != "All went canarybody well." ||
		versions[0].Reason != "reason" {
		t.Fatalf("versions %+v", versions)
	}
	whole := must[records.Page[shows.Version]](t)(versionKind.Find(t.Context(), c.Gate.Serving(),
		records.By(c.system(), access.TrashEmpty), records.Find{Query: "all"}))
	hashes := map[string]bool{}
	for _, v := range whole.Records {
		if !v.Body.Intact() {
			t.Errorf("version %d does not have its hash", v.Body.N)
		}
		hashes[v.Body.Content.Hash] = true
		v.Body.Content.Sections[3].Text += "."
		if v.Body.Intact() {
			t.Error("a changed withheld section keeps the hash")
		}
	}
	if len(hashes) != 2 || !hashes[r.Body.Hash] || len(r.Body.Hash) != 64 {
		t.Errorf("hashes %v, the report's %s", hashes, r.Body.Hash)
	}
}

func TestAnAmendmentNeedsAReason(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.in(t, c.production(t, "Tosca").ID, shows.Filed)
	for _, reason := range []string{"", "  \n", strings.Repeat("x", 2001), "a\x00b"} {
		_, err := c.s.AmendReport(t.Context(), c.people["author"], r.ID, 0, reason, shows.ReportInput{})
		if kindOf(err) != model.ErrInvalid || model.FieldTexts(err)["reason"] == "" {
			t.Errorf("reason %.10q: %v", reason, err)
		}
	}
	_, err := c.s.AmendReport(t.Context(), c.people["author"], r.ID, 0, "r",
		shows.ReportInput{Production: ptr(model.NewID())})
	if kindOf(err) != model.ErrInvalid {
		t.Errorf("a filed report moves: %v", err)
	}
}
