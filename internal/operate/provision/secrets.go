package provision

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"

	"github.com/tinyoperahouse/toh/internal/platform/secret"
)

// secrets are what the services read from Secret Manager, with how a first value is generated, where that is possible,
// or what the value is that only the operator can add.
var secrets = []struct {
	id   string
	make func() ([]byte, error)
	what string
}{
	{"toh-session-keys", secret.NewSigningKey, ""},
	{"toh-pepper", randomBytes, ""},
	{"toh-cursor-key", randomBytes, ""},
	{"toh-mail", nil, "the mail vendor's key"},
	{"toh-mail-webhook", nil, "what the mail vendor signs its webhook with"},
}

func randomBytes() ([]byte, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}

func (s Spec) secrets() []Resource {
	var list []Resource
	for _, x := range secrets {
		list = append(list, s.secretResource(x.id))
		if x.make != nil {
			list = append(list, s.firstVersion(x.id, x.make))
		}
	}
	return list
}

const freshSecret = "where a secret is kept is chosen when it is made: make a new one, copy the value, and name it " +
	"in the service's settings"

func (s Spec) secretResource(id string) Resource {
	replica := &secretmanagerpb.Replication_UserManaged_Replica{
		Location:                  s.Region,
		CustomerManagedEncryption: &secretmanagerpb.CustomerManagedEncryption{KmsKeyName: s.key(DataKey)},
	}
	want := &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
		Replication: &secretmanagerpb.Replication_UserManaged_{UserManaged: &secretmanagerpb.Replication_UserManaged{
			Replicas: []*secretmanagerpb.Replication_UserManaged_Replica{replica}}}}}
	rs := rules{
		"replication.user_managed":                   {advice: always(freshSecret)},
		"replication.user_managed.replicas":          {advice: always(freshSecret)},
		"replication.user_managed.replicas.location": {advice: always(freshSecret)},
	}
	name := s.secret(id)
	t := thing[*secretmanagerpb.Secret]{
		read: func(ctx context.Context, c *session) (*secretmanagerpb.Secret, error) {
			return c.Secrets.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Secrets.CreateSecret(ctx, &secretmanagerpb.CreateSecretRequest{Parent: s.project(),
				SecretId: id, Secret: want})
			return err
		},
		differ: func(have *secretmanagerpb.Secret) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *secretmanagerpb.Secret, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Secrets.UpdateSecret(ctx, &secretmanagerpb.UpdateSecretRequest{Secret: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "secret", Name: name, api: apiSecrets, look: t.look, fresh: true,
		block: tf("google_secret_manager_secret", id, set("secret_id", id),
			sub("replication", sub("user_managed", sub("replicas", set("location", s.Region),
				sub("customer_managed_encryption", set("kms_key_name", s.key(DataKey)))))), forKeeps()),
	}
}

// firstVersion is a value for a secret that never had one. What an operator put there, or disabled, stays as it is.
func (s Spec) firstVersion(id string, value func() ([]byte, error)) Resource {
	name := s.secret(id)
	t := thing[*secretmanagerpb.SecretVersion]{
		read: func(ctx context.Context, c *session) (*secretmanagerpb.SecretVersion, error) {
			return anyVersion(ctx, c, name)
		},
		create: func(ctx context.Context, c *session) error {
			data, err := value()
			if err != nil {
				return fmt.Errorf("make a value: %w", err)
			}
			sum := int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
			_, err = c.Secrets.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{
				Parent: name, Payload: &secretmanagerpb.SecretPayload{Data: data, DataCrc32C: &sum},
			})
			return err
		},
		differ: func(*secretmanagerpb.SecretVersion) []difference { return nil },
	}
	return Resource{
		Kind: "secret value", Name: name + "/versions/1", api: apiSecrets, look: t.look, fresh: true,
		block: tf("google_secret_manager_secret_version", id, set("secret", s.secret(id)),
			set("secret_data_wo", ref("var."+label(id))), set("secret_data_wo_version", 1)),
	}
}

func anyVersion(ctx context.Context, c *session, name string) (*secretmanagerpb.SecretVersion, error) {
	v, err := c.Secrets.ListSecretVersions(ctx, &secretmanagerpb.ListSecretVersionsRequest{Parent: name, PageSize: 1}).
		Next()
	if errors.Is(err, iterator.Done) {
		return nil, errNotThere
	}
	return v, err
}

// remarks say what only the operator can do.
func (s *session) remarks(ctx context.Context, w io.Writer) error {
	for _, x := range secrets {
		if x.make == nil {
			if err := s.remarkSecret(ctx, w, x.id, x.what); err != nil {
				return err
			}
		}
	}
	var err error
	if s.spec.MailFrom == "" {
		_, err = fmt.Fprintln(w, "To do: give the sender of mail with --mail-from, at a domain that the mail "+
			"vendor knows.")
	}
	if err == nil && s.spec.AlertMail == "" {
		_, err = fmt.Fprintln(w, "To do: use --alert-mail to say who is notified of alerts.")
	}
	return err
}

// remarkSecret asks for the value of a secret that has none.
func (s *session) remarkSecret(ctx context.Context, w io.Writer, id, what string) error {
	_, err := anyVersion(ctx, s, s.spec.secret(id))
	if isMissing(err) {
		_, err = fmt.Fprintf(w, "To do: put %s into the secret %s:\n"+
			"  gcloud secrets versions add %s --project %s --data-file=-\n", what, id, id, s.spec.Project)
	}
	return err
}
