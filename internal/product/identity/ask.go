package identity

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// asking is what is read to identify the caller, and the workspace they ask in.
type asking struct {
	s         *Service
	cred      account.Credential
	account   *account.Evidence
	list      *workspace.Listed   // nil for API tokens
	workspace *workspace.Evidence // nil outside workspaces
}

func (s *Service) ask(cred account.Credential) (*asking, error) {
	evidence, err := s.accounts.Evidence(cred)
	if err != nil {
		return nil, err
	}
	a := &asking{s: s, cred: cred, account: evidence}
	if !cred.IsToken() {
		list := workspace.ListOf(cred.Account())
		a.list = &list
	}
	return a, nil
}

// within also reads about a workspace.
func (a *asking) within(place string) {
	a.workspace = workspace.EvidenceOf(place, a.cred.Account(), func() bool {
		_, err := a.account.Holder()
		return err == nil
	})
}

func (a *asking) wants() []records.Want {
	wants := a.account.Wants()
	if a.list != nil {
		wants = append(wants, a.list.Want())
	}
	if a.workspace != nil {
		wants = append(wants, a.workspace.Wants()...)
	}
	return wants
}

// person identifies the caller, outside any workspace.
func (a *asking) person() (Identity, error) {
	h, err := a.account.Holder()
	if err != nil {
		return Identity{}, err
	}
	p := account.Person{ID: a.cred.Account(), Name: h.Account.Name, Email: h.Account.Email, Session: a.cred.ID(),
		Client: a.cred.Client()}
	if h.Token != nil {
		return OfToken(p, *h.Token, ofAccount(a.account)), nil
	}
	id := OfSession(p, *h.Session, h.Proven, a.s.accounts.Lifetimes().Idle, ofAccount(a.account))
	id.listed, id.factors = a.list.Memberships(), h.Account.Factors
	return id, nil
}

// enter identifies the caller as a member of the workspace.
func (a *asking) enter(id Identity, kept access.Ahead) (Identity, error) {
	seat, ok := a.workspace.Seat()
	if !ok {
		return id, model.ErrNotFound
	}
	if session := id.session; session != nil {
		if err := session.Within(seat.Workspace.Session, a.s.gate.Clock().Now()); err != nil {
			return Identity{}, err
		}
	}
	return id.In(seat, ofMember(a.account, a.cred.Account(), seat), kept), nil
}

// ofAccount is what must still be true when a person changes something in their own account.
func ofAccount(e *account.Evidence) records.Standing {
	return func() ([]records.Want, func() error) {
		again := e.Again()
		return again.Wants(), func() error { _, err := again.Holder(); return err }
	}
}

var errOtherRole = model.Denied("Your role in this workspace was changed a moment ago. Load the page again to see " +
	"what you may do now.")

// ofMember is what must still be true when a member changes something in a workspace.
func ofMember(e *account.Evidence, person string, seat workspace.Seat) records.Standing {
	return func() ([]records.Want, func() error) {
		again := e.Again()
		member := workspace.EvidenceOf(seat.ID, person, nil)
		return append(again.Wants(), member.Membership()), func() error {
			_, err := again.Holder()
			m, found := member.Member()
			switch {
			case err != nil:
				return err
			case !found:
				return model.ErrNotFound
			case m.Role != seat.Member.Role:
				return errOtherRole
			}
			return nil
		}
	}
}
