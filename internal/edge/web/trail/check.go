package trail

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
)

// findingsShown is how many findings a page lists. The others are only counted.
const findingsShown = 100

// TrailCheckPage shows the result of checking the trail against its checkpoints.
type TrailCheckPage struct {
	frame.Base
	State           frame.Badge
	Verdict         string
	At              frame.When
	UpTo, OpenSince *frame.When
	Since           *frame.When
	Report          checkpoint.Report
	Findings        []FindingRow
	More            int
	Undecided       []string
	Trail, Again    string
}

// FindingRow is something that was changed, removed or added.
type FindingRow struct {
	At   *frame.When
	Says string
}

// Template names the page.
func (*TrailCheckPage) Template() string { return "trail/check" }

func (s *pages) checkTrail(q *frame.Request) (frame.Answer, error) {
	report, err := s.trail.CheckTrail(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &TrailCheckPage{Base: frame.Base{Section: "audit"}, Report: report, Trail: q.WS("/audit"),
		Again: q.WS("/audit/check")}
	page.Crumbs = []frame.Crumb{{Text: q.T("audit.title"), Path: page.Trail}, {Text: q.T("trail-check.title")}}
	page.Fill(q)
	page.judge(q)
	return frame.Show(page), nil
}

// judge fills the page with the report, in words and times.
func (p *TrailCheckPage) judge(q *frame.Request) {
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
		p.State, p.Verdict = frame.Badge{Text: q.T("trail-check.well"), Icon: "shield-check", Tone: "good"},
			q.T("trail-check.well-says")
	case checkpoint.Found:
		p.State, p.Verdict = frame.Badge{Text: q.T("trail-check.found"), Icon: "octagon-alert", Tone: "bad"},
			q.T("trail-check.found-says")
	default:
		p.State, p.Verdict = frame.Badge{Text: q.T("trail-check.undecided"), Icon: "triangle-alert", Tone: "warn"},
			q.T("trail-check.undecided-says")
	}
	for _, f := range r.Findings[:min(len(r.Findings), findingsShown)] {
		p.Findings = append(p.Findings, FindingRow{At: p.whenever(f.At), Says: f.Says})
	}
	p.More = len(r.Findings) - len(p.Findings) + int(r.More)
	p.Undecided = r.Undecided
}

// whenever is a time that may be missing.
func (p *TrailCheckPage) whenever(at time.Time) *frame.When {
	if at.IsZero() {
		return nil
	}
	w := p.When(at)
	return &w
}
