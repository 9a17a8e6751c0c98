package posture

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
)

// underDataKey is the one expectation about everything that Google stores for us.
func underDataKey(c *cloud, f *findings, t thing, have string) {
	have, _, _ = strings.Cut(have, "/cryptoKeyVersions/")
	f.expect(have == c.key(dataKey).name, t, "is encrypted under "+keyOrGoogles(have), c.key(dataKey).name)
}

func keyOrGoogles(name string) string {
	if name == "" {
		return "Google's own key"
	}
	return name
}

const longestRotation = 90 * day

// keysSound: both keys encrypt, have a primary version that works, and get a new one in time.
func keysSound(ctx context.Context, c *cloud, f *findings) {
	for _, id := range []string{dataKey, workspacesKey} {
		t := c.key(id)
		k, ok := look(ctx, c, f, ofKMS, t, "a key that rotates", func(ctx context.Context) (*kmspb.CryptoKey, error) {
			return c.KMS.GetCryptoKey(ctx, &kmspb.GetCryptoKeyRequest{Name: t.name})
		})
		if ok {
			c.sound(f, t, k)
		}
	}
}

func (c *cloud) sound(f *findings, t thing, k *kmspb.CryptoKey) {
	f.expect(k.GetPurpose() == kmspb.CryptoKey_ENCRYPT_DECRYPT, t, "is for "+k.GetPurpose().String(), "ENCRYPT_DECRYPT")
	v := k.GetPrimary()
	f.expect(v.GetState() == kmspb.CryptoKeyVersion_ENABLED, t, "has a primary version that is "+v.GetState().String(),
		"ENABLED")
	level := v.GetProtectionLevel()
	f.expect(level != kmspb.ProtectionLevel_PROTECTION_LEVEL_UNSPECIFIED, t, "is protected by "+level.String(),
		"SOFTWARE, HSM or EXTERNAL")
	period := k.GetRotationPeriod().AsDuration()
	f.expect(period > 0 && period <= longestRotation, t, "gets a new version "+every(period),
		"every 90 days or more often")
	if next := k.GetNextRotationTime(); period > 0 {
		wait := next.AsTime().Sub(c.now)
		f.expect(next != nil && wait > -2*day && wait <= longestRotation+time.Hour, t, "is rotated next on "+
			next.AsTime().Format(time.DateOnly), "within 90 days")
	}
}

func every(d time.Duration) string {
	if d == 0 {
		return "never"
	}
	return "every " + span(d)
}

func topicsEncrypted(ctx context.Context, c *cloud, f *findings) {
	for _, id := range topics {
		t := c.topic(id)
		have, ok := look(ctx, c, f, ofPubSub, t, "a key of ours", func(ctx context.Context) (*pubsubpb.Topic, error) {
			return c.Topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: t.name})
		})
		if ok {
			underDataKey(c, f, t, have.GetKmsKeyName())
		}
	}
}

func imagesEncrypted(ctx context.Context, c *cloud, f *findings) {
	t := c.repository()
	have, ok := look(ctx, c, f, ofRegistry, t, "a key of ours",
		func(ctx context.Context) (*artifactregistrypb.Repository, error) {
			return c.Registry.GetRepository(ctx, &artifactregistrypb.GetRepositoryRequest{Name: t.name})
		})
	if ok {
		underDataKey(c, f, t, have.GetKmsKeyName())
	}
}

// purpose is what a service reads a secret for.
type purpose struct{ variable, usual, until string }

// purposes are what the services read secrets for: the variable that may name another secret, the default name, and,
// for secrets that only the operator has, what does not work until their value was added.
var purposes = []purpose{
	{"TOH_SECRET_SESSION_KEYS", "toh-session-keys", ""},
	{"TOH_SECRET_PEPPER", "toh-pepper", ""},
	{"TOH_SECRET_CURSOR_KEY", "toh-cursor-key", ""},
	{"TOH_SECRET_MAIL", "toh-mail", "the mail vendor's key, which only the operator has: until then no mail is sent"},
	{"TOH_SECRET_MAIL_WEBHOOK", "toh-mail-webhook",
		"what the mail vendor signs with, which only the operator has: until then no returned mail is noticed"},
}

// namesSecret reports whether a variable holds the name of a secret.
func namesSecret(variable string) bool {
	return slices.ContainsFunc(purposes, func(p purpose) bool { return p.variable == variable })
}

// eachSecret reads the metadata of the secrets, never their values.
func eachSecret(ctx context.Context, c *cloud, f *findings, expected string, see func(p purpose, t thing,
	s *secretmanagerpb.Secret)) {
	for _, p := range purposes {
		t := c.secret(secretID(ctx, c, f, p.variable, p.usual))
		s, ok := look(ctx, c, f, ofSecrets, t, expected, func(ctx context.Context) (*secretmanagerpb.Secret, error) {
			return c.Secrets.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: t.name})
		})
		if ok {
			see(p, t, s)
		}
	}
}

func secretsEncrypted(ctx context.Context, c *cloud, f *findings) {
	eachSecret(ctx, c, f, "a key of ours", func(_ purpose, t thing, s *secretmanagerpb.Secret) {
		replicas := s.GetReplication().GetUserManaged().GetReplicas()
		if len(replicas) == 0 {
			underDataKey(c, f, t, s.GetReplication().GetAutomatic().GetCustomerManagedEncryption().GetKmsKeyName())
		}
		for _, r := range replicas {
			underDataKey(c, f, t, r.GetCustomerManagedEncryption().GetKmsKeyName())
			f.expect(r.GetLocation() == c.region, t, "is kept in "+r.GetLocation(), c.region)
		}
	})
}

// secretsThere: each secret has an enabled value. The operator has to add those of the mail vendor.
func secretsThere(ctx context.Context, c *cloud, f *findings) {
	eachSecret(ctx, c, f, "a value in use", func(p purpose, t thing, _ *secretmanagerpb.Secret) {
		versions, ok := look(ctx, c, f, ofSecrets, thing{"versions of", t.name}, "a value in use",
			func(ctx context.Context) ([]*secretmanagerpb.SecretVersion, error) {
				return all(c.Secrets.ListSecretVersions(ctx,
					&secretmanagerpb.ListSecretVersionsRequest{Parent: t.name}).
					Next)
			})
		n := 0
		for _, v := range versions {
			if v.GetState() == secretmanagerpb.SecretVersion_ENABLED {
				n++
			}
		}
		read := "has " + plural(n, "value") + " in use"
		switch {
		case !ok:
		case n == 0 && p.until != "":
			f.remark(t, read, p.until)
		default:
			f.expect(n > 0, t, read, "one or more")
		}
	})
}
