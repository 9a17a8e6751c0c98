package workspace

import (
	"context"
	"errors"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const maxWorkspaces = 50 // of one person

// Mine returns the caller's workspaces, in the order of joining. The caller is a person in their own account.
func (s *Service) Mine(ctx context.Context, c access.Caller) ([]Membership, error) {
	r, err := mine.Get(ctx, s.gate, records.By(c, access.MembershipList).On(main))
	if errors.Is(err, model.ErrNotFound) {
		return nil, nil
	}
	return r.Body.all(), err
}

// join adds a workspace to a person's list, within the transaction that makes them a member. made is the hash of the
// form that created the workspace, or "".
func (s *Service) join(ctx context.Context, tx *records.Tx, person string, c account.Client, m Membership,
	made string) error {
	sys := system(model.Account(person), "membership", c)
	_, err := mine.Update(ctx, tx, records.By(sys, access.MembershipWrite).On(main), func(b *memberships) error {
		b.drop(m.Workspace)
		if len(b.List) >= maxWorkspaces {
			return model.Conflict("One person can be in at most %d workspaces.", maxWorkspaces)
		}
		b.List = append(b.List, m)
		b.keepMade(m.Workspace, made)
		return nil
	})
	if errors.Is(err, model.ErrNotFound) {
		first := memberships{List: []Membership{m}}
		first.keepMade(m.Workspace, made)
		_, err = mine.Create(ctx, tx, records.By(sys, access.MembershipWrite).On(main), first)
	}
	return err
}

// amend changes the entry of a workspace on a person's list. It is no error if the account and its keys no longer
// exist.
func (s *Service) amend(ctx context.Context, v records.Via, person string, c account.Client, workspace string,
	change func(*Membership)) error {
	sys := system(model.Account(person), "membership", c)
	_, err := mine.Update(ctx, v, records.By(sys, access.MembershipWrite).On(main), func(b *memberships) error {
		for i := range b.List {
			if b.List[i].Workspace == workspace {
				change(&b.List[i])
			}
		}
		return nil
	})
	return ignoreGone(err)
}

// part removes a workspace from a person's list.
func (s *Service) part(ctx context.Context, tx *records.Tx, person string, c account.Client, workspace string) error {
	sys := system(model.Account(person), "membership", c)
	_, err := mine.Update(ctx, tx, records.By(sys, access.MembershipWrite).On(main), func(b *memberships) error {
		b.drop(workspace)
		return nil
	})
	return ignoreGone(err)
}

func (b *memberships) drop(workspace string) {
	b.List = slices.DeleteFunc(b.List, func(m Membership) bool { return m.Workspace == workspace })
	b.PastSteps = slices.DeleteFunc(b.PastSteps, func(id string) bool { return id == workspace })
	delete(b.Made, workspace)
}

func ignoreGone(err error) error {
	if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrLocked) {
		return nil
	}
	return err
}

func (b *memberships) keepMade(workspace, made string) {
	if made == "" {
		return
	}
	if b.Made == nil {
		b.Made = map[string]string{}
	}
	b.Made[workspace] = made
}

// PassSteps records that the caller, in their own account, has done or dismissed the first steps in a workspace.
func (s *Service) PassSteps(ctx context.Context, c access.Caller, workspace string) error {
	sys := system(model.Account(c.Account), "membership", client(c))
	_, err := mine.Update(ctx, s.gate, records.By(sys, access.MembershipWrite).On(main), func(b *memberships) error {
		if !slices.Contains(b.PastSteps, workspace) {
			b.PastSteps = append(b.PastSteps, workspace)
		}
		return nil
	})
	return ignoreGone(err)
}
