// Package secretmanager is the local Secret Manager: secrets with numbered versions, aliases, policies, and payloads
// that are encrypted on disk. The topics of a secret are stored, but nothing is published to them.
//
// It must never write, log or put into an error a payload that is not sealed.
//
// Secrets are not in a crud.Kind: they change in one batch and under one lock with their versions and payloads.
package secretmanager

import (
	"sync"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

// Server implements the part of Google's SecretManagerService that the product and its operator use.
type Server struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer

	store    table.Store
	vault    *vault.Vault
	clock    clock.Clock
	secrets  table.Table[secretmanagerpb.Secret, *secretmanagerpb.Secret]
	versions table.Table[secretmanagerpb.SecretVersion, *secretmanagerpb.SecretVersion]
	policies *policy.Policies
	useKey   cmek.Use

	// admin serializes changes. Reading does not take it.
	admin sync.Mutex
}

// New returns a server that keeps its secrets in store, encrypted by v. It calls useKey before it accepts a customer's
// key.
func New(store table.Store, v *vault.Vault, clock clock.Clock, useKey cmek.Use) *Server {
	s := &Server{
		store:    store,
		vault:    v,
		clock:    clock,
		secrets:  table.New[secretmanagerpb.Secret](store, "secret/secret/"),
		versions: table.New[secretmanagerpb.SecretVersion](store, "secret/version/"),
		useKey:   useKey,
	}
	s.policies = policy.New(store, "secret", func(name string) error {
		_, err := s.secret(name)
		return err
	})
	return s
}

func (s *Server) now() *timestamppb.Timestamp { return timestamppb.New(s.clock.Now()) }

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}
