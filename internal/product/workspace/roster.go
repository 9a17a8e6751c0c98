package workspace

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const maxMembers = 500

// roster lists all members with their roles in one document of the workspace. Every change of members also changes the
// roster, so such changes are serialized, and none of them can leave a workspace without management.
type roster struct {
	People []seat `json:"people"`
	Gone   []past `json:"gone,omitempty"` // former names, so that nobody can pass for a former member
}

type seat struct {
	Account string      `json:"account"`
	Role    access.Role `json:"role"`
	Address string      `json:"address"`         // keyed hash, to refuse an invitation for a member's address
	Alike   string      `json:"alike,omitempty"` // keyed hash of what the name looks like
}

var (
	errLast = model.Conflict("A workspace needs at least one management member. Give that role to somebody " +
		"else first.")
	errMember   = model.Conflict("This person is already a member.")
	errNoLonger = model.Denied("You are no longer in the management of this workspace.")
	errFull     = model.Conflict("A workspace has at most %d members.", maxMembers)
)

func (r *roster) find(account string) *seat {
	for i := range r.People {
		if r.People[i].Account == account {
			return &r.People[i]
		}
	}
	return nil
}

func (r *roster) hasAddress(hash string) bool {
	return slices.ContainsFunc(r.People, func(s seat) bool { return s.Address == hash })
}

// managers counts.
func (r *roster) managers() int {
	n := 0
	for _, s := range r.People {
		if s.Role == access.Management {
			n++
		}
	}
	return n
}

// vouch refuses a caller who is no longer in the management.
func (r *roster) vouch(c access.Caller) error {
	if s := r.find(c.Account); s == nil || s.Role != access.Management {
		return errNoLonger
	}
	return nil
}

// mayInvite reports whether an account may invite somebody with this role now.
func (r *roster) mayInvite(account string, role access.Role) bool {
	s := r.find(account)
	return s != nil && s.Role == access.Management && s.Role.AtLeast(role)
}

func (r *roster) add(s seat) error {
	switch {
	case r.find(s.Account) != nil:
		return errMember
	case len(r.People) >= maxMembers:
		return errFull
	}
	r.People = append(r.People, s)
	return nil
}

func (r *roster) setRole(account string, role access.Role) error {
	s := r.find(account)
	if s == nil {
		return model.ErrNotFound
	}
	s.Role = role
	return r.managed()
}

func (r *roster) remove(account, alike string) error {
	if r.find(account) == nil {
		return model.ErrNotFound
	}
	r.keepName(past{account, alike})
	r.People = slices.DeleteFunc(r.People, func(s seat) bool { return s.Account == account })
	return r.managed()
}

// managed returns an error if no member with the role management is left.
func (r *roster) managed() error {
	if r.managers() == 0 {
		return errLast
	}
	return nil
}

// reseat changes the roster within a transaction.
func (s *Service) reseat(ctx context.Context, tx *records.Tx, c access.Caller, a access.Action,
	change func(*roster) error) error {
	_, err := rosters.Update(ctx, tx, records.By(c, a).On(main), change)
	return err
}

// addressHash is the hash of an address within a workspace.
func (s *Service) addressHash(ctx context.Context, scope model.Scope, key string) (string, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, scope)
	if err != nil {
		return "", err
	}
	return ring.Hash("address", key), nil
}
