package policy_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

func about(h model.Heading, until string) model.About {
	return model.About{Heading: h, Name: "Things", Purpose: "To have them.", Until: until}
}

func TestDataIsOrderedUnderHeadings(t *testing.T) {
	t.Parallel()
	groups, err := policy.Data([]policy.Stored{
		{Place: "b", About: about(model.OfService, "A day.")},
		{Place: "a", About: about(model.OfAccount, "{session} at most.")},
		{Place: "c", About: about(model.OfService, "An hour.")},
	}, map[string]string{"session": "3 days"})
	if err != nil || len(groups) != len(model.Headings) {
		t.Fatal(groups, err)
	}
	var got []string
	for _, g := range groups {
		for _, r := range g.Rows {
			got = append(got, string(g.Heading)+" "+r.Place+" "+r.Until)
		}
	}
	want := "account a 3 days at most.|service b A day.|service c An hour."
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

// TestWhatSaysTooLittleIsRefused: nothing is stored of which the page does not say what for and how it ends.
func TestWhatSaysTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	whole := policy.Stored{Place: "reports", About: about(model.OfShows, "A day.")}
	for what, spoil := range map[string]func(*policy.Stored){
		"no purpose": func(s *policy.Stored) { s.Purpose = "" }, "no end": func(s *policy.Stored) { s.Until = "" },
		"no heading": func(s *policy.Stored) { s.Heading = "" }, "no place": func(s *policy.Stored) { s.Place = "" },
		"an open word": func(s *policy.Stored) { s.Until = "After {nothing}." },
	} {
		one := whole
		spoil(&one)
		if _, err := policy.Data([]policy.Stored{one}, nil); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	if _, err := policy.Data([]policy.Stored{whole, whole}, nil); err == nil {
		t.Error("stored twice: accepted")
	}
	if _, err := policy.Data([]policy.Stored{whole}, nil); err != nil {
		t.Error(err)
	}
}
