package stage

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/store"
)

// CreatePerformance schedules a performance of a production. Organizers and management.
func (s *Service) CreatePerformance(ctx context.Context, c access.Caller, production string, in PerformanceInput) (records.Record[Performance], error) {
	if err := s.may(ctx, c, access.PerformanceCreate, ""); err != nil {
		return records.Record[Performance]{}, err
	}
	var r records.Record[Performance]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		p, err := s.plan(ctx, tx, c, production, in)
		if err != nil {
			return err
		}
		r, err = Performances.Create(ctx, tx, c, access.PerformanceCreate, newID(in.ID), p)
		return err
	})
	return r, failed("schedule a performance", err)
}

func (s *Service) plan(ctx context.Context, tx *records.Tx, c access.Caller, production string, in PerformanceInput) (Performance, error) {
	of, err := Productions.Get(ctx, tx, c, access.PerformanceCreate, production)
	if err != nil {
		return Performance{}, err
	}
	if of.Body.Trashed != nil {
		return Performance{}, inTrash()
	}
	p := Performance{Production: production, Zone: of.Body.Venue.Zone, Type: PerformanceTypes[0].Key, Status: Scheduled}
	if err := in.put(&p); err != nil || p.Number > 0 {
		return p, err
	}
	p.Number, err = s.number(ctx, tx, c, access.PerformanceCreate, production, performances)
	return p, err
}

// Performance reads one. All members.
func (s *Service) Performance(ctx context.Context, c access.Caller, id string) (records.Record[Performance], error) {
	r, err := Performances.Get(ctx, s.gate, c, access.PerformanceRead, id)
	if err == nil && r.Body.Trashed != nil {
		return records.Record[Performance]{}, inTrash()
	}
	return r, err
}

// PerformancesOf lists the performances of a production, the earliest first. All members.
func (s *Service) PerformancesOf(ctx context.Context, c access.Caller, production string, in ListInput) (records.Page[Performance], error) {
	if _, err := s.Production(ctx, c, production); err != nil {
		return records.Page[Performance]{}, err
	}
	return Performances.Find(ctx, s.gate, c, access.PerformanceList, records.Find{
		Query: "run", Equal: store.Fields{"production": production}, Limit: in.Limit, Cursor: in.Cursor,
	})
}

// Playing is a performance with the production it belongs to.
type Playing struct {
	Performance records.Record[Performance]
	Production  records.Record[Production]
}

// PerformancesBetween lists the performances that start from one instant until another (exclusive), the earliest first and at most
// limit of them, each with its production. Productions in the trash are left out. It is for "tonight". All members.
func (s *Service) PerformancesBetween(ctx context.Context, c access.Caller, from, until time.Time, limit int) ([]Playing, error) {
	found, err := Performances.Find(ctx, s.gate, c, access.PerformanceList, records.Find{Query: "run", From: from, Until: until, Limit: limit})
	if err != nil || len(found.Records) == 0 {
		return nil, err
	}
	productions, err := s.live(ctx, c)
	if err != nil {
		return nil, err
	}
	var list []Playing
	for _, p := range found.Records {
		if of, ok := productions[p.Body.Production]; ok {
			list = append(list, Playing{p, of})
		}
	}
	return list, nil
}

// live are the productions that are not in the trash, the latest 500.
func (s *Service) live(ctx context.Context, c access.Caller) (map[string]records.Record[Production], error) {
	page, err := s.Productions(ctx, c, ListInput{Limit: 500})
	if err != nil {
		return nil, err
	}
	m := make(map[string]records.Record[Production], len(page.Records))
	for _, p := range page.Records {
		m[p.ID] = p
	}
	return m, nil
}

// UpdatePerformance changes one. Organizers and management.
func (s *Service) UpdatePerformance(ctx context.Context, c access.Caller, id string, ifVersion int64, in PerformanceInput) (records.Record[Performance], error) {
	if err := s.may(ctx, c, access.PerformanceUpdate, record(Performances, id)); err != nil {
		return records.Record[Performance]{}, err
	}
	return Performances.Update(ctx, s.gate, c, access.PerformanceUpdate, id, ifVersion, func(p *Performance) error {
		if p.Trashed != nil {
			return inTrash()
		}
		return in.put(p)
	})
}

// TrashPerformance puts one in the trash. Reports about it stay. Organizers and management.
func (s *Service) TrashPerformance(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[Performance], error) {
	if err := s.emptyLater(ctx, c, access.PerformanceTrash); err != nil {
		return records.Record[Performance]{}, err
	}
	return Performances.Update(ctx, s.gate, c, access.PerformanceTrash, id, ifVersion, func(p *Performance) error {
		if p.Trashed != nil {
			return inTrash()
		}
		p.Trashed = s.done(c)
		return nil
	})
}

// RestorePerformance takes one out of the trash.
func (s *Service) RestorePerformance(ctx context.Context, c access.Caller, id string) (records.Record[Performance], error) {
	return Performances.Update(ctx, s.gate, c, access.PerformanceTrash, id, 0, func(p *Performance) error {
		if err := s.restorable(p.Trashed); err != nil {
			return err
		}
		p.Trashed = nil
		return nil
	}, records.Note{Key: "restored", Value: "yes"})
}

// about sets what a report is about, which must be there and not in the trash.
func (s *Service) about(ctx context.Context, v records.Via, c access.Caller, a access.Action, r *Report, production, performance string) error {
	p, err := s.active(ctx, v, c, a, production)
	if err != nil {
		return err
	}
	r.Production, r.ProductionTitle, r.Zone = production, p.Title, p.Venue.Zone
	r.Performance, r.PerformanceLabel, r.Start = "", "", time.Time{}
	if performance == "" {
		return nil
	}
	night, err := Performances.Get(ctx, v, c, a, performance)
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
