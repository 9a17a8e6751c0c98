package provision

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// LockLog locks the audit bucket: from then on nobody can shorten its retention, or delete it while it holds entries.
// It cannot be undone, so the caller must give the bucket's name, and the bucket must be as the specification requires.
func LockLog(ctx context.Context, c *Clients, spec Spec, confirm string) error {
	if confirm != AuditBucket {
		return fmt.Errorf("provision: locking cannot be undone: confirm with the bucket's name, %s", AuditBucket)
	}
	s, err := begin(ctx, c, spec, nil)
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	f, err := s.inspect(ctx, spec.auditBucket())
	switch {
	case err != nil:
		return fmt.Errorf("provision: %w", err)
	case f.verb != Unchanged:
		return fmt.Errorf("provision: the audit bucket is not as it must be (%s %v): apply first", f.verb, f.fields)
	}
	have, err := c.LogConfig.GetBucket(ctx, &loggingpb.GetBucketRequest{Name: spec.logBucket()})
	if err != nil {
		return fmt.Errorf("provision: look at the audit bucket: %w", err)
	}
	if have.GetLocked() {
		return ErrLocked
	}
	_, err = c.LogConfig.UpdateBucket(ctx, &loggingpb.UpdateBucketRequest{
		Name: spec.logBucket(), Bucket: &loggingpb.LogBucket{Locked: true},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"locked"}},
	})
	if err != nil {
		return fmt.Errorf("provision: lock the audit bucket: %w", err)
	}
	return nil
}

// ErrLocked says that the audit bucket is already locked.
var ErrLocked = errors.New("provision: the audit bucket is already locked")
