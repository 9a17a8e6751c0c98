package reports

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// names are the names of members, by account.
type names map[string]string

// memberNames reads the names of members, if the report names anybody.
func (s *pages) memberNames(q *frame.Request, reports ...*shows.Report) (names, error) {
	if !slices.ContainsFunc(reports, namesSomebody) {
		return names{}, nil
	}
	return s.allNames(q)
}

func namesSomebody(r *shows.Report) bool {
	return len(r.Audience.People) > 0 || slices.ContainsFunc(r.Sections, func(n shows.Section) bool {
		return len(n.Audience.People) > 0 || n.Owner != ""
	})
}

func (s *pages) allNames(q *frame.Request) (names, error) {
	list, err := s.workspaces.ListMembers(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	n := make(names, len(list))
	for _, m := range list {
		n[m.ID] = m.Body.Name
	}
	return n, nil
}

func (n names) of(q *frame.Request, account string) string {
	if name := n[account]; name != "" {
		return name
	}
	return q.T("report.former-member")
}

// audience is an audience in words.
func (n names) audience(q *frame.Request, a access.Audience) string {
	switch a.Level {
	case access.Everyone:
		return q.T("audience.everyone")
	case access.Organizers:
		return q.T("audience.organizers")
	case access.Managers:
		return q.T("audience.management")
	}
	people := make([]string, len(a.People))
	for i, id := range a.People {
		people[i] = n.of(q, id)
	}
	return strings.Join(people, ", ")
}
