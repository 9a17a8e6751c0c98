// Package kms is the local Cloud KMS: key rings, symmetric and signing keys with versions, encryption, signatures and
// scheduled destruction, with the answers of Google's service.
//
// Key material must never leave this package unsealed: on disk it lies under the vault, in answers there are
// only ciphertexts, signatures and public keys.
//
// Keys are not in a crud.Kind: a change of one, of its versions and of their material is one batch under one lock, and
// versions lie in the order of their numbers.
package kms

import (
	"sync"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

// Server implements the part of Google's KeyManagementService that the product and its operator use.
type Server struct {
	kmspb.UnimplementedKeyManagementServiceServer

	store    table.Store
	vault    *vault.Vault
	clock    clock.Clock
	rings    *crud.Kind[kmspb.KeyRing, *kmspb.KeyRing]
	keys     table.Table[kmspb.CryptoKey, *kmspb.CryptoKey]
	versions table.Table[kmspb.CryptoKeyVersion, *kmspb.CryptoKeyVersion]
	policies *policy.Policies

	// admin makes changes of keys and versions one after the other. Cryptographic calls do not take it.
	admin sync.Mutex
}

// New returns a server that keeps its keys in store, sealed by v.
func New(store table.Store, v *vault.Vault, clock clock.Clock) *Server {
	s := &Server{
		store: store,
		vault: v,
		clock: clock,
		rings: crud.New[kmspb.KeyRing](store, clock, crud.Spec[*kmspb.KeyRing]{
			Noun: "KeyRing", Table: "kms/ring/", Parent: location, Collection: "keyRings", ID: id,
		}),
		keys:     table.New[kmspb.CryptoKey](store, "kms/key/"),
		versions: table.New[kmspb.CryptoKeyVersion](store, "kms/version/"),
	}
	s.policies = policy.New(store, "kms", s.resource)
	return s
}

func (s *Server) now() *timestamppb.Timestamp { return timestamppb.New(s.clock.Now()) }

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}
