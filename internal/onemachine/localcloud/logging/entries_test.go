package logging_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	client "cloud.google.com/go/logging"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestOrderAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("e%02d", i)
		w.write(t, w.entry(trail, id, time.Duration(25-i/2)*time.Minute)) // pairs share a time
		want = append(want, id)
	}
	for _, size := range []int32{0, 1, 7, 25, 1000} {
		w.wantList(t, fmt.Sprintf("oldest first by %d", size), w.list(t, everyView, "", "", size), want...)
	}
	slices.Reverse(want)
	for _, size := range []int32{1, 7, 25} {
		w.wantList(t, fmt.Sprintf("newest first by %d", size), w.list(t, everyView, "", "timestamp desc", size),
			want...)
	}
	since := w.clock.Now().Add(-14 * time.Minute).Format(time.RFC3339)
	w.wantList(t, "since", w.list(t, everyView, fmt.Sprintf("timestamp>=%q", since), "timestamp desc", 2), "e24", "e23",
		"e22")
	w.wantList(t, "between nothing", w.list(t, everyView, `timestamp>"2030-01-01" timestamp<"2020-01-01"`, "", 2))
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, w.entry(trail, "a", 3), w.entry(trail, "b", 2), w.entry(trail, "c", 1))
	ask := &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, PageSize: 1}
	first, err := w.server.ListLogEntries(t.Context(), ask)
	if err != nil || first.GetNextPageToken() == "" {
		t.Fatalf("first page %v, %v", first, err)
	}
	ask.PageToken = first.GetNextPageToken()
	// Entries written before the position of the token must not appear.
	w.write(t, w.entry(trail, "0", 4))
	second, err := w.server.ListLogEntries(t.Context(), ask)
	if err != nil || second.GetEntries()[0].GetInsertId() != "b" {
		t.Fatalf("second page %v, %v", second, err)
	}
	for name, change := range map[string]func(*loggingpb.ListLogEntriesRequest){
		"other filter":   func(r *loggingpb.ListLogEntriesRequest) { r.Filter = "x" },
		"other order":    func(r *loggingpb.ListLogEntriesRequest) { r.OrderBy = "timestamp desc" },
		"other resource": func(r *loggingpb.ListLogEntriesRequest) { r.ResourceNames = []string{"projects/q"} },
		"garbage":        func(r *loggingpb.ListLogEntriesRequest) { r.PageToken = "x" },
	} {
		r := proto.CloneOf(ask)
		change(r)
		_, err := w.server.ListLogEntries(t.Context(), r)
		wantCode(t, name, err, codes.InvalidArgument)
	}
	w.clock.Advance(24 * time.Hour)
	_, err = w.server.ListLogEntries(t.Context(), ask)
	wantCode(t, "a day later", err, codes.OK)
	w.clock.Advance(time.Microsecond)
	_, err = w.server.ListLogEntries(t.Context(), ask)
	wantCode(t, "more than a day later", err, codes.InvalidArgument)
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	for name, c := range map[string]struct {
		req  *loggingpb.ListLogEntriesRequest
		want codes.Code
	}{
		"no resource":  {&loggingpb.ListLogEntriesRequest{}, codes.InvalidArgument},
		"bad resource": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{"x"}}, codes.InvalidArgument},
		"101 resources": {&loggingpb.ListLogEntriesRequest{ResourceNames: slices.Repeat([]string{project}, 101)},
			codes.InvalidArgument},
		"no such view": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{bucket + "/views/none"}},
			codes.NotFound},
		"bad filter": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, Filter: "a AND"},
			codes.InvalidArgument},
		"bad order": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, OrderBy: "severity"},
			codes.InvalidArgument},
		"page of 1001": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, PageSize: 1001},
			codes.InvalidArgument},
		"negative page": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, PageSize: -1},
			codes.InvalidArgument},
		"largest filter": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project},
			Filter: strings.Repeat("a", 20_000)}, codes.OK},
		"filter too long": {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project},
			Filter: strings.Repeat("a", 20_001)}, codes.InvalidArgument},
	} {
		_, err := w.server.ListLogEntries(t.Context(), c.req)
		wantCode(t, name, err, c.want)
	}
	w.write(t, w.entry(trail, "a", 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.server.ListLogEntries(ctx, &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}})
	wantCode(t, "ended context", err, codes.Canceled)
}

func TestWritingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	e := w.entry(trail, "same", time.Minute)
	w.write(t, e)
	w.write(t, e, e)
	w.wantList(t, "after three writes", w.list(t, everyView, "", "", 0), "same")
	w.write(t, w.entry(other, "same", time.Minute), w.entry(trail, "same", time.Second))
	w.wantList(t, "other log and time", w.list(t, project, "", "", 0), "same", "same", "same")

	// An entry in two buckets is found once, from either or both.
	resp, err := w.server.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project,
		everyView}})
	if err != nil || len(resp.GetEntries()) != 3 {
		t.Errorf("from both: %d entries, %v", len(resp.GetEntries()), err)
	}
}

func TestRequestDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.logs.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{
		LogName: trail, Resource: global, Labels: map[string]string{"a": "request", "b": "request"},
		Entries: []*loggingpb.LogEntry{{Labels: map[string]string{"b": "entry"}}, {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.server.ListLogEntries(t.Context(),
		&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}})
	if err != nil || len(resp.GetEntries()) != 2 {
		t.Fatalf("%v, %v", resp, err)
	}
	e := resp.GetEntries()[0]
	if e.GetLogName() != trail || e.GetResource().GetType() != "global" || e.GetLabels()["a"] != "request" ||
		e.GetLabels()["b"] != "entry" {
		t.Errorf("entry %v", e)
	}
	if !e.GetTimestamp().AsTime().Equal(w.clock.Now()) || !e.GetReceiveTimestamp().AsTime().Equal(w.clock.Now()) ||
		e.GetInsertId() == "" {
		t.Errorf("times and id of %v", e)
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	labels := func(n int) map[string]string {
		out := map[string]string{}
		for i := range n {
			out[fmt.Sprint(i)] = ""
		}
		return out
	}
	base := proto.Size(w.entry(trail, "", 0))
	text := func(n int) *loggingpb.LogEntry_TextPayload {
		return &loggingpb.LogEntry_TextPayload{TextPayload: strings.Repeat("x", n)}
	}
	for name, c := range map[string]struct {
		change func(*loggingpb.LogEntry)
		want   codes.Code
	}{
		"good":              {func(*loggingpb.LogEntry) {}, codes.OK},
		"no log":            {func(e *loggingpb.LogEntry) { e.LogName = "" }, codes.InvalidArgument},
		"bad log":           {func(e *loggingpb.LogEntry) { e.LogName = "projects/p/logs/a/b" }, codes.InvalidArgument},
		"bad escape in log": {func(e *loggingpb.LogEntry) { e.LogName = "projects/p/logs/a%2" }, codes.InvalidArgument},
		"escaped log":       {func(e *loggingpb.LogEntry) { e.LogName = "projects/p/logs/a%2Fb" }, codes.OK},
		"no resource":       {func(e *loggingpb.LogEntry) { e.Resource = nil }, codes.InvalidArgument},
		"64 labels":         {func(e *loggingpb.LogEntry) { e.Labels = labels(64) }, codes.OK},
		"65 labels":         {func(e *loggingpb.LogEntry) { e.Labels = labels(65) }, codes.InvalidArgument},
		"label key 512": {func(e *loggingpb.LogEntry) {
			e.Labels = map[string]string{strings.Repeat("k", 512): ""}
		}, codes.OK},
		"label key 513": {func(e *loggingpb.LogEntry) {
			e.Labels = map[string]string{strings.Repeat("k", 513): ""}
		}, codes.InvalidArgument},
		"nearly too large": {func(e *loggingpb.LogEntry) { e.Payload = text(256<<10 - base - 64) }, codes.OK},
		"too large":        {func(e *loggingpb.LogEntry) { e.Payload = text(256 << 10) }, codes.InvalidArgument},
		"long insert id": {func(e *loggingpb.LogEntry) {
			e.InsertId = strings.Repeat("i", 513)
		}, codes.InvalidArgument},
		"30 days old": {func(e *loggingpb.LogEntry) {
			e.Timestamp = w.entry("", "", 30*24*time.Hour).GetTimestamp()
		}, codes.OK},
		"older": {func(e *loggingpb.LogEntry) {
			e.Timestamp = w.entry("", "", 30*24*time.Hour+1000).GetTimestamp()
		}, codes.InvalidArgument},
		"24 hours ahead": {func(e *loggingpb.LogEntry) {
			e.Timestamp = w.entry("", "", -24*time.Hour).GetTimestamp()
		}, codes.OK},
		"further ahead": {func(e *loggingpb.LogEntry) {
			e.Timestamp = w.entry("", "", -24*time.Hour-1000).GetTimestamp()
		}, codes.InvalidArgument},
		"invalid time": {func(e *loggingpb.LogEntry) {
			e.Timestamp = &timestamppb.Timestamp{Nanos: -1}
		}, codes.InvalidArgument},
	} {
		e := w.entry(trail, "", 0)
		c.change(e)
		_, err := w.server.WriteLogEntries(t.Context(),
			&loggingpb.WriteLogEntriesRequest{Entries: []*loggingpb.LogEntry{e}})
		wantCode(t, name, err, c.want)
	}
	_, err := w.server.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{})
	wantCode(t, "no entries", err, codes.InvalidArgument)
	large := slices.Repeat([]*loggingpb.LogEntry{{LogName: trail, Resource: global, Payload: text(200 << 10)}}, 53)
	_, err = w.server.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{Entries: large})
	wantCode(t, "more than 10 MB", err, codes.InvalidArgument)
}

func TestLongLabelValuesAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.entry(trail, "x", 0)
	e.Labels = map[string]string{"long": strings.Repeat("é", 40_000), "edge": strings.Repeat("x", 64<<10)}
	w.write(t, e)
	resp, err := w.server.ListLogEntries(t.Context(),
		&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}})
	if err != nil {
		t.Fatal(err)
	}
	got := resp.GetEntries()[0].GetLabels()
	if len(got["long"]) > 64<<10 || !strings.HasSuffix(got["long"], "é…") || len(got["edge"]) != 64<<10 {
		t.Errorf("labels of %d and %d bytes", len(got["long"]), len(got["edge"]))
	}
}

func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entries := []*loggingpb.LogEntry{w.entry(trail, "good", 0), w.entry("bad", "bad", 0),
		w.entry(trail, "old", 31*24*time.Hour)}
	_, err := w.server.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{Entries: entries})
	wantCode(t, "all or nothing", err, codes.InvalidArgument)
	w.wantList(t, "after it", w.list(t, project, "", "", 0))
	_, err = w.server.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{Entries: entries[:1],
		DryRun: true})
	wantCode(t, "trial", err, codes.OK)
	w.wantList(t, "after the trial", w.list(t, project, "", "", 0))
	_, err = w.server.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{Entries: entries,
		PartialSuccess: true})
	wantCode(t, "partial", err, codes.InvalidArgument)
	details := status.Convert(err).Details()
	if len(details) != 1 {
		t.Fatalf("details %v", details)
	}
	failed, ok := details[0].(*loggingpb.WriteLogEntriesPartialErrors)
	if !ok || len(failed.GetLogEntryErrors()) != 2 || failed.GetLogEntryErrors()[1] == nil ||
		failed.GetLogEntryErrors()[2] == nil {
		t.Errorf("details %v", details)
	}
	w.wantList(t, "after it", w.list(t, project, "", "", 0), "good")
}

func TestRetention(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	w.write(t, w.entry(trail, "first", 0))
	w.clock.Advance(time.Hour)
	w.write(t, w.entry(trail, "second", 0))
	w.clock.Advance(14*24*time.Hour - time.Hour)
	w.wantList(t, "at the edge", w.list(t, everyView, "", "", 0), "first", "second")
	w.clock.Advance(time.Microsecond)
	w.wantList(t, "after it, before the sweep", w.list(t, everyView, "", "", 0), "second")
	if err := w.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(-time.Minute)
	w.wantList(t, "swept entries", w.list(t, everyView, "", "", 0), "second")
	w.wantList(t, "the default bucket keeps 30 days", w.list(t, project, "", "", 0), "first", "second")
	// Too old for the audit bucket, young enough for the default one.
	w.write(t, w.entry(trail, "late", 15*24*time.Hour))
	w.wantList(t, "late entry", w.list(t, everyView, "", "", 0), "second")
	w.clock.Advance(40 * 24 * time.Hour)
	if err := w.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(-40 * 24 * time.Hour)
	w.wantList(t, "all gone", w.list(t, project, "", "", 0))
	if names := w.names(t); len(names) != 0 {
		t.Errorf("logs without entries: %v", names)
	}
}

func (w world) names(t *testing.T) []string {
	t.Helper()
	var out []string
	it := w.logs.ListLogs(t.Context(), &loggingpb.ListLogsRequest{Parent: project, PageSize: 1})
	for name, err := it.Next(); err != iterator.Done; name, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}

func TestDeleteLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	for i := range 2500 {
		if i%100 == 0 {
			w.write(t, w.entry(other, fmt.Sprint("other", i), time.Duration(i)*time.Second))
		}
	}
	var many []*loggingpb.LogEntry
	for i := range 2500 {
		many = append(many, w.entry(trail, fmt.Sprint(i), time.Duration(i)*time.Second))
	}
	w.write(t, many...)
	w.wantList(t, "logs", w.names(t), other, trail)
	if err := w.logs.DeleteLog(t.Context(), &loggingpb.DeleteLogRequest{LogName: trail}); err != nil {
		t.Fatal(err)
	}
	w.wantList(t, "logs", w.names(t), other)
	if got := w.list(t, project, "", "", 1000); len(got) != 25 {
		t.Errorf("%d entries of the other log are left, want 25", len(got))
	}
	if got := w.list(t, everyView, "", "", 1000); len(got) != 2500 {
		t.Errorf("%d entries are left in the audit bucket, want all 2500", len(got))
	}
	wantCode(t, "delete again", w.logs.DeleteLog(t.Context(), &loggingpb.DeleteLogRequest{LogName: trail}),
		codes.NotFound)
	w.write(t, w.entry(trail, "new", 0))
	w.wantList(t, "logs", w.names(t), other, trail)
}

func TestReadQuota(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t), logging.Options{ReadsPerMinute: 60})
	for i := range 61 {
		_, err := w.server.ListLogEntries(t.Context(),
			&loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}})
		want := codes.OK
		if i == 60 {
			want = codes.ResourceExhausted
		}
		wantCode(t, fmt.Sprintf("read %d", i+1), err, want)
	}
	w.write(t, w.entry(trail, "x", 0))
	w.clock.Advance(time.Minute)
	w.wantList(t, "a minute later", w.list(t, project, "", "", 0), "x")
}

func TestEntriesSurvive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{}).withAudit(t)
	w.write(t, w.entry(trail, "kept", 0))
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	w.wantList(t, "after reopening", w.list(t, everyView, "", "", 0), "kept")
	w.write(t, w.entry(trail, "next", -1))
	w.wantList(t, "the sink too", w.list(t, everyView, "", "", 0), "kept", "next")
	w.wantList(t, "names", w.names(t), trail)
}

// The client that products normally use adds an entry of its own to the first write.
func TestHighLevelClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	w.clock.Advance(testclock.Now().Sub(w.clock.Now()))
	c, err := client.NewClient(t.Context(), "p", tabletest.ClientOptions(w.conn)...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	logger := c.Logger("trail", client.CommonResource(global),
		client.CommonLabels(map[string]string{"tenant_id": "ws"}))
	err = logger.LogSync(t.Context(), client.Entry{InsertID: "id", Timestamp: w.clock.Now(), Severity: client.Notice,
		Payload: map[string]any{"action": "report.read"}})
	if err != nil {
		t.Fatal(err)
	}
	got := w.list(t, everyView, `labels.tenant_id="ws" AND jsonPayload.action="report.read" AND severity=NOTICE`, "", 0)
	w.wantList(t, "entry", got, "id")
}
