package secretmanager

import (
	"context"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Sweep destroys the versions whose delay is over, and updates rotation times that have passed.
func (s *Server) Sweep(ctx context.Context) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.destroyDue(ctx); err != nil {
		return err
	}
	return s.rotateDue(ctx)
}

func (s *Server) destroyDue(ctx context.Context) error {
	due := map[string]*secretmanagerpb.SecretVersion{}
	err := s.versions.Each("", func(row string, v *secretmanagerpb.SecretVersion) bool {
		if at := v.GetScheduledDestroyTime(); at != nil && !at.AsTime().After(s.clock.Now()) {
			due[row] = v
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for _, v := range due {
		ref, _, err := s.resolve(v.GetName())
		if err != nil {
			return err
		}
		b := s.store.Batch()
		s.destroy(b, ref, v)
		if _, err := s.putVersion(b, ref, v); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// destroy removes the payload of a version for good.
func (s *Server) destroy(b *table.Batch, ref versionRef, v *secretmanagerpb.SecretVersion) {
	v.State = secretmanagerpb.SecretVersion_DESTROYED
	v.DestroyTime, v.ScheduledDestroyTime = s.now(), nil
	b.Delete(ref.payloadKey())
}

// rotateDue schedules the next rotation of each secret whose last one is due. A secret without a period rotates once.
func (s *Server) rotateDue(ctx context.Context) error {
	var due []*secretmanagerpb.Secret
	err := s.secrets.Each("", func(_ string, secret *secretmanagerpb.Secret) bool {
		if at := secret.GetRotation().GetNextRotationTime(); at != nil && !at.AsTime().After(s.clock.Now()) {
			due = append(due, secret)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for _, secret := range due {
		period := secret.GetRotation().GetRotationPeriod().AsDuration()
		secret.Rotation.NextRotationTime = after(secret.GetRotation().GetNextRotationTime().AsTime(), period,
			s.clock.Now())
		if _, err := s.putSecret(secret); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// after is the first time after now that is a whole number of periods after at; nil without a period.
func after(at time.Time, period time.Duration, now time.Time) *timestamppb.Timestamp {
	if period <= 0 {
		return nil
	}
	steps := now.Sub(at)/period + 1
	return timestamppb.New(at.Add(steps * period))
}
