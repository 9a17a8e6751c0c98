package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/records"
)

const workspacesPerDay = 20 // that one person makes

// NewWorkspace is what a workspace is made of. An empty slug is made of the name; an empty time zone is UTC.
type NewWorkspace struct{ Name, Slug, TimeZone string }

// Validate checks it.
func (n *NewWorkspace) Validate() error {
	fields := map[string]string{}
	n.Name = checkName(fields, n.Name)
	if n.Slug != "" {
		checkSlug(fields, n.Slug)
	}
	if n.TimeZone == "" {
		n.TimeZone = "UTC"
	}
	checkZone(fields, n.TimeZone)
	return invalid(fields)
}

var errTaken = model.InvalidFields(map[string]string{"slug": "This short name is in use. Choose another one."})

// Create makes a workspace of which the caller, a person in their own account, is the management.
func (s *Service) Create(ctx context.Context, c access.Caller, n NewWorkspace) (Membership, error) {
	if c.Role != access.Self || c.Limits != nil {
		return Membership{}, model.Denied("Sign in to make a workspace.")
	}
	if err := n.Validate(); err != nil {
		return Membership{}, err
	}
	given := n.Slug != ""
	id, err := s.prepare(ctx, c, &n)
	if err != nil {
		return Membership{}, err
	}
	for try := 0; ; try++ {
		m, err := s.create(ctx, c, id, n)
		if !errors.Is(err, errTaken) || given || try == 3 {
			return m, err
		}
		n.Slug = varySlug(n.Slug)
	}
}

// prepare finds a free slug and makes the keyring, before the transaction.
func (s *Service) prepare(ctx context.Context, c access.Caller, n *NewWorkspace) (string, error) {
	if n.Slug == "" {
		n.Slug = slugOf(n.Name)
		if taken, err := s.resolve(ctx, client(c), n.Slug); err != nil {
			return "", err
		} else if taken != "" {
			n.Slug = varySlug(n.Slug)
		}
	} else if taken, err := s.resolve(ctx, client(c), n.Slug); err != nil || taken != "" {
		if err == nil {
			err = errTaken
		}
		return "", err
	}
	if err := s.accounts.Limit(ctx, s.gate, client(c), "workspaces/"+c.Account, workspacesPerDay, 24*time.Hour); err != nil {
		return "", err
	}
	id := model.NewID()
	if err := s.gate.Keyrings().Make(ctx, model.Workspace(id)); err != nil {
		return "", fmt.Errorf("keyring of a workspace: %w", err)
	}
	return id, nil
}

func (s *Service) create(ctx context.Context, c access.Caller, id string, n NewWorkspace) (Membership, error) {
	m := Membership{Workspace: id, Name: n.Name, Slug: n.Slug, Role: access.Management, Joined: s.now()}
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		a, err := account.Accounts.Get(ctx, tx, c, access.AccountRead, main)
		if err != nil {
			return err
		}
		if err := s.reserveSlug(ctx, tx, client(c), n.Slug, id); err != nil {
			return err
		}
		return s.found(ctx, tx, c, n, m, account.Person{ID: c.Account, Name: a.Body.Name, Email: a.Body.Email, Client: client(c)})
	})
	if err != nil {
		return Membership{}, err
	}
	return m, nil
}

// found writes the documents of a new workspace.
func (s *Service) found(ctx context.Context, tx *records.Tx, c access.Caller, n NewWorkspace, m Membership, p account.Person) error {
	sys := system(model.Workspace(m.Workspace), "new workspace", p.Client)
	sys.Session = c.Session
	w := Workspace{Name: n.Name, Slug: n.Slug, TimeZone: n.TimeZone, CreatedBy: p.ID, State: Active}
	if _, err := Workspaces.Create(ctx, tx, sys, access.WorkspaceCreate, main, w, person(p)...); err != nil {
		return err
	}
	hash, err := s.hashOf(ctx, sys.Scope, p.Email)
	if err != nil {
		return err
	}
	first := roster{[]seat{{p.ID, access.Management, hash}}}
	if _, err := rosters.Create(ctx, tx, sys, access.WorkspaceCreate, main, first); err != nil {
		return err
	}
	member := Member{Account: p.ID, Name: p.Name, Email: p.Email, Role: m.Role, Joined: m.Joined}
	if _, err := Members.Create(ctx, tx, sys, access.WorkspaceCreate, p.ID, member, person(p)...); err != nil {
		return err
	}
	return s.join(ctx, tx, p.ID, p.Client, m)
}

// hashOf is the hash, within a workspace, of an address as it is written.
func (s *Service) hashOf(ctx context.Context, scope model.Scope, email string) (string, error) {
	a, err := account.ParseAddress(email)
	if err != nil {
		return "", err
	}
	return s.addressHash(ctx, scope, a.Key())
}

// person names who caused what the product does, in the sealed part of an entry.
func person(p account.Person) []records.Note {
	return []records.Note{{Key: "person", Value: p.Name}, {Key: "account", Value: p.ID}}
}
