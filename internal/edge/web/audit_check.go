package web

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
)

// findingsShown are how many findings a page lists. What is beyond is counted.
const findingsShown = 100

// TrailCheckPage is what checking the trail against its checkpoints came to.
type TrailCheckPage struct {
	Base
	State           Badge
	Verdict         string
	At              When
	UpTo, OpenSince *When
	Since           *When
	Report          checkpoint.Report
	Findings        []FindingRow
	More            int
	Undecided       []string
	Trail, Again    string
}

// FindingRow is something that is not as it was written.
type FindingRow struct {
	At   *When
	Says string
}

// Template names the page.
func (*TrailCheckPage) Template() string { return "audit/check" }

func (s *Site) checkTrail(q *Request) (Answer, error) {
	report, err := s.opts.Services.Workspace.CheckTrail(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &TrailCheckPage{Base: Base{Section: "audit"}, Report: report, Trail: q.WS("/audit"),
		Again: q.WS("/audit/check")}
	page.Crumbs = []Crumb{{q.T("audit.title"), page.Trail}, {Text: q.T("trail-check.title")}}
	page.fill(q)
	page.judge(q)
	return Show(page), nil
}

// judge says in words and times what the report says.
func (p *TrailCheckPage) judge(q *Request) {
	r := p.Report
	p.At = p.When(r.At)
	p.UpTo = p.whenever(r.UpTo)
	if r.Open > 0 {
		p.OpenSince = p.whenever(r.OpenSince)
	}
	if r.Before > 0 {
		p.Since = p.whenever(r.Since)
	}
	switch r.State {
	case checkpoint.Well:
		p.State, p.Verdict = Badge{q.T("trail-check.well"), "shield-check", "good"}, q.T("trail-check.well-says")
	case checkpoint.Found:
		p.State, p.Verdict = Badge{q.T("trail-check.found"), "octagon-alert", "bad"}, q.T("trail-check.found-says")
	default:
		p.State, p.Verdict = Badge{q.T("trail-check.undecided"), "triangle-alert", "warn"},
			q.T("trail-check.undecided-says")
	}
	for _, f := range r.Findings[:min(len(r.Findings), findingsShown)] {
		p.Findings = append(p.Findings, FindingRow{At: p.whenever(f.At), Says: f.Says})
	}
	p.More = len(r.Findings) - len(p.Findings) + int(r.More)
	p.Undecided = r.Undecided
}

// whenever is a time that there may be.
func (p *TrailCheckPage) whenever(at time.Time) *When {
	if at.IsZero() {
		return nil
	}
	w := p.When(at)
	return &w
}
