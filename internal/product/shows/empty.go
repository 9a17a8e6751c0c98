package shows

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const emptyBatch = 50 // documents found at once

// EmptyTrash removes for good what has been in the trash of the caller's workspace for 30 days: reports with all of
// their versions, performances, and productions with their performances. Each document leaves its entry. It is for the
// system, and can be repeated at any time. It returns how many things it removed, also with an error.
func (s *Service) EmptyTrash(ctx context.Context, c access.Caller) (int, error) {
	if err := s.may(ctx, c, access.TrashEmpty, ""); err != nil {
		return 0, err
	}
	removed := 0
	for _, empty := range []func(context.Context, access.Caller) (int, error){
		func(ctx context.Context, c access.Caller) (int, error) {
			return drain(ctx, s, c, reports, s.removeReport)
		},
		func(ctx context.Context, c access.Caller) (int, error) {
			return drain(ctx, s, c, performances, s.removePerformance)
		},
		func(ctx context.Context, c access.Caller) (int, error) {
			return drain(ctx, s, c, productions, s.removeProduction)
		},
	} {
		n, err := empty(ctx, c)
		removed += n
		if err != nil {
			return removed, failed("empty the trash", err)
		}
	}
	return removed, nil
}

// due is the instant until which (exclusive) trashed documents are removed.
func (s *Service) due() time.Time { return s.now().Add(-TrashTime).Add(time.Microsecond) }

// drain removes everything of a kind that is due, one by one.
func drain[T any](ctx context.Context, s *Service, c access.Caller, k *records.Kind[T], remove func(context.Context,
	access.Caller, string) error) (int, error) {
	removed := 0
	for {
		ids, err := expired(ctx, s, c, k)
		if err != nil || len(ids) == 0 {
			return removed, err
		}
		for _, id := range ids {
			switch err := remove(ctx, c, id); {
			case err == nil:
				removed++
			case !isNotFound(err): // as it also is when it was taken out in the meantime
				return removed, err
			}
		}
	}
}

// expired finds what is due. It looks inside a transaction, where reads that serve a change leave no entries.
func expired[T any](ctx context.Context, s *Service, c access.Caller, k *records.Kind[T]) ([]string, error) {
	var ids []string
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		page, err := k.Find(ctx, tx, records.By(c, access.TrashEmpty), records.Find{Query: "expired", Until: s.due(),
			Limit: emptyBatch})
		ids = ids[:0]
		for _, r := range page.Records {
			ids = append(ids, r.ID)
		}
		return err
	})
	return ids, err
}

// stillDue keeps what was taken out of the trash in the meantime.
func (s *Service) stillDue(t *Done) error {
	if t == nil || !t.At.Before(s.due()) {
		return inTrash()
	}
	return nil
}

func (s *Service) removeReport(ctx context.Context, c access.Caller, id string) error {
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		filed, err := versions.Find(ctx, tx, records.By(c, access.TrashEmpty), records.Find{
			Query: "all", Equal: records.Fields{"report": id}, Limit: maxRevision,
		})
		if err != nil {
			return err
		}
		err = reports.DeleteIf(ctx, tx, records.By(c, access.TrashEmpty).On(id), func(r *Report) error {
			return s.stillDue(r.Trashed)
		})
		if err != nil {
			return err
		}
		if err := s.files.RemoveAll(ctx, tx, c, OfReport(id)); err != nil {
			return err
		}
		for _, v := range filed.Records {
			if err := versions.Delete(ctx, tx, records.By(c, access.TrashEmpty).On(v.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) removePerformance(ctx context.Context, c access.Caller, id string) error {
	return performances.DeleteIf(ctx, s.gate, records.By(c, access.TrashEmpty).On(id), func(p *Performance) error {
		return s.stillDue(p.Trashed)
	})
}

// removeProduction removes its performances first, in portions, so that a long run does not make one long transaction.
func (s *Service) removeProduction(ctx context.Context, c access.Caller, id string) error {
	for {
		var more bool
		err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
			run, err := performances.Find(ctx, tx, records.By(c, access.TrashEmpty), records.Find{
				Query: "of", Equal: records.Fields{"production": id}, Limit: emptyBatch,
			})
			if err != nil {
				return err
			}
			p, err := productions.Get(ctx, tx, records.By(c, access.TrashEmpty).On(id))
			if err != nil {
				return err
			}
			if err := s.stillDue(p.Body.Trashed); err != nil {
				return err
			}
			more = run.Next != ""
			return s.removeRun(ctx, tx, c, id, run.Records, more)
		})
		if err != nil || !more {
			return err
		}
	}
}

func (s *Service) removeRun(ctx context.Context, tx *records.Tx, c access.Caller, id string,
	run []records.Record[Performance], more bool) error {
	for _, p := range run {
		if err := performances.Delete(ctx, tx, records.By(c, access.TrashEmpty).On(p.ID)); err != nil {
			return err
		}
	}
	if more {
		return nil
	}
	if err := s.files.RemoveAll(ctx, tx, c, OfProduction(id)); err != nil {
		return err
	}
	if err := counters.Delete(ctx, tx, records.By(c, access.TrashEmpty).On(id)); err != nil && !isNotFound(err) {
		return err
	}
	return productions.Delete(ctx, tx, records.By(c, access.TrashEmpty).On(id))
}
