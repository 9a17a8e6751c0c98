package secretmanager

import (
	"context"
	"crypto/sha256"
	"fmt"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const maxAliases = 50

// CreateSecret makes a secret without versions.
func (s *Server) CreateSecret(ctx context.Context, req *secretmanagerpb.CreateSecretRequest) (*secretmanagerpb.Secret,
	error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, badName("Project", req.GetParent())
	}
	if !secretIDPattern.MatchString(req.GetSecretId()) {
		return nil, status.Errorf(codes.InvalidArgument, "secret_id %q does not match %s.", req.GetSecretId(),
			secretIDPattern)
	}
	secret := newSecret(req, s.now())
	if err := s.checkNew(ctx, req.GetSecret(), secret); err != nil {
		return nil, err
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	exists, err := s.secrets.Has(secret.GetName())
	if err != nil {
		return nil, table.Status(err)
	}
	if exists {
		return nil, status.Errorf(codes.AlreadyExists, "Secret [%s] already exists.", secret.GetName())
	}
	return s.putSecret(secret)
}

func newSecret(req *secretmanagerpb.CreateSecretRequest, now *timestamppb.Timestamp) *secretmanagerpb.Secret {
	given := req.GetSecret()
	return &secretmanagerpb.Secret{
		Name:              req.GetParent() + "/secrets/" + req.GetSecretId(),
		Replication:       given.GetReplication(),
		CreateTime:        now,
		Labels:            given.GetLabels(),
		Annotations:       given.GetAnnotations(),
		Topics:            given.GetTopics(),
		Rotation:          given.GetRotation(),
		VersionDestroyTtl: given.GetVersionDestroyTtl(),
	}
}

func (s *Server) putSecret(secret *secretmanagerpb.Secret) (*secretmanagerpb.Secret, error) {
	secret.Etag = ""
	secret.Etag = etag(secret)
	return secret, table.Status(s.secrets.Put(secret.GetName(), secret))
}

// GetSecret returns a secret, without any payload.
func (s *Server) GetSecret(_ context.Context, req *secretmanagerpb.GetSecretRequest) (*secretmanagerpb.Secret, error) {
	return s.secret(req.GetName())
}

func (s *Server) secret(name string) (*secretmanagerpb.Secret, error) {
	if !secretPattern.MatchString(name) {
		return nil, badName("Secret", name)
	}
	secret, err := s.secrets.Get(name)
	if err != nil {
		return nil, table.Missing(err, "Secret [%s] not found.", name)
	}
	return secret, nil
}

// ListSecrets lists the secrets of a project by name.
func (s *Server) ListSecrets(_ context.Context, req *secretmanagerpb.ListSecretsRequest) (
	*secretmanagerpb.ListSecretsResponse, error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, badName("Project", req.GetParent())
	}
	if err := noFilter(req.GetFilter()); err != nil {
		return nil, err
	}
	under := req.GetParent() + "/secrets/"
	secrets, next, total, err := s.secrets.List(under, req.GetPageSize(), req.GetPageToken())
	return &secretmanagerpb.ListSecretsResponse{Secrets: secrets, NextPageToken: next, TotalSize: total}, err
}

func noFilter(filter string) error {
	if filter != "" {
		return status.Error(codes.Unimplemented, "Filters are not served locally.")
	}
	return nil
}

// UpdateSecret changes what the mask names. The kind and the places of a replication stay; its keys can change, for new
// versions.
func (s *Server) UpdateSecret(ctx context.Context, req *secretmanagerpb.UpdateSecretRequest) (*secretmanagerpb.Secret,
	error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	secret, err := s.secret(req.GetSecret().GetName())
	if err != nil {
		return nil, err
	}
	if err := checkEtag(req.GetSecret().GetEtag(), secret.GetEtag()); err != nil {
		return nil, err
	}
	paths, replication := req.GetUpdateMask().GetPaths(), secret.GetReplication()
	if err := crud.Merge(secret, req.GetSecret(), paths, "labels", "annotations", "version_aliases", "topics",
		"rotation", "rotation.next_rotation_time", "rotation.rotation_period", "version_destroy_ttl",
		"replication"); err != nil {
		return nil, err
	}
	if !samePlaces(replication, secret.GetReplication()) {
		return nil, invalid("The replication of a secret cannot be changed, but for its keys.")
	}
	if err := s.checkUpdated(ctx, secret, paths); err != nil {
		return nil, err
	}
	return s.putSecret(secret)
}

func (s *Server) checkAliases(secret *secretmanagerpb.Secret) error {
	if len(secret.GetVersionAliases()) > maxAliases {
		return status.Errorf(codes.InvalidArgument, "A secret has at most %d version aliases.", maxAliases)
	}
	for alias, number := range secret.GetVersionAliases() {
		if !aliasPattern.MatchString(alias) || alias == "latest" || alias == "NEW" {
			return status.Errorf(codes.InvalidArgument, "Version alias %q is invalid.", alias)
		}
		if _, err := s.version(versionRef{secret: secret.GetName(), number: number}); err != nil {
			return err
		}
	}
	return nil
}

// DeleteSecret removes a secret with all its versions and payloads.
func (s *Server) DeleteSecret(_ context.Context, req *secretmanagerpb.DeleteSecretRequest) (*emptypb.Empty, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	secret, err := s.secret(req.GetName())
	if err != nil {
		return nil, err
	}
	if err := checkEtag(req.GetEtag(), secret.GetEtag()); err != nil {
		return nil, err
	}
	b := s.store.Batch()
	s.secrets.Remove(b, secret.GetName())
	s.policies.Remove(b, secret.GetName())
	err = s.versions.Each(versionRows(secret.GetName()), func(row string, _ *secretmanagerpb.SecretVersion) bool {
		s.versions.Remove(b, row)
		b.Delete([]byte("secret/payload/" + row))
		return true
	})
	if err != nil {
		return nil, table.Status(err)
	}
	return &emptypb.Empty{}, table.Status(s.store.Apply(b))
}

// etag is a digest of what is stored, so it changes with every change.
func etag(m proto.Message) string {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return fmt.Sprintf("\"%x\"", sum[:8])
}

func checkEtag(given, stored string) error {
	if given != "" && given != stored {
		return status.Error(codes.FailedPrecondition, "The etag does not match: the resource was changed meanwhile.")
	}
	return nil
}
