package kms

import (
	"context"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// CreateKeyRing makes a key ring.
func (s *Server) CreateKeyRing(_ context.Context, req *kmspb.CreateKeyRingRequest) (*kmspb.KeyRing, error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, badName("Location", req.GetParent())
	}
	if err := checkID("KeyRing", req.GetKeyRingId()); err != nil {
		return nil, err
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	ring := &kmspb.KeyRing{Name: req.GetParent() + "/keyRings/" + req.GetKeyRingId(), CreateTime: s.now()}
	exists, err := s.rings.Has(ring.GetName())
	if err != nil {
		return nil, table.Status(err)
	}
	if exists {
		return nil, status.Errorf(codes.AlreadyExists, "KeyRing %s already exists.", ring.GetName())
	}
	return ring, table.Status(s.rings.Put(ring.GetName(), ring))
}

// GetKeyRing returns a key ring.
func (s *Server) GetKeyRing(_ context.Context, req *kmspb.GetKeyRingRequest) (*kmspb.KeyRing, error) {
	return s.ring(req.GetName())
}

func (s *Server) ring(name string) (*kmspb.KeyRing, error) {
	if !ringPattern.MatchString(name) {
		return nil, badName("KeyRing", name)
	}
	ring, err := s.rings.Get(name)
	if err != nil {
		return nil, table.Missing(err, "KeyRing %s not found.", name)
	}
	return ring, nil
}

// ListKeyRings lists the key rings of a location.
func (s *Server) ListKeyRings(_ context.Context, req *kmspb.ListKeyRingsRequest) (*kmspb.ListKeyRingsResponse, error) {
	if !locationPattern.MatchString(req.GetParent()) {
		return nil, badName("Location", req.GetParent())
	}
	if err := plainList(req.GetFilter(), req.GetOrderBy()); err != nil {
		return nil, err
	}
	under := req.GetParent() + "/keyRings/"
	rings, next, total, err := s.rings.List(under, req.GetPageSize(), req.GetPageToken())
	return &kmspb.ListKeyRingsResponse{KeyRings: rings, NextPageToken: next, TotalSize: total}, err
}

// plainList refuses what the lists of this server cannot do, rather than ignoring it.
func plainList(filter, orderBy string) error {
	if filter != "" || orderBy != "" {
		return status.Error(codes.Unimplemented, "filter and order_by are not served locally.")
	}
	return nil
}
