package shows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const typedCanary = "zebrafinch"

// whole is the input of a form in which everything can be parsed.
func whole() shows.ReportInput {
	return shows.ReportInput{
		Title: ptr("A night"), Text: ptr("Full house."), Audience: &access.Audience{Level: access.Everyone},
		Values: map[string]any{"capacity": "400", "weather": "Rain."},
		Times: []shows.StampInput{{Event: shows.ActUp, N: 1, Actual: "1934"}, {Event: shows.ActDown, N: 1,
			Actual: "2040"}},
		Sections: []shows.SectionInput{{Department: "sound", Text: "Fine.", Cue: "Q 12"},
			{Department: "props", Text: "The sofa squeaks."}},
	}
}

type report = records.Record[shows.Report]

func (c *company) save(t testing.TB, id string, version int64, in shows.ReportInput) report {
	t.Helper()
	return must[report](t)(c.s.SaveDraft(t.Context(), c.people["author"], id, version, in))
}

// typedDraft is a draft of a form in which everything could be parsed.
func (c *company) typedDraft(t testing.TB) report {
	t.Helper()
	in := whole()
	in.Production = ptr(c.production(t, "Tosca").ID)
	return c.save(t, model.NewID(), 0, in)
}

func (c *company) read(t testing.TB, id string) report {
	t.Helper()
	return must[report](t)(c.s.Report(t.Context(), c.people["author"], id))
}

// slips are fields with text that cannot be parsed there.
func slips(section string) map[string]func(*shows.ReportInput) {
	at := func(in *shows.ReportInput) *shows.SectionInput { return &in.Sections[0] }
	return map[string]func(*shows.ReportInput){
		"times.act-up.1":  func(in *shows.ReportInput) { in.Times[0].Actual = "25:99" },
		"values.capacity": func(in *shows.ReportInput) { in.Values["capacity"] = "400 ca." },
		"title":           func(in *shows.ReportInput) { in.Title = ptr(strings.Repeat("long ", 50)) },
		"people": func(in *shows.ReportInput) {
			in.Audience = &access.Audience{Level: access.Everyone, People: []string{model.NewID()}}
		},
		"audience": func(in *shows.ReportInput) {
			in.Audience = &access.Audience{Level: "nobody"}
		},
		"sections." + section + ".cue": func(in *shows.ReportInput) { at(in).Cue = strings.Repeat("cue ", 30) },
		"sections." + section + ".text": func(in *shows.ReportInput) {
			at(in).Text = strings.Repeat("text ", 5000)
		},
		"sections." + section + ".topic":    func(in *shows.ReportInput) { at(in).Topic = "weather" },
		"sections." + section + ".severity": func(in *shows.ReportInput) { at(in).Severity = "dire" },
		"sections." + section + ".people": func(in *shows.ReportInput) {
			at(in).Audience = access.Audience{Level: access.Everyone, People: []string{model.NewID()}}
		},
	}
}

// What cannot be parsed is kept beside the draft, everything else is saved, nothing is filed before it is corrected,
// and correcting or removing it ends that.
func TestWhatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	id, section := draft.ID, draft.Body.Sections[0].ID
	version := draft.Version
	for _, field := range slices.Sorted(maps.Keys(slips(section))) {
		t.Run(field, func(t *testing.T) {
			in := whole()
			in.Text, in.Sections[0].ID, in.Sections[1].ID = ptr("Changed beside "+field), section,
				draft.Body.Sections[1].ID
			slips(section)[field](&in)
			r := c.save(t, id, version, in)
			kept := r.Body.Unread()
			if len(kept) != 1 || kept[field].Text == "" || kept[field].Why == "" || kept[field].Lost {
				t.Fatalf("kept %+v", kept)
			}
			if read := c.read(t, id); read.Body.Unread()[field] != kept[field] || read.Body.Text != *in.Text {
				t.Errorf("read again: %+v, text %q", read.Body.Unread(), read.Body.Text)
			}
			_, err := c.s.FileReport(t.Context(), c.people["author"], id, r.Version)
			if texts := model.FieldTexts(err); texts[field] == "" || len(texts) != 1 {
				t.Errorf("filing: %v %q", err, texts)
			}
			in = whole()
			in.Sections[0].ID, in.Sections[1].ID = section, draft.Body.Sections[1].ID
			version = c.save(t, id, r.Version, in).Version
			if left := c.read(t, id).Body.Typed; len(left) > 0 {
				t.Errorf("put right, it stays: %+v", left)
			}
		})
	}
	if _, err := c.s.FileReport(t.Context(), c.people["author"], id, version); err != nil {
		t.Errorf("all is right: %v %q", err, model.FieldTexts(err))
	}
}

// A field that cannot be parsed keeps what it held, so that nothing saved before is lost.
func TestAFieldKeepsWhatItHeld(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	in := whole()
	in.Sections[0].ID, in.Sections[1].ID = draft.Body.Sections[0].ID, draft.Body.Sections[1].ID
	for _, slip := range slips(draft.Body.Sections[0].ID) {
		slip(&in)
	}
	r := c.save(t, draft.ID, draft.Version, in)
	before, after := draft.Body, r.Body
	before.Typed, after.Typed = nil, nil
	if a, b := asJSON(t, before), asJSON(t, after); a != b {
		t.Errorf("it held\n%s\nand holds\n%s", a, b)
	}
	in.Times[0].Actual = "" // taken away
	r = c.save(t, draft.ID, r.Version, in)
	for _, s := range r.Body.Times {
		if s.Event == shows.ActUp {
			t.Errorf("taken away, it stays: %v", s)
		}
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Card numbers, what is not text and what is too long are not kept; the draft says so, and cannot be filed.
func TestWhatMustNotBeKeptIsNot(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	version := draft.Version
	for name, text := range map[string]string{
		"a card number": "4111 1111 1111 1111", "no text": "\xff\xfe", "control characters": "a\x00b",
		"far too long": strings.Repeat("x", 40<<10),
	} {
		in := whole()
		in.Title = &text
		r := c.save(t, draft.ID, version, in)
		version = r.Version
		if kept := r.Body.Unread()["title"]; !kept.Lost || kept.Text != "" || r.Body.Title != "A night" {
			t.Errorf("%s: kept %+v, title %.40q", name, kept, r.Body.Title)
		}
		if strings.Contains(asJSON(t, r.Body), text) {
			t.Errorf("%s is in the document", name)
		}
		if _, err := c.s.FileReport(t.Context(), c.people["author"], draft.ID,
			version); model.FieldTexts(err)["title"] == "" {
			t.Errorf("%s: filed: %v", name, err)
		}
	}
	in := whole() // all together are limited, too
	in.Sections = nil
	for i := range 20 {
		in.Sections = append(in.Sections, shows.SectionInput{Department: "sound", Text: strings.Repeat("text ", 5000),
			Cue: fmt.Sprint(i)})
	}
	r := c.save(t, draft.ID, version, in)
	size, lost := 0, 0
	for _, kept := range r.Body.Unread() {
		size += len(kept.Text)
		if kept.Lost {
			lost++
		}
	}
	if size > 128<<10 || lost == 0 || len(r.Body.Unread()) != 20 {
		t.Errorf("%d bytes are kept of %d fields, %d not", size, len(r.Body.Unread()), lost)
	}
}

// What could not be parsed is for the author only, is found by no search, and is in no list of anybody else.
func TestTypedTextsAreTheAuthors(t *testing.T) {
	t.Parallel()
	c := open(t)
	in := whole()
	in.Production = ptr(c.production(t, "Tosca").ID)
	in.Times[0].Actual = typedCanary
	r := c.save(t, model.NewID(), 0, in)
	if r.Body.Unread()["times.act-up.1"].Text != typedCanary {
		t.Fatalf("kept %+v", r.Body.Unread())
	}
	for name, who := range c.people {
		page, err := c.s.Reports(t.Context(), who, shows.ReportList{Search: typedCanary})
		if err != nil || len(page.Records) > 0 {
			t.Errorf("%s finds it: %v %v", name, page.Records, err)
		}
		if name == "author" {
			continue
		}
		if _, err := c.s.Report(t.Context(), who, r.ID); kindOf(err) != model.ErrNotFound {
			t.Errorf("%s reads it: %v", name, err)
		}
		if _, err := c.s.SaveDraft(t.Context(), who, r.ID, r.Version, whole()); err == nil {
			t.Errorf("%s changes it", name)
		}
	}
}

// A release that does not know of typed texts keeps them and may change the field: then the text is outdated. What such
// a release filed is read without them.
func TestTypedTextsOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	c := open(t)
	in := whole()
	in.Production = ptr(c.production(t, "Tosca").ID)
	in.Times[0].Actual = typedCanary
	r := c.save(t, model.NewID(), 0, in)
	author := c.people["author"]
	tamper := func(change func(*shows.Report)) report {
		err := c.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
			_, err := reportKind.Update(ctx, tx, records.By(author, access.ReportUpdate).On(r.ID),
				func(b *shows.Report) error {
					change(b)
					return nil
				})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return c.read(t, r.ID)
	}
	elsewhere := tamper(func(b *shows.Report) { b.Title = "Another" })
	if kept := elsewhere.Body.Unread(); len(kept) != 1 {
		t.Errorf("another field changed: kept %+v", kept)
	}
	corrected := tamper(func(b *shows.Report) {
		b.Times = append(b.Times, shows.Stamp{Event: shows.ActUp, N: 1, Actual: b.Times[0].Actual.Add(-time.Hour)})
	})
	if kept := corrected.Body.Unread(); len(kept) > 0 || corrected.Body.CheckForFiling() != nil {
		t.Errorf("the field was put right elsewhere, and %+v is kept", kept)
	}
	filed := tamper(func(b *shows.Report) { b.State, b.Number, b.Hash, b.Revision = shows.Filed, 1, "x", 1 })
	if len(filed.Body.Typed) > 0 || len(filed.Body.Unread()) > 0 {
		t.Errorf("a filed report holds %+v", filed.Body.Typed)
	}
}

// A note without a text is kept in a draft as it is, and named when it is filed; a blank one is left out then.
func TestNotesWithoutATextStay(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	in := whole()
	in.Sections = []shows.SectionInput{{Department: "sound", Cue: "Q 12"}, {Department: "props"},
		{Department: "costume", Text: "Torn."}}
	r := c.save(t, draft.ID, draft.Version, in)
	if n := len(r.Body.Sections); n != 3 || r.Body.Sections[0].Cue != "Q 12" {
		t.Fatalf("%d sections: %v", n, r.Body.Sections)
	}
	_, err := c.s.FileReport(t.Context(), c.people["author"], r.ID, r.Version)
	if texts := model.FieldTexts(err); len(texts) != 1 || texts["sections."+r.Body.Sections[0].ID+".text"] == "" {
		t.Errorf("filing: %v %q", err, texts)
	}
	in.Sections[0].Text = "It hums."
	r = c.save(t, r.ID, r.Version, in)
	r = must[report](t)(c.s.FileReport(t.Context(), c.people["author"], r.ID, r.Version))
	if n := len(r.Body.Sections); n != 2 {
		t.Errorf("filed with %d sections: %v", n, r.Body.Sections)
	}
	for name, sections := range map[string][]shows.SectionInput{
		"a new one": {{Department: "sound", Text: "It hums.", ID: r.Body.Sections[0].ID},
			{Department: "video", Cue: "V 1"}},
		"one emptied": {{Department: "sound", Cue: "Q 12", ID: r.Body.Sections[0].ID}},
	} {
		_, err := c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version, "because",
			shows.ReportInput{Sections: sections})
		if !slices.ContainsFunc(slices.Collect(maps.Keys(model.FieldTexts(err))), func(f string) bool {
			return strings.HasSuffix(f, ".text")
		}) {
			t.Errorf("%s without a text is amended: %v", name, err)
		}
	}
}

// A note can be changed to be about nothing sensitive; if the topic is left out, it stays as it is.
func TestATopicCanBeTakenAway(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	id, version := draft.Body.Sections[0].ID, draft.Version
	for _, step := range []struct{ given, want string }{{"injury", "injury"}, {"", "injury"}, {shows.NoTopic, ""},
		{"", ""}} {
		in := shows.ReportInput{Sections: []shows.SectionInput{{ID: id, Department: "sound", Text: "Fine.",
			Topic: step.given}}}
		r := c.save(t, draft.ID, version, in)
		version = r.Version
		if got := r.Body.Sections[0].Topic; got != step.want {
			t.Errorf("%q leaves %q", step.given, got)
		}
	}
}

func TestTooManyActsAreRefusedByName(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	for _, acts := range []int{shows.MaxActs + 1, -1} {
		_, err := c.s.SaveDraft(t.Context(), c.people["author"], draft.ID, draft.Version, shows.ReportInput{Acts: acts})
		if model.FieldTexts(err)["acts"] == "" {
			t.Errorf("%d acts: %v", acts, err)
		}
	}
}

// Whatever is typed, in whatever order: it is in the field, kept as it was typed, reported as not kept, or the whole is
// refused by name.
func TestNothingTypedIsEverGone(t *testing.T) {
	t.Parallel()
	c := open(t)
	draft := c.typedDraft(t)
	random := rand.New(rand.NewPCG(7, 11))
	texts := []string{
		"", "1934", "25:99", "7.32pm", "400", "400 ca.", "1,234", "-3", strings.Repeat("long ", 60), "two\nlines",
		"a\x01b", "\xff", "4111111111111111", "ünïcode",
	}
	pick := func() string { return texts[random.IntN(len(texts))] }
	version, refused := draft.Version, 0
	for round := range 150 {
		in := shows.ReportInput{
			Title: ptr(pick()), Text: ptr(pick()), Values: map[string]any{"capacity": pick(), "weather": pick(),
				"late-reason": pick()},
			Audience: &access.Audience{Level: access.Everyone},
			Times: []shows.StampInput{{Event: shows.ActUp, N: 1 + random.IntN(22), Actual: pick()},
				{Event: "house-open", Actual: pick()}},
		}
		for range random.IntN(4) {
			in.Sections = append(in.Sections, shows.SectionInput{Department: pick(), Text: pick(), Cue: pick(),
				Topic: pick()})
		}
		r, err := c.s.SaveDraft(t.Context(), c.people["author"], draft.ID, version, in)
		if err != nil {
			refused++
			if len(model.FieldTexts(err)) == 0 {
				t.Fatalf("round %d: refused without a name: %v", round, err)
			}
			continue
		}
		version = r.Version
		kept := r.Body.Unread()
		is := func(field, typed string, held bool) {
			if one, there := kept[field]; there && (one.Text == typed || one.Lost) || held {
				return
			}
			t.Errorf("round %d: %q typed into %s is gone: kept %+v", round, typed, field, kept[field])
		}
		is("title", *in.Title, r.Body.Title == strings.TrimSpace(*in.Title))
		is("body", *in.Text, r.Body.Text == *in.Text)
		for key, v := range in.Values {
			held := r.Body.Values[key]
			is("values."+key, v.(string), v == "" && held == nil || held != nil && kept["values."+key].Why == "")
		}
		for _, s := range in.Times {
			n := s.N
			held := slices.ContainsFunc(r.Body.Times, func(at shows.Stamp) bool {
				return at.Event == s.Event && at.N == n && !at.Actual.IsZero()
			})
			is(fmt.Sprintf("times.%s.%d", s.Event, n), s.Actual, held || s.Actual == "")
		}
		if len(in.Sections) > 0 && len(r.Body.Sections) != len(in.Sections) {
			t.Fatalf("round %d: %d sections of %d", round, len(r.Body.Sections), len(in.Sections))
		}
		for i, s := range in.Sections {
			field, now := "sections."+r.Body.Sections[i].ID+".", r.Body.Sections[i]
			is(field+"department", s.Department, now.Department == strings.TrimSpace(s.Department))
			is(field+"text", s.Text, now.Text == s.Text)
			is(field+"cue", s.Cue, now.Cue == strings.TrimSpace(s.Cue))
			is(field+"topic", s.Topic, s.Topic == "")
		}
	}
	if refused == 0 || refused > 100 {
		t.Errorf("%d of 150 were refused", refused)
	}
}
