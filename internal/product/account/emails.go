package account

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// addressID is the id under which an address is reserved.
func (s *Service) addressID(ctx context.Context, key string) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	return ring.Hash("email", key), nil
}

// lookup finds the owner of an address.
func (s *Service) lookup(ctx context.Context, v records.Via, c Client, id string) (owner reserved, found bool,
	err error) {
	r, err := emails.Get(ctx, v, records.By(system(model.Platform(), "addresses", c), access.EmailLookup).On(id))
	if errors.Is(err, model.ErrNotFound) {
		return reserved{}, false, nil
	}
	return r.Body, err == nil, err
}

// reserve gives an address to an account.
func (s *Service) reserve(ctx context.Context, v records.Via, c Client, id, account string, a Address) error {
	_, err := emails.Create(ctx, v, records.By(system(model.Platform(), "addresses", c), access.EmailReserve).On(id),
		reserved{account, a.Text})
	return err
}

// release ends the reservation of an address.
func (s *Service) release(ctx context.Context, v records.Via, c Client, id string) error {
	return emails.Delete(ctx, v, records.By(system(model.Platform(), "addresses", c), access.EmailReserve).On(id))
}

// AccountOf returns the account that has an address, or "". Its callers must not disclose the answer.
func (s *Service) AccountOf(ctx context.Context, v records.Via, c Client, a Address) (string, error) {
	id, err := s.addressID(ctx, a.key)
	if err != nil {
		return "", err
	}
	owner, _, err := s.lookup(ctx, v, c, id)
	return owner.Account, err
}

// Whose returns the account that has an address, or "". It is for the operator, and must not be used for anybody else.
func Whose(ctx context.Context, gate *records.Gate, a Address) (string, error) {
	return (&Service{gate: gate}).AccountOf(ctx, gate, Client{}, a)
}
