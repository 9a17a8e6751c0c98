package shows_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// amend amends a report as somebody.
func (c *company) amend(t testing.TB, who, id string, in shows.ReportInput) records.Record[shows.Report] {
	t.Helper()
	return must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people[who], id, 0, "a reason", in))
}

// reads are those who read a word in any version or difference of a report.
func (c *company) reads(t testing.TB, id, word string) []string {
	t.Helper()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.people)) {
		versions := must[[]shows.Version](t)(c.s.Versions(t.Context(), c.people[name], id))
		got := text(t, versions)
		for i := range versions[:len(versions)-1] {
			got += text(t, shows.Compare(&versions[i+1].Content, &versions[i].Content))
		}
		if strings.Contains(got, word) {
			names = append(names, name)
		}
	}
	return names
}

func TestWhatWasWithheldAndThenRemovedStaysWithheld(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	named, viewer := c.people["named"].Account, c.people["viewer"].Account
	for name, chain := range map[string]struct {
		first, second access.Audience
		by            string
		want          []string
	}{
		"for management": {access.Audience{Level: access.Everyone}, access.Audience{Level: access.Managers},
			"management", []string{"management"}},
		"for one of two": {access.Only(named, viewer), access.Only(named), "author", []string{"author", "named"}},
	} {
		section := shows.SectionInput{Department: "sound", Text: "canaryslip", Audience: chain.first}
		r := c.file(t, c.draft(t, p.ID, shows.ReportInput{Text: ptr("x"), Sections: []shows.SectionInput{section}}))
		section.ID, section.Audience = r.Body.Sections[0].ID, chain.second
		c.amend(t, chain.by, r.ID, shows.ReportInput{Sections: []shows.SectionInput{section}})
		if got := c.reads(t, r.ID, "canaryslip"); !slices.Equal(got, chain.want) {
			t.Errorf("%s, narrowed: %v, want %v", name, got, chain.want)
		}
		c.amend(t, chain.by, r.ID, shows.ReportInput{Sections: []shows.SectionInput{}})
		if got := c.reads(t, r.ID, "canaryslip"); !slices.Equal(got, chain.want) {
			t.Errorf("%s, taken out: %v, want %v", name, got, chain.want)
		}
	}
}

// A note that is made confidential by removing it and writing it again elsewhere is the same note.
func TestTheSameWordsElsewhereAreTheSameSection(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID,
		shows.ReportInput{Sections: []shows.SectionInput{{Department: "sound", Text: "canaryslip"}}}))
	managers := access.Audience{Level: access.Managers}
	c.amend(t, "management", r.ID,
		shows.ReportInput{Sections: []shows.SectionInput{{Department: "props", Text: "canaryslip",
			Audience: managers}}})
	if got := c.reads(t, r.ID, "canaryslip"); !slices.Equal(got, []string{"management"}) {
		t.Errorf("read by %v", got)
	}
}

func TestANarrowedReportBindsItsPast(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{Text: ptr("canaryslip")}))
	c.amend(t, "management", r.ID, shows.ReportInput{Audience: &access.Audience{Level: access.Managers}})
	c.amend(t, "management", r.ID, shows.ReportInput{Audience: &access.Audience{Level: access.Everyone},
		Text: ptr("harmless")})
	if got := c.reads(t, r.ID, "canaryslip"); !slices.Equal(got, []string{"author", "management"}) {
		t.Errorf("read by %v", got)
	}
	if list := must[[]shows.Version](t)(c.s.Versions(t.Context(), c.people["viewer"], r.ID)); len(list) != 1 ||
		list[0].N != 3 {
		t.Errorf("a viewer gets %d versions", len(list))
	}
}

func TestAReportsAuthorReadsOnlyWhatTheyWrote(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	managers := access.Audience{Level: access.Managers}
	author := c.people["author"]
	finds := func(word string) int {
		return len(must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), author,
			shows.ReportList{Search: word})).Records)
	}
	r := c.file(t, c.draft(t, p.ID, shows.ReportInput{Values: map[string]any{"line-notes": []any{"canaryown"},
		"late-sign-ins": []any{"canarylate"}}}))
	c.amend(t, "management", r.ID, shows.ReportInput{
		Values:   map[string]any{"illness": "canaryflu", "late-sign-ins": []any{"canarymuchlater"}},
		Sections: []shows.SectionInput{{Department: "sound", Text: "canarynote", Audience: managers}},
	})
	for word, want := range map[string][]string{
		"canaryown": {"author", "management"}, "canaryflu": {"management"}, "canarynote": {"management"},
		"canarylate": {"management"}, "canarymuchlater": {"management"}, // the author's, until it was changed
	} {
		if got := c.reads(t, r.ID, word); !slices.Equal(got, want) {
			t.Errorf("%s is read by %v, want %v", word, got, want)
		}
		if got := finds(word) > 0; got != (word == "canaryown") {
			t.Errorf("the author finds %s: %v", word, got)
		}
	}
	refused := func(value any) string {
		_, err := c.s.AmendReport(t.Context(), author, r.ID, 0, "r",
			shows.ReportInput{Values: map[string]any{"illness": value}})
		return text(t, model.FieldTexts(err))
	}
	there := refused("cold")
	c.amend(t, "management", r.ID, shows.ReportInput{Values: map[string]any{"illness": nil}})
	if absent := refused("cold"); absent != there || absent == "null" {
		t.Errorf("a field tells whether it holds something: %s, %s", there, absent)
	}
	c.amend(t, "author", r.ID, shows.ReportInput{Values: map[string]any{"line-notes": []any{"canarymine"}}})
	if got := c.reads(t, r.ID, "canarymine"); !slices.Equal(got, []string{"author", "management"}) {
		t.Errorf("the author's new words are read by %v", got)
	}
}

func TestNobodyMovesWhatTheyMayNotRead(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	for part, in := range map[string]shows.ReportInput{
		"a section": {Sections: []shows.SectionInput{{Department: "sound", Text: "x",
			Audience: access.Only(c.people["organizer"].Account)}}},
		"a value": {Values: map[string]any{"illness": "flu"}},
	} {
		who, other := "organizer", "management"
		if part == "a value" {
			who, other = other, who
		}
		r := c.in(t, p.ID, shows.Filed)
		in.Audience = &access.Audience{Level: access.Organizers}
		c.amend(t, who, r.ID, in)
		in.Audience = &access.Audience{Level: access.Everyone}
		for name, try := range map[string]func() error{
			"trash":   func() error { return second(c.s.TrashReport(t.Context(), c.people[other], r.ID, 0)) },
			"restore": func() error { return second(c.s.RestoreReport(t.Context(), c.people[other], r.ID)) },
			"widen": func() error {
				return second(c.s.AmendReport(t.Context(), c.people[other], r.ID, 0, "r",
					shows.ReportInput{Audience: &access.Audience{Level: access.Everyone}}))
			},
			"narrow": func() error {
				return second(c.s.AmendReport(t.Context(), c.people[other], r.ID, 0, "r",
					shows.ReportInput{Audience: &access.Audience{Level: access.Managers}}))
			},
			"preview": func() error {
				_, _, err := c.s.PreviewAmendment(t.Context(), c.people[other], r.ID,
					shows.ReportInput{Audience: &access.Audience{Level: access.Managers}})
				return err
			},
		} {
			want := model.ErrDenied
			if name != "trash" && name != "restore" {
				want = model.ErrInvalid
			}
			if err := try(); kindOf(err) != want {
				t.Errorf("%s with %s withheld: %v", name, part, err)
			} else if says := model.PublicText(err) + text(t, model.FieldTexts(err)); !strings.Contains(says,
				"withheld from you") {
				t.Errorf("%s with %s withheld says %s", name, part, says)
			}
		}
		c.amend(t, other, r.ID, shows.ReportInput{Audience: &access.Audience{Level: access.Organizers},
			Text: ptr("the same audience may be said again")})
		c.trash(t, who, r)
		if err := second(c.s.RestoreReport(t.Context(), c.people[other], r.ID)); kindOf(err) != model.ErrDenied {
			t.Errorf("restore: %v", err)
		}
		must[records.Record[shows.Report]](t)(c.s.RestoreReport(t.Context(), c.people[who], r.ID))
	}
}

// A report that an earlier release amended does not say who wrote its values: then they are only for their audience.
func TestWritersOfAnotherRevisionDoNotCount(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID,
		shows.ReportInput{Values: map[string]any{"illness": "canaryflu"}}))
	c.amend(t, "author", r.ID, shows.ReportInput{Text: ptr("more")})
	c.findsWhatItReads(t, c.people["author"], r.ID, "canaryflu")
	if got := c.reads(t, r.ID, "canaryflu"); !slices.Equal(got, []string{"author", "management"}) {
		t.Errorf("read by %v", got)
	}
	must[records.Record[shows.Report]](t)(reportKind.Update(t.Context(), c.Gate, records.By(c.people["management"],
		access.ReportAmend).On(r.ID), func(r *shows.Report) error {
		r.Revision++ // as a release does that does not know of writers
		return nil
	}))
	now := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["author"], r.ID))
	if strings.Contains(text(t, now), "canaryflu") || now.Body.WithheldCount() != 1 {
		t.Errorf("the author reads %s", text(t, now))
	}
}
