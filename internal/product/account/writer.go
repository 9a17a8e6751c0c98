package account

import (
	"context"
	"encoding/base64"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// What somebody wrote is carried in a page while they sign in again. It is sealed under the platform's keys, so that
// nobody can read it in the page, or forge it.
var (
	writers = records.Binding{Scope: model.Platform(), Kind: "forms", ID: "writer"}
	words   = records.Binding{Scope: model.Platform(), Kind: "forms", ID: "words"}
)

// Mark returns the sealed value that a form carries to say which account it was made for.
func (s *Service) Mark(ctx context.Context, account string) (string, error) {
	return s.sealForm(ctx, writers, account)
}

// Marked returns the account that a form was made for, or "" if the mark is not valid.
func (s *Service) Marked(ctx context.Context, mark string) (string, error) {
	return s.openForm(ctx, writers, mark)
}

// SealWords seals what somebody wrote before their session ended.
func (s *Service) SealWords(ctx context.Context, text string) (string, error) {
	return s.sealForm(ctx, words, text)
}

// OpenWords opens what SealWords sealed. It returns "" if the value is not valid.
func (s *Service) OpenWords(ctx context.Context, sealed string) (string, error) {
	return s.openForm(ctx, words, sealed)
}

func (s *Service) sealForm(ctx context.Context, b records.Binding, text string) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	sealed, err := ring.Seal([]byte(text), b)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

func (s *Service) openForm(ctx context.Context, b records.Binding, text string) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) == 0 {
		return "", nil // not one of ours
	}
	plain, err := ring.Open(sealed, b)
	if err != nil {
		return "", nil // not one of ours
	}
	return string(plain), nil
}
