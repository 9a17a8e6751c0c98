package logging

import (
	"context"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// ConfigServer serves buckets, views, sinks and settings.
type ConfigServer struct {
	loggingpb.UnimplementedConfigServiceV2Server

	config     *config
	clock      clock.Clock
	key        cmek.Use
	operations *operation.Operations
	empty      func(bucket string) (bool, error)
}

// CreateBucket makes a bucket. As at Google, one with a customer's key is made by CreateBucketAsync only.
func (s *ConfigServer) CreateBucket(ctx context.Context, req *loggingpb.CreateBucketRequest) (*loggingpb.LogBucket,
	error) {
	if req.GetBucket().GetCmekSettings() != nil || req.GetBucket().GetAnalyticsEnabled() {
		return nil, onlyAsync("Create")
	}
	return s.createBucket(ctx, req)
}

func onlyAsync(call string) error {
	return invalid("cmek_settings and analytics_enabled are for %sBucketAsync only.", call)
}

func (s *ConfigServer) createBucket(ctx context.Context, req *loggingpb.CreateBucketRequest) (*loggingpb.LogBucket,
	error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID]/locations/[LOCATION_ID].", req.GetParent())
	}
	if !newIDPattern.MatchString(req.GetBucketId()) {
		return nil, invalid("Bucket id %q is invalid.", req.GetBucketId())
	}
	bucket := s.newBucket(req)
	if err := checkBucket(bucket); err != nil {
		return nil, err
	}
	if err := s.checkBucketKey(ctx, bucket); err != nil {
		return nil, err
	}
	err := s.config.write(projectOf(req.GetParent()), func() error {
		if s.config.buckets[bucket.GetName()] != nil {
			return status.Errorf(codes.AlreadyExists, "Bucket `%s` already exists.", bucket.GetName())
		}
		return s.config.putBucket(bucket)
	})
	return bucket, err
}

func (s *ConfigServer) newBucket(req *loggingpb.CreateBucketRequest) *loggingpb.LogBucket {
	given, now := proto.CloneOf(req.GetBucket()), timestamppb.New(s.clock.Now())
	bucket := &loggingpb.LogBucket{
		Name:             req.GetParent() + "/buckets/" + req.GetBucketId(),
		Description:      given.GetDescription(),
		CreateTime:       now,
		UpdateTime:       now,
		RetentionDays:    given.GetRetentionDays(),
		Locked:           given.GetLocked(),
		LifecycleState:   loggingpb.LifecycleState_ACTIVE,
		AnalyticsEnabled: given.GetAnalyticsEnabled(),
		RestrictedFields: given.GetRestrictedFields(),
		IndexConfigs:     indexes(given.GetIndexConfigs(), nil, now),
		CmekSettings: bucketKeySettings(req.GetParent()+"/buckets/"+req.GetBucketId(), given.GetCmekSettings().
			GetKmsKeyName()),
	}
	if bucket.GetRetentionDays() == 0 {
		bucket.RetentionDays = defaultRetention
	}
	return bucket
}

// putBucket stores a bucket. A stored bucket is never changed later, so readers need no copy of their own.
func (c *config) putBucket(b *loggingpb.LogBucket) error {
	if err := c.bucketTable.Put(b.GetName(), b); err != nil {
		return table.Status(err)
	}
	c.setBucket(proto.CloneOf(b))
	return nil
}

// CreateBucketAsync makes a bucket; its operation is done when it answers.
func (s *ConfigServer) CreateBucketAsync(ctx context.Context, req *loggingpb.CreateBucketRequest) (
	*longrunningpb.Operation, error) {
	bucket, err := s.createBucket(ctx, req)
	if err != nil {
		return nil, err
	}
	return s.operations.Done(req.GetParent(), bucket, &loggingpb.BucketMetadata{
		StartTime: bucket.GetCreateTime(),
		EndTime:   bucket.GetCreateTime(),
		State:     loggingpb.OperationState_OPERATION_STATE_SUCCEEDED,
		Request:   &loggingpb.BucketMetadata_CreateBucketRequest{CreateBucketRequest: req},
	})
}

// UpdateBucketAsync changes a bucket; its operation is done when it answers.
func (s *ConfigServer) UpdateBucketAsync(ctx context.Context, req *loggingpb.UpdateBucketRequest) (
	*longrunningpb.Operation, error) {
	bucket, err := s.updateBucket(ctx, req)
	if err != nil {
		return nil, err
	}
	location, _, _ := strings.Cut(req.GetName(), "/buckets/")
	return s.operations.Done(location, bucket, &loggingpb.BucketMetadata{
		StartTime: bucket.GetUpdateTime(),
		EndTime:   bucket.GetUpdateTime(),
		State:     loggingpb.OperationState_OPERATION_STATE_SUCCEEDED,
		Request:   &loggingpb.BucketMetadata_UpdateBucketRequest{UpdateBucketRequest: req},
	})
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
func (s *ConfigServer) ListBuckets(_ context.Context, req *loggingpb.ListBucketsRequest) (
	*loggingpb.ListBucketsResponse, error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID]/locations/[LOCATION_ID].", req.GetParent())
	}
	var names []string
	var resp loggingpb.ListBucketsResponse
	var err error
	s.config.read(projectOf(req.GetParent()), func() {
		names, resp.NextPageToken, err = table.Names(s.config.buckets, under(req.GetParent()), req.GetPageSize(),
			req.GetPageToken())
		for _, name := range names {
			resp.Buckets = append(resp.Buckets, s.config.buckets[name])
		}
	})
	return &resp, err
}

// UpdateBucket changes what the mask names. A locked bucket keeps its retention and its lock, and a customer's key can
// only be changed by UpdateBucketAsync.
func (s *ConfigServer) UpdateBucket(ctx context.Context, req *loggingpb.UpdateBucketRequest) (*loggingpb.LogBucket,
	error) {
	for _, path := range req.GetUpdateMask().GetPaths() {
		if strings.HasPrefix(path, "cmek_settings") || path == "analytics_enabled" {
			return nil, onlyAsync("Update")
		}
	}
	return s.updateBucket(ctx, req)
}

func (s *ConfigServer) updateBucket(ctx context.Context, req *loggingpb.UpdateBucketRequest) (*loggingpb.LogBucket,
	error) {
	if !bucketPattern.MatchString(req.GetName()) {
		return nil, invalid("Bucket name %q is invalid.", req.GetName())
	}
	var bucket *loggingpb.LogBucket
	err := s.config.write(projectOf(req.GetName()), func() error {
		stored := s.config.buckets[req.GetName()]
		if stored == nil {
			return noBucket(req.GetName())
		}
		if stored.GetLifecycleState() != loggingpb.LifecycleState_ACTIVE {
			return status.Errorf(codes.FailedPrecondition, "Bucket `%s` is being deleted.", req.GetName())
		}
		bucket = proto.CloneOf(stored)
		bucket.UpdateTime = timestamppb.New(s.clock.Now())
		if err := mergeBucket(bucket, req.GetBucket(), req.GetUpdateMask().GetPaths()); err != nil {
			return err
		}
		if err := checkBucket(bucket); err != nil {
			return err
		}
		if bucket.GetCmekSettings().GetKmsKeyName() != stored.GetCmekSettings().GetKmsKeyName() {
			if err := s.checkBucketKey(ctx, bucket); err != nil {
				return err
			}
		}
		return s.config.putBucket(bucket)
	})
	return bucket, err
}
