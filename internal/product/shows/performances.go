package shows

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// CreatePerformance schedules a performance of a production. Organizers and management.
func (s *Service) CreatePerformance(ctx context.Context, c access.Caller, production string,
	in PerformanceInput) (records.Record[Performance], error) {
	if err := s.may(ctx, c, access.PerformanceCreate, ""); err != nil {
		return records.Record[Performance]{}, err
	}
	list, err := s.schedule(ctx, c, production, in.ID, in.Confirm, []PerformanceInput{in})
	if err != nil {
		return records.Record[Performance]{}, err
	}
	return list[0], nil
}

// Performance reads one. All members.
func (s *Service) Performance(ctx context.Context, c access.Caller, id string) (records.Record[Performance], error) {
	return performances.Get(ctx, s.gate, records.By(c, access.PerformanceRead).On(id))
}

// PerformancesOf lists the performances of a production, the earliest first. All members.
func (s *Service) PerformancesOf(ctx context.Context, c access.Caller, production string,
	in ListInput) (records.Page[Performance], error) {
	_, page, err := s.ProductionWithRun(ctx, c, production, in)
	return page, err
}

// ProductionWithRun reads a production and lists its performances, the earliest first. All members.
func (s *Service) ProductionWithRun(ctx context.Context, c access.Caller, id string,
	in ListInput) (records.Record[Production], records.Page[Performance], error) {
	of, err := s.Production(ctx, c, id)
	if err != nil {
		return of, records.Page[Performance]{}, err
	}
	page, err := performances.Find(ctx, s.gate, records.By(c, access.PerformanceList), records.Find{
		Query: "run", Equal: records.Fields{"production": id}, Limit: in.Limit, Cursor: in.Cursor,
	})
	return of, page, err
}

// Playing is a performance with the production it belongs to.
type Playing struct {
	Performance records.Record[Performance]
	Production  records.Record[Production]
}

// PerformancesBetween lists the performances that start from one instant until another (exclusive), the earliest first
// and at most limit of them, each with its production. Those of productions in the trash are left out before they are
// counted. It is for "tonight". All members.
func (s *Service) PerformancesBetween(ctx context.Context, c access.Caller, from, until time.Time,
	limit int) ([]Playing, error) {
	var list []Playing
	known := map[string]*records.Record[Production]{} // nil for what is in the trash
	f := records.Find{Query: "run", From: from, Until: until, Limit: min(limit+1, maxFound)}
	for {
		found, err := performances.Find(ctx, s.gate, records.By(c, access.PerformanceList), f)
		if err != nil || len(found.Records) == 0 {
			return list, err
		}
		if err := s.learn(ctx, c, found.Records, known); err != nil {
			return nil, err
		}
		for _, p := range found.Records {
			if of := known[p.Body.Production]; of != nil && len(list) < limit {
				list = append(list, Playing{p, *of})
			}
		}
		if f.Cursor, f.Limit = found.Next, maxFound; f.Cursor == "" || len(list) == limit {
			return list, nil
		}
	}
}

const maxFound = 500 // documents of a page

// learn reads the productions of performances, each once.
func (s *Service) learn(ctx context.Context, c access.Caller, list []records.Record[Performance],
	known map[string]*records.Record[Production]) error {
	var ids []string
	for _, p := range list {
		if _, asked := known[p.Body.Production]; !asked {
			known[p.Body.Production] = nil
			ids = append(ids, p.Body.Production)
		}
	}
	found, err := s.ProductionsOf(ctx, c, ids)
	for i := range found {
		known[found[i].ID] = &found[i]
	}
	return err
}

// UpdatePerformance changes one. Organizers and management.
func (s *Service) UpdatePerformance(ctx context.Context, c access.Caller, id string, ifVersion int64,
	in PerformanceInput) (records.Record[Performance], error) {
	if err := s.may(ctx, c, access.PerformanceUpdate, record(performances, id)); err != nil {
		return records.Record[Performance]{}, err
	}
	var changed records.Record[Performance]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		old, err := performances.Get(ctx, tx, records.By(c, access.PerformanceUpdate).On(id))
		if err != nil {
			return err
		}
		all, err := s.run(ctx, tx, c, access.PerformanceUpdate, old.Body.Production)
		if err != nil {
			return err
		}
		changed, err = performances.Update(ctx, tx, records.By(c, access.PerformanceUpdate).On(id).At(ifVersion),
			func(p *Performance) error {
				return s.replan(ctx, tx, c, all, id, p, in)
			})
		if err != nil {
			return err
		}
		return all.renumber(ctx, tx, c, access.PerformanceUpdate)
	})
	return changed, failed("change a performance", err)
}

// replan lays the input over a performance among the others of its run.
func (s *Service) replan(ctx context.Context, tx *records.Tx, c access.Caller, all run, id string, p *Performance,
	in PerformanceInput) error {
	old := *p
	if err := in.put(p); err != nil {
		return err
	}
	asks := problems{}
	if !p.sameSchedule(&old) {
		p.doubts(asks)
	}
	i := slices.IndexFunc(all, func(n *slot) bool { return n.id == id })
	if i < 0 {
		return fmt.Errorf("a performance outside its run: %w", model.ErrConflict)
	}
	n := all[i]
	moved := !p.Start.Equal(old.Start) || p.Number != old.Number || p.Counted != old.Counted || p.Status != old.Status
	n.Performance, n.touched = *p, true
	if !moved {
		return model.Doubtful(asks, in.Confirm)
	}
	if p.Counted && !old.Counted {
		n.stored = 0 // numbered again
	}
	err := s.settle(ctx, tx, c, access.PerformanceUpdate, p.Production, in.Confirm, all, asks)
	p.Number = n.Number
	return err
}

// TrashPerformance puts one in the trash. Reports about it stay. Organizers and management.
func (s *Service) TrashPerformance(ctx context.Context, c access.Caller, id string,
	ifVersion int64) (records.Record[Performance], error) {
	if err := s.emptyLater(ctx, c, access.PerformanceTrash); err != nil {
		return records.Record[Performance]{}, err
	}
	return performances.Update(ctx, s.gate, records.By(c, access.PerformanceTrash).On(id).At(ifVersion),
		func(p *Performance) error {
			if p.Trashed != nil {
				return inTrash()
			}
			p.Trashed = s.done(c)
			return nil
		})
}

// RestorePerformance takes one out of the trash.
func (s *Service) RestorePerformance(ctx context.Context, c access.Caller, id string) (records.Record[Performance],
	error) {
	return performances.Update(ctx, s.gate, records.By(c, access.PerformanceTrash).Note("restored", "yes").On(id),
		func(p *Performance) error {
			if err := s.restorable(p.Trashed); err != nil {
				return err
			}
			p.Trashed = nil
			return nil
		})
}

// about sets what a report is about, which must exist and not be in the trash.
func (s *Service) about(ctx context.Context, v records.Via, c access.Caller, a access.Action, r *Report, production,
	performance string) error {
	p, err := s.active(ctx, v, c, a, production)
	if err != nil {
		return err
	}
	r.Production, r.ProductionTitle, r.Zone = production, p.Title, p.Venue.Zone
	r.Performance, r.PerformanceLabel, r.Start = "", "", time.Time{}
	if performance == "" {
		return nil
	}
	night, err := performances.Get(ctx, v, records.By(c, a).On(performance))
	if err != nil && !isNotFound(err) {
		return err
	}
	if err != nil || night.Body.Trashed != nil || night.Body.Production != production {
		return model.InvalidFields(map[string]string{"performance": "There is no such performance of this production."})
	}
	r.Performance, r.PerformanceLabel = performance, PerformanceLabelOf(&night.Body)
	r.Zone, r.Start, r.Day = night.Body.Zone, night.Body.Start, night.Body.Day
	return nil
}

// PerformanceStat gives version and times of a performance that the caller has made or changed under the action, and
// nothing that is in it.
func (s *Service) PerformanceStat(ctx context.Context, c access.Caller, a access.Action, id string) (
	records.Record[Performance], error) {
	return performances.Stat(ctx, s.gate, records.By(c, a).On(id))
}
