package account

import (
	"context"
	"encoding/base64"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Texts that a page carries for us while nobody is signed in. They are sealed under the platform's keys, so that a page
// tells nothing of them and nobody can make one.
var (
	writers = records.Binding{Scope: model.Platform(), Kind: "forms", ID: "writer"}
	words   = records.Binding{Scope: model.Platform(), Kind: "forms", ID: "words"}
)

// Mark is what a form carries to say whose it is.
func (s *Service) Mark(ctx context.Context, account string) (string, error) {
	return s.sealForm(ctx, writers, account)
}

// Marked is the account that a form was made for, or "" if the mark is none of ours.
func (s *Service) Marked(ctx context.Context, mark string) (string, error) {
	return s.openForm(ctx, writers, mark)
}

// SealWords seals what somebody wrote whose session has ended.
func (s *Service) SealWords(ctx context.Context, text string) (string, error) {
	return s.sealForm(ctx, words, text)
}

// OpenWords gives back what SealWords sealed; "" if it is none of ours.
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
