package shows

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
	"github.com/tinyoperahouse/toh/internal/product/worddiff"
)

// Change is one difference between two versions, as the caller may see it: what is withheld from the caller in the
// later version is in no change.
type Change struct {
	Part   string // "title", "body", "audience", "values.paid", "times.act-up.1", "sections"
	Label  string // what people call it: a field's label, a department
	Kind   ChangeKind
	Before string
	After  string
	Pieces []worddiff.Piece // the difference in words; nil if nothing is left of the old
}

// ChangeKind says what happened.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Difference compares two filed versions of a report by their numbers.
func (s *Service) Difference(ctx context.Context, c access.Caller, id string, from, to int) ([]Change, error) {
	list, err := s.Versions(ctx, c, id)
	if err != nil {
		return nil, err
	}
	at := func(n int) *Version {
		i := slices.IndexFunc(list, func(v Version) bool { return v.N == n })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	old, now := at(from), at(to)
	if old == nil || now == nil {
		return nil, &model.Error{Kind: model.ErrNotFound}
	}
	return Compare(&old.Content, &now.Content), nil
}

// Compare lists what differs between two versions that the gate has already redacted for the caller.
func Compare(old, now *Report) []Change {
	var d differ
	d.text("title", "Title", old.Title, now.Title)
	d.text("body", "Report", old.Text, now.Text)
	d.text("audience", "Audience", audienceText(old.Audience), audienceText(now.Audience))
	for _, key := range keys(old.Values, now.Values) {
		f := fieldNamed(key)
		d.text("values."+key, f.Label, f.text(old), f.text(now))
	}
	for _, key := range stampKeys(old, now) {
		d.stamp(key, old, now)
	}
	d.sections(old, now)
	return d.list
}

type differ struct{ list []Change }

func (d *differ) text(part, label, before, after string) {
	if before == after {
		return
	}
	c := Change{Part: part, Label: label, Kind: Changed, Before: before, After: after}
	switch {
	case before == "":
		c.Kind = Added
	case after == "":
		c.Kind = Removed
	default:
		c.Pieces = worddiff.Compare(before, after)
	}
	d.list = append(d.list, c)
}

func (d *differ) stamp(key Stamp, old, now *Report) {
	event, _ := EventOf(key.Event)
	name := event.Label
	if key.N > 0 {
		name = fmt.Sprintf("%s %d", name, key.N)
	}
	part := fmt.Sprintf("times.%s.%d", key.Event, key.N)
	d.text(part, name, stampText(old, key), stampText(now, key))
}

func stampText(r *Report, key Stamp) string {
	s := r.stamp(key.Event, key.N)
	var parts []string
	if !s.Scheduled.IsZero() {
		parts = append(parts, "scheduled "+r.local(s.Scheduled))
	}
	if !s.Actual.IsZero() {
		parts = append(parts, r.local(s.Actual))
	}
	return strings.Join(parts, ", ")
}

// local is an instant on the venue's clocks.
func (r *Report) local(at time.Time) string {
	zone, err := wallclock.LoadZone(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	return at.In(zone).Format("2006-01-02 15:04")
}

func (d *differ) sections(old, now *Report) {
	for i := range old.Sections {
		s := &old.Sections[i]
		switch after := now.section(s.ID); {
		case s.Withheld:
		case after == nil:
			d.text("sections", s.Department, s.describe(), "")
		default:
			d.text("sections", after.Department, s.describe(), after.describe())
		}
	}
	for i := range now.Sections {
		if s := &now.Sections[i]; !s.Withheld && old.section(s.ID) == nil {
			d.text("sections", s.Department, "", s.describe())
		}
	}
}

func (r *Report) section(id string) *Section {
	for i := range r.Sections {
		if s := &r.Sections[i]; !s.Withheld && s.ID == id {
			return s
		}
	}
	return nil
}

// describe is a section in words, so that a change of any of its parts is visible.
func (s *Section) describe() string {
	head := []string{s.Department, string(s.Severity), "for " + audienceText(s.Audience)}
	for _, part := range []string{s.Topic, s.Cue} {
		if part != "" {
			head = append(head, part)
		}
	}
	if s.Due != "" {
		head = append(head, "due "+s.Due)
	}
	if s.Owner != "" {
		head = append(head, "owner "+s.Owner)
	}
	return strings.Join(head, " · ") + "\n" + s.Text
}

func audienceText(a access.Audience) string {
	if a.Level == access.People {
		return "people: " + strings.Join(a.People, " ")
	}
	return string(a.Level)
}

func keys(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func stampKeys(a, b *Report) []Stamp {
	var list []Stamp
	for _, s := range slices.Concat(a.Times, b.Times) {
		if key := (Stamp{Event: s.Event, N: s.N}); !slices.Contains(list, key) {
			list = append(list, key)
		}
	}
	return list
}
