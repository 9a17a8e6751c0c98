package logging

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// grace is how long a deleted bucket can be restored.
const grace = 7 * day

// DeleteBucket stops a bucket. It is removed with its entries after a week; until then UndeleteBucket restores it. A
// locked bucket must be empty.
func (s *ConfigServer) DeleteBucket(_ context.Context, req *loggingpb.DeleteBucketRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.setLifecycle(req.GetName(), loggingpb.LifecycleState_ACTIVE,
		loggingpb.LifecycleState_DELETE_REQUESTED)
}

// UndeleteBucket brings back a bucket that was deleted less than a week ago.
func (s *ConfigServer) UndeleteBucket(_ context.Context, req *loggingpb.UndeleteBucketRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.setLifecycle(req.GetName(), loggingpb.LifecycleState_DELETE_REQUESTED,
		loggingpb.LifecycleState_ACTIVE)
}

func (s *ConfigServer) setLifecycle(name string, from, to loggingpb.LifecycleState) error {
	if !bucketPattern.MatchString(name) {
		return invalid("Bucket name %q is invalid.", name)
	}
	return s.config.write(projectOf(name), func() error {
		stored := s.config.buckets[name]
		if stored == nil {
			return noBucket(name)
		}
		if stored.GetLifecycleState() != from {
			return status.Errorf(codes.FailedPrecondition, "Bucket `%s` is in state %s.", name,
				stored.GetLifecycleState())
		}
		if to == loggingpb.LifecycleState_DELETE_REQUESTED {
			if err := s.mayDelete(stored); err != nil {
				return err
			}
		}
		bucket := proto.CloneOf(stored)
		bucket.LifecycleState, bucket.UpdateTime = to, timestamppb.New(s.clock.Now())
		return s.config.putBucket(bucket)
	})
}

func (s *ConfigServer) mayDelete(b *loggingpb.LogBucket) error {
	if strings.HasSuffix(b.GetName(), "/"+defaultID) || strings.HasSuffix(b.GetName(), "/"+requiredID) {
		return invalid("Bucket `%s` cannot be deleted.", b.GetName())
	}
	if !b.GetLocked() {
		return nil
	}
	empty, err := s.empty(b.GetName())
	if err != nil {
		return table.Status(err)
	}
	if !empty {
		return status.Errorf(codes.FailedPrecondition, "Bucket `%s` is locked and has entries: it can only be "+
			"deleted when it is empty.", b.GetName())
	}
	return nil
}

// empty tells whether a bucket has no entries, including entries that are too old to be shown.
func (s *Server) empty(bucket string) (bool, error) {
	empty := true
	lower, upper := table.Prefix(string(bucketKey(bucket)))
	err := s.store.Scan(lower, upper, false, func(_, _ []byte) bool {
		empty = false
		return false
	})
	return empty, err
}

func overdue(b *loggingpb.LogBucket, now time.Time) bool {
	return b.GetLifecycleState() == loggingpb.LifecycleState_DELETE_REQUESTED && !b.GetUpdateTime().AsTime().Add(grace).
		After(now)
}

// purge removes a bucket for good: its entries first, so that what a crash leaves is found again.
func (s *Server) purge(ctx context.Context, bucket string) error {
	everything := func([]byte) bool { return true }
	for _, prefix := range []string{string(bucketKey(bucket)), namePrefix + bucket + "\x00"} {
		lower, upper := table.Prefix(prefix)
		if err := s.remove(ctx, lower, upper, everything); err != nil {
			return err
		}
	}
	s.logs.reset()
	return s.config.write(projectOf(bucket), func() error { return s.config.forget(bucket) })
}

// forget removes a bucket with its views. The caller holds the write lock.
func (c *config) forget(bucket string) error {
	b := c.store.Batch()
	c.bucketTable.Remove(b, bucket)
	for name := range c.views {
		if strings.HasPrefix(name, bucket+"/views/") {
			c.viewTable.Remove(b, name)
		}
	}
	if err := c.store.Apply(b); err != nil {
		return err
	}
	delete(c.buckets, bucket)
	for name := range c.views {
		if strings.HasPrefix(name, bucket+"/views/") {
			delete(c.views, name)
		}
	}
	return nil
}
