package account

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Profile is the caller's own account.
func (s *Service) Profile(ctx context.Context, c access.Caller) (records.Record[Account], error) {
	return accounts.Get(ctx, s.gate, records.By(c, access.AccountRead).On(main))
}

// Now reads the caller's current name and address within a transaction.
func (s *Service) Now(ctx context.Context, tx *records.Tx, c access.Caller) (Person, error) {
	a, err := accounts.Get(ctx, tx, records.By(c, access.AccountRead).On(main))
	if err != nil {
		return Person{}, err
	}
	return Person{ID: c.Account, Name: a.Body.Name, Email: a.Body.Email, Session: c.Session}, nil
}

// Rename changes the caller's name, here and in each of their workspaces.
func (s *Service) Rename(ctx context.Context, c access.Caller, name string) error {
	fields := map[string]string{}
	if name = ownName(fields, name); len(fields) > 0 {
		return model.InvalidFields(fields)
	}
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		r, err := accounts.Update(ctx, tx, records.By(c, access.AccountUpdate).On(main), func(a *Account) error {
			a.Name = name
			return nil
		})
		if err != nil {
			return err
		}
		client := Client{Request: c.Request, Trace: c.Trace}
		return s.circle.Changed(ctx, tx, Person{ID: c.Account, Name: name, Email: r.Body.Email, Session: c.Session,
			Client: client})
	})
}

var themes = []string{"", "light", "dark", "dim"}

// SetPreferences changes the caller's preferences.
func (s *Service) SetPreferences(ctx context.Context, c access.Caller, p Preferences) error {
	if !slices.Contains(themes, p.Theme) {
		return model.InvalidFields(map[string]string{"theme": "There is no such theme."})
	}
	_, err := accounts.Update(ctx, s.gate, records.By(c, access.AccountUpdate).On(main), func(a *Account) error {
		a.Preferences = p
		return nil
	})
	return err
}
