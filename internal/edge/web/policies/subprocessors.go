package policies

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// SubprocessorsPage lists who else processes data.
type SubprocessorsPage struct {
	frame.Base
	Tabs []frame.Tab
	Rows []SubprocessorRow
}

// Template names the page.
func (*SubprocessorsPage) Template() string { return "policies/subprocessors" }

// SubprocessorRow is one of them.
type SubprocessorRow struct {
	policy.Subprocessor
	From frame.When
}

func (s *pages) subprocessorRoutes() []frame.Route {
	return []frame.Route{{Name: "subprocessors", Method: "GET", Path: "/subprocessors", For: frame.Public, Listed: true,
		Handle: s.subprocessors, Page: &SubprocessorsPage{}}}
}

func (s *pages) subprocessors(q *frame.Request) (frame.Answer, error) {
	page := &SubprocessorsPage{Tabs: s.tabs(q, "subprocessors"), Base: listed(q, "/subprocessors",
		q.T("subprocessors.lead"))}
	for _, p := range policy.Subprocessors(s.Uses) {
		page.Rows = append(page.Rows, SubprocessorRow{p, dayOf(p.Since)})
	}
	return frame.Show(page), nil
}
