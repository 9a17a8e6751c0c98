package shows_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// canaries are words that occur in one place of a report each, with the people who may read them there.
var canaries = map[string][]string{
	"canarytitle":      {"management", "organizer", "author", "other", "viewer", "named"},
	"canarybody":       {"management", "organizer", "author", "other", "viewer", "named"},
	"canaryopen":       {"management", "organizer", "author", "other", "viewer", "named"},
	"canaryweather":    {"management", "organizer", "author", "other", "viewer", "named"},
	"canaryorganizers": {"management", "organizer", "author"},
	"canarymanagement": {"management", "author"},
	"canarypeople":     {"named", "author"},
	"canaryillness":    {"management", "author"},
	"canarytopic":      {"management", "author"},
	"canarycue":        {"management", "author"},
}

func (c *company) secretive() shows.ReportInput {
	return shows.ReportInput{
		Title: ptr("The canarytitle night"), Text: ptr("All went canarybody well."),
		Values: map[string]any{"weather": "canaryweather", "illness": "canaryillness"},
		Sections: []shows.SectionInput{
			{Department: "sound", Text: "canaryopen hiss"},
			{Department: "lighting", Text: "canaryorganizers lamp", Audience: access.Audience{Level: access.Organizers},
				Severity: shows.Urgent},
			{Department: "costume", Text: "canarymanagement tear", Audience: access.Audience{Level: access.Managers},
				Cue: "canarycue"},
			{Department: "props", Text: "canarypeople knife", Audience: access.Only(c.people["named"].Account)},
			{Department: "company management", Topic: "injury", Text: "canarytopic ankle", Severity: shows.Attention},
		},
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// outputs is every way in which a person can get reports.
func (c *company) outputs(t testing.TB, who access.Caller, id string) map[string]string {
	t.Helper()
	ctx := t.Context()
	out := map[string]string{}
	r := must[records.Record[shows.Report]](t)(c.s.Report(ctx, who, id))
	out["get"] = text(t, r)
	out["list"] = text(t, must[records.Page[shows.Report]](t)(c.s.Reports(ctx, who, shows.ReportList{})))
	out["search"] = text(t, must[records.Page[shows.Report]](t)(c.s.Reports(ctx, who,
		shows.ReportList{Search: "canarytitle"})))
	out["versions"] = text(t, must[[]shows.Version](t)(c.s.Versions(ctx, who, id)))
	seen := must[shows.SeenBy](t)(c.s.SeenBy(ctx, who, id))
	out["seen"] = text(t, seen.People)
	out["seen, whole"] = text(t, seen)
	return out
}

func TestWithheldPartsAreInNoOutput(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	r := c.file(t, c.draft(t, p.ID, c.secretive()))
	for name, who := range c.people {
		for output, got := range c.outputs(t, who, r.ID) {
			for canary, readers := range canaries {
				may := slices.Contains(readers, name) && output != "seen"
				holds := strings.Contains(got, canary)
				if output == "seen, whole" {
					may = may && holds // it need not show the report, but must not show more of it
				}
				if holds != may {
					t.Errorf("%s for %s holds %s: %v, want %v", output, name, canary, !may, may)
				}
			}
		}
		for canary, readers := range canaries {
			page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), who, shows.ReportList{Search: canary,
				Limit: 1}))
			if found := len(page.Records) == 1; found != slices.Contains(readers, name) || page.Next != "" {
				t.Errorf("%s searches %s: found %v, next %q", name, canary, found, page.Next)
			}
		}
	}
	c.noCanaryInTrail(t)
}

func (c *company) noCanaryInTrail(t testing.TB) {
	t.Helper()
	page := must[audit.Page](t)(c.Trail.List(t.Context(), c.scope, audit.Filter{}, 500, ""))
	if got := text(t, page); strings.Contains(got, "canary") {
		t.Errorf("the trail holds what was written: %s", got[max(0, strings.Index(got, "canary")-200):][:400])
	}
}

func TestAWithheldPartTellsThatItIsThereOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, c.secretive()))
	got := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["viewer"], r.ID))
	stub := `{"department":"","for":{"audience":""},"text":"","severity":"","by":""}`
	// one that anybody may read, and after it four sections and a value that are withheld
	for i, s := range got.Body.Sections {
		if s.Withheld != (i > 0) || s.Withheld && text(t, s) != stub {
			t.Errorf("section %d: %s", i, text(t, s))
		}
	}
	if len(got.Body.Sections) != 6 || got.Body.WithheldCount() != 5 || got.Body.Salt != "" {
		t.Errorf("%d sections, %d withheld, salt %q", len(got.Body.Sections), got.Body.WithheldCount(), got.Body.Salt)
	}
}

func TestADraftIsForItsAuthorOnly(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.draft(t, c.production(t, "Tosca").ID, c.secretive())
	for name, who := range c.people {
		author := name == "author"
		if _, err := c.s.Report(t.Context(), who, r.ID); (err == nil) != author {
			t.Errorf("%s reads a draft: %v", name, err)
		}
		for _, list := range []shows.ReportList{{}, {State: shows.Draft}, {Search: "canarymanagement", Limit: 1},
			{Search: "canarybody"}} {
			page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), who, list))
			if (len(page.Records) == 1) != author || page.Next != "" {
				t.Errorf("%s lists a draft by %+v: %d, next %q", name, list, len(page.Records), page.Next)
			}
		}
	}
	c.noCanaryInTrail(t)
}

func TestANarrowReportIsForItsReadersAndItsAuthor(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	for level, readers := range map[access.Level][]string{
		access.Everyone:   slices.Collect(maps.Keys(roles)),
		access.Organizers: {"organizer", "management", "author"},
		access.Managers:   {"management", "author"},
		access.People:     {"named", "author"},
	} {
		in := c.secretive()
		in.Audience = &access.Audience{Level: level}
		if level == access.People {
			in.Audience.People = []string{c.people["named"].Account}
		}
		in.Title = ptr("word" + string(level))
		r := c.file(t, c.draft(t, p.ID, in))
		for name, who := range c.people {
			may := slices.Contains(readers, name)
			if _, err := c.s.Report(t.Context(), who, r.ID); (err == nil) != may {
				t.Errorf("%s reads a report for %s: %v", name, level, err)
			}
			if _, err := c.s.Versions(t.Context(), who, r.ID); (err == nil) != may {
				t.Errorf("%s reads versions of a report for %s: %v", name, level, err)
			}
			if _, err := c.s.SeenBy(t.Context(), who, r.ID); (err == nil) != may {
				t.Errorf("%s sees who read a report for %s: %v", name, level, err)
			}
			page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), who,
				shows.ReportList{Search: *in.Title}))
			if (len(page.Records) == 1) != may {
				t.Errorf("%s searches a report for %s: %d", name, level, len(page.Records))
			}
			for canary := range canaries {
				c.findsWhatItReads(t, who, r.ID, canary)
			}
		}
	}
}

// findsWhatItReads compares search with reading: a word finds the report if and only if it is in what the person can
// read.
func (c *company) findsWhatItReads(t testing.TB, who access.Caller, id, word string) {
	t.Helper()
	page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), who, shows.ReportList{Search: word}))
	found := slices.ContainsFunc(page.Records, func(r records.Record[shows.Report]) bool { return r.ID == id })
	r, err := c.s.Report(t.Context(), who, id)
	if reads := err == nil && strings.Contains(text(t, r), word) && word != "canarytitle"; found != reads {
		t.Errorf("%s finds the report by %s: %v, reads it there: %v", who.Name, word, found, reads)
	}
}

func TestWhatIsWithheldLaterIsWithheldInOlderVersions(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{Sections: []shows.SectionInput{
		{Department: "costume", Text: "canaryslip"}, {Department: "sound", Text: "fine"},
		{Department: "props", Text: "dropped later"},
	}}))
	sections := r.Body.Sections
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["management"], r.ID, r.Version,
		"It names a person.", shows.ReportInput{
			Sections: []shows.SectionInput{
				{ID: sections[0].ID, Department: "costume", Text: "canaryslip",
					Audience: access.Audience{Level: access.Managers}},
				{ID: sections[1].ID, Department: "sound", Text: "quite fine"},
			},
		}))
	for name, who := range c.people {
		versions := text(t, must[[]shows.Version](t)(c.s.Versions(t.Context(), who, r.ID)))
		diff := text(t, must[[]shows.Change](t)(c.s.Difference(t.Context(), who, r.ID, 1, 2)))
		if may := name == "management"; strings.Contains(versions+diff, "canaryslip") != may {
			t.Errorf("%s reads what was withheld later: want %v", name, may)
		}
		if !strings.Contains(diff, "quite") || !strings.Contains(diff, "dropped later") ||
			!strings.Contains(versions, "It names a person.") {
			t.Errorf("%s does not see the open difference: %s", name, diff)
		}
	}
}

func TestSeenBy(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.in(t, c.production(t, "Tosca").ID, shows.Filed)
	for range 2 {
		must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["viewer"], r.ID))
		c.Clock.Advance(1000)
	}
	must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people["other"], shows.ReportList{}))
	must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["management"], r.ID))
	seen := must[shows.SeenBy](t)(c.s.SeenBy(t.Context(), c.people["named"], r.ID))
	if len(seen.People) != 2 || seen.People[0].Name != "Name of management" || seen.People[1].Count != 2 ||
		seen.Partial {
		t.Fatalf("seen by %+v", seen)
	}
	if v := seen.People[1]; v.Account != c.people["viewer"].Account || !v.First.Before(v.Last) {
		t.Errorf("the viewer's reading: %+v", v)
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	one, two := c.in(t, p.ID, shows.Filed), c.in(t, p.ID, shows.Filed)
	c.in(t, p.ID, shows.Draft)
	unread := func(name string) []string {
		var ids []string
		for _, r := range must[[]records.Record[shows.Report]](t)(c.s.Unread(t.Context(), c.people[name], 10)) {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		return ids
	}
	both := []string{one.ID, two.ID}
	slices.Sort(both)
	if got := unread("viewer"); !slices.Equal(got, both) {
		t.Errorf("unread %v", got)
	}
	c.Clock.Advance(1000)
	must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["viewer"], one.ID))
	if got := unread("viewer"); !slices.Equal(got, []string{two.ID}) {
		t.Errorf("after reading one: %v", got)
	}
	c.Clock.Advance(1e9)
	must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], one.ID, 0, "forgotten",
		shows.ReportInput{Text: ptr("more")}))
	if got := unread("viewer"); !slices.Equal(got, both) {
		t.Errorf("after the amendment: %v", got)
	}
	if got := unread("author"); len(got) != 0 {
		t.Errorf("the author's own: %v", got)
	}
	c.Clock.Advance(audit.Lifetime)
	if got := unread("viewer"); len(got) != 0 {
		t.Errorf("older than the trail: %v", got)
	}
}

// TestUnreadGoesOnUntilThereAreEnough: reports and readings are looked at a few at a time, also where several reports
// were filed at one instant.
func TestUnreadGoesOnUntilThereAreEnough(t *testing.T) {
	t.Parallel()
	c := open(t)
	p, viewer := c.production(t, "Tosca"), c.people["viewer"]
	var want []string // the latest first
	for n := range 45 {
		if n < 10 || n > 30 {
			c.Clock.Advance(time.Second)
		}
		r := c.in(t, p.ID, shows.Filed)
		if n%4 == 1 {
			must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), viewer, r.ID))
		} else {
			want = slices.Insert(want, 0, r.ID)
		}
		if n == 20 {
			c.Clock.Advance(time.Second)
		}
	}
	for _, limit := range []int{1, 9, 30, 100} {
		var got []string
		for _, r := range must[[]records.Record[shows.Report]](t)(c.s.Unread(t.Context(), viewer, limit)) {
			got = append(got, r.ID)
		}
		if limit < len(want) && len(got) != limit || !slices.Equal(got[:min(len(got), 9)], want[:min(limit, 9)]) {
			t.Errorf("%d of %v: %v", limit, want, got)
		}
		slices.Sort(got)
		all := slices.Sorted(slices.Values(want))
		if limit == 100 && !slices.Equal(got, all) {
			t.Errorf("all: %v, want %v", got, all)
		}
	}
}

func TestASearchDoesNotCountWhatTheGateKeepsBack(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	for range 3 {
		c.file(t, c.draft(t, p.ID, shows.ReportInput{Audience: &access.Audience{Level: access.Managers},
			Sections: []shows.SectionInput{
				{Department: "sound", Text: "feedback", Audience: access.Audience{Level: access.Organizers}},
			}}))
	}
	for name, want := range map[string]int{"organizer": 0, "viewer": 0, "management": 1, "author": 1} {
		page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people[name],
			shows.ReportList{Search: "feedback", Limit: 1}))
		if len(page.Records) != want || (page.Next != "") != (want > 0) {
			t.Errorf("%s finds %d, next %q", name, len(page.Records), page.Next)
		}
	}
}

// An author who works on a draft does not count as a reader of the report.
func TestDraftingIsNotHavingSeen(t *testing.T) {
	t.Parallel()
	c := open(t)
	author, draft := c.people["author"], c.in(t, c.production(t, "Tosca").ID, shows.Draft)
	must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), author, draft.ID))
	c.Clock.Advance(1e9)
	must[records.Record[shows.Report]](t)(c.s.FileReport(t.Context(), author, draft.ID, 0))
	c.Clock.Advance(1e9)
	if seen := must[shows.SeenBy](t)(c.s.SeenBy(t.Context(), author, draft.ID)); len(seen.People) != 0 {
		t.Errorf("by writing it: %+v", seen.People)
	}
	must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), author, draft.ID))
	if seen := must[shows.SeenBy](t)(c.s.SeenBy(t.Context(), author, draft.ID)); len(seen.People) != 1 ||
		seen.People[0].Count != 1 {
		t.Errorf("by reading what was filed: %+v", seen.People)
	}
}
