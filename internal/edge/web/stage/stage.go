// Package stage is what pages of several subjects have in common about productions, performances and reports.
package stage

import (
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// MostPerformances is the maximum number of performances that a page shows of a few weeks. No company plays more.
const MostPerformances = 500

// StateBadge is the state of a report in words, with icon and tone.
func StateBadge(q *frame.Request, state shows.State) frame.Badge {
	switch state {
	case shows.Draft:
		return frame.Badge{Text: q.T("state.draft"), Icon: "pencil"}
	case shows.Filed:
		return frame.Badge{Text: q.T("state.filed"), Icon: "send", Tone: "note"}
	case shows.Accepted:
		return frame.Badge{Text: q.T("state.accepted"), Icon: "circle-check", Tone: "good"}
	case shows.Queried:
		return frame.Badge{Text: q.T("state.queried"), Icon: "message-circle-question-mark", Tone: "warn"}
	}
	return frame.Badge{Text: string(state), Icon: "circle"}
}

// ByPerformance are reports by the performance that they are about.
func ByPerformance(list []records.Record[shows.Report]) map[string][]records.Record[shows.Report] {
	m := map[string][]records.Record[shows.Report]{}
	for _, r := range list {
		m[r.Body.Performance] = append(m[r.Body.Performance], r)
	}
	return m
}

// PerformanceBadge says whether it was cancelled, has been, or is to come.
func PerformanceBadge(q *frame.Request, p *shows.Performance, now time.Time) frame.Badge {
	switch {
	case p.Status == shows.Cancelled:
		return frame.Badge{Text: q.T("performance.cancelled"), Icon: "x", Tone: "bad"}
	case p.Start.After(now):
		return frame.Badge{Text: q.T("performance.scheduled"), Icon: "calendar"}
	}
	return frame.Badge{Text: q.T("performance.played"), Icon: "check"}
}

// ReportName is what a report is called beside its production, as in "Show report 12".
func ReportName(q *frame.Request, r *shows.Report) string {
	name := q.T("report.one")
	if t, ok := shows.TypeOf(r.Type); ok {
		name = t.Label
	}
	if r.Number == 0 {
		return name
	}
	return q.T("report.numbered", name, r.Number)
}

// VenueLine is where a production plays, as far as that is known.
func VenueLine(p *shows.Production) string {
	return strings.Join(NonEmpty(p.Venue.Name, p.Venue.City), ", ")
}

// NonEmpty are the texts that are not "".
func NonEmpty(texts ...string) []string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}
