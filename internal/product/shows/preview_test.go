package shows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func TestAPreviewSaysWhatAnAmendmentWouldChangeAndChangesNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.file(t, c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{
		Text: ptr("a full house"),
		Sections: []shows.SectionInput{
			{Department: "a", Text: "hidden secret", Audience: access.Audience{Level: access.Managers}},
			{Department: "b", Text: "open"},
		},
	}))
	organizer := c.people["organizer"]
	seen := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), organizer, r.ID))
	in := shows.ReportInput{Text: ptr("a half full house"),
		Sections: []shows.SectionInput{{ID: seen.Body.Sections[0].ID, Department: "b", Text: "open wide"}}}
	now, changes, err := c.s.PreviewAmendment(t.Context(), organizer, r.ID, in)
	if err != nil || len(changes) != 2 || changes[0].Part != "body" || changes[1].Part != "sections" {
		t.Fatalf("%v %v", changes, err)
	}
	if strings.Contains(fmt.Sprint(changes, now.Body), "secret") {
		t.Error("the preview holds what is withheld")
	}
	after := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["management"], r.ID))
	if after.Version != r.Version || after.Body.Text != "a full house" ||
		after.Body.Sections[0].Text != "hidden secret" {
		t.Errorf("the report is changed: %+v", after.Body)
	}
}

func TestAPreviewRefusesWhatAmendingRefuses(t *testing.T) {
	t.Parallel()
	c := open(t)
	production := c.production(t, "Tosca").ID
	draft := c.draft(t, production, shows.ReportInput{})
	filed := c.file(t, c.draft(t, production, shows.ReportInput{}))
	stranger := []shows.SectionInput{{Department: "b", Text: "x", Audience: access.Only("aaaaaaaaaaaaaaaaaaaaaaaaaa")}}
	backwards := []shows.StampInput{{Event: shows.ActUp, N: 1, Actual: "2030"}, {Event: shows.ActDown, N: 1,
		Actual: "2000"}}
	for name, test := range map[string]struct {
		who  string
		id   string
		in   shows.ReportInput
		want error
	}{
		"a draft":              {"author", draft.ID, shows.ReportInput{}, model.ErrConflict},
		"another's draft":      {"organizer", draft.ID, shows.ReportInput{}, model.ErrNotFound},
		"a viewer":             {"viewer", filed.ID, shows.ReportInput{}, model.ErrDenied},
		"nobody's report":      {"organizer", "aaaaaaaaaaaaaaaaaaaaaaaaaa", shows.ReportInput{}, model.ErrNotFound},
		"for a stranger":       {"organizer", filed.ID, shows.ReportInput{Sections: stranger}, model.ErrInvalid},
		"times that cannot be": {"organizer", filed.ID, shows.ReportInput{Times: backwards}, model.ErrInvalid},
	} {
		if _, _, err := c.s.PreviewAmendment(t.Context(), c.people[test.who], test.id, test.in); !errors.Is(err,
			test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
