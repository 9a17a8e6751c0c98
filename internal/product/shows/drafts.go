package shows

import (
	"context"
	"maps"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// CreateReport starts a draft. Reporters, organizers and management; only the author sees it until it is filed.
func (s *Service) CreateReport(ctx context.Context, c access.Caller, in ReportInput) (records.Record[Report], error) {
	none := records.Record[Report]{}
	if err := s.may(ctx, c, access.ReportCreate, ""); err != nil {
		return none, err
	}
	strangers, err := s.strangers(ctx, c, in.named())
	if err != nil {
		return none, err
	}
	// No transaction: a production that is put in the trash at the same moment keeps its reports anyway, and many
	// people can start reports of one production at once.
	draft, err := s.draft(ctx, s.gate.Serving(), c, in, strangers)
	if err != nil {
		return none, failed("begin a report", err)
	}
	r, err := reports.Create(ctx, s.gate, records.By(c, access.ReportCreate).On(newID(in.ID)), draft)
	return r, failed("begin a report", err)
}

// draft makes a new report from the input.
func (s *Service) draft(ctx context.Context, v records.Via, c access.Caller, in ReportInput,
	strangers map[string]string) (Report, error) {
	kind, ok := TypeOf(value(in.Type))
	if in.Type == nil {
		kind, ok = ReportTypes[0], true
	}
	if !ok {
		return Report{}, model.InvalidFields(map[string]string{"type": "There is no such type of report."})
	}
	r := Report{Type: kind.Key, State: Draft, Author: person(c), Audience: access.Audience{Level: kind.Audience}}
	in.Type = nil
	if err := s.about(ctx, v, c, access.ReportCreate, &r, value(in.Production), value(in.Performance)); err != nil {
		return r, err
	}
	if err := s.date(&r); err != nil {
		return r, err
	}
	return r, s.write(c, &r, in, strangers)
}

// date sets the day of a new report and its place in lists.
func (s *Service) date(r *Report) error {
	r.At = r.Start
	if !r.At.IsZero() {
		return nil
	}
	var err error
	r.At = s.now()
	r.Day, err = s.today(r.Zone)
	return err
}

// write applies the input to the report and checks whom it names.
func (s *Service) write(c access.Caller, r *Report, in ReportInput, strangers map[string]string) error {
	p, before := problems{}, *r
	for account, field := range strangers {
		if !r.names(c, account) {
			p.add(field, "Choose among the members of this workspace.")
		}
	}
	ids := p.put(c, r, in)
	r.forget(in)
	if !in.keep {
		return p.err()
	}
	all := maps.Clone(p)
	if lost := p.keep(&before, r, in, ids); lost && in.whole {
		return all.err()
	}
	return p.err()
}

// Report reads one report for a caller, without what is withheld from the caller. A report in the trash is not found.
func (s *Service) Report(ctx context.Context, c access.Caller, id string) (records.Record[Report], error) {
	return reports.Get(ctx, s.gate, records.By(c, access.ReportRead).On(id))
}

// ReportUnless is Report for a caller who may already have it: for a version for which skip returns true, it returns
// only version and times.
func (s *Service) ReportUnless(ctx context.Context, c access.Caller, id string, skip func(version int64) bool) (
	records.Record[Report], error) {
	return reports.GetUnless(ctx, s.gate, records.By(c, access.ReportRead).On(id), skip)
}

// UpdateReport changes a draft. Only its author may.
func (s *Service) UpdateReport(ctx context.Context, c access.Caller, id string, ifVersion int64,
	in ReportInput) (records.Record[Report], error) {
	none := records.Record[Report]{}
	if err := s.may(ctx, c, access.ReportUpdate, record(reports, id)); err != nil {
		return none, err
	}
	strangers, err := s.strangers(ctx, c, in.named())
	if err != nil {
		return none, err
	}
	note := fields(in.given())
	if in.Production == nil && in.Performance == nil {
		return reports.Update(ctx, s.gate, records.By(c, access.ReportUpdate).With(note).On(id).At(ifVersion),
			func(r *Report) error {
				return s.write(c, r, in, strangers)
			})
	}
	var changed records.Record[Report]
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var err error
		changed, err = reports.Update(ctx, tx, records.By(c, access.ReportUpdate).With(note).On(id).At(ifVersion),
			func(r *Report) error {
				if err := s.move(ctx, tx, c, r, in); err != nil {
					return err
				}
				return s.write(c, r, in, strangers)
			})
		return err
	})
	return changed, failed("change a report", err)
}

// move makes a draft belong to another production or performance, if the input says so.
func (s *Service) move(ctx context.Context, tx *records.Tx, c access.Caller, r *Report, in ReportInput) error {
	production, performance := r.Production, r.Performance
	if in.Production != nil && *in.Production != production {
		production, performance = *in.Production, ""
	}
	if in.Performance != nil {
		performance = *in.Performance
	}
	if production == r.Production && performance == r.Performance {
		return nil
	}
	day := r.Day
	if err := s.about(ctx, tx, c, access.ReportUpdate, r, production, performance); err != nil {
		return err
	}
	r.At = r.Start
	if r.At.IsZero() {
		r.At, r.Day = s.now(), day
	}
	return nil
}

// ReportStat gives version and times of a report that the caller has made or changed under the action, and nothing
// that is in it.
func (s *Service) ReportStat(ctx context.Context, c access.Caller, a access.Action, id string) (
	records.Record[Report], error) {
	return reports.Stat(ctx, s.gate, records.By(c, a).On(id))
}
