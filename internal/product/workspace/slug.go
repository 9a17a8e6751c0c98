package workspace

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *Service) slugID(ctx context.Context, text string) (string, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, model.Platform())
	if err != nil {
		return "", err
	}
	return ring.Hash("slug", text), nil
}

func isSlug(text string) bool { return len(text) <= maxSlug && slugForm.MatchString(text) }

// resolve returns the id of the workspace that a slug leads to, or "".
func (s *Service) resolve(ctx context.Context, c account.Client, text string) (string, error) {
	if !isSlug(text) {
		return "", nil
	}
	if id := s.known.get(text); id != "" {
		return id, nil
	}
	id, err := s.slugID(ctx, text)
	if err != nil {
		return "", err
	}
	r, err := slugs.Get(ctx, s.gate, records.By(system(model.Platform(), "slugs", c), access.SlugLookup).On(id))
	if errors.Is(err, model.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	s.known.put(text, r.Body.Workspace)
	return r.Body.Workspace, nil
}

// reserveSlug reserves a slug for a workspace, permanently. It is no error if the workspace has it already.
func (s *Service) reserveSlug(ctx context.Context, tx *records.Tx, c account.Client, text, workspace string) error {
	id, err := s.slugID(ctx, text)
	if err != nil {
		return err
	}
	sys := system(model.Platform(), "slugs", c)
	r, err := slugs.Get(ctx, tx, records.By(sys, access.SlugLookup).On(id))
	switch {
	case err == nil && r.Body.Workspace == workspace:
		return nil
	case err == nil:
		return errTaken
	case !errors.Is(err, model.ErrNotFound):
		return err
	}
	_, err = slugs.Create(ctx, tx, records.By(sys, access.SlugReserve).On(id), slug{workspace})
	return err
}

// Named returns the id of the workspace that a slug leads to, or "". It is for the operator.
func Named(ctx context.Context, gate *records.Gate, slug string) (string, error) {
	return (&Service{gate: gate}).resolve(ctx, account.Client{}, slug)
}
