package workspace

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const maxSlugs = 10 // former short names of one workspace

// Settings are the settings that management can change.
type Settings struct {
	Name, Slug, TimeZone string
	Session              account.Lifetimes // zero fields: the installation's bounds
}

// Validate checks them.
func (n *Settings) Validate() error {
	fields := map[string]string{}
	n.Name = checkName(fields, n.Name)
	checkSlug(fields, n.Slug)
	checkZone(fields, n.TimeZone)
	checkSession(fields, n.Session)
	return invalid(fields)
}

// Get returns the caller's workspace.
func (s *Service) Get(ctx context.Context, c access.Caller) (records.Record[Workspace], error) {
	return workspaces.Get(ctx, s.gate, records.By(c, access.WorkspaceRead).On(main))
}

// SetSettings changes the workspace. ifVersion is the version that the person saw, or 0.
func (s *Service) SetSettings(ctx context.Context, c access.Caller, ifVersion int64,
	n Settings) (records.Record[Workspace], error) {
	var out records.Record[Workspace]
	if err := n.Validate(); err != nil {
		return out, err
	}
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var err error
		out, err = workspaces.Update(ctx, tx, records.By(c, access.WorkspaceUpdate).On(main).At(ifVersion),
			func(w *Workspace) error {
				return n.apply(w)
			})
		if err != nil {
			return err
		}
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		if err := s.reserveSlug(ctx, tx, client(c), n.Slug, c.Scope.ID); err != nil {
			return err
		}
		return s.amend(ctx, tx, c.Account, client(c), c.Scope.ID, func(m *Membership) {
			m.Name, m.Slug = n.Name, n.Slug
		})
	})
	return out, err
}

func (n Settings) apply(w *Workspace) error {
	if n.Slug != w.Slug {
		w.Slugs = slices.DeleteFunc(w.Slugs, func(old string) bool { return old == n.Slug })
		if len(w.Slugs) >= maxSlugs {
			return model.Conflict("The short name was already changed %d times. Use one of the earlier ones; they "+
				"all still lead to this workspace.", maxSlugs)
		}
		w.Slugs = append(w.Slugs, w.Slug)
	}
	w.Name, w.Slug, w.TimeZone, w.Session = n.Name, n.Slug, n.TimeZone, n.Session
	return nil
}

// stillManages refuses a caller who has lost the role since the request began.
func (s *Service) stillManages(ctx context.Context, tx *records.Tx, c access.Caller) error {
	r, err := rosters.Get(ctx, tx, records.By(c, access.WorkspaceRead).On(main))
	if err != nil {
		return err
	}
	return r.Body.vouch(c)
}
