package workspace

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// ListMembers returns all members, in the order of joining. Only management sees addresses, besides one's own.
func (s *Service) ListMembers(ctx context.Context, c access.Caller) ([]records.Record[Member], error) {
	page, err := members.Find(ctx, s.gate, records.By(c, access.MemberList), records.Find{Query: "all",
		Limit: maxMembers})
	return page.Records, err
}

// GetMember returns one member.
func (s *Service) GetMember(ctx context.Context, c access.Caller, id string) (records.Record[Member], error) {
	return members.Get(ctx, s.gate, records.By(c, access.MemberRead).On(id))
}

// SetRole changes a member's role. It refuses to leave the workspace without management.
func (s *Service) SetRole(ctx context.Context, c access.Caller, id string, role access.Role) error {
	if !access.ValidMemberRole(role) {
		return model.InvalidFields(map[string]string{"role": "Choose one of the four roles."})
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.tellOfManagers(ctx, tx, bag, c, id, role); err != nil {
			return err
		}
		before := access.Role("")
		r, err := members.Update(ctx, tx, records.By(c, access.MemberUpdate).Note("role", string(role)).On(id),
			func(m *Member) error {
				before, m.Role = m.Role, role
				return mayGrant(c, role)
			})
		if err != nil || before == role {
			return err
		}
		err = s.reseat(ctx, tx, c, access.MemberUpdate, func(b *roster) error {
			if err := b.vouch(c); err != nil {
				return err
			}
			return b.setRole(id, role)
		})
		if err != nil {
			return err
		}
		if err := s.amend(ctx, tx, id, client(c), c.Scope.ID, func(m *Membership) { m.Role = role }); err != nil {
			return err
		}
		return s.tell(ctx, tx, bag, c, r.Body, account.Letter{Kind: account.RoleChanged, Role: role.Name()})
	})
}

// tellOfManagers mails the others in the management that a member joins or leaves the management. It reads, so it must
// be called before the transaction writes.
func (s *Service) tellOfManagers(ctx context.Context, tx *records.Tx, bag *account.Mailbag, c access.Caller, id string,
	after access.Role) error {
	r, err := rosters.Get(ctx, tx, records.By(c, access.MemberRead).On(main))
	if err != nil {
		return err
	}
	seat := r.Body.find(id)
	if seat == nil || seat.Role == after || (seat.Role != access.Management && after != access.Management) {
		return nil // what follows refuses a member who does not exist
	}
	return s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.ManagersChanged, By: c.Name}, c.Account, id)
}

// mayGrant refuses to grant or withdraw a role above the caller's.
func mayGrant(c access.Caller, role access.Role) error {
	if !c.Role.AtLeast(role) {
		return model.Denied("You cannot give or take a role that is above your own.")
	}
	return nil
}

// notAbove is the condition that a member's role is not above the caller's.
func notAbove(c access.Caller, m *Member) error { return mayGrant(c, m.Role) }

// oneself is the condition that a membership is the caller's own.
func oneself(c access.Caller, m *Member) error {
	if m.Account != c.Account {
		return model.Denied("Only members themselves can leave.")
	}
	return nil
}

// Remove removes a member from the workspace. It takes effect with their next request.
func (s *Service) Remove(ctx context.Context, c access.Caller, id string) error {
	if id == c.Account {
		return model.Conflict("To leave the workspace yourself, choose \"Leave\".")
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.tellOfManagers(ctx, tx, bag, c, id, ""); err != nil {
			return err
		}
		var gone Member
		err := members.DeleteIf(ctx, tx, records.By(c, access.MemberRemove).On(id), func(m *Member) error {
			gone = *m
			return nil
		})
		if err != nil {
			return err
		}
		alike, err := s.alikeHash(ctx, c.Scope, gone.Name)
		if err != nil {
			return err
		}
		err = s.reseat(ctx, tx, c, access.MemberRemove, func(b *roster) error {
			if err := b.vouch(c); err != nil {
				return err
			}
			return b.remove(id, alike)
		})
		if err != nil {
			return err
		}
		if err := s.part(ctx, tx, id, client(c), c.Scope.ID); err != nil {
			return err
		}
		return s.tell(ctx, tx, bag, c, gone, account.Letter{Kind: account.Removed})
	})
}

// Leave ends the caller's own membership.
func (s *Service) Leave(ctx context.Context, c access.Caller) error {
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		if err := s.tellOfManagers(ctx, tx, bag, c, c.Account, ""); err != nil {
			return err
		}
		if err := members.Delete(ctx, tx, records.By(c, access.MemberLeave).On(c.Account)); err != nil {
			return err
		}
		alike, err := s.alikeHash(ctx, c.Scope, c.Name)
		if err != nil {
			return err
		}
		if err := s.reseat(ctx, tx, c, access.MemberLeave, func(b *roster) error {
			return b.remove(c.Account, alike)
		}); err != nil {
			return err
		}
		return s.part(ctx, tx, c.Account, client(c), c.Scope.ID)
	})
}

// change runs a transaction that stores letters, and sends them after the commit.
func (s *Service) change(ctx context.Context, f func(context.Context, *records.Tx, *account.Mailbag) error) error {
	bag := account.NewMailbag(s.post)
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		return f(ctx, tx, bag)
	})
	if err == nil {
		bag.Send(ctx)
	}
	return err
}

// tell stores a letter to a member about what the caller did.
func (s *Service) tell(ctx context.Context, tx *records.Tx, bag *account.Mailbag, c access.Caller, to Member,
	l account.Letter) error {
	w, err := workspaces.Get(ctx, tx, records.By(c, access.WorkspaceRead).On(main))
	if err != nil {
		return err
	}
	l.To, l.ToName, l.At, l.By, l.Workspace = to.Email, to.Name, s.now(), c.Name, w.Body.Name
	if l.Kind == account.RoleChanged {
		l.Path = "/w/" + w.Body.Slug
	}
	return bag.Put(ctx, tx, l)
}
