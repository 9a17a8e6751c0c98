package logging

import (
	"context"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/model"
)

// ConfigServer serves buckets, views and sinks.
type ConfigServer struct {
	loggingpb.UnimplementedConfigServiceV2Server

	config *config
	clock  model.Clock
}

// CreateBucket makes a bucket.
func (s *ConfigServer) CreateBucket(_ context.Context, req *loggingpb.CreateBucketRequest) (*loggingpb.LogBucket, error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID]/locations/[LOCATION_ID].", req.GetParent())
	}
	if !newIDPattern.MatchString(req.GetBucketId()) {
		return nil, invalid("Bucket id %q is invalid.", req.GetBucketId())
	}
	bucket, err := s.newBucket(req)
	if err != nil {
		return nil, err
	}
	err = s.config.write(projectOf(req.GetParent()), func() error {
		if s.config.buckets[bucket.GetName()] != nil {
			return status.Errorf(codes.AlreadyExists, "Bucket `%s` already exists.", bucket.GetName())
		}
		return s.config.putBucket(bucket)
	})
	return bucket, err
}

func (s *ConfigServer) newBucket(req *loggingpb.CreateBucketRequest) (*loggingpb.LogBucket, error) {
	bucket := &loggingpb.LogBucket{}
	if req.GetBucket() != nil {
		bucket = proto.CloneOf(req.GetBucket())
	}
	bucket.Name = req.GetParent() + "/buckets/" + req.GetBucketId()
	bucket.LifecycleState = loggingpb.LifecycleState_ACTIVE
	bucket.CreateTime = timestamppb.New(s.clock.Now())
	bucket.UpdateTime = bucket.GetCreateTime()
	if bucket.GetRetentionDays() == 0 {
		bucket.RetentionDays = defaultRetention
	}
	return bucket, checkRetention(bucket)
}

func checkRetention(b *loggingpb.LogBucket) error {
	if days := b.GetRetentionDays(); days < 1 || days > longestRetention {
		return invalid("retention_days must be between 1 and %d, not %d.", longestRetention, days)
	}
	return nil
}

// putBucket stores a bucket. What is stored is never changed later, so readers need no copy of their own.
func (c *config) putBucket(b *loggingpb.LogBucket) error {
	if err := c.bucketTable.Put(b.GetName(), b); err != nil {
		return table.Status(err)
	}
	c.setBucket(proto.CloneOf(b))
	return nil
}

// CreateBucketAsync makes a bucket; its operation is done when it answers.
func (s *ConfigServer) CreateBucketAsync(ctx context.Context, req *loggingpb.CreateBucketRequest) (*longrunningpb.Operation, error) {
	bucket, err := s.CreateBucket(ctx, req)
	if err != nil {
		return nil, err
	}
	return s.done(req.GetParent(), bucket, &loggingpb.BucketMetadata{
		StartTime: bucket.GetCreateTime(),
		EndTime:   bucket.GetCreateTime(),
		State:     loggingpb.OperationState_OPERATION_STATE_SUCCEEDED,
		Request:   &loggingpb.BucketMetadata_CreateBucketRequest{CreateBucketRequest: req},
	})
}

// UpdateBucketAsync changes a bucket; its operation is done when it answers.
func (s *ConfigServer) UpdateBucketAsync(ctx context.Context, req *loggingpb.UpdateBucketRequest) (*longrunningpb.Operation, error) {
	bucket, err := s.UpdateBucket(ctx, req)
	if err != nil {
		return nil, err
	}
	return s.done(req.GetName(), bucket, &loggingpb.BucketMetadata{
		StartTime: bucket.GetUpdateTime(),
		EndTime:   bucket.GetUpdateTime(),
		State:     loggingpb.OperationState_OPERATION_STATE_SUCCEEDED,
		Request:   &loggingpb.BucketMetadata_UpdateBucketRequest{UpdateBucketRequest: req},
	})
}

func (s *ConfigServer) done(parent string, bucket *loggingpb.LogBucket, about *loggingpb.BucketMetadata) (*longrunningpb.Operation, error) {
	metadata, err := anypb.New(about)
	if err != nil {
		return nil, table.Status(err)
	}
	response, err := anypb.New(bucket)
	if err != nil {
		return nil, table.Status(err)
	}
	return &longrunningpb.Operation{
		Name:     projectOf(parent) + "/operations/" + bucket.GetUpdateTime().AsTime().Format("20060102150405.000000"),
		Metadata: metadata,
		Done:     true,
		Result:   &longrunningpb.Operation_Response{Response: response},
	}, nil
}

// GetBucket returns a bucket.
func (s *ConfigServer) GetBucket(_ context.Context, req *loggingpb.GetBucketRequest) (*loggingpb.LogBucket, error) {
	if !bucketPattern.MatchString(req.GetName()) {
		return nil, invalid("Bucket name %q is invalid.", req.GetName())
	}
	var bucket *loggingpb.LogBucket
	s.config.read(projectOf(req.GetName()), func() { bucket = s.config.buckets[req.GetName()] })
	if bucket == nil {
		return nil, noBucket(req.GetName())
	}
	return bucket, nil
}

func noBucket(name string) error {
	return status.Errorf(codes.NotFound, "Bucket `%s` does not exist.", name)
}

// ListBuckets lists the buckets of a location; "-" is every location.
func (s *ConfigServer) ListBuckets(_ context.Context, req *loggingpb.ListBucketsRequest) (*loggingpb.ListBucketsResponse, error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID]/locations/[LOCATION_ID].", req.GetParent())
	}
	var names []string
	var resp loggingpb.ListBucketsResponse
	var err error
	s.config.read(projectOf(req.GetParent()), func() {
		names, resp.NextPageToken, err = table.Names(s.config.buckets, under(req.GetParent()), req.GetPageSize(), req.GetPageToken())
		for _, name := range names {
			resp.Buckets = append(resp.Buckets, s.config.buckets[name])
		}
	})
	return &resp, err
}

// UpdateBucket changes retention, lock and description of a bucket. A locked bucket keeps its retention and its lock.
func (s *ConfigServer) UpdateBucket(_ context.Context, req *loggingpb.UpdateBucketRequest) (*loggingpb.LogBucket, error) {
	if !bucketPattern.MatchString(req.GetName()) {
		return nil, invalid("Bucket name %q is invalid.", req.GetName())
	}
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return nil, invalid("update_mask is required.")
	}
	var bucket *loggingpb.LogBucket
	err := s.config.write(projectOf(req.GetName()), func() error {
		stored := s.config.buckets[req.GetName()]
		if stored == nil {
			return noBucket(req.GetName())
		}
		bucket = proto.CloneOf(stored)
		for _, path := range req.GetUpdateMask().GetPaths() {
			if err := changeBucket(bucket, req.GetBucket(), path); err != nil {
				return err
			}
		}
		bucket.UpdateTime = timestamppb.New(s.clock.Now())
		return s.config.putBucket(bucket)
	})
	return bucket, err
}

func changeBucket(bucket, from *loggingpb.LogBucket, path string) error {
	if bucket.GetLocked() && (path == "retention_days" || path == "locked") {
		return status.Errorf(codes.FailedPrecondition, "Bucket `%s` is locked: its retention cannot change.", bucket.GetName())
	}
	switch path {
	case "retention_days":
		bucket.RetentionDays = from.GetRetentionDays()
		return checkRetention(bucket)
	case "locked":
		bucket.Locked = from.GetLocked()
	case "description":
		bucket.Description = from.GetDescription()
	case "restricted_fields":
		bucket.RestrictedFields = from.GetRestrictedFields()
	case "index_configs":
		bucket.IndexConfigs = from.GetIndexConfigs()
	default:
		return invalid("update_mask: %q cannot be changed.", path)
	}
	return nil
}
