package logging

import (
	"context"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	namePrefix = "log/name/"
	// A log's newest time is written again only when it has moved on this far, so that most writes need no second key.
	nameGrain = time.Hour
)

// logNames remembers which logs a bucket holds entries of, and how new the newest is, give or take nameGrain.
type logNames struct {
	sync.Mutex
	newest map[string]time.Time
}

// seen records an entry of a log, in memory and, when it adds anything new, in the batch.
func (n *logNames) seen(b *table.Batch, bucket, log string, at time.Time) {
	key := namePrefix + bucket + "\x00" + log
	n.Lock()
	defer n.Unlock()
	if last, ok := n.newest[key]; ok && at.Before(last.Add(nameGrain)) {
		return
	}
	n.newest[key] = at
	b.Set([]byte(key), []byte(at.UTC().Format(time.RFC3339Nano)))
}

// reset forgets everything, because the batch with the records was not written.
func (n *logNames) reset() {
	n.Lock()
	defer n.Unlock()
	clear(n.newest)
}

// forget makes the next entry be recorded again, after its record was removed.
func (n *logNames) forget(key string) {
	n.Lock()
	defer n.Unlock()
	delete(n.newest, key)
}

// ListLogs lists the names of the logs that have entries.
func (s *Server) ListLogs(_ context.Context, req *loggingpb.ListLogsRequest) (*loggingpb.ListLogsResponse, error) {
	resources := req.GetResourceNames()
	if len(resources) == 0 {
		resources = []string{req.GetParent()}
	}
	sources, err := s.sources(resources)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, src := range sources {
		if err := s.namesIn(src, found); err != nil {
			return nil, table.Status(err)
		}
	}
	names, next, err := table.Names(found, func(string) bool { return true }, req.GetPageSize(), req.GetPageToken())
	return &loggingpb.ListLogsResponse{LogNames: names, NextPageToken: next}, err
}

func (s *Server) namesIn(src source, found map[string]bool) error {
	prefix := namePrefix + src.bucket + "\x00"
	lower, upper := table.Prefix(prefix)
	return s.store.Scan(lower, upper, false, func(k, v []byte) bool {
		newest, err := time.Parse(time.RFC3339Nano, string(v))
		log := strings.TrimPrefix(string(k), prefix)
		if err == nil && !newest.Add(nameGrain).Before(src.oldest) && src.project(log) {
			found[log] = true
		}
		return true
	})
}

// DeleteLog deletes the entries of a log in the _Default bucket. Those in other buckets stay, as at Google, until
// their bucket's retention ends.
func (s *Server) DeleteLog(ctx context.Context, req *loggingpb.DeleteLogRequest) (*emptypb.Empty, error) {
	if err := checkLog(req.GetLogName()); err != nil {
		return nil, err
	}
	bucket := defaultBucket(projectOf(req.GetLogName()))
	if _, err := s.store.Get([]byte(namePrefix + bucket + "\x00" + req.GetLogName())); err != nil {
		return nil, table.Missing(err, "Log %s does not exist.", req.GetLogName())
	}
	lower, upper := table.Prefix(string(bucketKey(bucket)))
	all := func(k []byte) bool {
		position := k[len(bucketKey(bucket)):]
		return strings.HasPrefix(string(position[timeSize:]), req.GetLogName()+"\x00")
	}
	if err := s.remove(ctx, lower, upper, all); err != nil {
		return nil, table.Status(err)
	}
	return &emptypb.Empty{}, table.Status(s.removeNames(bucket, []string{req.GetLogName()}))
}

func (s *Server) removeNames(bucket string, logs []string) error {
	b := s.store.Batch()
	for _, log := range logs {
		key := namePrefix + bucket + "\x00" + log
		s.logs.forget(key)
		b.Delete([]byte(key))
	}
	return s.store.Apply(b)
}
