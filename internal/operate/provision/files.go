package provision

import (
	"context"
	"fmt"
	"strings"
	"time"

	storage "google.golang.org/api/storage/v1"
)

// softDelete is how long Cloud Storage keeps what was deleted: as long as the keys that open it have backups.
const softDelete = 7 * day

const freshBucket = "where a bucket lies is chosen when it is made: make another one, move the files, and name it in " +
	"the specification"

// files is the bucket for files: under our key, never public, without old versions, and without a rule that deletes.
// No service keeps files there yet, so nobody has a role on it.
func (s Spec) files() []Resource {
	name := s.fileBucket()
	return []Resource{s.bucket("file bucket", s.wantedBucket(),
		tf("google_storage_bucket", "files", set("name", name), set("location", strings.ToUpper(s.Region)),
			set("force_destroy", false),
			set("uniform_bucket_level_access", true), set("public_access_prevention", "enforced"),
			sub("encryption", set("default_kms_key_name", s.key(DataKey))), sub("versioning", set("enabled", false)),
			sub("soft_delete_policy", set("retention_duration_seconds", int(softDelete/time.Second))), forKeeps()))}
}

// bucket is a bucket of Cloud Storage.
func (s Spec) bucket(kind string, want *storage.Bucket, b block) Resource {
	t := thing[*storage.Bucket]{
		read: func(ctx context.Context, c *session) (*storage.Bucket, error) {
			return c.Storage.Buckets.Get(want.Name).Context(ctx).Do()
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Storage.Buckets.Insert(s.Project, want).Context(ctx).Do()
			return err
		},
		differ: func(have *storage.Bucket) []difference { return bucketDifferences(have, want) },
		update: func(ctx context.Context, c *session, have *storage.Bucket, found []difference) error {
			_, err := c.Storage.Buckets.Patch(want.Name, bucketPatch(have, want, found)).
				IfMetagenerationMatch(have.Metageneration).Context(ctx).Do()
			return err
		},
	}
	return Resource{Kind: kind, Name: "projects/_/buckets/" + want.Name, api: apiStorage, look: t.look, fresh: true,
		block: b}
}

func (s Spec) wantedBucket() *storage.Bucket {
	return &storage.Bucket{
		Name: s.fileBucket(), Location: strings.ToUpper(s.Region),
		Encryption: &storage.BucketEncryption{DefaultKmsKeyName: s.key(DataKey)},
		IamConfiguration: &storage.BucketIamConfiguration{
			UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
			PublicAccessPrevention:   "enforced",
		},
		Versioning:       &storage.BucketVersioning{Enabled: false, ForceSendFields: []string{"Enabled"}},
		SoftDeletePolicy: &storage.BucketSoftDeletePolicy{RetentionDurationSeconds: int64(softDelete / time.Second)},
	}
}

// bucketDifferences compares the settings of a bucket that are ours.
func bucketDifferences(have, wanted *storage.Bucket) []difference {
	want := bucketSettings(wanted)
	got := bucketSettings(have)
	var found []difference
	for i, w := range want {
		if got[i].to == w.to || w.field == keyOfBucket && wanted.Encryption == nil {
			continue
		}
		w.from = got[i].to
		if w.field == "location" {
			w.advice = freshBucket
		}
		found = append(found, w)
	}
	return found
}

const keyOfBucket = "encryption.defaultKmsKeyName"

func bucketSettings(b *storage.Bucket) []difference {
	key, uniform, public, versions, kept := "none", "false", "inherited", "false", "0s"
	if b.Encryption != nil && b.Encryption.DefaultKmsKeyName != "" {
		key = b.Encryption.DefaultKmsKeyName
	}
	if c := b.IamConfiguration; c != nil {
		uniform = fmt.Sprint(c.UniformBucketLevelAccess != nil && c.UniformBucketLevelAccess.Enabled)
		if c.PublicAccessPrevention != "" {
			public = c.PublicAccessPrevention
		}
	}
	if b.Versioning != nil {
		versions = fmt.Sprint(b.Versioning.Enabled)
	}
	if b.SoftDeletePolicy != nil {
		kept = days(time.Duration(b.SoftDeletePolicy.RetentionDurationSeconds) * time.Second)
	}
	return []difference{
		{field: "location", to: strings.ToUpper(b.Location)},
		{field: keyOfBucket, to: key},
		{field: "iamConfiguration.uniformBucketLevelAccess", to: uniform},
		{field: "iamConfiguration.publicAccessPrevention", to: public},
		{field: "versioning.enabled", to: versions},
		{field: "softDeletePolicy.retention", to: kept},
		{field: "lifecycle.rules that delete", to: fmt.Sprint(len(deleting(b)))},
	}
}

func deleting(b *storage.Bucket) []*storage.BucketLifecycleRule {
	var list []*storage.BucketLifecycleRule
	if b.Lifecycle == nil {
		return nil
	}
	for _, r := range b.Lifecycle.Rule {
		if r.Action != nil && r.Action.Type == "Delete" {
			list = append(list, r)
		}
	}
	return list
}

// bucketPatch holds only what differs.
func bucketPatch(have, want *storage.Bucket, found []difference) *storage.Bucket {
	patch := &storage.Bucket{}
	for _, d := range found {
		switch top, _, _ := strings.Cut(d.field, "."); top {
		case "encryption":
			patch.Encryption = want.Encryption
		case "iamConfiguration":
			patch.IamConfiguration = want.IamConfiguration
		case "versioning":
			patch.Versioning = want.Versioning
		case "softDeletePolicy":
			patch.SoftDeletePolicy = want.SoftDeletePolicy
		case "lifecycle":
			patch.Lifecycle = withoutDeleting(have.Lifecycle)
		}
	}
	return patch
}

func withoutDeleting(l *storage.BucketLifecycle) *storage.BucketLifecycle {
	kept := &storage.BucketLifecycle{ForceSendFields: []string{"Rule"}, Rule: []*storage.BucketLifecycleRule{}}
	for _, r := range l.Rule {
		if r.Action == nil || r.Action.Type != "Delete" {
			kept.Rule = append(kept.Rule, r)
		}
	}
	return kept
}
