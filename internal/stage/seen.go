package stage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/records"
)

// Seen is one person's reading of a report.
type Seen struct {
	Account     string
	Name        string // as called at the last reading
	Role        access.Role
	First, Last time.Time
	Count       int
}

// SeenBy is who opened a report within the life of the audit trail, the latest reader first. Partial says that there were more
// readings than are looked at.
type SeenBy struct {
	Report  records.Record[Report] // as the caller may see it
	People  []Seen
	Partial bool
}

const seenPages = 4 // pages of maxTrail entries

// SeenBy tells who opened a report, from the audit trail. All who can read the report.
func (s *Service) SeenBy(ctx context.Context, c access.Caller, id string) (SeenBy, error) {
	r, err := s.report(ctx, c, access.ReportSeen, id)
	if err != nil {
		return SeenBy{}, err
	}
	filter := audit.Filter{Action: access.ReportRead, Record: record(Reports, id), Outcome: audit.Done}
	byPerson := map[string]*Seen{}
	cursor := ""
	for range seenPages {
		page, err := s.gate.History(ctx, c, access.ReportSeen, filter, maxTrail, cursor)
		if err != nil {
			return SeenBy{}, err
		}
		for _, e := range page.Entries {
			count(byPerson, e)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return SeenBy{Report: r, People: latestFirst(byPerson), Partial: cursor != ""}, nil
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
