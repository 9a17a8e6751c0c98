package posture

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	storage "google.golang.org/api/storage/v1"
)

// mirrorSetting names the bucket for the copy of the security page.
const mirrorSetting = "TOH_MIRROR"

// mirrored reports whether a service says that there is a copy, and whether that is known. What is wrong with the
// services goes to f.
func (c *cloud) mirrored(ctx context.Context, f *findings) (there, known bool) {
	known = true
	for _, id := range services {
		s, ok := runService(ctx, c, f, id, "where the copy of the security page is")
		there, known = there || ok && setting(s, mirrorSetting) != "", known && ok
	}
	return there, known
}

// mirrorSound: the one public bucket is the copy of the security page, and is kept as it must be.
func mirrorSound(ctx context.Context, c *cloud, f *findings) {
	switch there, known := c.mirrored(ctx, f); {
	case !known:
		return
	case !there:
		f.expect(true, c.mirror(), "is not used: there is no copy of the security page", "a copy, or none")
		return
	}
	for _, id := range services {
		if s, ok := runService(ctx, c, f, id, "the copy's bucket"); ok {
			have, want := setting(s, mirrorSetting), short(c.mirror().name)
			f.expect(have == want, c.service(id), "has "+mirrorSetting+" "+orNone(have), want)
		}
	}
	t := c.mirror()
	b, ok := look(ctx, c, f, ofStorage, t, "the copy of the security page",
		func(ctx context.Context) (*storage.Bucket, error) {
			return c.Storage.Buckets.Get(short(t.name)).Context(ctx).Do()
		})
	if !ok {
		return
	}
	uniformAccess(f, t, b)
	var keep time.Duration
	if b.SoftDeletePolicy != nil {
		keep = time.Duration(b.SoftDeletePolicy.RetentionDurationSeconds) * time.Second
	}
	f.expect(keep >= leastSoftDelete, t, "keeps deleted files "+span(keep), "7 days at least")
	n := 0
	if b.Lifecycle != nil {
		for _, r := range b.Lifecycle.Rule {
			if r.Action != nil && r.Action.Type == "Delete" {
				n++
			}
		}
	}
	f.expect(n == 0, t, fmt.Sprintf("has %d rules that delete", n), "none")
	f.expect(strings.EqualFold(b.Location, c.region), t, "lies in "+b.Location, strings.ToUpper(c.region))
}

const leastSoftDelete = 7 * day

// otherBuckets: no other bucket of the project is open to everybody, as a whole or in single files.
func otherBuckets(ctx context.Context, c *cloud, f *findings) {
	const expected = "none that is open to everybody"
	list, ok := look(ctx, c, f, ofStorage, thing{"buckets of", c.project().name}, expected,
		func(ctx context.Context) (found []*storage.Bucket, err error) {
			err = c.Storage.Buckets.List(c.projectID).Pages(ctx, func(page *storage.Buckets) error {
				if found = append(found, page.Items...); len(found) > mostItems {
					return errMany
				}
				return nil
			})
			return found, err
		})
	if !ok {
		return
	}
	open := 0
	mirror, known := c.mirrored(ctx, &findings{})
	for _, b := range list {
		t := thing{"bucket", "projects/_/buckets/" + b.Name}
		if t.name == c.files().name || t.name == c.mirror().name && (mirror || !known) {
			continue // other checks look at these
		}
		uniformAccess(f, t, b)
		if !prevented(b) && c.openBucket(ctx, f, t) {
			open++
			f.expect(false, t, "is open to everybody", "closed, or removed")
		}
	}
	f.expect(open == 0, thing{"buckets of", c.project().name}, "are open to everybody: "+fmt.Sprint(open), "none")
}

var errMany = errors.New("there are too many")

// prevented reports whether a bucket cannot be open to everybody.
func prevented(b *storage.Bucket) bool {
	return b.IamConfiguration != nil && b.IamConfiguration.PublicAccessPrevention == "enforced"
}

// openBucket reports whether everybody has a role on a bucket.
func (c *cloud) openBucket(ctx context.Context, f *findings, t thing) bool {
	p, ok := policy(ctx, c, f, guarded{thing: t, service: ofStorage, get: c.bucketPolicy(t)}, "nothing for everybody")
	if !ok {
		return false
	}
	for _, b := range p.GetBindings() {
		for _, m := range b.GetMembers() {
			if c.sortOf(m) == public {
				return true
			}
		}
	}
	return false
}
