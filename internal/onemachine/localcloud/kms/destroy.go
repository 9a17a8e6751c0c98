package kms

import (
	"context"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// DestroyCryptoKeyVersion schedules the destruction of a version. It cannot be used from now on, and Sweep removes its
// material when the key's delay has passed.
func (s *Server) DestroyCryptoKeyVersion(_ context.Context, req *kmspb.DestroyCryptoKeyVersionRequest) (
	*kmspb.CryptoKeyVersion, error) {
	ref, err := parseVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	key, err := s.key(ref.key)
	if err != nil {
		return nil, err
	}
	return s.change(req.GetName(), func(v *kmspb.CryptoKeyVersion) error {
		if !switchable(v.GetState()) {
			return wrongState(v, "ENABLED or DISABLED")
		}
		v.State = kmspb.CryptoKeyVersion_DESTROY_SCHEDULED
		v.DestroyTime = timestamppb.New(s.clock.Now().Add(key.GetDestroyScheduledDuration().AsDuration()))
		return nil
	})
}

// RestoreCryptoKeyVersion cancels a scheduled destruction. The version is disabled afterwards.
func (s *Server) RestoreCryptoKeyVersion(_ context.Context, req *kmspb.RestoreCryptoKeyVersionRequest) (
	*kmspb.CryptoKeyVersion, error) {
	return s.change(req.GetName(), func(v *kmspb.CryptoKeyVersion) error {
		if v.GetState() != kmspb.CryptoKeyVersion_DESTROY_SCHEDULED || s.due(v) {
			return wrongState(v, "DESTROY_SCHEDULED with its time still to come")
		}
		v.State = kmspb.CryptoKeyVersion_DISABLED
		v.DestroyTime = nil
		return nil
	})
}

func (s *Server) due(v *kmspb.CryptoKeyVersion) bool {
	return v.GetState() == kmspb.CryptoKeyVersion_DESTROY_SCHEDULED && !v.GetDestroyTime().AsTime().After(s.clock.Now())
}

// Sweep destroys the versions whose time has come and rotates the keys that are due.
func (s *Server) Sweep(ctx context.Context) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.destroyDue(ctx); err != nil {
		return err
	}
	return s.rotateDue(ctx)
}

func (s *Server) destroyDue(ctx context.Context) error {
	var due []*kmspb.CryptoKeyVersion
	err := s.versions.Each("", func(_ string, v *kmspb.CryptoKeyVersion) bool {
		if s.due(v) {
			due = append(due, v)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for _, v := range due {
		if err := s.destroy(v); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *Server) destroy(v *kmspb.CryptoKeyVersion) error {
	ref, err := parseVersion(v.GetName())
	if err != nil {
		return err
	}
	v.State = kmspb.CryptoKeyVersion_DESTROYED
	v.DestroyEventTime = s.now()
	b := s.store.Batch()
	b.Delete(ref.materialKey())
	if err := s.versions.Set(b, ref.row(), v); err != nil {
		return err
	}
	return s.store.Apply(b)
}

func (s *Server) rotateDue(ctx context.Context) error {
	var due []*kmspb.CryptoKey
	now := s.clock.Now()
	err := s.keys.Each("", func(_ string, k *kmspb.CryptoKey) bool {
		if next := k.GetNextRotationTime(); next != nil && !next.AsTime().After(now) {
			due = append(due, k)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for _, k := range due {
		if err := s.rotate(k); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rotate gives the key a new primary version. A key without a period rotates once.
func (s *Server) rotate(key *kmspb.CryptoKey) error {
	b := s.store.Batch()
	version, err := s.nextVersion(b, key)
	if err != nil {
		return err
	}
	makePrimary(key, version)
	key.NextRotationTime = nil
	if period := key.GetRotationPeriod(); period != nil {
		key.NextRotationTime = timestamppb.New(s.clock.Now().Add(period.AsDuration()))
	}
	if err := s.keys.Set(b, key.GetName(), key); err != nil {
		return err
	}
	return s.store.Apply(b)
}
