package secret

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Ensure makes the secret with one version unless it has an enabled one. It is for the first start of a one-machine
// installation; on Google Cloud the operator makes secrets and the service may only read them.
func (s *Source) Ensure(ctx context.Context, name string, make func() ([]byte, error)) error {
	_, err := s.Get(ctx, name)
	if err == nil || !errors.Is(err, model.ErrNotFound) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	if err := s.create(ctx, name); err != nil {
		return err
	}
	return s.add(ctx, name, make)
}

func (s *Source) create(ctx context.Context, name string) error {
	_, err := s.opts.Client.CreateSecret(ctx, &secretmanagerpb.CreateSecretRequest{
		Parent:   "projects/" + s.opts.Project,
		SecretId: name,
		Secret: &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
			Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}}}},
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return mapped("make secret "+name, err)
	}
	return nil
}

// add writes a version with the value that make returns.
func (s *Source) add(ctx context.Context, name string, make func() ([]byte, error)) error {
	data, err := make()
	if err != nil {
		return fmt.Errorf("make a value for secret %s: %w", name, err)
	}
	sum := int64(crc32.Checksum(data, castagnoli))
	_, err = s.opts.Client.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{
		Parent:  s.path(name),
		Payload: &secretmanagerpb.SecretPayload{Data: data, DataCrc32C: &sum},
	})
	if err != nil {
		return mapped("add a version of secret "+name, err)
	}
	return nil
}
