package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Me is who the token belongs to, and what it may do.
type Me struct {
	Account Account `json:"account"`
	Token   Token   `json:"token"`
}

// Account is a person.
type Account struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Token is an API token, without its secret.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Workspace string    `json:"workspace" doc:"The id of the only workspace that it works in; empty for all of yours."`
	ExpiresAt time.Time `json:"expires_at"`
}

type meOut struct {
	Body Me
}

func (a *API) me(ctx context.Context, v *visit, _ *struct{}) (*meOut, error) {
	profile, err := a.o.Accounts.Profile(ctx, v.caller())
	if err != nil {
		return nil, err
	}
	t, ok := v.who.Token()
	if !ok {
		return nil, model.ErrUnauthenticated // the API is for tokens only
	}
	out := &meOut{Body: Me{
		Account: Account{ID: v.caller().Account, Name: profile.Body.Name, Email: profile.Body.Email},
		Token: Token{ID: t.ID, Name: t.Name, Scopes: make([]string, len(t.Scopes)),
			Workspace: t.Workspace, ExpiresAt: t.Ends},
	}}
	for i, s := range t.Scopes {
		out.Body.Token.Scopes[i] = string(s)
	}
	return out, nil
}

// Workspace is a workspace that the caller is a member of.
type Workspace struct {
	ID       string    `json:"id"`
	Slug     string    `json:"slug"`
	Name     string    `json:"name"`
	Role     string    `json:"role" enum:"management,organizer,reporter,viewer"`
	JoinedAt time.Time `json:"joined_at"`
}

type workspacesOut struct {
	Body List[Workspace]
}

// listWorkspaces lists the workspaces in which the token may be used.
func (a *API) listWorkspaces(ctx context.Context, v *visit, _ *struct{}) (*workspacesOut, error) {
	mine, err := a.o.Workspaces.Mine(ctx, v.caller())
	if err != nil {
		return nil, err
	}
	t, _ := v.who.Token()
	only := t.Workspace
	items := []Workspace{}
	for _, m := range mine {
		if only == "" || only == m.Workspace {
			items = append(items, workspaceOf(m))
		}
	}
	return &workspacesOut{Body: List[Workspace]{Items: items}}, nil
}

func workspaceOf(m workspace.Membership) Workspace {
	return Workspace{ID: m.Workspace, Slug: m.Slug, Name: m.Name, Role: string(m.Role), JoinedAt: m.Joined}
}
