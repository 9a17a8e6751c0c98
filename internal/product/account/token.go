package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const (
	maxTokens    = 20
	maxTokenName = 60
	maxTokenDays = 365
)

// NewToken is what an API token may do.
type NewToken struct {
	Name      string
	Scopes    []string
	Workspace string // id; "" is every workspace of the person
	Days      int    // until it ends, 1..365
	ID        string // of the token; "" for a new one. Pages choose it, so that one form creates at most one token
}

// Validate checks the input, and returns the scopes.
func (n *NewToken) Validate() (access.Scopes, error) {
	fields := map[string]string{}
	ask := fmt.Sprintf("Give the token a name, with at most %d characters, that says what uses it.", maxTokenName)
	n.Name = Typed(fields, "name", n.Name, maxTokenName, ask)
	scopes, err := access.ParseScopes(n.Scopes)
	if err != nil {
		fields["scopes"] = model.PublicText(err)
	} else if len(scopes) == 0 {
		fields["scopes"] = "Choose at least one thing that the token may do."
	}
	if n.Days < 1 || n.Days > maxTokenDays {
		fields["days"] = fmt.Sprintf("A token is valid for 1 to %d days.", maxTokenDays)
	}
	if n.Workspace != "" && !model.ValidID(n.Workspace) {
		fields["workspace"] = "Choose one of your workspaces."
	}
	if len(fields) > 0 {
		return nil, model.InvalidFields(fields)
	}
	return scopes, nil
}

// errMade answers a form that is sent twice. The text of a token is shown once and is not stored.
var errMade = model.Reused("This form was sent before, and its token was created and shown. If you did not save the " +
	"token, revoke it under “API tokens”. To create another one, send this form again.")

// CreateToken creates an API token and returns its text, which cannot be shown again.
func (s *Service) CreateToken(ctx context.Context, c access.Caller, n NewToken) (text string, t TokenRecord,
	err error) {
	scopes, err := n.Validate()
	if err != nil {
		return "", TokenRecord{}, err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret := lower32.EncodeToString(raw)
	hash := sha256.Sum256([]byte(secret))
	id, now := n.ID, s.now()
	if id == "" {
		id = model.NewID()
	}
	body := Token{
		Name: n.Name, Scopes: scopes, Workspace: n.Workspace, Hash: hash[:],
		Created: now, Ends: now.Add(time.Duration(n.Days) * 24 * time.Hour),
	}
	bag := NewMailbag(s.post)
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		a, err := accounts.Get(ctx, tx, records.By(c, access.TokenCreate).On(main))
		if err != nil {
			return err
		}
		if _, err := tokens.Get(ctx, tx, records.By(c, access.TokenCreate).On(id)); err == nil {
			return errMade
		} else if !errors.Is(err, model.ErrNotFound) {
			return err
		}
		if err := s.roomForToken(ctx, tx, c, a.Body); err != nil {
			return err
		}
		body.Epoch = a.Body.TokenEpoch
		if _, err = tokens.Create(ctx, tx, records.By(c, access.TokenCreate).On(id), body); err != nil ||
			c.Standing == nil {
			return err // nobody needs a mail about the tokens of a demonstration
		}
		return bag.Put(ctx, tx, s.addressed(Letter{Kind: TokenMade, To: a.Body.Email, ToName: a.Body.Name}, ""))
	})
	if err != nil {
		return "", TokenRecord{}, err
	}
	bag.Send(ctx)
	body.Hash = nil
	return joinToken(c.Account, id, secret), TokenRecord{id, body}, nil
}

func (s *Service) roomForToken(ctx context.Context, tx *records.Tx, c access.Caller, a Account) error {
	page, err := tokens.Find(ctx, tx, records.By(c, access.TokenCreate), records.Find{Query: "newest", Limit: 200})
	if err != nil {
		return err
	}
	if len(s.alive(page.Records, a)) >= maxTokens {
		return model.Conflict("You have %d API tokens. Revoke one that you do not need.", maxTokens)
	}
	return nil
}

// TokenRecord is an API token as it is listed.
type TokenRecord struct {
	ID string
	Token
}

// ListTokens returns the caller's valid API tokens, newest first.
func (s *Service) ListTokens(ctx context.Context, c access.Caller) ([]TokenRecord, error) {
	page, err := tokens.Find(ctx, s.gate, records.By(c, access.TokenList), records.Find{Query: "newest", Limit: 200})
	if err != nil {
		return nil, err
	}
	a, _, err := s.read(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	return s.alive(page.Records, a), nil
}

func (s *Service) alive(all []records.Record[Token], a Account) []TokenRecord {
	var list []TokenRecord
	for _, r := range all {
		if r.Body.Epoch == a.TokenEpoch && s.now().Before(r.Body.Ends) {
			list = append(list, TokenRecord{r.ID, r.Body})
		}
	}
	return list
}

// RevokeToken ends an API token of the caller at once.
func (s *Service) RevokeToken(ctx context.Context, c access.Caller, id string) error {
	return tokens.Delete(ctx, s.gate, records.By(c, access.TokenRevoke).On(id))
}
