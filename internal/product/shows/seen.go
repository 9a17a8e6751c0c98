package shows

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Seen is one person's reads of a report.
type Seen struct {
	Account     string
	Name        string // the name at the last read
	Role        access.Role
	First, Last time.Time
	Count       int
}

// SeenBy is who opened a report within the life of the audit trail, the latest reader first. Partial says that there
// were more reads than are looked at.
type SeenBy struct {
	Report  records.Record[Report] // as the caller may see it
	People  []Seen
	Partial bool
}

const seenPages = 4 // pages of maxTrail entries

// SeenBy says who was given a report to read since it was filed, by whatever page or answer, from the audit trail. An
// author who worked on the draft does not count as having seen it. All who can read the report may ask.
func (s *Service) SeenBy(ctx context.Context, c access.Caller, id string) (SeenBy, error) {
	// nothing that was written in it is shown
	r, err := reports.Get(ctx, s.gate.Serving(), records.By(c, access.ReportSeen).On(id))
	if err != nil {
		return SeenBy{}, err
	}
	name := record(reports, id)
	list, more, err := s.gate.Looked(ctx, records.By(c, access.ReportSeen), audit.Filter{Since: r.Body.FiledAt,
		Record:  name,
		Outcome: audit.Done}, maxTrail, seenPages)
	if err != nil {
		return SeenBy{}, err
	}
	byPerson := map[string]*Seen{}
	for _, e := range list {
		if e.Shows(name) {
			count(byPerson, e)
		}
	}
	return SeenBy{Report: r, People: latestFirst(byPerson), Partial: more}, nil
}

// count adds an entry; they come newest first.
func count(byPerson map[string]*Seen, e *audit.Entry) {
	if e.Actor.Role == access.System {
		return
	}
	p := byPerson[e.Actor.ID]
	if p == nil {
		p = &Seen{Account: e.Actor.ID, Name: e.Actor.Name, Role: e.Actor.Role, Last: e.At}
		byPerson[e.Actor.ID] = p
	}
	p.First = e.At
	p.Count++
}

func latestFirst(byPerson map[string]*Seen) []Seen {
	list := make([]Seen, 0, len(byPerson))
	for _, p := range byPerson {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Seen) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Account, b.Account))
	})
	return list
}
