package logging

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
)

const (
	maxIndexes    = 20
	maxRestricted = 20
	maxFieldPath  = 800 // bytes
)

var (
	fieldPathPattern  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*(\.([a-zA-Z0-9_-]+|"[^"]+"))*$`)
	restrictedPattern = regexp.MustCompile(
		`^(textPayload|jsonPayload|protoPayload|httpRequest|labels|sourceLocation)(\.|$)`)
	// indexedPattern is for the fields that Google indexes by itself, so that they cannot be indexed again.
	indexedPattern = regexp.MustCompile(
		`^(resource\.(type|labels\..+)|logName|severity|timestamp|insertId|operation\.id|trace|httpRequest\.status|labels\..+|split\.uid)$`)
)

// checkBucket refuses settings that a bucket cannot have.
func checkBucket(b *loggingpb.LogBucket) error {
	if days := b.GetRetentionDays(); days < 1 || days > longestRetention {
		return invalid("retention_days must be between 1 and %d, not %d.", longestRetention, days)
	}
	if err := checkIndexes(b.GetIndexConfigs()); err != nil {
		return err
	}
	return checkRestricted(b.GetRestrictedFields())
}

// checkBucketKey asks whether a bucket's key can be used, when it is given.
func (s *ConfigServer) checkBucketKey(ctx context.Context, b *loggingpb.LogBucket) error {
	if b.GetCmekSettings() == nil {
		return nil
	}
	location := strings.Split(b.GetName(), "/")[3]
	if location == "global" {
		return invalid("A bucket with a customer-managed key must be in a region.")
	}
	return s.key.Allowed(ctx, b.GetCmekSettings().GetKmsKeyName(), location, keyAccount(b.GetName()))
}

func checkIndexes(configs []*loggingpb.IndexConfig) error {
	if len(configs) > maxIndexes {
		return invalid("A bucket has at most %d indexes.", maxIndexes)
	}
	seen := map[string]bool{}
	for _, c := range configs {
		path := c.GetFieldPath()
		if err := checkFieldPath(path); err != nil {
			return err
		}
		if indexedPattern.MatchString(path) {
			return invalid("Field %q is indexed by default.", path)
		}
		if c.GetType() == loggingpb.IndexType_INDEX_TYPE_UNSPECIFIED {
			return invalid("The index of field %q has no type.", path)
		}
		if seen[path] {
			return invalid("Field %q has two indexes.", path)
		}
		seen[path] = true
	}
	return nil
}

func checkRestricted(paths []string) error {
	if len(paths) > maxRestricted {
		return invalid("A bucket has at most %d restricted fields.", maxRestricted)
	}
	for _, path := range paths {
		if err := checkFieldPath(path); err != nil {
			return err
		}
		if !restrictedPattern.MatchString(path) {
			return invalid("Field %q cannot be restricted.", path)
		}
	}
	return nil
}

// checkFieldPath requires a field that entries have.
func checkFieldPath(path string) error {
	if len(path) > maxFieldPath || !fieldPathPattern.MatchString(path) {
		return invalid("Field path %q is invalid.", path)
	}
	if _, err := filter.Parse(path + ":*"); err != nil {
		return invalid("Field path %q is invalid: %v.", path, err)
	}
	return nil
}

// indexes are the wanted ones; those that existed before keep their times.
func indexes(wanted, before []*loggingpb.IndexConfig, now *timestamppb.Timestamp) []*loggingpb.IndexConfig {
	out := make([]*loggingpb.IndexConfig, 0, len(wanted))
	for _, w := range wanted {
		made := &loggingpb.IndexConfig{FieldPath: w.GetFieldPath(), Type: w.GetType(), CreateTime: now}
		same := func(b *loggingpb.IndexConfig) bool {
			return b.GetFieldPath() == w.GetFieldPath() && b.GetType() == w.GetType()
		}
		if at := slices.IndexFunc(before, same); at >= 0 {
			made.CreateTime = before[at].GetCreateTime()
		}
		out = append(out, made)
	}
	return out
}

// mergeBucket brings what an update mask names into a bucket.
func mergeBucket(bucket, given *loggingpb.LogBucket, paths []string) error {
	before := proto.CloneOf(bucket)
	if err := crud.Merge(bucket, given, paths, "retention_days", "locked", "description", "restricted_fields",
		"index_configs", "analytics_enabled", "cmek_settings", "cmek_settings.kms_key_name"); err != nil {
		return err
	}
	named := func(path string) bool { return slices.Contains(paths, path) }
	switch {
	case before.GetLocked() && (named("retention_days") || named("locked")):
		return status.Errorf(codes.FailedPrecondition, "Bucket `%s` is locked: its retention cannot change.",
			bucket.GetName())
	case before.GetAnalyticsEnabled() && !bucket.GetAnalyticsEnabled():
		return invalid("Analytics of a bucket cannot be disabled.")
	}
	if named("index_configs") {
		bucket.IndexConfigs = indexes(bucket.GetIndexConfigs(), before.GetIndexConfigs(), bucket.GetUpdateTime())
	}
	if named("cmek_settings") || named("cmek_settings.kms_key_name") {
		return changeKey(bucket, before.GetCmekSettings() != nil)
	}
	return nil
}

// changeKey completes the settings of a bucket's new key. A bucket without a key cannot get one later, and one with a
// key cannot lose it.
func changeKey(bucket *loggingpb.LogBucket, keyed bool) error {
	key := bucket.GetCmekSettings().GetKmsKeyName()
	switch {
	case !keyed:
		return invalid("Bucket `%s` was made without a customer-managed key and cannot get one.", bucket.GetName())
	case key == "":
		return invalid("Bucket `%s` was made with a customer-managed key and cannot lose it.", bucket.GetName())
	}
	bucket.CmekSettings = bucketKeySettings(bucket.GetName(), key)
	return nil
}
