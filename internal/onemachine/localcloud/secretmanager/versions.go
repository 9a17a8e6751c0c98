package secretmanager

import (
	"context"
	"hash/crc32"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const maxPayload = 64 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) int64 { return int64(crc32.Checksum(data, castagnoli)) }

// AddSecretVersion stores a payload as the newest version.
func (s *Server) AddSecretVersion(ctx context.Context, req *secretmanagerpb.AddSecretVersionRequest) (
	*secretmanagerpb.SecretVersion, error) {
	if err := checkPayload(req.GetPayload()); err != nil {
		return nil, err
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	secret, err := s.secret(req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := s.checkKeys(ctx, secret); err != nil {
		return nil, err
	}
	ref, err := s.next(secret.GetName())
	if err != nil {
		return nil, err
	}
	version := &secretmanagerpb.SecretVersion{
		Name:                           ref.name(),
		CreateTime:                     s.now(),
		State:                          secretmanagerpb.SecretVersion_ENABLED,
		ReplicationStatus:              replicated(secret.GetReplication()),
		ClientSpecifiedPayloadChecksum: req.GetPayload().DataCrc32C != nil,
	}
	sealed, err := s.vault.Seal(req.GetPayload().GetData(), string(ref.payloadKey()))
	if err != nil {
		return nil, table.Status(err)
	}
	b := s.store.Batch()
	b.Set(ref.payloadKey(), sealed)
	return s.putVersion(b, ref, version)
}

func checkPayload(payload *secretmanagerpb.SecretPayload) error {
	data := payload.GetData()
	if len(data) == 0 {
		return status.Error(codes.InvalidArgument, "Secret payload cannot be empty.")
	}
	if len(data) > maxPayload {
		return status.Errorf(codes.InvalidArgument, "Secret payload has %d bytes; the most is %d.", len(data),
			maxPayload)
	}
	if payload.DataCrc32C != nil && payload.GetDataCrc32C() != checksum(data) {
		return status.Error(codes.InvalidArgument, "payload.data_crc32c does not match payload.data.")
	}
	return nil
}

// next is the version that would come after the newest one.
func (s *Server) next(secret string) (versionRef, error) {
	newest, err := s.newest(secret)
	if status.Code(err) == codes.NotFound {
		return versionRef{secret: secret, number: 1}, nil
	}
	if err != nil {
		return versionRef{}, err
	}
	newest.number++
	return newest, nil
}

func (s *Server) newest(secret string) (versionRef, error) {
	ref := versionRef{secret: secret}
	err := s.versions.Each(versionRows(secret), func(_ string, v *secretmanagerpb.SecretVersion) bool {
		ref.number, _ = parseNumber(v.GetName()[len(versionRows(secret)):])
		return false
	})
	if err != nil {
		return ref, table.Status(err)
	}
	if ref.number == 0 {
		return ref, status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", secret)
	}
	return ref, nil
}

func (s *Server) putVersion(b *table.Batch, ref versionRef, version *secretmanagerpb.SecretVersion) (
	*secretmanagerpb.SecretVersion, error) {
	version.Etag = ""
	version.Etag = etag(version)
	if err := s.versions.Set(b, ref.row(), version); err != nil {
		return nil, table.Status(err)
	}
	if err := s.store.Apply(b); err != nil {
		return nil, table.Status(err)
	}
	return version, nil
}

// resolve finds the version that a name means: a number, "latest", or an alias of the secret.
func (s *Server) resolve(name string) (versionRef, *secretmanagerpb.SecretVersion, error) {
	m := versionPattern.FindStringSubmatch(name)
	if m == nil {
		return versionRef{}, nil, badName("SecretVersion", name)
	}
	ref := versionRef{secret: m[1]}
	number, isNumber := parseNumber(m[2])
	switch {
	case isNumber:
		ref.number = number
	case m[2] == "latest":
		newest, err := s.newest(ref.secret)
		if err != nil {
			return ref, nil, err
		}
		ref = newest
	default:
		secret, err := s.secret(ref.secret)
		if err != nil {
			return ref, nil, err
		}
		ref.number = secret.GetVersionAliases()[m[2]]
	}
	version, err := s.version(ref)
	if status.Code(err) == codes.NotFound {
		err = status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
	}
	return ref, version, err
}

func (s *Server) version(ref versionRef) (*secretmanagerpb.SecretVersion, error) {
	if ref.number <= 0 || ref.number > lastVersion {
		return nil, status.Errorf(codes.NotFound, "Secret Version [%s] not found.", ref.name())
	}
	version, err := s.versions.Get(ref.row())
	if err != nil {
		return nil, table.Missing(err, "Secret Version [%s] not found.", ref.name())
	}
	return version, nil
}

// GetSecretVersion returns a version without its payload.
func (s *Server) GetSecretVersion(_ context.Context, req *secretmanagerpb.GetSecretVersionRequest) (
	*secretmanagerpb.SecretVersion, error) {
	_, version, err := s.resolve(req.GetName())
	return version, err
}

// ListSecretVersions lists the versions of a secret, newest first.
func (s *Server) ListSecretVersions(_ context.Context, req *secretmanagerpb.ListSecretVersionsRequest) (
	*secretmanagerpb.ListSecretVersionsResponse, error) {
	if err := noFilter(req.GetFilter()); err != nil {
		return nil, err
	}
	if _, err := s.secret(req.GetParent()); err != nil {
		return nil, err
	}
	under := versionRows(req.GetParent())
	versions, next, total, err := s.versions.List(under, req.GetPageSize(), req.GetPageToken())
	return &secretmanagerpb.ListSecretVersionsResponse{Versions: versions, NextPageToken: next, TotalSize: total}, err
}

// AccessSecretVersion returns the payload of an enabled version.
func (s *Server) AccessSecretVersion(_ context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (
	*secretmanagerpb.AccessSecretVersionResponse, error) {
	ref, version, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	if version.GetState() != secretmanagerpb.SecretVersion_ENABLED {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", ref.name(),
			version.GetState())
	}
	sealed, err := s.store.Get(ref.payloadKey())
	if err != nil {
		return nil, table.Status(err)
	}
	data, err := s.vault.Open(sealed, string(ref.payloadKey()))
	if err != nil {
		return nil, table.Status(err)
	}
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name:    ref.name(),
		Payload: &secretmanagerpb.SecretPayload{Data: data, DataCrc32C: proto.Int64(checksum(data))},
	}, nil
}
