package canary

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// TrailLog finds entries of the trail in the operator's log, by their ids and the time in which they were made. It
// returns the stored text of those that are there.
type TrailLog interface {
	Find(ctx context.Context, ids []string, since, until time.Time) (map[string]string, error)
}

const (
	// mostShipping is how old an entry may be before it must be in the log: two minutes for the product, and one for
	// Cloud Logging to show what it has taken.
	mostShipping = 3 * time.Minute
	// readingsSpan covers two runs of the controls, so that there are readings to look for when one run was late.
	readingsSpan = 30 * time.Minute
	mostReadings = "20"
)

// inLog: the latest readings of a member are in the operator's log, without a word of what was read.
func (s *Service) inLog(ctx context.Context, one, _ *company) promise.Finding {
	until := s.o.Gate.Clock().Now().Add(-mostShipping)
	items, f, bad := s.trailItems(ctx, one, url.Values{
		"actor": {one.member(access.Viewer).Account}, "action": {string(access.ReportRead)}, "limit": {mostReadings},
		"since": {until.Add(-readingsSpan).UTC().Format(time.RFC3339Nano)},
		"until": {until.UTC().Format(time.RFC3339Nano)},
	}.Encode())
	if bad {
		return f
	}
	if len(items) == 0 {
		return promise.Undecided("In the last half hour the controls left no entry that must be in the log by now.")
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	newest, oldest := items[0].At, items[len(items)-1].At
	found, err := s.o.Log.Find(ctx, ids, oldest.Add(-time.Second), newest.Add(time.Second))
	if err != nil {
		return undecided("The operator's log could not be read.", err)
	}
	return ofLog(one, ids, found)
}

func ofLog(c *company, ids []string, found map[string]string) promise.Finding {
	missing := 0
	for _, id := range ids {
		text, there := found[id]
		switch {
		case !there:
			missing++
		case strings.Contains(text, c.Open) || strings.Contains(text, c.Sealed):
			return promise.Fail("an entry in the log holds a word of a report")
		}
	}
	if missing > 0 {
		return promise.Fail("%d of %d entries of the trail are not in the operator's log after %d minutes", missing,
			len(ids), int(mostShipping.Minutes()))
	}
	return promise.Pass("The last %d readings, made %d minutes ago or earlier, are all in the operator's log, without "+
		"a word of what was read.", len(ids), int(mostShipping.Minutes()))
}
