package receipt

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

// Signer signs receipts with the key that signs the public history, under the names that are published there.
type Signer struct {
	Keys   *signing.Keys
	Origin string // of the history
}

// Sign makes the signed form of a receipt.
func (s Signer) Sign(ctx context.Context, r Receipt) ([]byte, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	signed, err := s.Keys.Sign(ctx, domain, func(string) ([]byte, error) { return payload, nil })
	if err != nil {
		return nil, model.Unavailable(fmt.Errorf("receipt: %w", err))
	}
	public, err := s.Keys.PublicKey(ctx, signed.Version)
	if err != nil {
		return nil, model.Unavailable(fmt.Errorf("receipt: %w", err))
	}
	key, err := check.NewKey(history.KeyName(s.Origin, s.Keys.Number(signed.Version)), public)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Envelope{PayloadType, payload, []Signature{{key.ID, signed.Signature}}})
}
