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

const (
	maxInvites    = 100 // open at once
	invitesPerDay = 200
)

// NewInvite is the input of an invitation.
type NewInvite struct {
	Email string
	Role  access.Role
}

// Validate checks it.
func (n *NewInvite) Validate() (account.Address, error) {
	fields := map[string]string{}
	a, err := account.NewAddress(n.Email)
	if err != nil {
		fields["email"] = model.PublicText(err)
	}
	if !access.ValidMemberRole(n.Role) {
		fields["role"] = "Choose one of the four roles."
	}
	return a, invalid(fields)
}

var errOpen = model.Conflict("There is already an open invitation for this address. Send it again, or withdraw it.")

// Invite mails an invitation. The answer does not disclose whether the address has an account.
func (s *Service) Invite(ctx context.Context, c access.Caller, n NewInvite) (string, error) {
	a, err := n.Validate()
	if err != nil {
		return "", err
	}
	if !access.Can(c, access.MemberInvite) { // refused before the workspace's keys are used
		_, err := invites.Get(ctx, s.gate, records.By(c, access.MemberInvite).On("none"))
		return "", err
	}
	id, err := s.addressHash(ctx, c.Scope, a.Key())
	if err != nil {
		return "", err
	}
	return id, s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		seats, err := s.mayInvite(ctx, tx, c, id, n.Role)
		if err != nil {
			return err
		}
		old, err := invites.Get(ctx, tx, records.By(c, access.MemberInvite).On(id))
		if err == nil && s.now().Before(old.Body.Ends) && seats.mayInvite(old.Body.By, old.Body.Role) {
			return errOpen
		}
		if err != nil && !errors.Is(err, model.ErrNotFound) {
			return err
		}
		if n.Role == access.Management {
			if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.ManagersChanged, By: c.Name},
				c.Account); err != nil {
				return err
			}
		}
		invite := Invite{Email: a.Text, Role: n.Role, By: c.Account, ByName: c.Name}
		if err := s.mail(ctx, tx, bag, c, id, &invite); err != nil {
			return err
		}
		if old.Version > 0 {
			_, err = invites.Update(ctx, tx, records.By(c, access.MemberInvite).On(id), func(i *Invite) error {
				*i = invite
				return nil
			})
			return err
		}
		_, err = invites.Create(ctx, tx, records.By(c, access.MemberInvite).On(id), invite)
		return err
	})
}

// mayInvite refuses a caller who has lost the role, an address that is already a member's, and too many members or
// invitations. It returns the roster.
func (s *Service) mayInvite(ctx context.Context, tx *records.Tx, c access.Caller, hash string,
	role access.Role) (*roster, error) {
	r, err := rosters.Get(ctx, tx, records.By(c, access.MemberInvite).On(main))
	if err != nil {
		return nil, err
	}
	switch {
	case r.Body.vouch(c) != nil:
		return nil, errNoLonger
	case !c.Role.AtLeast(role):
		return nil, mayGrant(c, role)
	case r.Body.hasAddress(hash):
		return nil, errMember
	case len(r.Body.People) >= maxMembers:
		return nil, errFull
	}
	page, err := invites.Find(ctx, tx, records.By(c, access.MemberInvite), records.Find{Query: "newest",
		Limit: maxInvites})
	if err == nil && len(page.Records) >= maxInvites {
		return nil, model.Conflict("There are %d open invitations. Withdraw those that you no longer need.", maxInvites)
	}
	return &r.Body, err
}

// mail issues a link for an invitation and stores the letter with it.
func (s *Service) mail(ctx context.Context, tx *records.Tx, bag *account.Mailbag, c access.Caller, id string,
	i *Invite) error {
	a, err := account.ParseAddress(i.Email)
	if err != nil {
		return err
	}
	if err := s.accounts.LimitMail(ctx, tx, client(c), a); err != nil {
		return err
	}
	if err := s.accounts.Limit(ctx, tx, client(c), "invite/"+c.Scope.ID, invitesPerDay, 24*time.Hour); err != nil {
		return err
	}
	w, err := workspaces.Get(ctx, tx, records.By(c, access.WorkspaceRead).On(main))
	if err != nil {
		return err
	}
	secret, ticket, err := s.accounts.Issue(ctx, tx, client(c), account.Ticket{
		Purpose: account.ToAccept, Address: i.Email, Workspace: c.Scope.ID, Invite: id, Title: w.Body.Name,
		By: i.ByName, Role: i.Role,
	})
	if err != nil {
		return err
	}
	path, life := s.accounts.InvitePath(secret)
	i.Sent, i.Ends, i.Ticket, i.Returned = s.now(), s.now().Add(life), ticket, time.Time{}
	return bag.Put(ctx, tx, account.Letter{
		Kind: account.Invitation, To: i.Email, Path: path, Life: life, At: i.Sent, By: i.ByName, Workspace: w.Body.Name,
		Role: i.Role.Name(), Scope: c.Scope, Record: id,
	})
}

// InviteReturned records that the mail of an invitation, sent at an instant, could not be delivered. It does nothing if
// the invitation was sent again, withdrawn or accepted since, or if this was recorded before. It is for the system
// only.
func (s *Service) InviteReturned(ctx context.Context, c access.Caller, id string, sent time.Time) error {
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		r, err := invites.Get(ctx, tx, records.By(c, access.InviteReturn).On(id))
		switch {
		case errors.Is(err, model.ErrNotFound) || err == nil && (!r.Body.Sent.Equal(sent) || !r.Body.Returned.IsZero()):
			return nil
		case err != nil:
			return err
		}
		_, err = invites.Update(ctx, tx, records.By(c, access.InviteReturn).On(id).At(r.Version),
			func(i *Invite) error {
				i.Returned = s.now()
				return nil
			})
		return err
	})
}

// OpenInvite is an invitation that has not been accepted. Ended reports that its sender may no longer invite people, so
// its link is not valid until somebody in the management sends it again.
type OpenInvite struct {
	records.Record[Invite]
	Ended bool
}

// ListInvites returns the open invitations, newest first.
func (s *Service) ListInvites(ctx context.Context, c access.Caller) ([]OpenInvite, error) {
	page, err := invites.Find(ctx, s.gate, records.By(c, access.InviteList), records.Find{Query: "newest",
		Limit: 2 * maxInvites})
	if err != nil || len(page.Records) == 0 {
		return nil, err
	}
	seats, err := rosters.Get(ctx, s.gate, records.By(c, access.InviteList).On(main))
	if err != nil {
		return nil, err
	}
	var open []OpenInvite
	for _, r := range page.Records {
		if s.now().Before(r.Body.Ends) {
			open = append(open, OpenInvite{r, !seats.Body.mayInvite(r.Body.By, r.Body.Role)})
		}
	}
	return open, nil
}

// Revoke withdraws an invitation: its link is no longer valid.
func (s *Service) Revoke(ctx context.Context, c access.Caller, id string) error {
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		ticket := ""
		err := invites.DeleteIf(ctx, tx, records.By(c, access.InviteRevoke).On(id), func(i *Invite) error {
			ticket = i.Ticket
			return nil
		})
		if err != nil {
			return err
		}
		return s.accounts.Drop(ctx, tx, client(c), ticket)
	})
}

// Resend mails an invitation again, with a new link that is valid for another seven days. The earlier link is void.
func (s *Service) Resend(ctx context.Context, c access.Caller, id string) error {
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		r, err := invites.Get(ctx, tx, records.By(c, access.MemberInvite).On(id))
		if err != nil {
			return err
		}
		if err := s.stillManages(ctx, tx, c); err != nil {
			return err
		}
		// the invitation may have been void because its sender lost the right to invite; now it is valid again
		if r.Body.Role == access.Management {
			if err := s.tellManagement(ctx, tx, bag, c, account.Letter{Kind: account.ManagersChanged, By: c.Name},
				c.Account); err != nil {
				return err
			}
		}
		old, invite := r.Body.Ticket, r.Body
		invite.By, invite.ByName = c.Account, c.Name
		if err := s.accounts.Drop(ctx, tx, client(c), old); err != nil {
			return err
		}
		if err := s.mail(ctx, tx, bag, c, id, &invite); err != nil {
			return err
		}
		_, err = invites.Update(ctx, tx, records.By(c, access.MemberInvite).On(id), func(i *Invite) error {
			*i = invite
			return nil
		})
		return err
	})
}
