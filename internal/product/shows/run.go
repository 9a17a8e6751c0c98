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

// Limits of a run.
const (
	MaxRun    = 60  // performances scheduled at once
	maxNights = 500 // performances of a production outside the trash
)

// RunInput schedules one performance on each of several days.
type RunInput struct {
	ID   string   // of the whole, if the edge wants to choose it
	Days []string // local dates
	PerformanceInput
}

// slot is a performance as a change of its run sees it.
type slot struct {
	id string
	Performance
	stored  int  // its number as it is stored; 0 for a new one
	touched bool // by this change, so that clashes with others are asked about
}

// run is all performances of a production outside the trash, read in the transaction that changes one of them, so that
// what a number or a time clashes with cannot change in the meantime.
type run []*slot

func (s *Service) run(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action, production string) (run,
	error) {
	var list run
	f := records.Find{Query: "run", Equal: records.Fields{"production": production}, Limit: maxNights}
	for {
		page, err := performances.Find(ctx, tx, records.By(c, a), f)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			list = append(list, &slot{id: r.ID, Performance: r.Body, stored: r.Body.Number})
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			return list, nil
		}
	}
}

// count numbers those upcoming performances whose number follows the calendar: each gets the number after that of the
// performance before it. A performance that has been played keeps the number that its reports were filed under; one
// that is entered afterwards and finds its number taken gets the next free one.
func (r run) count(now time.Time) {
	slices.SortStableFunc(r, func(a, b *slot) int { return a.Start.Compare(b.Start) })
	last := 0
	for _, n := range r {
		if n.Counted && (n.stored == 0 || n.Start.After(now)) {
			n.Number = last + 1
			if !n.Start.After(now) && r.taken(n) {
				n.Number = r.highest() + 1
			}
		}
		last = n.Number
	}
}

func (r run) taken(n *slot) bool {
	return slices.ContainsFunc(r, func(other *slot) bool { return other != n && other.Number == n.Number })
}

func (r run) highest() int {
	top := 0
	for _, n := range r {
		top = max(top, n.Number)
	}
	return top
}

// ask asks about what is in the calendar twice.
func (r run) ask(asks problems) {
	for _, n := range r {
		if n.Status == Cancelled {
			continue
		}
		for _, other := range r {
			r.askBoth(asks, n, other)
		}
	}
}

func (r run) askBoth(asks problems, n, other *slot) {
	if n == other || other.Status == Cancelled || !n.touched && n.Number == n.stored {
		return
	}
	if n.Number == other.Number {
		asks.add("number", "%s has the number %d already. Shall two performances have it?",
			PerformanceLabelOf(&other.Performance), n.Number)
	}
	if n.touched && n.Start.Truncate(time.Minute).Equal(other.Start.Truncate(time.Minute)) {
		asks.add("start", "%s begins at the same minute. Shall this production play twice at once?",
			PerformanceLabelOf(&other.Performance))
	}
}

// renumber stores the numbers that changed, except those of performances that the caller stores itself.
func (r run) renumber(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action) error {
	for _, n := range r {
		if n.touched || n.Number == n.stored {
			continue
		}
		_, err := performances.Update(ctx, tx,
			records.By(c, a).Note("number", fmt.Sprintf("%d → %d", n.stored, n.Number)).
				On(n.id), func(p *Performance) error {
				p.Number = n.Number
				return nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateRun schedules a performance on each day: all of them or none. The same input with the same id is scheduled
// once; a different input with that id is refused. Organizers and management.
func (s *Service) CreateRun(ctx context.Context, c access.Caller, production string,
	in RunInput) ([]records.Record[Performance], error) {
	if err := s.may(ctx, c, access.PerformanceCreate, ""); err != nil {
		return nil, err
	}
	if len(in.Days) == 0 || len(in.Days) > MaxRun {
		return nil, model.InvalidFields(map[string]string{"days": fmt.Sprintf("Choose between 1 and %d days.", MaxRun)})
	}
	slices.Sort(in.Days)
	in.Days = slices.Compact(in.Days)
	inputs := make([]PerformanceInput, len(in.Days))
	for i := range in.Days {
		inputs[i] = in.PerformanceInput
		inputs[i].Day, inputs[i].Number = &in.Days[i], 0
	}
	return s.schedule(ctx, c, production, in.ID, in.Confirm, inputs)
}

// schedule adds performances to a production, all or none. The first has the chosen id, and the others follow it.
func (s *Service) schedule(ctx context.Context, c access.Caller, production, id, confirm string,
	inputs []PerformanceInput) ([]records.Record[Performance], error) {
	for i := range inputs {
		inputs[i].ID, inputs[i].Confirm = "", "" // neither is part of the content
	}
	made, err := fingerprint(production, inputs)
	if err != nil {
		return nil, err
	}
	var list []records.Record[Performance]
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		list = nil
		if r, found, err := before(ctx, tx, performances, c, access.PerformanceCreate, id, made,
			(*Performance).madeOf); found || err != nil {
			list = append(list, r)
			return err
		}
		nights, all, err := s.plan(ctx, tx, c, production, confirm, inputs)
		if err != nil {
			return err
		}
		list, err = keepNights(ctx, tx, c, newID(id), made, nights)
		if err != nil {
			return err
		}
		return all.renumber(ctx, tx, c, access.PerformanceUpdate)
	})
	if err != nil {
		return nil, failed("schedule a performance", err)
	}
	return list, nil
}

// keepNights stores new performances.
func keepNights(ctx context.Context, tx *records.Tx, c access.Caller, id, made string,
	nights []*slot) ([]records.Record[Performance], error) {
	list := make([]records.Record[Performance], 0, len(nights))
	for i, n := range nights {
		n.Made = made
		name := id
		if i > 0 {
			name = fmt.Sprintf("%s-%d", id, i)
		}
		r, err := performances.Create(ctx, tx, records.By(c, access.PerformanceCreate).On(name), n.Performance)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// plan prepares new performances, together with all others of the production. A problem with any of them refuses all.
func (s *Service) plan(ctx context.Context, tx *records.Tx, c access.Caller, production, confirm string,
	inputs []PerformanceInput) ([]*slot, run, error) {
	of, err := productions.Get(ctx, tx, records.By(c, access.PerformanceCreate).On(production))
	if err != nil {
		return nil, nil, err
	}
	if of.Body.Trashed != nil {
		return nil, nil, inTrash()
	}
	wrong, asks := problems{}, problems{}
	nights := make([]*slot, len(inputs))
	for i, in := range inputs {
		p := Performance{Production: production, Zone: of.Body.Venue.Zone, Type: PerformanceTypes[0].Key,
			Status: Scheduled, Counted: in.Number == 0}
		if err := in.put(&p); err != nil {
			wrong.onDay(err, in, len(inputs) > 1)
		}
		p.doubts(asks)
		nights[i] = &slot{Performance: p, touched: true}
	}
	if err := wrong.err(); err != nil {
		return nil, nil, err
	}
	all, err := s.run(ctx, tx, c, access.PerformanceCreate, production)
	if err != nil {
		return nil, nil, err
	}
	if all = append(all, nights...); len(all) > maxNights {
		return nil, nil, model.Conflict("A production has at most %d performances. Put those that are not needed "+
			"in the trash.", maxNights)
	}
	return nights, all, s.settle(ctx, tx, c, access.PerformanceCreate, production, confirm, all, asks)
}

// settle numbers a run that is about to change, and asks about what looks like a slip. Because every change goes
// through the production's tally, two changes of one run never happen at once.
func (s *Service) settle(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action, production,
	confirm string, all run, asks problems) error {
	all.count(s.now())
	all.ask(asks)
	if err := model.Doubtful(asks, confirm); err != nil {
		return err
	}
	_, err := counters.Update(ctx, tx, records.By(c, a).On(production), func(t *tally) error {
		if t.Last == nil {
			t.Last = map[string]int{}
		}
		t.Last[performanceNumbers] = all.highest()
		return nil
	})
	return failed("tally of a run", err)
}

// onDay adds what is wrong with one performance, and says with which one if there are several.
func (p problems) onDay(err error, in PerformanceInput, several bool) {
	for field, text := range model.FieldTexts(err) {
		if several && in.Day != nil {
			text = *in.Day + ": " + text
		}
		p.add(field, "%s", text)
	}
}
