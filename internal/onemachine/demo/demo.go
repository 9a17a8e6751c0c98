// Package demo makes the demonstration: two companies with accounts, a production, a run of performances and thirty
// reports each, so that everything can be tried at once.
//
// It must never run outside a one-machine installation. It makes everything through the use cases that people use.
package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/edge/web"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// File is the name of the file, in the data folder, that lists the accounts.
const File = "demo.json"

// Sheet is what the file holds.
type Sheet struct {
	BaseURL    string      `json:"base_url"`
	Workspaces []Workspace `json:"workspaces"`
	// Unfinished is present from before anything is made until everything is: a start that finds it makes what is
	// missing.
	Unfinished *plan `json:"unfinished,omitempty"`
}

// plan is what a demonstration is made from, so that a second attempt makes the same one.
type plan struct {
	Begun time.Time `json:"begun"`
	Seed  string    `json:"seed"`
}

var idCode = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// id is the id of a thing: with the same id it is made only once.
func (p plan) id(parts ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintln(append(parts, p.Seed)...)))
	return idCode.EncodeToString(sum[:16])
}

// Workspace is one workspace of the demonstration.
type Workspace struct {
	ID       string    `json:"id"`
	Slug     string    `json:"slug"`
	Name     string    `json:"name"`
	Accounts []Account `json:"accounts"`
}

// Account is the account of one of its members. The token has all scopes and expires after a year.
type Account struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"`
	Token    string `json:"token"`
}

// Make makes the demonstration in an installation, and makes the first page offer the accounts. The file is written
// before anything is made, and says so until everything is: an attempt that was cut off is continued. If the
// demonstration is complete, Make only offers it.
func Make(ctx context.Context, a *app.App, baseURL, dir string) (Sheet, error) {
	path := filepath.Join(dir, File)
	sheet, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if sheet, err = begin(ctx, a); err == nil {
			err = write(path, sheet)
		}
	}
	if err == nil && sheet.Unfinished != nil {
		err = build(ctx, a, &sheet)
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
	return wholefile.Write(path, append(text, '\n'))
}

// begin chooses what the demonstration is made from.
func begin(ctx context.Context, a *app.App) (Sheet, error) {
	s := Sheet{Unfinished: &plan{a.Gate.Clock().Now().UTC(), model.NewID()}}
	for _, c := range companies {
		h := Workspace{Slug: c.slug, Name: c.name}
		for i, role := range access.MemberRoles {
			h.Accounts = append(h.Accounts, Account{
				Email: fmt.Sprintf("%s@%s.example", role, c.slug), Name: c.names[i], Role: string(role),
				Password: model.NewID(),
			})
		}
		s.Workspaces = append(s.Workspaces, h)
	}
	there, err := owner(ctx, a, s.Workspaces[0].Accounts[0].Email)
	if err == nil && there != "" {
		err = fmt.Errorf("this data folder already has a demonstration, but its %s is gone; use another "+
			"--data folder: %w", File, model.ErrConflict)
	}
	return s, err
}

// owner is the account with an address, or "".
func owner(ctx context.Context, a *app.App, email string) (string, error) {
	address, err := account.ParseAddress(email)
	if err != nil {
		return "", err
	}
	return a.Accounts.AccountOf(ctx, a.Gate, account.Client{}, address)
}

// build makes what is missing.
func build(ctx context.Context, a *app.App, s *Sheet) error {
	for i, c := range companies {
		if err := c.build(ctx, a, *s.Unfinished, &s.Workspaces[i]); err != nil {
			return fmt.Errorf("company %s: %w", c.slug, err)
		}
	}
	s.Unfinished = nil
	return nil
}

// unlessThere ignores the error that an earlier attempt has already made it.
func unlessThere(err error) error {
	if errors.Is(err, model.ErrConflict) {
		return nil
	}
	return err
}

// crew is the people of one company while it is made.
type crew struct {
	app     *app.App
	scope   model.Scope
	callers map[access.Role]access.Caller
	plan    plan
}

func (c company) build(ctx context.Context, a *app.App, p plan, h *Workspace) error {
	people, err := h.people(ctx, a)
	if err != nil {
		return err
	}
	boss := people[access.Management]
	place, err := a.Workspaces.Create(ctx, boss.Self(), workspace.NewWorkspace{Name: c.name, Slug: c.slug,
		TimeZone: c.zone, Form: p.id(c.slug)})
	if err != nil {
		return err
	}
	h.ID = place.Workspace
	scope := model.Workspace(place.Workspace)
	sys := access.SystemCaller(scope, "demo", "")
	staff := crew{a, scope, map[access.Role]access.Caller{}, p}
	for _, role := range access.MemberRoles {
		p := people[role]
		if role != access.Management {
			if _, err := a.Workspaces.Enlist(ctx, sys, p, role); unlessThere(err) != nil {
				return fmt.Errorf("member: %w", err)
			}
		}
		staff.callers[role] = access.Caller{Scope: scope, Account: p.ID, Name: p.Name, Role: role}
	}
	return staff.season(ctx, c)
}

// people makes an account with a token for every role.
func (h *Workspace) people(ctx context.Context, a *app.App) (map[access.Role]account.Person, error) {
	people := map[access.Role]account.Person{}
	for i := range h.Accounts {
		made := &h.Accounts[i]
		p, err := a.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "demo", ""), account.NewAccount{
			Email: made.Email, Name: made.Name, Password: made.Password,
		})
		if errors.Is(err, model.ErrConflict) {
			p = account.Person{Name: made.Name, Email: made.Email}
			p.ID, err = owner(ctx, a, made.Email)
		}
		if err != nil {
			return nil, fmt.Errorf("account: %w", err)
		}
		made.Token, _, err = a.Accounts.CreateToken(ctx, p.Self(), account.NewToken{Name: "Demonstration",
			Scopes: scopes(), Days: 365})
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		people[access.Role(made.Role)] = p
	}
	return people, nil
}

func scopes() []string {
	var all []string
	for _, s := range access.TokenScopes {
		all = append(all, string(s.Scope))
	}
	return all
}

// offers are the accounts in the form in which the first page shows them.
func (s Sheet) offers() []web.DemoAccount {
	var list []web.DemoAccount
	for _, h := range s.Workspaces {
		for _, a := range h.Accounts {
			list = append(list, web.DemoAccount{Workspace: h.Name, Role: access.Role(a.Role).Name(), Email: a.Email,
				Password: a.Password})
		}
	}
	return list
}
