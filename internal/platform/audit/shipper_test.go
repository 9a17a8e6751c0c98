package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
)

func entry(scope model.Scope, n int) *audit.Entry {
	c := access.Caller{Scope: scope, Account: "ada", Name: "Ada Canary", Role: access.Reporter,
		Request: fmt.Sprint("req-", n), Session: "s1"}
	return audit.Of(c, access.ReportRead, fmt.Sprint("reports/r", n), audit.Done,
		map[string]string{"title": "Canary title"})
}

// logged are the entries in the log bucket, as Cloud Logging returns them.
func logged(t *testing.T, h *recordstest.Fixture) []*loggingpb.LogEntry {
	t.Helper()
	it := h.Clients.Logging.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + h.Config.Project + "/locations/" + h.Config.Region +
			"/buckets/audit/views/_AllLogs"},
		Filter: `log_id("audit")`, PageSize: 1000,
	})
	var all []*loggingpb.LogEntry
	for {
		e, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

func TestEntriesAreShippedAtOnce(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	e := entry(ws, 1)
	if err := h.Trail.Disclose(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the entry arrives", func() bool { return len(logged(t, h)) == 1 })
	got := logged(t, h)[0]
	if got.InsertId != e.ID || !got.Timestamp.AsTime().Equal(e.At) {
		t.Errorf("shipped with id %q at %s, want %q at %s", got.InsertId, got.Timestamp.AsTime(), e.ID, e.At)
	}
	for key, want := range map[string]string{"scope": ws.String(), "actor": "ada", "action": "report.read",
		"outcome": "done", "role": "reporter"} {
		if got.Labels[key] != want {
			t.Errorf("label %s is %q, want %q", key, got.Labels[key], want)
		}
	}
	fields := got.GetJsonPayload().GetFields()
	if fields["record"].GetStringValue() != "reports/r1" || fields["request"].GetStringValue() != "req-1" ||
		fields["sealed"].GetStringValue() == "" {
		t.Errorf("payload %v", fields)
	}
	if strings.Contains(got.String(), "Canary") {
		t.Errorf("plain labels were shipped: %s", got)
	}
}

func TestNothingIsLostWhileLoggingIsAway(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	h.Intercept(func(_ context.Context, m string) error {
		if strings.HasSuffix(m, "/WriteLogEntries") {
			return status.Error(codes.ResourceExhausted, "quota")
		}
		return nil
	})
	for n := range 20 {
		if err := h.Trail.Disclose(t.Context(), entry(ws, n)); err != nil {
			t.Fatalf("a read failed because Cloud Logging is away: %v", err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	if n := len(logged(t, h)); n != 0 {
		t.Fatalf("%d entries arrived", n)
	}
	h.Clock.Advance(time.Minute)
	if age, err := h.Shipper.Oldest(t.Context()); err != nil || age < time.Minute {
		t.Errorf("the oldest unshipped entry is said to be %s old, %v", age, err)
	}
	if age := h.Shipper.Behind(); age < time.Minute || age > 2*time.Minute {
		t.Errorf("this instance says that it is %s behind", age)
	}
	h.Intercept(nil)
	eventually(t, "nothing is behind", func() bool { return h.Shipper.Behind() == 0 })
	eventually(t, "all arrive", func() bool { return len(logged(t, h)) == 20 })
	eventually(t, "the age is small again", func() bool {
		age, err := h.Shipper.Oldest(t.Context())
		return err == nil && age < time.Minute
	})
}

// other is a second instance of the service on the same cloud, which never ships by itself.
func other(h *recordstest.Fixture, log audit.Log) (*audit.Shipper, *audit.Trail) {
	s := audit.NewShipper(audit.ShipperOptions{
		Store: h.Store, Log: log, Clock: h.Clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	return s, audit.New(audit.Options{Store: h.Store, Keyrings: h.Keyrings, Clock: h.Clock, Shipper: s})
}

type awayLog struct{}

func (awayLog) Write(context.Context, []audit.SealedEntry) error { return model.ErrUnavailable }

func TestSweepShipsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	a, b := h.Workspace(t), h.Workspace(t)
	crashed, trail := other(h, awayLog{})
	if err := crashed.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []string
	for n := range 30 {
		e := entry([]model.Scope{a, b}[n%2], n)
		if err := trail.Disclose(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want = append(want, e.ID)
	}
	if n, err := h.Shipper.Sweep(t.Context()); err != nil || n != 0 {
		t.Fatalf("swept %d entries of an instance that lives, %v", n, err)
	}
	h.Clock.Advance(3 * time.Minute)
	if n, err := h.Shipper.Sweep(t.Context()); err != nil || n != 30 {
		t.Fatalf("swept %d, %v", n, err)
	}
	if n, err := h.Shipper.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("the second sweep shipped %d, %v", n, err)
	}
	var got []string
	for _, e := range logged(t, h) {
		got = append(got, e.InsertId)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the log holds %d entries, want %d", len(got), len(want))
	}
}

func TestShippingTwiceKeepsOne(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	log := audit.CloudLog{Client: h.Clients.Logging, Project: h.Config.Project}
	e := entry(ws, 1)
	if err := h.Trail.Disclose(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it arrives", func() bool { return len(logged(t, h)) == 1 })
	got := logged(t, h)[0]
	for range 3 {
		if err := log.Write(t.Context(), []audit.SealedEntry{{Entry: e}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(logged(t, h)); n != 1 {
		t.Errorf("%d copies of %s", n, got.InsertId)
	}
}

// TestAnUnansweredCommitIsLookedUp loses the answers of commits that took place, and of some that did not.
func TestAnUnansweredCommitIsLookedUp(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	landed, never := entry(ws, 1), entry(ws, 2)
	for _, e := range []*audit.Entry{landed, never} {
		f, err := h.Trail.Prepare(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if e == landed {
			if _, err := h.Store.Commit(t.Context(), f.Write); err != nil {
				t.Fatal(err)
			}
		}
		h.Trail.Settle(model.Unavailable(errors.New("no answer")), f)
	}
	eventually(t, "the one that happened is shipped", func() bool { return len(logged(t, h)) == 1 })
	if got := logged(t, h)[0].InsertId; got != landed.ID {
		t.Errorf("shipped %s", got)
	}
	h.Clock.Advance(2 * time.Minute)
	eventually(t, "the other is given up", func() bool {
		age, err := h.Shipper.Oldest(t.Context())
		return err == nil && age < time.Minute
	})
}

func TestDisclosuresShareCommits(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	if err := h.Trail.Disclose(t.Context(), entry(ws, 0)); err != nil {
		t.Fatal(err)
	}
	const commit = "/google.firestore.v1.Firestore/Commit"
	before := h.Cloud.Conn().Calls()[commit]
	var wg sync.WaitGroup
	for n := range 200 {
		wg.Go(func() {
			if err := h.Trail.Disclose(t.Context(), entry(ws, n)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if commits := h.Cloud.Conn().Calls()[commit] - before; commits >= 150 {
		t.Errorf("200 entries took %d commits", commits)
	}
	page, err := h.Trail.List(t.Context(), ws, audit.Filter{}, 500, "")
	if err != nil || len(page.Entries) != 201 {
		t.Errorf("%d entries, %v", len(page.Entries), err)
	}
	seen := map[time.Time]bool{}
	for _, e := range page.Entries {
		if seen[e.At] {
			t.Errorf("two entries of one instance at %s", e.At)
		}
		seen[e.At] = true
	}
}

func TestReaderFiltersAndPages(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	for n := range 12 {
		e := entry(ws, n)
		if n%2 == 0 {
			e.Actor.ID = "bob"
		}
		if n%3 == 0 {
			e.Outcome = audit.Denied
		}
		if n == 5 {
			e.Action = access.ReportFile
		}
		if err := h.Trail.Disclose(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Hour)
	}
	start := h.Clock.Now().Add(-12 * time.Hour)
	for name, c := range map[string]struct {
		filter audit.Filter
		want   int
	}{
		"all":            {audit.Filter{}, 12},
		"actor":          {audit.Filter{Actor: "bob"}, 6},
		"outcome":        {audit.Filter{Outcome: audit.Denied}, 4},
		"actor, outcome": {audit.Filter{Actor: "bob", Outcome: audit.Denied}, 2},
		"action":         {audit.Filter{Action: access.ReportFile}, 1},
		"record":         {audit.Filter{Record: "reports/r7"}, 1},
		"all four": {audit.Filter{Actor: "ada", Action: access.ReportRead, Record: "reports/r3",
			Outcome: audit.Denied}, 1},
		"since":            {audit.Filter{Since: start.Add(10 * time.Hour)}, 2},
		"until":            {audit.Filter{Until: start.Add(time.Hour)}, 1},
		"nobody":           {audit.Filter{Actor: "eve"}, 0},
		"since and actor":  {audit.Filter{Since: start.Add(6 * time.Hour), Actor: "bob"}, 3},
		"before 14 days":   {audit.Filter{Since: start.Add(-30 * 24 * time.Hour)}, 12},
		"an empty stretch": {audit.Filter{Since: start.Add(3 * time.Hour), Until: start.Add(3 * time.Hour)}, 0},
	} {
		var got []*audit.Entry
		for cursor := ""; ; {
			page, err := h.Trail.List(t.Context(), ws, c.filter, 5, cursor)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = append(got, page.Entries...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if len(got) != c.want || !slices.IsSortedFunc(got, func(a, b *audit.Entry) int { return b.At.Compare(a.At) }) {
			t.Errorf("%s: %d entries, want %d, newest first", name, len(got), c.want)
		}
		n, err := h.Trail.Counts(t.Context(), ws, []audit.Filter{c.filter})
		if err != nil || n[0] != (audit.Number{N: int64(c.want)}) {
			t.Errorf("%s: counted %v, %v", name, n, err)
		}
	}
}

// TestOnlyDurableEntriesAreTold: exactly the entries that are in the trail are counted.
func TestOnlyDurableEntriesAreTold(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t)
	ws := h.Workspace(t)
	var mu sync.Mutex
	var told []string
	s := audit.NewShipper(audit.ShipperOptions{
		Store: h.Store, Log: awayLog{}, Clock: h.Clock, Logger: slog.New(slog.DiscardHandler),
		Durable: func(e *audit.Entry) { mu.Lock(); defer mu.Unlock(); told = append(told, e.Record) },
	})
	trail := audit.New(audit.Options{Store: h.Store, Keyrings: h.Keyrings, Clock: h.Clock, Shipper: s})
	if err := trail.Disclose(t.Context(), entry(ws, 1), entry(ws, 2)); err != nil {
		t.Fatal(err)
	}
	h.Intercept(func(_ context.Context, m string) error {
		if strings.HasSuffix(m, "/Commit") {
			return status.Error(codes.InvalidArgument, "no")
		}
		return nil
	})
	if err := trail.Disclose(t.Context(), entry(ws, 3)); err == nil {
		t.Fatal("a refused commit is no error")
	}
	mu.Lock()
	defer mu.Unlock()
	if slices.Sort(told); !slices.Equal(told, []string{"reports/r1", "reports/r2"}) {
		t.Errorf("told of %q", told)
	}
}
