package shows

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// TrashReport puts a report in the trash: a draft by its author; a filed one by organizers and management who may read
// all of it. It can be taken out again for 30 days.
func (s *Service) TrashReport(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[Report],
	error) {
	if err := s.emptyLater(ctx, c, access.ReportTrash); err != nil {
		return records.Record[Report]{}, err
	}
	var r records.Record[Report]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		withheld, err := s.files.Withheld(ctx, tx, c, OfReport(id))
		if err != nil {
			return err
		}
		at := records.By(c, access.ReportTrash).On(id).At(ifVersion)
		r, err = reports.Update(ctx, tx, at, func(r *Report) error {
			if withheld {
				return errWithheld
			}
			r.Trashed = s.done(c)
			return nil
		})
		return err
	})
	return r, failed("put a report in the trash", err)
}

// RestoreReport takes a report out of the trash unchanged. Whoever may put it there may do so.
func (s *Service) RestoreReport(ctx context.Context, c access.Caller, id string) (records.Record[Report], error) {
	return reports.Update(ctx, s.gate, records.By(c, access.ReportRestore).On(id), func(r *Report) error {
		if err := s.restorable(r.Trashed); err != nil {
			return err
		}
		r.Trashed = nil
		return nil
	})
}

// TrashedReports lists what is in the trash and within the caller's reach, the latest first: a reporter's own drafts;
// for organizers and management, all reports that they may read.
func (s *Service) TrashedReports(ctx context.Context, c access.Caller, in ListInput) (records.Page[Report], error) {
	f := records.Find{Query: "trash", From: s.oldestTrash(), Limit: in.Limit, Cursor: in.Cursor}
	if !c.Role.AtLeast(access.Organizer) {
		f.Equal = records.Fields{"state": string(Draft)}
	}
	return reports.Find(ctx, s.gate, records.By(c, access.TrashList), f)
}

// TrashedProductions lists the productions in the trash. Organizers and management.
func (s *Service) TrashedProductions(ctx context.Context, c access.Caller, in ListInput) (records.Page[Production],
	error) {
	if err := s.may(ctx, c, access.ProductionTrash, ""); err != nil {
		return records.Page[Production]{}, err
	}
	return productions.Find(ctx, s.gate, records.By(c, access.TrashList), records.Find{Query: "trash",
		From:  s.oldestTrash(),
		Limit: in.Limit, Cursor: in.Cursor})
}

// TrashedPerformances lists the performances in the trash. Organizers and management.
func (s *Service) TrashedPerformances(ctx context.Context, c access.Caller, in ListInput) (records.Page[Performance],
	error) {
	if err := s.may(ctx, c, access.PerformanceTrash, ""); err != nil {
		return records.Page[Performance]{}, err
	}
	return performances.Find(ctx, s.gate, records.By(c, access.TrashList), records.Find{Query: "trash",
		From:  s.oldestTrash(),
		Limit: in.Limit, Cursor: in.Cursor})
}

// emptyLater asks for the trash to be emptied when what is about to be put there is due. It asks first, so that nothing
// is put there that would never be removed; if then nothing is put there, the emptying finds nothing.
func (s *Service) emptyLater(ctx context.Context, c access.Caller, a access.Action) error {
	if !access.Can(c, a) {
		return nil // the gate refuses, and says so in the trail
	}
	return failed("ask for the trash to be emptied", s.emptyAt(ctx, c.Scope, s.now().Add(TrashTime)))
}

// oldestTrash is the first instant at which something trashed can still be taken out: after exactly 30 days it is gone.
func (s *Service) oldestTrash() time.Time { return s.now().Add(-TrashTime).Add(time.Microsecond) }

// Allowed says what a caller can do with a report now, so that a page offers nothing that would be refused. Withheld
// says that Trash is missing only because something in the report is withheld from the caller.
type Allowed struct{ Edit, File, Accept, Query, Amend, Trash, Restore, Withheld, Files bool }

// Allows determines what the caller can do with the report.
func (r *Report) Allows(c access.Caller) Allowed {
	ok := func(a access.Action) bool { return reports.Allows(c, a, r) == nil }
	trash := ok(access.ReportTrash)
	return Allowed{
		Edit:     ok(access.ReportUpdate),
		File:     ok(access.ReportFile),
		Accept:   ok(access.ReportAccept),
		Query:    ok(access.ReportQuery),
		Amend:    ok(access.ReportAmend),
		Files:    ok(access.FileAdd),
		Trash:    trash,
		Restore:  ok(access.ReportRestore) && r.Trashed != nil,
		Withheld: !trash && access.Can(c, access.ReportTrash) && r.Trashed == nil && reaches(c, r) == nil,
	}
}
