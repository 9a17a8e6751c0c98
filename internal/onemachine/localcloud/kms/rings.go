package kms

import (
	"context"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// CreateKeyRing makes a key ring.
func (s *Server) CreateKeyRing(_ context.Context, req *kmspb.CreateKeyRingRequest) (*kmspb.KeyRing, error) {
	return s.rings.Create(req.GetParent(), req.GetKeyRingId(), &kmspb.KeyRing{}, false)
}

// GetKeyRing returns a key ring.
func (s *Server) GetKeyRing(_ context.Context, req *kmspb.GetKeyRingRequest) (*kmspb.KeyRing, error) {
	return s.rings.Get(req.GetName())
}

// ListKeyRings lists the key rings of a location.
func (s *Server) ListKeyRings(_ context.Context, req *kmspb.ListKeyRingsRequest) (*kmspb.ListKeyRingsResponse, error) {
	if err := plainList(req.GetFilter(), req.GetOrderBy()); err != nil {
		return nil, err
	}
	rings, next, total, err := s.rings.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &kmspb.ListKeyRingsResponse{KeyRings: rings, NextPageToken: next, TotalSize: total}, err
}

// plainList refuses what the lists of this server cannot do, rather than ignoring it.
func plainList(filter, orderBy string) error {
	if filter != "" || orderBy != "" {
		return status.Error(codes.Unimplemented, "filter and order_by are not served locally.")
	}
	return nil
}
