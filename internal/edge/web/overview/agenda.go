package overview

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

type reportRecord = records.Record[shows.Report]

// agenda is what plays in the days around, with what was reported of it: the sections of the page share it, so that it
// is asked for once.
type agenda struct {
	playing []shows.Playing
	reports map[string][]reportRecord // by performance; of those who write reports only
}

// around reads the agenda the first time that a section needs it.
func (s *pages) around(q *frame.Request, page *HomePage) (*agenda, error) {
	if page.agenda != nil {
		return page.agenda, nil
	}
	today := theatreDay(q.Now(), q.Place.Zone)
	from, until := q.Now().AddDate(0, 0, -missingDays), today.AddDate(0, 0, 1)
	if q.Caller().Role.AtLeast(access.Organizer) { // who are shown what is to come
		until = until.AddDate(0, 0, upcomingDays)
	}
	a := &agenda{}
	var err error
	if a.playing, err = s.shows.PerformancesBetween(q.Context(), q.Caller(), from, until,
		stage.MostPerformances); err != nil {
		return nil, err
	}
	page.agenda = a
	if len(a.between(from, today.AddDate(0, 0, 1))) == 0 || !access.Can(q.Caller(), access.ReportCreate) {
		return a, nil
	}
	// Whatever was filed about these performances was filed after they began, or shortly before. Of one's own drafts a
	// few will do: the form of a new report leads to the draft that is there.
	list, err := s.shows.FiledSince(q.Context(), q.Caller(), from.AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	drafts, err := s.shows.MyDrafts(q.Context(), q.Caller(), shows.ListInput{Limit: homeRows})
	a.reports = stage.ByPerformance(append(drafts.Records, list...))
	return a, err
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
