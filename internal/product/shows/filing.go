package shows

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// FileReport files a draft: it gets its number and its content hash, and is fixed. Only its author may. Filing the same
// version again returns what was filed, so that a double tap files once.
func (s *Service) FileReport(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[Report],
	error) {
	return s.FileConfirmed(ctx, c, id, ifVersion, "")
}

// FileConfirmed is FileReport with the confirmation of a doubtful report: see FilingDoubts.
func (s *Service) FileConfirmed(ctx context.Context, c access.Caller, id string, ifVersion int64,
	confirm string) (records.Record[Report], error) {
	var filed records.Record[Report]
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var whole Report
		var err error
		filed, err = reports.Update(ctx, tx, records.By(c, access.ReportFile).On(id).At(ifVersion),
			func(r *Report) error {
				if err := s.file(ctx, tx, c, r); err != nil {
					return err
				}
				if err := s.askFiling(ctx, tx, c, id, r, confirm); err != nil {
					return err
				}
				r.FiledOf = ifVersion
				whole = *r
				return nil
			})
		if err != nil {
			return err
		}
		return s.keep(ctx, tx, c, access.ReportFile, id, whole, "")
	})
	if ifVersion != 0 && (errors.Is(err, model.ErrStale) || errors.Is(err, model.ErrConflict)) {
		if again, ok := s.filedBefore(ctx, c, id, ifVersion); ok {
			return again, nil
		}
	}
	return filed, failed("file a report", err)
}

func (s *Service) file(ctx context.Context, tx *records.Tx, c access.Caller, r *Report) error {
	if err := r.CheckForFiling(); err != nil {
		return err
	}
	r.Sections = slices.DeleteFunc(slices.Clone(r.Sections), func(s Section) bool { return s.Blank() })
	p, err := s.active(ctx, tx, c, access.ReportFile, r.Production)
	if err != nil {
		return err
	}
	r.ProductionTitle = p.Title
	if r.Number, err = s.number(ctx, tx, c, access.ReportFile, r.Production, r.Type); err != nil {
		return err
	}
	return s.fix(r)
}

// fix makes the report's current content the next filed version.
func (s *Service) fix(r *Report) error {
	p := problems{}
	r.checkTimes(p)
	if err := p.err(); err != nil {
		return err
	}
	if r.Revision >= maxRevision {
		return model.Conflict("This report has been amended too often.")
	}
	r.State, r.Accepted, r.Acts, r.Typed = Filed, nil, 0, nil
	r.Revision++
	r.Refiled = s.now()
	if r.FiledAt.IsZero() {
		r.FiledAt = r.Refiled
	}
	r.Salt = rand.Text()
	var err error
	r.Hash, err = r.contentHash()
	return err
}

// keep stores the filed version for good. The entry of the filing covers it.
func (s *Service) keep(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action, id string, r Report,
	reason string) error {
	v := Version{Report: id, N: r.Revision, By: person(c), At: r.Refiled, Reason: reason, Content: r}
	_, err := versions.Create(ctx, tx.Part(), records.By(c, a).On(versionID(id, v.N)), v)
	return err
}

// filedBefore finds out whether this very version of the draft was filed by the caller.
func (s *Service) filedBefore(ctx context.Context, c access.Caller, id string, ifVersion int64) (records.Record[Report],
	bool) {
	r, err := s.Report(ctx, c, id)
	same := err == nil && r.Body.Author.ID == c.Account && r.Body.FiledOf == ifVersion && r.Body.State != Draft
	return r, same
}

// AcceptReport closes the review of a filed report. Organizers and management.
func (s *Service) AcceptReport(ctx context.Context, c access.Caller, id string,
	ifVersion int64) (records.Record[Report], error) {
	return reports.Update(ctx, s.gate, records.By(c, access.ReportAccept).On(id).At(ifVersion), func(r *Report) error {
		r.State, r.Accepted = Accepted, s.done(c)
		return nil
	})
}

// QueryReport sends a filed report back to its author with a question. Organizers and management.
func (s *Service) QueryReport(ctx context.Context, c access.Caller, id string, ifVersion int64,
	question string) (records.Record[Report], error) {
	if err := s.may(ctx, c, access.ReportQuery, record(reports, id)); err != nil {
		return records.Record[Report]{}, err
	}
	p := problems{}
	question = p.said("text", question)
	if err := p.err(); err != nil {
		return records.Record[Report]{}, err
	}
	return reports.Update(ctx, s.gate, records.By(c, access.ReportQuery).On(id).At(ifVersion), func(r *Report) error {
		if len(r.Queries) >= maxQueries {
			return model.Conflict("This report has been queried too often.")
		}
		r.State = Queried
		r.Queries = append(r.Queries, Question{Text: question, By: person(c), At: s.now()})
		return nil
	})
}

// said is a text that is required: a reason, a question.
func (p problems) said(field, text string) string {
	text = p.text(field, text, maxReason)
	if len(p) == 0 && strings.TrimSpace(text) == "" {
		p.add(field, "Please fill this in.")
	}
	return text
}

// AmendReport changes a filed report, with a reason, and files it again as its next version. Its author, organizers and
// management. Sections that the caller cannot see stay as they are.
func (s *Service) AmendReport(ctx context.Context, c access.Caller, id string, ifVersion int64, reason string,
	in ReportInput) (records.Record[Report], error) {
	none := records.Record[Report]{}
	if err := s.may(ctx, c, access.ReportAmend, record(reports, id)); err != nil {
		return none, err
	}
	p := problems{}
	if reason = p.said("reason", reason); len(p) > 0 {
		return none, p.err()
	}
	strangers, err := s.strangers(ctx, c, in.named())
	if err != nil {
		return none, err
	}
	var amended records.Record[Report]
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var whole Report
		var err error
		amended, err = reports.Update(ctx, tx, records.By(c, access.ReportAmend).With(fields(in.given())).On(id).
			At(ifVersion), func(r *Report) error {
			if err := s.amend(c, r, in, strangers); err != nil {
				return err
			}
			whole = *r
			return nil
		})
		if err != nil {
			return err
		}
		return s.keep(ctx, tx, c, access.ReportAmend, id, whole, reason)
	})
	return amended, failed("amend a report", err)
}

func (s *Service) amend(c access.Caller, r *Report, in ReportInput, strangers map[string]string) error {
	if in.moves(r) {
		return model.InvalidFields(map[string]string{"production": "A filed report stays with its production and " +
			"performance."})
	}
	before, asked := *r, problems{}
	r.doubts(asked)
	if err := s.write(c, r, in, strangers); err != nil {
		return err
	}
	r.Writers = r.writersAfter(&before, c.Account)
	asks := problems{}
	r.doubts(asks)
	maps.DeleteFunc(asks, func(field, text string) bool { return asked[field] == text })
	if err := model.Doubtful(asks, in.Confirm); err != nil {
		return err
	}
	return s.fix(r)
}

// moves reports whether the input would make the report be about something else.
func (in ReportInput) moves(r *Report) bool {
	return (in.Production != nil && *in.Production != r.Production) || (in.Performance != nil &&
		*in.Performance != r.Performance)
}

// versionID is the id of a filed version of a report.
func versionID(report string, n int) string { return fmt.Sprintf("%s-%d", report, n) }
