package logging

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// remove deletes the keys of a range for which which returns true, a limited number at a time.
func (s *Server) remove(ctx context.Context, lower, upper []byte, which func(key []byte) bool) error {
	const step = 1000
	for from := lower; from != nil; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := s.store.Batch()
		var next []byte
		err := s.store.Scan(from, upper, false, func(k, _ []byte) bool {
			if b.Count() == step {
				next = slices.Clone(k)
				return false
			}
			if which(k) {
				b.Delete(k)
			}
			return true
		})
		if err != nil {
			return err
		}
		if err := s.store.Apply(b); err != nil {
			return err
		}
		from = next
	}
	return nil
}

// Sweep deletes the entries that are older than their buckets keep, and the buckets that were deleted long enough ago.
func (s *Server) Sweep(ctx context.Context) error {
	var buckets map[string]*loggingpb.LogBucket
	s.config.read("", func() { buckets = maps.Clone(s.config.buckets) })
	var failed []error
	for name, bucket := range buckets {
		if overdue(bucket, s.clock.Now()) {
			failed = append(failed, s.purge(ctx, name))
			continue
		}
		if err := s.sweepBucket(ctx, name, s.clock.Now().Add(-retention(bucket))); err != nil {
			failed = append(failed, fmt.Errorf("sweep %s: %w", name, err))
		}
	}
	return errors.Join(failed...)
}

func (s *Server) sweepBucket(ctx context.Context, bucket string, oldest time.Time) error {
	upper := entryKey(bucket, timeKey(oldest))
	if err := s.remove(ctx, bucketKey(bucket), upper, func([]byte) bool { return true }); err != nil {
		return err
	}
	return s.sweepNames(bucket, oldest)
}

func (s *Server) sweepNames(bucket string, oldest time.Time) error {
	var gone []string
	prefix := namePrefix + bucket + "\x00"
	lower, upper := table.Prefix(prefix)
	err := s.store.Scan(lower, upper, false, func(k, v []byte) bool {
		if newest, err := time.Parse(time.RFC3339Nano, string(v)); err != nil || newest.Add(nameGrain).Before(oldest) {
			gone = append(gone, strings.TrimPrefix(string(k), prefix))
		}
		return true
	})
	if err != nil {
		return err
	}
	return s.removeNames(bucket, gone)
}
