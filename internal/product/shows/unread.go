package shows

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const (
	maxUnread  = 100 // reports looked at
	unreadPage = 20  // of them at a time: often there are enough among the first
	maxTrail   = 500 // entries of the trail looked at
)

// Unread lists the reports that were filed or amended within the life of the audit trail, that the caller may read, did
// not write and has not opened since, the latest first. It looks at the latest 100 reports and at the caller's latest
// 500 reads, and stops when it has found as many as asked for.
func (s *Service) Unread(ctx context.Context, c access.Caller, limit int) ([]records.Record[Report], error) {
	since := s.now().Add(-audit.Lifetime).Add(time.Microsecond) // as in the trail, what is exactly 14 days old is past
	f := records.Find{Query: "filed", From: since, Limit: unreadPage}
	read := readings{at: map[string]time.Time{}, left: maxTrail}
	var unread []records.Record[Report]
	for range maxUnread / unreadPage {
		page, err := reports.Find(ctx, s.gate, records.By(c, access.ReportList), f)
		if err != nil || len(page.Records) == 0 {
			return unread, err
		}
		if err := s.readSince(ctx, c, &read, page.Records[len(page.Records)-1].Body.Refiled); err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			if r.Body.Author.ID != c.Account && read.at[record(reports, r.ID)].Before(r.Body.Refiled) &&
				len(unread) < limit {
				unread = append(unread, r)
			}
		}
		if f.Cursor = page.Next; f.Cursor == "" || len(unread) == limit {
			break
		}
	}
	return unread, nil
}

// readings are when the caller last opened each report, as far back as the trail was read.
type readings struct {
	at    map[string]time.Time
	since time.Time // zero before it was read
	left  int       // entries that may still be looked at
}

// readSince reads the trail further back, to an instant before which nothing counts for the reports at hand.
func (s *Service) readSince(ctx context.Context, c access.Caller, read *readings, since time.Time) error {
	if read.left == 0 || since.Equal(read.since) {
		return nil
	}
	list, err := s.gate.OwnReadings(ctx, records.By(c, access.ReportRead), since, read.since, read.left)
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, name := range e.Shown {
			if e.At.After(read.at[name]) {
				read.at[name] = e.At
			}
		}
	}
	read.since, read.left = since, read.left-len(list)
	return nil
}
