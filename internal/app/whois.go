package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Found is an existing workspace or account, and which key wraps its keyring. Nothing in it was opened.
type Found struct {
	Scope string `json:"scope"`
	Key   string `json:"key"`
	Own   bool   `json:"own_key"`
}

// Whois finds the account that has an address, the workspace that has a short name, or whatever has an id, for an
// operator who was asked for help. The lookup is in the platform's trail before the answer is returned: what was found,
// never the address.
func (p *Operator) Whois(ctx context.Context, what string) ([]Found, error) {
	by, scopes, err := p.named(ctx, strings.TrimSpace(what))
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, s := range scopes {
		lock, err := p.Keyrings.LockOf(ctx, s)
		if errors.Is(err, model.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, Found{s.String(), lock.Key, lock.Own})
	}
	if err := p.toldOf(ctx, by, found); err != nil {
		return nil, err
	}
	return found, nil
}

// named are the scopes that may be meant. An id does not show which kind it is.
func (p *Operator) named(ctx context.Context, what string) (by string, scopes []model.Scope, err error) {
	kind, id, both := strings.Cut(what, "/")
	switch {
	case strings.Contains(what, "@"):
		a, err := account.ParseAddress(what)
		if err != nil {
			return "", nil, err
		}
		id, err := account.Whose(ctx, p.Gate, a)
		return "address", known(model.Account(id)), err
	case both:
		s := model.Scope{Kind: model.ScopeKind(kind), ID: id}
		if !s.Valid() || s == model.Platform() {
			return "", nil, model.Invalid("%q is neither workspaces/ID nor accounts/ID.", what)
		}
		return "id", []model.Scope{s}, nil
	case !model.ValidID(what):
		return "", nil, model.Invalid("%q is not a mail address, a short name or an id.", what)
	}
	id, err = workspace.Named(ctx, p.Gate, what)
	if id != "" || err != nil {
		return "short name", known(model.Workspace(id)), err
	}
	return "id", []model.Scope{model.Workspace(what), model.Account(what)}, nil
}

// known is the scope, or nothing if it has no id.
func known(s model.Scope) []model.Scope {
	if s.ID == "" {
		return nil
	}
	return []model.Scope{s}
}

func (p *Operator) toldOf(ctx context.Context, by string, found []Found) error {
	caller := access.SystemCaller(model.Platform(), "whois", "")
	if len(found) == 0 {
		found = []Found{{}} // a lookup that found nobody is recorded, too
	}
	for _, f := range found {
		if err := p.Gate.Note(ctx, p.Gate, records.By(caller, access.Whois).Note("by", by),
			f.Scope, audit.Done); err != nil {
			return fmt.Errorf("record the lookup in the trail: %w", err)
		}
	}
	return nil
}
