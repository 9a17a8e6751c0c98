package policies

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// SubprocessorsPage lists who else processes data.
type SubprocessorsPage struct {
	frame.Base
	Tabs []frame.Tab
	Rows []SubprocessorRow
	Past frame.TextLink // to all changes of the list
}

// Template names the page.
func (*SubprocessorsPage) Template() string { return "policies/subprocessors" }

// SubprocessorRow is one of them.
type SubprocessorRow struct {
	policy.Subprocessor
	From frame.When
}

func (s *pages) subprocessorRoutes() []frame.Route {
	return []frame.Route{
		{Name: "subprocessors", Method: "GET", Path: "/subprocessors", For: frame.Public, Listed: true,
			Handle: s.subprocessors, Page: &SubprocessorsPage{}},
		{Name: "subprocessors.changes", Method: "GET", Path: notice.ListPath, For: frame.Public,
			Handle: s.subprocessorChanges, Page: &ChangesPage{}},
	}
}

func (s *pages) subprocessors(q *frame.Request) (frame.Answer, error) {
	page := &SubprocessorsPage{Tabs: s.tabs(q, "subprocessors"), Base: listed(q, "/subprocessors",
		q.T("subprocessors.lead")),
		Past: frame.TextLink{Path: notice.ListPath, Text: q.T("subprocessors.changes")}}
	for _, p := range policy.Subprocessors(s.Uses) {
		page.Rows = append(page.Rows, SubprocessorRow{p, dayOf(p.Since)})
	}
	return frame.Show(page), nil
}

// Told says of which changes the companies were told, the latest first.
type Told interface {
	Changes(ctx context.Context) ([]policy.Change, error)
}

// ChangesPage is all changes of the list of subprocessors.
type ChangesPage struct {
	frame.Base
	Rows []ChangeRow
}

// Template names the page.
func (*ChangesPage) Template() string { return "policies/changes" }

// ChangeRow is one of them.
type ChangeRow struct {
	Says        string
	Told, Holds frame.When
}

func (s *pages) subprocessorChanges(q *frame.Request) (frame.Answer, error) {
	all, err := s.told.Changes(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &ChangesPage{Base: frame.Base{Crumbs: []frame.Crumb{
		{Text: q.T("subprocessors.title"), Path: "/subprocessors"}, {Text: q.T("subprocessors.changes")}}}}
	for _, c := range all {
		if c.What == policy.OfSubprocessors {
			page.Rows = append(page.Rows, ChangeRow{c.Says, dayOf(c.Found), dayOf(c.Holds)})
		}
	}
	return frame.Show(page), nil
}
