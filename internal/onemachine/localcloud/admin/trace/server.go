// Package trace is the local Cloud Trace: it accepts spans and keeps the newest of them.
//
// It must never keep more spans than Kept, and must never accept one that Cloud Trace would refuse.
package trace

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"cloud.google.com/go/trace/apiv2/tracepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Kept is how many spans are kept, of all projects together.
const Kept = 2000

const maxDisplayName = 128 // bytes, at Google

var (
	spanPattern = regexp.MustCompile(`^(projects/` + project.ID + `)/traces/([0-9a-f]{32})/spans/([0-9a-f]{16})$`)
	zeroPattern = regexp.MustCompile(`^0+$`)
)

// Server implements Google's TraceService.
type Server struct {
	tracepb.UnimplementedTraceServiceServer

	store table.Store
	spans table.Table[tracepb.Span, *tracepb.Span]

	mu          sync.Mutex
	first, next uint64 // the oldest span that is kept, and the number of the next one
}

// New returns a server that keeps its spans in store.
func New(store table.Store) (*Server, error) {
	s := &Server{store: store, spans: table.New[tracepb.Span](store, "trace/")}
	empty := true
	err := s.spans.Each("", func(key string, _ *tracepb.Span) bool {
		var n uint64
		if _, err := fmt.Sscanf(key, "%d", &n); err != nil {
			return true
		}
		if empty {
			s.first, empty = n, false
		}
		s.next = n + 1
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return s, nil
}

// Register adds the service to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) { tracepb.RegisterTraceServiceServer(r, s) }

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// BatchWriteSpans takes spans, all or none.
func (s *Server) BatchWriteSpans(_ context.Context, req *tracepb.BatchWriteSpansRequest) (*emptypb.Empty, error) {
	if id := project.Of(req.GetName()); req.GetName() != "projects/"+id || !project.WellFormed(id) {
		return nil, invalid("Project name %q is invalid.", req.GetName())
	}
	for i, span := range req.GetSpans() {
		if err := check(req.GetName(), span); err != nil {
			return nil, invalid("spans[%d]: %s", i, status.Convert(err).Message())
		}
	}
	return &emptypb.Empty{}, table.Status(s.keep(req.GetSpans()))
}

// CreateSpan takes one span.
func (s *Server) CreateSpan(_ context.Context, span *tracepb.Span) (*tracepb.Span, error) {
	parent, _, _ := strings.Cut(span.GetName(), "/traces/")
	if err := check(parent, span); err != nil {
		return nil, err
	}
	return span, table.Status(s.keep([]*tracepb.Span{span}))
}

func (s *Server) keep(spans []*tracepb.Span) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.store.Batch()
	first, next := s.first, s.next
	for _, span := range spans[max(0, len(spans)-Kept):] {
		if err := s.spans.Set(b, key(next), span); err != nil {
			return err
		}
		next++
	}
	for ; next-first > Kept; first++ {
		s.spans.Remove(b, key(first))
	}
	if err := s.store.Apply(b); err != nil {
		return err
	}
	s.first, s.next = first, next
	return nil
}

func key(n uint64) string { return fmt.Sprintf("%020d", n) }

// Spans returns the spans of a project that are kept, in the order in which they came.
func (s *Server) Spans(projectID string) ([]*tracepb.Span, error) {
	var out []*tracepb.Span
	err := s.spans.Each("", func(_ string, span *tracepb.Span) bool {
		if project.Of(span.GetName()) == projectID {
			out = append(out, span)
		}
		return true
	})
	return out, err
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func check(parent string, span *tracepb.Span) error {
	parts := spanPattern.FindStringSubmatch(span.GetName())
	name := span.GetDisplayName().GetValue()
	switch {
	case parts == nil || parts[1] != parent || zeroPattern.MatchString(parts[2]) || zeroPattern.MatchString(parts[3]):
		return invalid("name is not that of a span in %s.", parent)
	case span.GetSpanId() != parts[3]:
		return invalid("span_id is not the one of the name.")
	case name == "" || len(name) > maxDisplayName:
		return invalid("display_name must have 1 to %d bytes.", maxDisplayName)
	case span.GetStartTime() == nil || span.GetEndTime() == nil:
		return invalid("start_time and end_time are required.")
	case span.GetEndTime().AsTime().Before(span.GetStartTime().AsTime()):
		return invalid("end_time is before start_time.")
	}
	return nil
}
