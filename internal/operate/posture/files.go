package posture

import (
	"context"
	"fmt"
	"strings"
	"time"

	storage "google.golang.org/api/storage/v1"
)

func fileBucket(ctx context.Context, c *cloud, f *findings, expected string) (*storage.Bucket, bool) {
	t := c.files()
	return look(ctx, c, f, ofStorage, t, expected, func(ctx context.Context) (*storage.Bucket, error) {
		return c.Storage.Buckets.Get(short(t.name)).Context(ctx).Do()
	})
}

func filesEncrypted(ctx context.Context, c *cloud, f *findings) {
	b, ok := fileBucket(ctx, c, f, "a key of ours")
	if !ok {
		return
	}
	key := ""
	if b.Encryption != nil {
		key = b.Encryption.DefaultKmsKeyName
	}
	underDataKey(c, f, c.files(), key)
	f.expect(strings.EqualFold(b.Location, c.region), c.files(), "lies in "+b.Location, strings.ToUpper(c.region))
}

// filesClosed: permissions on single files, and permissions for everybody, cannot be granted.
func filesClosed(ctx context.Context, c *cloud, f *findings) {
	b, ok := fileBucket(ctx, c, f, "never public")
	if !ok {
		return
	}
	prevention := ""
	if i := b.IamConfiguration; i != nil {
		prevention = i.PublicAccessPrevention
	}
	uniformAccess(f, c.files(), b)
	f.expect(prevention == "enforced", c.files(), "has public access prevention "+orNone(prevention), "enforced")
}

// uniformAccess: nothing on single files can give somebody more than the bucket does. Nobody looks at those one by one.
func uniformAccess(f *findings, t thing, b *storage.Bucket) {
	i := b.IamConfiguration
	uniform := i != nil && i.UniformBucketLevelAccess != nil && i.UniformBucketLevelAccess.Enabled
	f.expect(uniform, t, "has uniform access: "+yes(uniform), "yes")
}

const longestSoftDelete = 7 * day

// filesForgotten: a deleted file is gone within the time promised for erasure.
func filesForgotten(ctx context.Context, c *cloud, f *findings) {
	b, ok := fileBucket(ctx, c, f, "deleted files gone within 7 days")
	if !ok {
		return
	}
	versions := b.Versioning != nil && b.Versioning.Enabled
	f.expect(!versions, c.files(), "keeps old versions: "+yes(versions), "no")
	var keep time.Duration
	if b.SoftDeletePolicy != nil {
		keep = time.Duration(b.SoftDeletePolicy.RetentionDurationSeconds) * time.Second
	}
	f.expect(keep <= longestSoftDelete, c.files(), "keeps deleted files "+span(keep), "7 days at most")
	locked := b.RetentionPolicy != nil && b.RetentionPolicy.RetentionPeriod > 0 || b.DefaultEventBasedHold
	f.expect(!locked, c.files(), "forbids deletion for a time: "+yes(locked), "no")
}

// filesKept: nothing deletes files but the product.
func filesKept(ctx context.Context, c *cloud, f *findings) {
	b, ok := fileBucket(ctx, c, f, "no rule that deletes")
	if !ok {
		return
	}
	n := 0
	if b.Lifecycle != nil {
		for _, r := range b.Lifecycle.Rule {
			if r.Action != nil && r.Action.Type == "Delete" {
				n++
			}
		}
	}
	f.expect(n == 0, c.files(), fmt.Sprintf("has %d rules that delete", n), "none")
}
