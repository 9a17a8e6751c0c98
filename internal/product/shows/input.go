package shows

import (
	"fmt"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// ReportInput is what can be set in a report. What is nil stays as it is.
type ReportInput struct {
	ID          string // of a new report, if the edge wants to choose it; "" makes one
	Type        *string
	Production  *string
	Performance *string // "" is none
	Day         *string // the local date, for a report without a performance; today if it is not given
	Title       *string
	Text        *string
	Audience    *access.Audience
	Values      map[string]any // merged by key; nil or "" removes
	Times       []StampInput   // replaced as a whole
	Sections    []SectionInput // replaced as far as the caller can read them
	Acts        int            // for how many acts the form of a draft asks; 0 leaves it as it is
	Confirm     string         // the confirmation of a doubtful amendment: see model.Doubtful

	keep  bool // what cannot be parsed is kept as it was typed: see SaveDraft
	whole bool // save nothing if something cannot even be kept
}

// put applies those parts of the input to a report that need no other document. It returns the ids of the input's
// sections.
func (p problems) put(c access.Caller, r *Report, in ReportInput) []string {
	if in.Type != nil && *in.Type != r.Type {
		p.add("type", "The type of a report cannot change. Start a new one.")
	}
	if in.Day != nil && (r.Performance == "" || *in.Day != "") {
		_, err := wallclock.ParseDay(*in.Day)
		p.note("day", err)
	}
	if in.Day != nil && r.Performance == "" {
		r.Day = *in.Day
	}
	if in.Title != nil {
		r.Title = p.line("title", *in.Title, maxTitle)
	}
	if in.Text != nil {
		r.Text = p.text("body", *in.Text, maxText)
	}
	if in.Audience != nil {
		p.putAudience(c, r, *in.Audience)
	}
	switch {
	case in.Acts < 0 || in.Acts > MaxActs:
		p.add("acts", "At most %d acts.", MaxActs)
	case in.Acts > 0 && r.State == Draft:
		r.Acts = in.Acts
	}
	p.putValues(c, r, in.Values)
	p.putTimes(r, in.Times)
	return p.putSections(c, r, in.Sections)
}

// putAudience changes who the report is for. The caller must be allowed to read all of it: a wider audience would show
// confidential parts to more people, and a narrower one would take them from those they are for.
func (p problems) putAudience(c access.Caller, r *Report, given access.Audience) {
	a := p.audience("", given, r.Audience)
	if !sameAudience(a, r.Audience) && !r.heldBy(c) {
		p.add("audience", "Something in this report is withheld from you, so you cannot change who it is for. Ask "+
			"somebody who may read all of it.")
	}
	r.Audience = a
}

// given names the parts that the input changes, for the audit trail: never their content.
func (in ReportInput) given() []string {
	var names []string
	for _, part := range []struct {
		name  string
		given bool
	}{
		{"production", in.Production != nil}, {"performance", in.Performance != nil}, {"day", in.Day != nil},
		{"title", in.Title != nil}, {"body", in.Text != nil}, {"audience", in.Audience != nil},
		{"values", len(in.Values) > 0}, {"times", in.Times != nil}, {"sections", in.Sections != nil},
	} {
		if part.given {
			names = append(names, part.name)
		}
	}
	return names
}

// named are the accounts that the input names, with the field that names each.
func (in ReportInput) named() map[string]string {
	named := map[string]string{}
	add := func(field string, ids ...string) {
		for _, id := range ids {
			if _, there := named[id]; !there && id != "" {
				named[id] = field
			}
		}
	}
	if in.Audience != nil {
		add("people", in.Audience.People...)
	}
	for i, s := range in.Sections {
		add(fmt.Sprintf("sections.%d.people", i), s.Audience.People...)
		add(fmt.Sprintf("sections.%d.owner", i), s.Owner)
	}
	return named
}

// names reports whether the report already names the account, where the caller can read it. Somebody who left the
// workspace may stay where they were named.
func (r *Report) names(c access.Caller, account string) bool {
	if slices.Contains(r.Audience.People, account) {
		return true
	}
	return slices.ContainsFunc(r.Sections, func(s Section) bool {
		return s.audience().Admits(c) && (s.Owner == account || slices.Contains(s.Audience.People, account))
	})
}
