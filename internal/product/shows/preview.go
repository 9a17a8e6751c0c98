package shows

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// PreviewAmendment returns what an amendment would change, as the caller may see it, and changes nothing. What
// AmendReport would refuse is refused here too, except a missing reason.
func (s *Service) PreviewAmendment(ctx context.Context, c access.Caller, id string,
	in ReportInput) (records.Record[Report], []Change, error) {
	if err := s.may(ctx, c, access.ReportAmend, record(reports, id)); err != nil {
		return records.Record[Report]{}, nil, err
	}
	r, err := s.Report(ctx, c, id) // it is read, and nothing is amended
	if err != nil {
		return r, nil, err
	}
	if err := reports.Allows(c, access.ReportAmend, &r.Body); err != nil {
		return r, nil, err
	}
	strangers, err := s.strangers(ctx, c, in.named())
	if err != nil {
		return r, nil, err
	}
	amended := r.Body
	if err := s.write(c, &amended, in, strangers); err != nil {
		return r, nil, err
	}
	p := problems{}
	amended.checkTimes(p)
	return r, Compare(&r.Body, &amended), p.err()
}
