package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// reading is a reading of a report whose entry in the trail is looked for shortly before and after its end.
type reading struct {
	Entry string    `json:"entry"` // the id
	At    time.Time `json:"at"`
}

const (
	readingsEvery = 3 * time.Hour
	readingsKept  = audit.Lifetime + 24*time.Hour
	// Nearer to its end an entry is not looked for: it could end between the question and the answer, and the clocks of
	// two instances differ.
	margin    = 10 * time.Minute
	firstKnow = audit.Lifetime - 24*time.Hour // the age from which an entry is looked for
)

// fourteenDays: an entry of nearly fourteen days is in the trail, one of just over fourteen days is not.
func (s *Service) fourteenDays(ctx context.Context, one, _ *company) promise.Finding {
	now := s.o.Gate.Clock().Now()
	if f, bad := s.leaveReading(ctx, one, now); bad {
		return f
	}
	young, old := nearTheEnd(one.readings, now)
	switch {
	case now.Sub(one.readings[0].At) < firstKnow:
		return promise.Undecided("No entry of the controls is nearly 14 days old yet; it will know from %s.",
			one.readings[0].At.Add(firstKnow).Format("2 January 2006"))
	case young == nil:
		return promise.Undecided("The controls did not run 14 days ago, so there is no entry to look for.")
	}
	there, f, bad := s.inTrail(ctx, one, *young)
	if bad {
		return f
	}
	if !there {
		return promise.Fail("an entry is missing from the trail after %s", age(*young, now))
	}
	if old == nil {
		return promise.Pass("An entry from %s ago was found.", age(*young, now))
	}
	switch there, f, bad = s.inTrail(ctx, one, *old); {
	case bad:
		return f
	case there:
		return promise.Fail("an entry is still in the trail after %s", age(*old, now))
	}
	return promise.Pass("An entry from %s ago was found, and one from %s ago was not.", age(*young, now),
		age(*old, now))
}

// age is how old a reading is, in whole hours.
func age(r reading, now time.Time) string {
	hours := int(now.Sub(r.At).Hours())
	return fmt.Sprintf("%d days and %d hours", hours/24, hours%24)
}

// nearTheEnd are the oldest reading whose entry must still be there, if it is at most a day from its end, and the
// newest whose entry must be gone. The list begins with the oldest.
func nearTheEnd(list []reading, now time.Time) (young, old *reading) {
	for i, r := range list {
		switch left := audit.Lifetime - now.Sub(r.At); {
		case left < -margin:
			old = &list[i]
		case left > margin && left <= audit.Lifetime-firstKnow && young == nil:
			young = &list[i]
		}
	}
	return young, old
}

// leaveReading reads a report, unless one was read within the last hours, and remembers the entry.
func (s *Service) leaveReading(ctx context.Context, one *company, now time.Time) (promise.Finding, bool) {
	if n := len(one.readings); n > 0 && now.Sub(one.readings[n-1].At) < readingsEvery {
		return promise.Finding{}, false
	}
	report := "/reports/" + one.Reports[1]
	read, err := s.get(ctx, one, access.Viewer, one.at(report))
	switch {
	case err != nil:
		return outside.Unreachable(err), true
	case read.Busy():
		return outside.TooBusy(), true
	case read.Status != http.StatusOK:
		return promise.Undecided("Reading a report was answered with status %d.", read.Status), true
	}
	items, f, bad := s.trailItems(ctx, one, "record=reports/"+one.Reports[1]+"&limit=20")
	if bad {
		return f, true
	}
	for _, it := range items {
		if it.Request == id(read) && it.Action == string(access.ReportRead) {
			return s.remember(ctx, one, reading{it.ID, it.At}, now)
		}
	}
	return promise.Fail("the entry of a reading is not in the trail"), true
}

// remember stores a reading and forgets those that are of no use any more.
func (s *Service) remember(ctx context.Context, one *company, r reading, now time.Time) (promise.Finding, bool) {
	_, err := pairs.Update(ctx, s.o.Gate, records.By(system(), access.PromiseKeep).On(thePair), func(have *pair) error {
		have.Readings = append(slices.DeleteFunc(have.Readings, func(old reading) bool {
			return now.Sub(old.At) >= readingsKept
		}), r)
		one.readings = have.Readings
		return nil
	})
	if err != nil {
		return undecided("What was read could not be remembered.", err), true
	}
	return promise.Finding{}, false
}

// item is an entry as the API shows it.
type item struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Action  string    `json:"action"`
	Request string    `json:"request"`
}

// trailItems asks for the trail as a manager.
func (s *Service) trailItems(ctx context.Context, c *company, query string) ([]item, promise.Finding, bool) {
	a, err := s.get(ctx, c, access.Management, c.at("/audit?"+query))
	switch {
	case err != nil:
		return nil, outside.Unreachable(err), true
	case a.Busy():
		return nil, outside.TooBusy(), true
	case a.Status != http.StatusOK:
		return nil, promise.Undecided("The trail could not be read: status %d.", a.Status), true
	}
	var list struct {
		Items []item `json:"items"`
	}
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil {
		return nil, undecided("The trail's answer could not be read.", err), true
	}
	return list.Items, promise.Finding{}, false
}

// inTrail asks for the entries around the time of a reading, and whether its own is among them.
func (s *Service) inTrail(ctx context.Context, one *company, r reading) (bool, promise.Finding, bool) {
	query := url.Values{
		"record": {"reports/" + one.Reports[1]}, "limit": {"100"},
		"since": {r.At.Add(-time.Second).UTC().Format(time.RFC3339Nano)},
		"until": {r.At.Add(time.Second).UTC().Format(time.RFC3339Nano)},
	}
	items, f, bad := s.trailItems(ctx, one, query.Encode())
	for _, it := range items {
		if it.ID == r.Entry {
			return true, f, bad
		}
	}
	return false, f, bad
}
