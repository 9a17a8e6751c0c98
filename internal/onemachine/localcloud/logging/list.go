package logging

import (
	"context"
	"iter"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	defaultPage  = 50
	maxPage      = 1000
	maxResources = 100
)

// source is a part of a bucket that a caller may read.
type source struct {
	bucket string
	view   filter.Filter
	oldest time.Time
	only   string // the project whose logs count; empty for all
}

func (src source) project(log string) bool {
	return src.only == "" || projectOf(log) == src.only
}

// ListLogEntries reads entries of projects (their _Default and _Required buckets) and of views of buckets.
func (s *Server) ListLogEntries(ctx context.Context, req *loggingpb.ListLogEntriesRequest) (
	*loggingpb.ListLogEntriesResponse, error) {
	q, err := s.newQuery(req)
	if err != nil {
		return nil, err
	}
	if err := s.takeRead(); err != nil {
		return nil, err
	}
	resp := &loggingpb.ListLogEntriesResponse{}
	var last []byte
	for position, found := range s.merged(ctx, q) {
		if found.err != nil {
			return nil, table.Status(found.err)
		}
		if len(resp.Entries) == q.limit {
			resp.NextPageToken = q.token(last, s.clock.Now())
			break
		}
		resp.Entries, last = append(resp.Entries, found.entry), position
	}
	return resp, nil
}

// sources resolves the resource names of a request.
func (s *Server) sources(names []string) ([]source, error) {
	if len(names) == 0 || len(names) > maxResources {
		return nil, invalid("resource_names must have between 1 and %d names.", maxResources)
	}
	var out []source
	for _, name := range names {
		views := []string{name}
		only := ""
		if projectPattern.MatchString(name) {
			only = name
			views = []string{defaultBucket(name) + "/views/" + defaultID, requiredBucket(name) + "/views/" + allLogs}
		}
		for _, view := range views {
			src, err := s.source(view, only)
			if err != nil {
				return nil, err
			}
			out = append(out, src)
		}
	}
	return out, nil
}

func (s *Server) source(viewName, only string) (source, error) {
	view, err := s.config.view(viewName)
	if err != nil {
		return source{}, err
	}
	bucketName, _, _ := strings.Cut(viewName, "/views/")
	var bucket *loggingpb.LogBucket
	s.config.read(projectOf(viewName), func() { bucket = s.config.buckets[bucketName] })
	if bucket.GetLifecycleState() != loggingpb.LifecycleState_ACTIVE {
		return source{}, noBucket(bucketName)
	}
	oldest := s.clock.Now().Add(-retention(bucket))
	return source{bucket: bucketName, view: view.filter, oldest: oldest, only: only}, nil
}

// result is an entry, or the error that ended the reading.
type result struct {
	entry *loggingpb.LogEntry
	err   error
}

// read yields the entries of one source that match the query, in the query's order, with their positions.
func (s *Server) read(ctx context.Context, src source, q *query) iter.Seq2[[]byte, result] {
	lower, upper := q.bounds(src)
	skip := len(bucketKey(src.bucket))
	return func(yield func([]byte, result) bool) {
		stopped := false
		err := s.store.Scan(lower, upper, q.newestFirst, func(k, v []byte) bool {
			if ctx.Err() != nil {
				return false
			}
			e := &loggingpb.LogEntry{}
			if err := proto.Unmarshal(v, e); err != nil {
				stopped = !yield(nil, result{err: err})
				return false
			}
			if !src.project(e.GetLogName()) || !src.view.Match(e) || !q.filter.Match(e) {
				return true
			}
			stopped = !yield(append([]byte(nil), k[skip:]...), result{entry: e})
			return !stopped
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && !stopped {
			yield(nil, result{err: err})
		}
	}
}
