package workspace

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// circle is the account.Circle of workspaces: what they do when a member signs in or changes.
type circle struct{ s *Service }

// Entered records a sign-in in the trail of each of the person's workspaces.
func (c circle) Entered(ctx context.Context, v records.Via, p account.Person) error {
	return c.each(ctx, v, p, "sign-in", func(sys access.Caller) error {
		sys.Session = p.Session
		return c.s.gate.Note(ctx, v, records.By(sys, access.SessionEnter).With(person(p)...), "members/"+p.ID,
			audit.Done)
	})
}

// Changed writes a new name or address into each of the person's workspaces.
func (c circle) Changed(ctx context.Context, v records.Via, p account.Person) error {
	tx, ok := v.(*records.Tx)
	if !ok {
		return errors.New("workspace: a person changes only within a transaction")
	}
	return c.each(ctx, v, p, "rename", func(sys access.Caller) error {
		hash, err := c.s.hashOf(ctx, sys.Scope, p.Email)
		if err != nil {
			return err
		}
		name, note, err := c.s.tellApart(ctx, tx, sys, access.MemberRename, p)
		if err != nil {
			return err
		}
		_, err = members.Update(ctx, v, records.By(sys, access.MemberRename).With(person(p)...).On(p.ID),
			func(m *Member) error {
				m.Name, m.Email = name, p.Email
				return nil
			})
		if err != nil {
			return err
		}
		return c.s.reseat(ctx, tx, sys, access.MemberRename, func(b *roster) error {
			if seat := b.find(p.ID); seat != nil {
				seat.Address = hash
				if seat.Alike != "" {
					b.keepName(past{p.ID, seat.Alike}) // nobody else may pass for them in older entries of the trail
				}
			}
			note(b)
			return nil
		})
	})
}

// each calls f for each workspace of a person. It leaves out workspaces whose keys are locked or destroyed, so that the
// person can still use the others.
func (c circle) each(ctx context.Context, v records.Via, p account.Person, job string,
	f func(access.Caller) error) error {
	r, err := mine.Get(ctx, v, records.By(system(model.Account(p.ID), "membership", p.Client), access.MembershipList).
		On(main))
	if err != nil {
		return ignoreGone(err)
	}
	for _, m := range r.Body.List {
		scope := model.Workspace(m.Workspace)
		if _, err := c.s.gate.Keyrings().Ring(ctx, scope); err != nil {
			if ignoreGone(err) == nil {
				continue
			}
			return err
		}
		if err := f(system(scope, job, p.Client)); ignoreGone(err) != nil {
			return err
		}
	}
	return nil
}
