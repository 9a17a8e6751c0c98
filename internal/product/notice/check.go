package notice

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

const (
	// mostLooked bounds how many workspaces one check looks at. If there are more, the next check goes on elsewhere.
	mostLooked = 2000
	lookedPage = 250
	mostAsked  = 20 // of those that were not told, to find out whether they are locked
)

// Checked is what came of looking whether the latest changes were told.
type Checked struct {
	Began  time.Time      // when this installation first looked; zero if it has not yet
	Change *policy.Change // the latest; nil if nothing has changed
	Looked int            // workspaces that existed when the change was found
	Untold int            // of these, were not told of it
	Locked int            // of these, cannot be told: nobody can open anything there
}

// Check looks at the workspaces, and at whether each has the notice of the latest change, without opening anything.
func (s *Service) Check(ctx context.Context) (Checked, error) {
	k, err := s.known(ctx)
	if err != nil || len(k.Changes) == 0 {
		return Checked{Began: k.Began}, err
	}
	c := Checked{Began: k.Began, Change: &k.Changes[0]}
	places, err := s.some(ctx, c.Change.Found)
	if err != nil {
		return c, err
	}
	c.Looked = len(places)
	var untold []model.Scope
	for page := range slices.Chunk(places, lookedPage) {
		told, err := s.workspaces.WereTold(ctx, platform("control"), c.Change.ID, page)
		if err != nil {
			return c, err
		}
		for i, ws := range page {
			if !told[i] {
				untold = append(untold, ws)
			}
		}
	}
	s.count(ctx, &c, untold)
	return c, nil
}

// some are workspaces that existed before an instant: all, if they are not too many.
func (s *Service) some(ctx context.Context, before time.Time) ([]model.Scope, error) {
	start, wrapped := position(s.now()), false
	var list []model.Scope
	after := start
	for looked := 0; looked < mostLooked; {
		page, err := s.workspaces.All(ctx, platform("control"), after, lookedPage)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if wrapped && p.Scope.ID > start {
				return list, nil
			}
			if p.Since.Before(before) {
				list = append(list, p.Scope)
			}
			after = p.Scope.ID
		}
		looked += len(page)
		switch {
		case len(page) == lookedPage:
		case wrapped:
			return list, nil
		default:
			wrapped, after = true, ""
		}
	}
	return list, nil
}

// position is where to begin, in the form of ids. It is another one at each time, so that every workspace has its turn
// where there are too many for one check.
func position(at time.Time) string {
	sum := sha256.Sum256([]byte(at.UTC().Format(time.RFC3339)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// count tells those that cannot be told from those that were forgotten.
func (s *Service) count(ctx context.Context, c *Checked, untold []model.Scope) {
	for i, ws := range untold {
		if i < mostAsked {
			if _, err := s.gate.Keyrings().Ring(ctx, ws); errors.Is(err, model.ErrLocked) {
				c.Locked++
				continue
			}
		}
		c.Untold++
	}
}
