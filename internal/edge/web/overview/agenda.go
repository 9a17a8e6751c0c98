package overview

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

type reportRecord = records.Record[shows.Report]

// agenda is what plays in the days around, with the filed reports that have their place in lists from then on: the
// sections of the page share it, so that no document is read twice.
type agenda struct {
	playing []shows.Playing
	since   time.Time // from when on reports are here; the rest is for those who write reports only
	filed   map[shows.State][]reportRecord
	drafts  records.Page[shows.Report] // a few of the caller's own
	about   map[string][]reportRecord  // all these by performance, the last one filed first
}

// around reads the agenda the first time that a section needs it.
func (s *pages) around(q *frame.Request, page *HomePage) (*agenda, error) {
	if page.agenda != nil {
		return page.agenda, nil
	}
	from, until := q.Now().AddDate(0, 0, -missingDays), theatreDay(q.Now(), q.Place.Zone).AddDate(0, 0, 1)
	if q.Caller().Role.AtLeast(access.Organizer) { // who are shown what is to come
		until = until.AddDate(0, 0, upcomingDays)
	}
	a := &agenda{}
	var err error
	if a.playing, err = s.shows.PerformancesBetween(q.Context(), q.Caller(), from, until,
		stage.MostPerformances); err != nil {
		return nil, err
	}
	if access.Can(q.Caller(), access.ReportCreate) {
		if err := s.addReports(q, a, from); err != nil {
			return nil, err
		}
	}
	page.agenda = a
	return a, nil
}

// addReports reads what was reported of performances since an instant. Of one's own drafts a few will do: the form of a
// new report leads to the draft that is there.
func (s *pages) addReports(q *frame.Request, a *agenda, since time.Time) (err error) {
	a.since, a.filed = since, map[shows.State][]reportRecord{}
	a.drafts, err = s.shows.Reports(q.Context(), q.Caller(), shows.ReportList{State: shows.Draft,
		Author: q.Caller().Account, Limit: homeRows})
	all := slices.Clone(a.drafts.Records)
	for _, state := range []shows.State{shows.Filed, shows.Accepted, shows.Queried} {
		if err != nil {
			return err
		}
		a.filed[state], err = s.shows.AllReports(q.Context(), q.Caller(), shows.ReportList{State: state, From: since})
		all = append(all, a.filed[state]...)
	}
	slices.SortStableFunc(all, func(x, y reportRecord) int { return y.Body.Refiled.Compare(x.Body.Refiled) })
	a.about = stage.ByPerformance(all)
	return err
}

// newest are the first rows of a list of filed reports, and whether there are more: those of the agenda, and then older
// ones.
func (s *pages) newest(q *frame.Request, page *HomePage, in shows.ReportList) (list []reportRecord, more bool,
	err error) {
	a, err := s.around(q, page)
	if err != nil {
		return nil, false, err
	}
	for _, r := range a.filed[in.State] {
		if in.Author == "" || r.Body.Author.ID == in.Author {
			list = append(list, r)
		}
	}
	if len(list) <= homeRows {
		in.Until, in.Limit = a.since, max(1, homeRows-len(list))
		older, err := s.shows.Reports(q.Context(), q.Caller(), in)
		if err != nil {
			return nil, false, err
		}
		list, more = append(list, older.Records...), older.Next != ""
	}
	return list[:min(len(list), homeRows)], more || len(list) > homeRows, nil
}

// between are the performances that start from one instant until another (exclusive).
func (a *agenda) between(from, until time.Time) []shows.Playing {
	var list []shows.Playing
	for _, p := range a.playing {
		if at := p.Performance.Body.Start; !at.Before(from) && at.Before(until) {
			list = append(list, p)
		}
	}
	return list
}
