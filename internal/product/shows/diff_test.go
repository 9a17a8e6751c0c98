package shows

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range Fields {
		if seen[f.Key] || f.Label == "" || len(f.Types) == 0 || !access.ValidLevel(f.Audience) ||
			(f.Kind == ChoiceField) != (len(f.Choices) > 0) {
			t.Errorf("field %+v", f)
		}
		seen[f.Key] = true
		for _, key := range f.Types {
			if _, ok := TypeOf(key); !ok {
				t.Errorf("field %s is of type %q", f.Key, key)
			}
		}
		if slices.Contains(f.Types, "incident") && f.Audience != access.Managers {
			t.Errorf("field %s of an incident is not confidential", f.Key)
		}
	}
	for _, key := range []string{"illness", "late-sign-ins", "line-notes", "covers-reason", "performance-notes", "late",
		"absent", "medical", "ejections", "complaints", "safeguarding"} {
		if f, _ := FieldOf(key); f.Audience != access.Managers {
			t.Errorf("field %s is for %q", key, f.Audience)
		}
	}
	for _, kind := range ReportTypes {
		if !slices.ContainsFunc(Fields, func(f Field) bool { return slices.Contains(f.Types, kind.Key) }) {
			t.Errorf("type %s has no fields", kind.Key)
		}
	}
}

func TestSearchAudienceNeverReachesBeyondTheSection(t *testing.T) {
	t.Parallel()
	people := []access.Caller{}
	for _, role := range access.MemberRoles {
		for _, id := range []string{"a1", "b2"} {
			people = append(people, access.Caller{Account: id, Role: role})
		}
	}
	levels := []access.Audience{
		{Level: access.Everyone}, {Level: access.Organizers}, {Level: access.Managers}, access.Only("a1"),
		access.Only("b2"),
		{Level: access.Organizers, Also: []string{"a1"}}, {Level: access.Managers, Also: []string{"b2"}},
		{Level: access.People, People: []string{"a1"}, Also: []string{"b2"}},
	}
	for _, whole := range levels {
		for _, part := range levels {
			domains := both(whole, part).Domains()
			for _, c := range people {
				finds := slices.ContainsFunc(c.SearchDomains(), func(d string) bool {
					return slices.Contains(domains, d)
				})
				reads := whole.Admits(c) && part.Admits(c)
				if reads && !finds || whole.Admits(c) && finds && !reads {
					t.Errorf("%s %s: report for %+v, section for %+v: finds %v, reads %v", c.Role, c.Account, whole,
						part, finds, reads)
				}
			}
		}
	}
}
