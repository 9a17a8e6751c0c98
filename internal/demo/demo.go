// Package demo makes the demonstration: two companies with accounts, a production, a run of performances and thirty reports each, so
// that everything can be tried at once.
//
// It must never run outside a one-machine installation, and it makes everything through the use cases that people use.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/web"
	"github.com/tinyoperahouse/toh/internal/workspace"
)

// File is the name of the file, in the data folder, that lists the accounts.
const File = "demo.json"

// Sheet is what the file holds.
type Sheet struct {
	BaseURL    string  `json:"base_url"`
	Workspaces []House `json:"workspaces"`
}

// House is one workspace of the demonstration.
type House struct {
	ID       string    `json:"id"`
	Slug     string    `json:"slug"`
	Name     string    `json:"name"`
	Accounts []Account `json:"accounts"`
}

// Account is one person of it. The token has all scopes and ends after a year.
type Account struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"`
	Token    string `json:"token"`
}

// Make makes the demonstration in an installation, writes the file, and lets the first page offer the accounts. If the file is there it
// only does the last.
func Make(ctx context.Context, a *app.App, baseURL, dir string) (Sheet, error) {
	path := filepath.Join(dir, File)
	sheet, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		sheet, err = build(ctx, a)
	}
	if err != nil {
		return sheet, err
	}
	sheet.BaseURL = baseURL
	if err := write(path, sheet); err != nil {
		return sheet, err
	}
	a.ShowDemo(sheet.offers())
	return sheet, nil
}

func read(path string) (Sheet, error) {
	var s Sheet
	text, err := os.ReadFile(path) // #nosec G304 -- our own file in the data folder
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s cannot be read; remove it and start with another --data folder: %w", path, err)
	}
	return s, nil
}

// write replaces the file as a whole, readable by its owner only.
func write(path string, s Sheet) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func build(ctx context.Context, a *app.App) (Sheet, error) {
	var s Sheet
	for _, c := range companies {
		h, err := c.build(ctx, a)
		if errors.Is(err, model.ErrConflict) {
			return s, fmt.Errorf("this data folder has a demonstration already, and its %s is gone; use another --data folder: %w", File, err)
		}
		if err != nil {
			return s, fmt.Errorf("company %s: %w", c.slug, err)
		}
		s.Workspaces = append(s.Workspaces, h)
	}
	return s, nil
}

// crew are the people of one company while it is made.
type crew struct {
	app     *app.App
	scope   model.Scope
	callers map[access.Role]access.Caller
}

func (c company) build(ctx context.Context, a *app.App) (House, error) {
	people, accounts, err := c.people(ctx, a)
	if err != nil {
		return House{}, err
	}
	boss := people[access.Management]
	place, err := a.Workspaces.Create(ctx, boss.Self(), workspace.NewWorkspace{Name: c.name, Slug: c.slug, TimeZone: c.zone})
	if err != nil {
		return House{}, err
	}
	scope := model.Workspace(place.Workspace)
	sys := access.SystemCaller(scope, "demo", "")
	staff := crew{a, scope, map[access.Role]access.Caller{}}
	for _, role := range access.MemberRoles {
		p := people[role]
		if role != access.Management {
			if _, err := a.Workspaces.Enlist(ctx, sys, p, role); err != nil {
				return House{}, fmt.Errorf("member: %w", err)
			}
		}
		staff.callers[role] = access.Caller{Scope: scope, Account: p.ID, Name: p.Name, Role: role}
	}
	if err := staff.season(ctx, c); err != nil {
		return House{}, err
	}
	return House{ID: place.Workspace, Slug: place.Slug, Name: place.Name, Accounts: accounts}, nil
}

// people makes an account with a token for every role.
func (c company) people(ctx context.Context, a *app.App) (map[access.Role]account.Person, []Account, error) {
	people := map[access.Role]account.Person{}
	var list []Account
	for i, role := range access.MemberRoles {
		made := Account{
			Email: fmt.Sprintf("%s@%s.example", role, c.slug), Name: c.names[i], Role: string(role),
			Password: model.NewID(),
		}
		p, err := a.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "demo", ""), account.NewAccount{
			Email: made.Email, Name: made.Name, Password: made.Password,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("account: %w", err)
		}
		made.Token, _, err = a.Accounts.CreateToken(ctx, p.Self(), account.NewToken{Name: "Demonstration", Scopes: scopes(), Days: 365})
		if err != nil {
			return nil, nil, fmt.Errorf("token: %w", err)
		}
		people[role] = p
		list = append(list, made)
	}
	return people, list, nil
}

func scopes() []string {
	var all []string
	for _, s := range access.TokenScopes {
		all = append(all, string(s.Scope))
	}
	return all
}

// offers are the accounts as the first page shows them.
func (s Sheet) offers() []web.DemoAccount {
	var list []web.DemoAccount
	for _, h := range s.Workspaces {
		for _, a := range h.Accounts {
			list = append(list, web.DemoAccount{Workspace: h.Name, Role: access.Role(a.Role).Name(), Email: a.Email, Password: a.Password})
		}
	}
	return list
}
