package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const workspacesPerDay = 20 // by one person

// NewWorkspace is the input of a new workspace. An empty slug is derived from the name; an empty time zone is UTC.
type NewWorkspace struct {
	Name, Slug, TimeZone string
	Form                 string // the id of the form, or "": a form that is sent twice creates one workspace
}

// idCode writes ids as model.NewID does.
var idCode = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// id is the id of the new workspace. With a form it is derived from the account and the form's id, so that the same
// form gives the same workspace, and nobody can choose the id of somebody else's.
func (n *NewWorkspace) id(c access.Caller) string {
	if n.Form == "" {
		return model.NewID()
	}
	sum := sha256.Sum256([]byte(c.Account + "\x00" + n.Form))
	return idCode.EncodeToString(sum[:16])
}

// made is a hash of the input, to tell a form that is sent twice from another form with the same id.
func (n *NewWorkspace) made() string {
	if n.Form == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(n.Name + "\x00" + n.Slug + "\x00" + n.TimeZone))
	return hex.EncodeToString(sum[:])
}

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

// Create creates a workspace. The caller, a person in their own account, becomes its management.
func (s *Service) Create(ctx context.Context, c access.Caller, n NewWorkspace) (Membership, error) {
	if c.Role != access.Self || c.Limits != nil {
		return Membership{}, model.Denied("Sign in to create a workspace.")
	}
	if err := n.Validate(); err != nil {
		return Membership{}, err
	}
	given, id, made := n.Slug != "", n.id(c), n.made()
	if n.Form != "" {
		list, err := mine.Get(ctx, s.gate, records.By(c, access.MembershipList).On(main))
		if err != nil && !errors.Is(err, model.ErrNotFound) {
			return Membership{}, err
		}
		if m, found, err := list.Body.again(id, made); found {
			return m, err
		}
	}
	if err := s.prepare(ctx, c, &n, id); err != nil {
		return Membership{}, err
	}
	for try := 0; ; try++ {
		m, err := s.create(ctx, c, id, made, n)
		if !errors.Is(err, errTaken) || given || try == 3 {
			return m, err
		}
		n.Slug = varySlug(n.Slug)
	}
}

// again finds the workspace that the same form created before. It refuses another form with the same id.
func (b *memberships) again(id, made string) (m Membership, found bool, err error) {
	i := slices.IndexFunc(b.List, func(m Membership) bool { return m.Workspace == id })
	switch {
	case i < 0:
		return Membership{}, false, nil
	case b.Made[id] != made:
		return Membership{}, true, model.Reused("This form was sent before, with different content, and created %q. "+
			"To create another workspace, send it again.", b.List[i].Name)
	}
	return b.List[i], true, nil
}

// prepare finds a free slug and makes the keyring, before the transaction.
func (s *Service) prepare(ctx context.Context, c access.Caller, n *NewWorkspace, id string) error {
	if n.Slug == "" {
		n.Slug = slugOf(n.Name)
		if taken, err := s.resolve(ctx, client(c), n.Slug); err != nil {
			return err
		} else if taken != "" {
			n.Slug = varySlug(n.Slug)
		}
	} else if taken, err := s.resolve(ctx, client(c), n.Slug); err != nil || taken != "" {
		if err == nil {
			err = errTaken
		}
		return err
	}
	if err := s.accounts.Limit(ctx, s.gate, client(c), "workspaces/"+c.Account, workspacesPerDay,
		24*time.Hour); err != nil {
		return err
	}
	err := s.gate.Keyrings().Make(ctx, model.Workspace(id))
	if n.Form != "" && errors.Is(err, model.ErrConflict) {
		return nil // made for the same form a moment ago: the id is derived from account and form
	}
	if err != nil {
		return fmt.Errorf("keyring of a workspace: %w", err)
	}
	return nil
}

func (s *Service) create(ctx context.Context, c access.Caller, id, made string, n NewWorkspace) (Membership, error) {
	m := Membership{Workspace: id, Name: n.Name, Slug: n.Slug, Role: access.Management, Joined: s.now()}
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		list, err := mine.Get(ctx, tx, records.By(c, access.MembershipList).On(main))
		if err != nil && !errors.Is(err, model.ErrNotFound) {
			return err
		}
		if earlier, found, err := list.Body.again(id, made); found {
			m = earlier
			return err
		}
		p, err := s.accounts.Now(ctx, tx, c)
		if err != nil {
			return err
		}
		if err := s.reserveSlug(ctx, tx, client(c), n.Slug, id); err != nil {
			return err
		}
		p.Client = client(c)
		return s.found(ctx, tx, c, n, m, made, p)
	})
	if err != nil {
		return Membership{}, err
	}
	return m, nil
}

// found writes the documents of a new workspace.
func (s *Service) found(ctx context.Context, tx *records.Tx, c access.Caller, n NewWorkspace, m Membership, made string,
	p account.Person) error {
	sys := system(model.Workspace(m.Workspace), "new workspace", p.Client)
	sys.Session = c.Session
	w := Workspace{Name: n.Name, Slug: n.Slug, TimeZone: n.TimeZone, CreatedBy: p.ID, State: Active}
	if _, err := workspaces.Create(ctx, tx, records.By(sys, access.WorkspaceCreate).With(person(p)...).On(main),
		w); err != nil {
		return err
	}
	hash, err := s.hashOf(ctx, sys.Scope, p.Email)
	if err != nil {
		return err
	}
	alike, err := s.alikeHash(ctx, sys.Scope, p.Name)
	if err != nil {
		return err
	}
	first := roster{People: []seat{{Account: p.ID, Role: access.Management, Address: hash, Alike: alike}}}
	if _, err := rosters.Create(ctx, tx, records.By(sys, access.WorkspaceCreate).On(main), first); err != nil {
		return err
	}
	member := Member{Account: p.ID, Name: p.Name, Email: p.Email, Role: m.Role, Joined: m.Joined}
	if _, err := members.Create(ctx, tx, records.By(sys, access.WorkspaceCreate).With(person(p)...).On(p.ID),
		member); err != nil {
		return err
	}
	return s.join(ctx, tx, p.ID, p.Client, m, made)
}

// hashOf is the hash of an address within a workspace.
func (s *Service) hashOf(ctx context.Context, scope model.Scope, email string) (string, error) {
	a, err := account.ParseAddress(email)
	if err != nil {
		return "", err
	}
	return s.addressHash(ctx, scope, a.Key())
}

// person names the person for whom the product acts, in the sealed part of an entry.
func person(p account.Person) []records.Note {
	return []records.Note{{Key: "person", Value: p.Name}, {Key: "account", Value: p.ID}}
}
