package trace_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "cloud.google.com/go/trace/apiv2"
	"cloud.google.com/go/trace/apiv2/tracepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/trace"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	parent = "projects/tiny-opera"
	id     = "0123456789abcdef"
)

func open(t *testing.T, store table.Store) (*api.Client, *trace.Server) {
	t.Helper()
	server := tabletest.Must(trace.New(store))(t)
	return tabletest.Must(api.NewClient(t.Context(), tabletest.ClientOptions(tabletest.Conn(server.Register))...))(t),
		server
}

func span(n int) *tracepb.Span {
	now := time.Unix(1_800_000_000, 0)
	own := fmt.Sprintf("%016x", n+1)
	return &tracepb.Span{
		Name: parent + "/traces/" + id + id + "/spans/" + own, SpanId: own,
		DisplayName: &tracepb.TruncatableString{Value: "GET /"},
		StartTime:   timestamppb.New(now), EndTime: timestamppb.New(now.Add(time.Second)),
	}
}

func TestTheNewestSpansStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	c, server := open(t, store)
	var all []*tracepb.Span
	for n := range trace.Kept + 1 {
		all = append(all, span(n))
	}
	write := func(c *api.Client, spans ...*tracepb.Span) {
		t.Helper()
		if err := c.BatchWriteSpans(t.Context(), &tracepb.BatchWriteSpansRequest{Name: parent, Spans: spans}); err !=
			nil {
			t.Fatal(err)
		}
	}
	write(c, all[0], all[1])
	if got := tabletest.Must(server.Spans("tiny-opera"))(t); len(got) != 2 || !proto.Equal(got[0], all[0]) {
		t.Errorf("%d spans, the first %v", len(got), got[0])
	}
	if got := tabletest.Must(server.Spans("another-one"))(t); len(got) != 0 {
		t.Errorf("another project has %v", got)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c, server = open(t, store)
	write(c, all[2:]...)
	got := tabletest.Must(server.Spans("tiny-opera"))(t)
	if len(got) != trace.Kept || !proto.Equal(got[0], all[1]) || !proto.Equal(got[len(got)-1], all[trace.Kept]) {
		t.Errorf("%d spans, the first %v", len(got), got[0])
	}
}

func TestRefusesAll(t *testing.T) {
	t.Parallel()
	c, server := open(t, tabletest.Open(t))
	for what, change := range map[string]func(*tracepb.Span){
		"no name":         func(s *tracepb.Span) { s.Name = "" },
		"another project": func(s *tracepb.Span) { s.Name = strings.Replace(s.Name, "tiny", "huge", 1) },
		"trace of zeros": func(s *tracepb.Span) {
			s.Name = strings.Replace(s.Name, id+id, strings.Repeat("0", 32), 1)
		},
		"another id":         func(s *tracepb.Span) { s.SpanId = id },
		"no display name":    func(s *tracepb.Span) { s.DisplayName = nil },
		"129 bytes":          func(s *tracepb.Span) { s.DisplayName.Value = strings.Repeat("x", 129) },
		"no start":           func(s *tracepb.Span) { s.StartTime = nil },
		"ends before it was": func(s *tracepb.Span) { s.EndTime = timestamppb.New(time.Unix(1, 0)) },
	} {
		bad := span(1)
		change(bad)
		err := c.BatchWriteSpans(t.Context(), &tracepb.BatchWriteSpansRequest{Name: parent,
			Spans: []*tracepb.Span{span(0), bad}})
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
	err := c.BatchWriteSpans(t.Context(), &tracepb.BatchWriteSpansRequest{Name: "tiny-opera"})
	tabletest.WantCode(t, "no project", err, codes.InvalidArgument)
	if got := tabletest.Must(server.Spans("tiny-opera"))(t); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	good := span(0)
	good.DisplayName.Value = strings.Repeat("x", 128)
	tabletest.Must(c.CreateSpan(t.Context(), good))(t)
}
