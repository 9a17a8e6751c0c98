package provision

import (
	"context"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const day = 24 * time.Hour

// rotateEvery is how often a key gets a new version. Old versions stay, for what was encrypted with them.
const rotateEvery = 90 * day

func (s Spec) keys() []Resource {
	return []Resource{s.keyRing(), s.wrappingKey(WorkspacesKey), s.wrappingKey(DataKey), s.signingKey()}
}

func (s Spec) keyRing() Resource {
	t := thing[*kmspb.KeyRing]{
		read: func(ctx context.Context, c *session) (*kmspb.KeyRing, error) {
			return c.KMS.GetKeyRing(ctx, &kmspb.GetKeyRingRequest{Name: s.ring()})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.KMS.CreateKeyRing(ctx, &kmspb.CreateKeyRingRequest{Parent: s.location(), KeyRingId: KeyRing})
			return err
		},
		differ: func(*kmspb.KeyRing) []difference { return nil },
	}
	return Resource{
		Kind: "KMS key ring", Name: s.ring(), api: apiKMS, look: t.look,
		block: tf("google_kms_key_ring", KeyRing, set("name", KeyRing), set("location", s.Region), forKeeps()),
	}
}

// wrappingKey encrypts, and gets a new version by itself.
func (s Spec) wrappingKey(id string) Resource {
	return s.cryptoKey(id, &kmspb.CryptoKey{
		Purpose:          kmspb.CryptoKey_ENCRYPT_DECRYPT,
		RotationSchedule: &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(rotateEvery)},
	}, set("rotation_period", seconds(rotateEvery)))
}

// cryptoKey is a key as wanted; body is what its Terraform block says besides its purpose.
func (s Spec) cryptoKey(id string, want *kmspb.CryptoKey, body ...arg) Resource {
	rs := rules{
		"purpose": {advice: always("a key's purpose is for ever: use another project or remove the key's " +
			"last version first")},
		"rotation_period": {will: shorter},
	}
	name := s.key(id)
	t := thing[*kmspb.CryptoKey]{
		read: func(ctx context.Context, c *session) (*kmspb.CryptoKey, error) {
			return c.KMS.GetCryptoKey(ctx, &kmspb.GetCryptoKeyRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			key := proto.CloneOf(want)
			key.NextRotationTime = c.nextRotation(want)
			_, err := c.KMS.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{Parent: s.ring(), CryptoKeyId: id,
				CryptoKey: key})
			return err
		},
		differ: func(have *kmspb.CryptoKey) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *kmspb.CryptoKey, found []difference) error {
			rs.overlay(have, want)
			m := mask(found)
			for i, path := range m.GetPaths() {
				if path == "version_template" { // KMS accepts only its parts
					m.Paths[i] = "version_template.algorithm"
				}
			}
			if next := c.nextRotation(want); next != nil {
				have.NextRotationTime = next
				m.Paths = append(m.Paths, "next_rotation_time")
			}
			_, err := c.KMS.UpdateCryptoKey(ctx, &kmspb.UpdateCryptoKeyRequest{CryptoKey: have, UpdateMask: m})
			return err
		},
	}
	body = append([]arg{set("name", id), set("key_ring", s.ring()), set("purpose", want.GetPurpose().String())},
		body...)
	return Resource{
		Kind: "KMS key", Name: name, api: apiKMS, look: t.look, block: tf("google_kms_crypto_key", id,
			append(body, forKeeps())...),
	}
}

// nextRotation is when a key that rotates does so next; a key that does not has none.
func (s *session) nextRotation(k *kmspb.CryptoKey) *timestamppb.Timestamp {
	if k.GetRotationPeriod() == nil {
		return nil
	}
	return timestamppb.New(s.clock.Now().Add(k.GetRotationPeriod().AsDuration()))
}

// shorter and longer are for times that an operator may have made stricter.
func shorter(have, want protoreflect.Value) bool {
	h, w := duration(have), duration(want)
	return h > 0 && h <= w
}

func longer(have, want protoreflect.Value) bool { return duration(have) >= duration(want) }

func duration(v protoreflect.Value) time.Duration {
	d, _ := v.Message().Interface().(*durationpb.Duration)
	return d.AsDuration()
}
