package shows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// CreateProduction adds a production. The same input with the same chosen id adds it once; a different input with that
// id is refused. Organizers and management.
func (s *Service) CreateProduction(ctx context.Context, c access.Caller,
	in ProductionInput) (records.Record[Production], error) {
	none := records.Record[Production]{}
	if err := s.may(ctx, c, access.ProductionCreate, ""); err != nil {
		return none, err
	}
	p := Production{At: s.now()}
	if in.Departments == nil {
		in.Departments = []string{}
	}
	if err := in.put(&p); err != nil {
		return none, err
	}
	id, chosen := newID(in.ID), in.ID
	in.ID = ""
	made, err := fingerprint(in)
	if err != nil {
		return none, err
	}
	p.Made = made
	var r records.Record[Production]
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var found bool
		var err error
		if r, found, err = before(ctx, tx, productions, c, access.ProductionCreate, chosen, made,
			(*Production).madeOf); found || err != nil {
			return err
		}
		if r, err = productions.Create(ctx, tx, records.By(c, access.ProductionCreate).On(id), p); err != nil {
			return err
		}
		_, err = counters.Create(ctx, tx, records.By(c, access.ProductionCreate).On(id), tally{})
		return err
	})
	return r, failed("create a production", err)
}

// Production reads one. All members.
func (s *Service) Production(ctx context.Context, c access.Caller, id string) (records.Record[Production], error) {
	return productions.Get(ctx, s.gate, records.By(c, access.ProductionRead).On(id))
}

// ListInput asks for a page.
type ListInput struct {
	Limit  int // 1..500, 0 means 50
	Cursor string
}

// Productions lists them, the latest first, without those in the trash. All members.
func (s *Service) Productions(ctx context.Context, c access.Caller, in ListInput) (records.Page[Production], error) {
	return productions.Find(ctx, s.gate, records.By(c, access.ProductionList), records.Find{Query: "list",
		Limit:  in.Limit,
		Cursor: in.Cursor})
}

// ProductionsOf are the productions with these ids, at most 500, without those in the trash. All members.
func (s *Service) ProductionsOf(ctx context.Context, c access.Caller, ids []string) ([]records.Record[Production],
	error) {
	found, err := productions.Some(ctx, s.gate, records.By(c, access.ProductionList), ids)
	return slices.DeleteFunc(found, func(p records.Record[Production]) bool { return p.Body.Trashed != nil }), err
}

// UpdateProduction changes one. Organizers and management.
func (s *Service) UpdateProduction(ctx context.Context, c access.Caller, id string, ifVersion int64,
	in ProductionInput) (records.Record[Production], error) {
	if err := s.may(ctx, c, access.ProductionUpdate, record(productions, id)); err != nil {
		return records.Record[Production]{}, err
	}
	var r records.Record[Production]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var old Production
		var err error
		r, err = productions.Update(ctx, tx, records.By(c, access.ProductionUpdate).On(id).At(ifVersion),
			func(p *Production) error {
				old = *p
				return in.put(p)
			})
		if err != nil || old.Venue.Zone == r.Body.Venue.Zone {
			return err
		}
		return s.rezone(ctx, tx, c, id, r.Body.Venue.Zone, in.Coming)
	})
	return r, failed("change a production", err)
}

// TrashProduction puts one in the trash. It and its performances are no longer offered; its reports stay. Organizers
// and management.
func (s *Service) TrashProduction(ctx context.Context, c access.Caller, id string,
	ifVersion int64) (records.Record[Production], error) {
	if err := s.emptyLater(ctx, c, access.ProductionTrash); err != nil {
		return records.Record[Production]{}, err
	}
	return productions.Update(ctx, s.gate, records.By(c, access.ProductionTrash).On(id).At(ifVersion),
		func(p *Production) error {
			if p.Trashed != nil {
				return inTrash()
			}
			p.Trashed = s.done(c)
			return nil
		})
}

// RestoreProduction takes one out of the trash.
func (s *Service) RestoreProduction(ctx context.Context, c access.Caller, id string) (records.Record[Production],
	error) {
	return productions.Update(ctx, s.gate, records.By(c, access.ProductionTrash).Note("restored", "yes").On(id),
		func(p *Production) error {
			if err := s.restorable(p.Trashed); err != nil {
				return err
			}
			p.Trashed = nil
			return nil
		})
}

// restorable refuses what is not in the trash, and what has been there for so long that it counts as gone.
func (s *Service) restorable(t *Done) error {
	switch {
	case t == nil:
		return model.Conflict("This is not in the trash.")
	case !s.now().Before(t.At.Add(TrashTime)):
		return inTrash()
	}
	return nil
}

// active reads a production for a change of something that belongs to it.
func (s *Service) active(ctx context.Context, v records.Via, c access.Caller, a access.Action, id string) (Production,
	error) {
	p, err := productions.Get(ctx, v, records.By(c, a).On(id))
	if isNotFound(err) || (err == nil && p.Body.Trashed != nil) {
		return Production{}, productionGone()
	}
	return p.Body, err
}

// number takes the next number of a production. Because it is taken in the transaction of what gets it, no number is
// given twice or left out.
func (s *Service) number(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action, production,
	key string) (int, error) {
	n := 0
	_, err := counters.Update(ctx, tx, records.By(c, a).On(production), func(t *tally) error {
		n = t.next(key)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("number of a %s: %w", key, err)
	}
	return n, nil
}

// today is the date at a place now.
func (s *Service) today(zone string) (string, error) {
	at, err := wallclock.LoadZone(zone)
	if err != nil {
		return "", err
	}
	return s.now().In(at).Format(time.DateOnly), nil
}

// failed says what could not be done; nil stays nil.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func fields(names []string) records.Note {
	return records.Note{Key: "fields", Value: strings.Join(names, ", ")}
}

// ProductionStat gives version and times of a production that the caller has made or changed under the action, and
// nothing that is in it.
func (s *Service) ProductionStat(ctx context.Context, c access.Caller, a access.Action, id string) (
	records.Record[Production], error) {
	return productions.Stat(ctx, s.gate, records.By(c, a).On(id))
}
