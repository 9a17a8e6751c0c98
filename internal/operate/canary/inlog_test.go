package canary_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Find looks in the log of the installation's own cloud.
func (b *bench) Find(ctx context.Context, ids []string, since, until time.Time) (map[string]string, error) {
	found, err := audit.LogReader{Client: b.house.Cloud.Clients.Logging, View: b.house.Config.TrailView}.Find(ctx, ids,
		since, until)
	if err == nil && b.logged != nil {
		err = b.logged(found)
	}
	return found, err
}

// TestEntriesMissingInTheLogTurnTheirControl: it knows something when a reading is three minutes old, and fails when
// one of them is not in the log, or is there with a word of what was read.
func TestEntriesMissingInTheLogTurnTheirControl(t *testing.T) {
	t.Parallel()
	clock := &leaping{}
	b := newBenchAt(t, 4, clock)
	expect := func(when string, outcome promise.Outcome, says string) {
		t.Helper()
		f := b.try("trail-in-log")
		if f.Outcome != outcome || !strings.Contains(f.Evidence+f.Detail, says) {
			t.Errorf("%s: %+v", when, f)
		}
	}
	var word string // that only the management may read
	b.after = func(_ *http.Request, resp *http.Response) {
		text, _ := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(text))
		word = cmp.Or(string(regexp.MustCompile(`sealed[a-z2-7]{26}`).Find(text)), word)
	}
	if f := b.try("withheld-sections"); f.Outcome != promise.Passed || word == "" { // readings
		t.Fatalf("%+v, and the word %q", f, word)
	}
	b.after = nil
	expect("at once", promise.Unknown, "left no entry that must be in the log by now")
	clock.to(4 * time.Minute)
	for range 100 { // the clock leapt; what ships the entries did not
		if b.try("trail-in-log").Outcome == promise.Passed {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	expect("after three minutes", promise.Passed, "are all in the operator's log")

	var id string
	b.logged = func(found map[string]string) error {
		if len(found) == 0 {
			t.Error("nothing was found")
		}
		id = slices.Collect(maps.Keys(found))[0]
		delete(found, id)
		return nil
	}
	expect("with an entry that is missing", promise.Failed, "entries of the trail are not in the operator's log")
	b.logged = func(found map[string]string) error {
		found[id] += word
		return nil
	}
	expect("with a word of a report", promise.Failed, "a word of a report")
	b.logged = func(map[string]string) error { return errors.New("away") }
	expect("when the log is away", promise.Unknown, "could not be read")
	b.logged = nil
	for _, n := range []int{0, audit.MostLooked + 1} {
		if _, err := b.Find(t.Context(), make([]string, n), clock.Now(), clock.Now()); err == nil {
			t.Errorf("%d entries are looked for", n)
		}
	}
	if found, err := b.Find(t.Context(), slices.Repeat([]string{"none"}, audit.MostLooked), clock.Now().Add(-time.Hour),
		clock.Now()); err != nil || len(found) > 0 {
		t.Errorf("as many as may be looked for: %d found, %v", len(found), err)
	}
	clock.to(time.Hour)
	expect("after an hour without a reading", promise.Unknown, "left no entry")
}
