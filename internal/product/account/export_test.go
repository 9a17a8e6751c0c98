package account

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// For tests of what is inside.
var (
	TicketID  = ticketID
	JoinToken = joinToken
	MaxHandle = maxHandle
)

// HasherOf is a service's own.
func HasherOf(s *Service) *passwords.Hasher { return s.hasher }

// Prefixes are the networks around an address.
func Prefixes(address string) []string { return prefixes(Client{Address: address}) }

// CountSignIns pretends failed sign-ins from a network.
func CountSignIns(ctx context.Context, s *Service, network string, n int) error {
	for range n {
		if err := s.allow(ctx, Client{}, limit{"source/" + network, 0, perPairIn}); err != nil {
			return err
		}
	}
	return nil
}
