package reports

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// showVersions is every filed version of a report, the latest first, each with what it changed.
func (s *pages) showVersions(q *frame.Request) (frame.Answer, error) {
	list, err := s.shows.Versions(q.Context(), q.Caller(), q.Var("report"))
	if err != nil {
		return frame.Answer{}, err
	}
	id := q.Var("report")
	if len(list) == 0 { // a draft has none yet
		return frame.Go(q.WS("/reports/" + id)), nil
	}
	r := records.Record[shows.Report]{ID: id, Body: list[0].Content}
	contents := make([]*shows.Report, len(list))
	for i := range list {
		contents[i] = &list[i].Content
	}
	n, err := s.memberNames(q, contents...)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &VersionsPage{Base: reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("report.versions")}),
		Heading: r.Body.Label(), Tabs: reportTabs(q, r, "versions")}
	for i, v := range list {
		view := VersionView{N: v.N, By: v.By.Name, Reason: v.Reason, Hash: v.Content.Hash,
			At: frame.LocalWhen(v.At, r.Body.Zone, "Mon 2 Jan 2006, 15:04"), Latest: i == 0}
		if i+1 < len(list) {
			view.Changes = n.inChanges(shows.Compare(&list[i+1].Content, &v.Content))
		}
		page.Versions = append(page.Versions, view)
	}
	return frame.Show(page), nil
}

// inChanges puts names in the place of accounts.
func (n names) inChanges(changes []shows.Change) []shows.Change {
	pairs := make([]string, 0, 2*len(n))
	for id, name := range n {
		pairs = append(pairs, id, name)
	}
	named := strings.NewReplacer(pairs...)
	for i := range changes {
		c := &changes[i]
		c.Label, c.Before, c.After = title(c.Label), named.Replace(c.Before), named.Replace(c.After)
		for j := range c.Pieces {
			c.Pieces[j].Text = named.Replace(c.Pieces[j].Text)
		}
	}
	return changes
}
