package logging

import (
	"context"
	"fmt"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// WriteLogEntries sends entries through the sinks of their projects into buckets. They are on disk when it
// answers. Writing an entry again, with the same log, time and insert id, changes nothing.
func (s *Server) WriteLogEntries(ctx context.Context, req *loggingpb.WriteLogEntriesRequest) (
	*loggingpb.WriteLogEntriesResponse, error) {
	if size := proto.Size(req); size > maxRequest {
		return nil, invalid("Request has %d bytes; the most is %d.", size, maxRequest)
	}
	if len(req.GetEntries()) == 0 {
		return nil, invalid("Request has no entries.")
	}
	b := s.store.Batch()
	failed := s.addAll(b, req)
	if err := s.apply(ctx, b, req, failed); err != nil {
		return nil, err
	}
	if len(failed) > 0 {
		return nil, partial(failed)
	}
	return &loggingpb.WriteLogEntriesResponse{}, nil
}

// apply writes the batch, unless the request is a dry run, or is all or nothing and an entry failed.
func (s *Server) apply(ctx context.Context, b *table.Batch, req *loggingpb.WriteLogEntriesRequest,
	failed map[int32]error) error {
	err := ctx.Err()
	if len(failed) > 0 && !req.GetPartialSuccess() {
		err = firstOf(failed)
	}
	if err == nil && !req.GetDryRun() {
		err = s.store.Apply(b)
	}
	if err != nil || req.GetDryRun() {
		s.logs.reset()
	}
	return table.Status(err)
}

// addAll adds the good entries of a request to the batch and returns what is wrong with the others.
func (s *Server) addAll(b *table.Batch, req *loggingpb.WriteLogEntriesRequest) map[int32]error {
	failed := map[int32]error{}
	for i, given := range req.GetEntries() {
		e := s.complete(given, req)
		err := checkEntry(e)
		if err == nil {
			err = s.route(b, e)
		}
		if err != nil {
			failed[int32(i)] = err // #nosec G115 -- a request of 10 MB has fewer entries
		}
	}
	return failed
}

// complete fills in what an entry leaves to its request and to the server.
func (s *Server) complete(e *loggingpb.LogEntry, req *loggingpb.WriteLogEntriesRequest) *loggingpb.LogEntry {
	if e.GetLogName() == "" {
		e.LogName = req.GetLogName()
	}
	if e.GetResource() == nil {
		e.Resource = req.GetResource()
	}
	for k, v := range req.GetLabels() {
		if e.Labels == nil {
			e.Labels = map[string]string{}
		}
		if _, ok := e.Labels[k]; !ok {
			e.Labels[k] = v
		}
	}
	e.ReceiveTimestamp = timestamp(s.clock.Now())
	if e.GetTimestamp() == nil {
		e.Timestamp = e.GetReceiveTimestamp()
	}
	if e.GetInsertId() == "" {
		e.InsertId = fmt.Sprintf("%016x", s.unique.Add(1))
	}
	shortenLabels(e)
	return e
}

// route adds the entry to every bucket that a sink of its project sends it to and that keeps entries of its age.
func (s *Server) route(b *table.Batch, e *loggingpb.LogEntry) error {
	project := projectOf(e.GetLogName())
	at, now := e.GetTimestamp().AsTime(), s.clock.Now()
	raw, err := proto.Marshal(e)
	if err != nil {
		return invalid("Entry cannot be encoded: %v.", err)
	}
	longest := defaultRetention * day
	stored, found := map[string]bool{}, false
	s.config.read(project, func() {
		for _, sink := range s.config.sinks {
			bucket := s.config.buckets[sink.bucket]
			if sink.project != project || bucket.GetLifecycleState() != loggingpb.LifecycleState_ACTIVE ||
				stored[sink.bucket] || !sink.takes(e) {
				continue
			}
			found, stored[sink.bucket] = true, true
			longest = max(longest, retention(bucket))
			if now.Sub(at) <= retention(bucket) {
				b.Set(entryKey(sink.bucket, positionOf(e)), raw)
				s.logs.seen(b, sink.bucket, e.GetLogName(), at)
			}
		}
		if !found {
			longest = defaultRetention * day
		}
	})
	return checkTime(at, now, longest)
}

func firstOf(failed map[int32]error) error {
	first := int32(-1)
	for i := range failed {
		if first < 0 || i < first {
			first = i
		}
	}
	return failed[first]
}

// partial is the answer when some entries were written and some were not: the status of one, and all in the details.
func partial(failed map[int32]error) error {
	details := &loggingpb.WriteLogEntriesPartialErrors{LogEntryErrors: map[int32]*rpcstatus.Status{}}
	for i, err := range failed {
		details.LogEntryErrors[i] = status.Convert(err).Proto()
	}
	answer, err := status.New(status.Code(firstOf(failed)), status.Convert(firstOf(failed)).Message()).
		WithDetails(details)
	if err != nil {
		return status.Error(codes.Internal, "Cannot describe the failed entries.")
	}
	return answer.Err()
}
