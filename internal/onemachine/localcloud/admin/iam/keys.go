package iam

import (
	"context"
	"crypto/rsa"
	"crypto/sha1" // #nosec G505 -- Google names keys by it; nothing depends on its strength
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	maxKeys       = 10
	systemManaged = adminpb.ListServiceAccountKeysRequest_SYSTEM_MANAGED
	userManaged   = adminpb.ListServiceAccountKeysRequest_USER_MANAGED
)

// CreateServiceAccountKey refuses, as under the policy iam.disableServiceAccountKeyCreation.
func (s *Server) CreateServiceAccountKey(_ context.Context, req *adminpb.CreateServiceAccountKeyRequest) (
	*adminpb.ServiceAccountKey, error) {
	name, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	if _, err := s.accounts.Get(name); err != nil {
		return nil, err
	}
	return nil, status.Error(codes.FailedPrecondition, "Key creation is not allowed on this service account "+
		"(constraints/iam.disableServiceAccountKeyCreation).")
}

// UploadServiceAccountKey adds a key that its owner made, by its certificate.
func (s *Server) UploadServiceAccountKey(_ context.Context, req *adminpb.UploadServiceAccountKeyRequest) (
	*adminpb.ServiceAccountKey, error) {
	name, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	if _, err := s.accounts.Get(name); err != nil {
		return nil, err
	}
	certificate, err := readCertificate(req.GetPublicKeyData())
	if err != nil {
		return nil, err
	}
	_, _, total, err := s.keys.List(name, 1, "")
	if err != nil {
		return nil, err
	}
	if total >= maxKeys {
		return nil, status.Errorf(codes.FailedPrecondition, "The service account has %d keys already.", maxKeys)
	}
	return s.keys.Create(name, fingerprint(certificate.Raw), &adminpb.ServiceAccountKey{
		KeyAlgorithm:    adminpb.ServiceAccountKeyAlgorithm_KEY_ALG_RSA_2048,
		KeyOrigin:       adminpb.ServiceAccountKeyOrigin_USER_PROVIDED,
		KeyType:         userManaged,
		PublicKeyData:   req.GetPublicKeyData(),
		ValidAfterTime:  timestamppb.New(certificate.NotBefore),
		ValidBeforeTime: timestamppb.New(certificate.NotAfter),
	}, false)
}

func readCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, status.Error(codes.InvalidArgument, "public_key_data is not a certificate in PEM form.")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "public_key_data is not an X.509 certificate.")
	}
	if _, ok := certificate.PublicKey.(*rsa.PublicKey); !ok {
		return nil, status.Error(codes.InvalidArgument, "public_key_data does not hold an RSA key.")
	}
	return certificate, nil
}

func fingerprint(raw []byte) string {
	sum := sha1.Sum(raw) // #nosec G401 -- a name
	return hex.EncodeToString(sum[:])
}

// ListServiceAccountKeys lists the keys of an account: Google's own one, and those that were uploaded.
func (s *Server) ListServiceAccountKeys(_ context.Context, req *adminpb.ListServiceAccountKeysRequest) (
	*adminpb.ListServiceAccountKeysResponse, error) {
	name, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	account, err := s.accounts.Get(name)
	if err != nil {
		return nil, err
	}
	all := []*adminpb.ServiceAccountKey{s.systemKey(account)}
	err = s.keys.Each(name, func(k *adminpb.ServiceAccountKey) bool {
		k.PublicKeyData = nil
		all = append(all, k)
		return true
	})
	wanted := func(k *adminpb.ServiceAccountKey) bool {
		return len(req.GetKeyTypes()) == 0 || slices.Contains(req.GetKeyTypes(), k.GetKeyType())
	}
	all = slices.DeleteFunc(all, func(k *adminpb.ServiceAccountKey) bool { return !wanted(k) })
	return &adminpb.ListServiceAccountKeysResponse{Keys: all}, err
}

// systemKey is the key that Google keeps for every account.
func (s *Server) systemKey(account *adminpb.ServiceAccount) *adminpb.ServiceAccountKey {
	return &adminpb.ServiceAccountKey{
		Name:         account.GetName() + "/keys/" + fingerprint([]byte(account.GetUniqueId())),
		KeyAlgorithm: adminpb.ServiceAccountKeyAlgorithm_KEY_ALG_RSA_2048,
		KeyOrigin:    adminpb.ServiceAccountKeyOrigin_GOOGLE_PROVIDED,
		KeyType:      systemManaged,
	}
}

// GetServiceAccountKey returns a key that was uploaded.
func (s *Server) GetServiceAccountKey(_ context.Context, req *adminpb.GetServiceAccountKeyRequest) (
	*adminpb.ServiceAccountKey, error) {
	name, err := s.resolveKey(req.GetName())
	if err != nil {
		return nil, err
	}
	key, err := s.keys.Get(name)
	if err == nil && req.GetPublicKeyType() == adminpb.ServiceAccountPublicKeyType_TYPE_NONE {
		key.PublicKeyData = nil
	}
	return key, err
}

func (s *Server) resolveKey(name string) (string, error) {
	account, id, _ := strings.Cut(name, "/keys/")
	account, err := s.resolve(account)
	return account + "/keys/" + id, err
}

// DeleteServiceAccountKey removes a key that was uploaded.
func (s *Server) DeleteServiceAccountKey(_ context.Context, req *adminpb.DeleteServiceAccountKeyRequest) (
	*emptypb.Empty, error) {
	name, err := s.resolveKey(req.GetName())
	if err != nil {
		return nil, err
	}
	_, err = s.keys.Delete(name, "", false)
	return &emptypb.Empty{}, err
}
