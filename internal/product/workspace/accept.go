package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Invitation is what the link of an invitation shows.
type Invitation struct {
	Workspace string // its name
	Address   string // to whom it was sent
	By        string
	Role      access.Role
}

// Peek shows an invitation to anybody who has its link, without using it.
func (s *Service) Peek(ctx context.Context, c account.Client, secret string) (Invitation, error) {
	t, err := s.accounts.Peek(ctx, c, account.ToAccept, secret)
	if err != nil {
		return Invitation{}, err
	}
	sys := system(model.Workspace(t.Workspace), "invitation", c)
	if err := s.stillInvited(ctx, s.gate.Serving(), sys, t); err != nil {
		return Invitation{}, err
	}
	return Invitation{Workspace: t.Title, Address: t.Address, By: t.By, Role: t.Role}, nil
}

var errUninvited = &model.Error{
	Kind:   model.ErrNotFound,
	Public: "This invitation is no longer valid. Please ask the management of the workspace for another one.",
}

// stillInvited refuses an invitation whose sender may no longer invite people: it is valid only as long as the sender
// has that right.
func (s *Service) stillInvited(ctx context.Context, v records.Via, sys access.Caller, t account.Ticket) error {
	i, err := invites.Get(ctx, v, records.By(sys, access.InviteAccept).On(t.Invite))
	if err != nil {
		return uninvited(err)
	}
	r, err := rosters.Get(ctx, v, records.By(sys, access.InviteAccept).On(main))
	if err != nil {
		return uninvited(err)
	}
	if !r.Body.mayInvite(i.Body.By, i.Body.Role) {
		return errUninvited
	}
	return nil
}

// uninvited makes the error for an invitation or workspace that no longer exists the same as for an invalid link.
func uninvited(err error) error {
	if ignoreGone(err) == nil {
		return errUninvited
	}
	return err
}

var errOther = model.Denied("This invitation was sent to a different address. Sign in with the account that has that " +
	"address, or ask to be invited with the address of your account.")

// Accept makes the person who is signed in a member. Only the address that was invited can accept.
func (s *Service) Accept(ctx context.Context, who account.Oneself, secret string) (Membership, error) {
	c, p := who.Self(), who.Person()
	if c.Role != access.Self || c.Limits != nil {
		return Membership{}, model.ErrUnauthenticated
	}
	var m Membership
	err := s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		now, err := s.accounts.Now(ctx, tx, c)
		if err != nil {
			return err
		}
		p.Name, p.Email = now.Name, now.Email
		m, err = s.admit(ctx, tx, bag, p, secret)
		return err
	})
	return m, err
}

const acceptsPerDay = 30 // attempts by newcomers to accept one invitation; each costs a password hash

// Newcomer is somebody who accepts an invitation without having an account.
type Newcomer struct{ Name, Password string }

// AcceptNew creates an account for the invited address, which the link proves, makes it a member and signs in, all in
// one transaction.
func (s *Service) AcceptNew(ctx context.Context, c account.Client, secret string, n Newcomer) (account.SignedIn,
	Membership, error) {
	t, err := s.accounts.Peek(ctx, c, account.ToAccept, secret)
	if err != nil {
		return account.SignedIn{}, Membership{}, err
	}
	if err := s.accounts.Limit(ctx, s.gate, c, "accept/"+t.Workspace+"/"+t.Invite, acceptsPerDay,
		24*time.Hour); err != nil {
		return account.SignedIn{}, Membership{}, err
	}
	e, err := s.accounts.Prepare(ctx, c, account.NewAccount{Email: t.Address, Name: n.Name, Password: n.Password,
		Context: []string{t.Title}})
	if errors.Is(err, model.ErrConflict) {
		err = model.Conflict("The invited address already has an account. Sign in with it, then use the link again.")
	}
	if err != nil {
		return account.SignedIn{}, Membership{}, err
	}
	var m Membership
	bag := account.NewMailbag(s.post)
	in, err := s.accounts.Admit(ctx, e, func(ctx context.Context, tx *records.Tx, p account.Person) error {
		bag.Empty()
		m, err = s.admit(ctx, tx, bag, p, secret)
		return err
	})
	if err == nil {
		bag.Send(ctx)
	}
	return in, m, err
}

// admit makes a person a member by an invitation, within a transaction.
func (s *Service) admit(ctx context.Context, tx *records.Tx, bag *account.Mailbag, p account.Person,
	secret string) (Membership, error) {
	t, err := s.accounts.Use(ctx, tx, p.Client, account.ToAccept, secret)
	if err != nil {
		return Membership{}, err
	}
	invited, err := account.ParseAddress(t.Address)
	if err != nil {
		return Membership{}, err
	}
	if own, err := account.ParseAddress(p.Email); err != nil || !own.Same(invited) {
		return Membership{}, errOther
	}
	sys := system(model.Workspace(t.Workspace), "invitation", p.Client)
	if err := s.stillInvited(ctx, tx, sys, t); err != nil {
		return Membership{}, err
	}
	w, err := workspaces.Get(ctx, tx, records.By(sys, access.WorkspaceRead).On(main))
	if err != nil {
		return Membership{}, err
	}
	m := Membership{Workspace: t.Workspace, Name: w.Body.Name, Slug: w.Body.Slug, Role: t.Role, Joined: s.now()}
	if err := s.tellOfNewManager(ctx, tx, bag, sys, t.Role, p.Name+", who was invited by "+t.By); err != nil {
		return Membership{}, err
	}
	return m, s.seat(ctx, tx, sys, p, t, m)
}

// tellOfNewManager mails the management about a new member, if that member's role is management.
func (s *Service) tellOfNewManager(ctx context.Context, tx *records.Tx, bag *account.Mailbag, sys access.Caller,
	role access.Role, by string) error {
	if role != access.Management {
		return nil
	}
	return s.tellManagement(ctx, tx, bag, sys, account.Letter{Kind: account.ManagersChanged, By: by})
}

// seat deletes an invitation and writes the documents of the new member.
func (s *Service) seat(ctx context.Context, tx *records.Tx, sys access.Caller, p account.Person, t account.Ticket,
	m Membership) error {
	if err := invites.Delete(ctx, tx.Part(), records.By(sys, access.InviteAccept).With(person(p)...).
		On(t.Invite)); err != nil {
		return err
	}
	return s.sit(ctx, tx, sys, p, m)
}

// sit writes the documents of a new member.
func (s *Service) sit(ctx context.Context, tx *records.Tx, sys access.Caller, p account.Person, m Membership) error {
	hash, err := s.hashOf(ctx, sys.Scope, p.Email)
	if err != nil {
		return err
	}
	name, note, err := s.tellApart(ctx, tx, sys, access.InviteAccept, p)
	if err != nil {
		return err
	}
	err = s.reseat(ctx, tx, sys, access.InviteAccept, func(b *roster) error {
		err := b.add(seat{Account: p.ID, Role: m.Role, Address: hash})
		note(b)
		return err
	})
	if err != nil {
		return err
	}
	member := Member{Account: p.ID, Name: name, Email: p.Email, Role: m.Role, Joined: m.Joined}
	if _, err := members.Create(ctx, tx, records.By(sys, access.InviteAccept).With(person(p)...).On(p.ID),
		member); err != nil {
		return err
	}
	return s.join(ctx, tx, p.ID, p.Client, m, "")
}

// Enlist makes a person a member without an invitation. It is for the system only: demonstrations, and the operator's
// commands.
func (s *Service) Enlist(ctx context.Context, sys access.Caller, p account.Person, role access.Role) (Membership,
	error) {
	if sys.Role != access.System || !access.ValidMemberRole(role) {
		return Membership{}, model.Denied("Only the operator can do this.")
	}
	var m Membership
	err := s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		w, err := workspaces.Get(ctx, tx, records.By(sys, access.WorkspaceRead).On(main))
		if err != nil {
			return err
		}
		m = Membership{Workspace: sys.Scope.ID, Name: w.Body.Name, Slug: w.Body.Slug, Role: role, Joined: s.now()}
		if err := s.tellOfNewManager(ctx, tx, bag, sys, role, "the operator of this installation"); err != nil {
			return err
		}
		return s.sit(ctx, tx, sys, p, m)
	})
	return m, err
}
