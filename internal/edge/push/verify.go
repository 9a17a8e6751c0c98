package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

const (
	maxToken      = 8 << 10
	maxFuture     = time.Minute     // by how much Google's clock may be ahead of ours
	maxLife       = 2 * time.Hour   // Google's tokens live for one
	verifyTimeout = 5 * time.Second // for fetching Google's keys, which are cached for as long as Google allows
)

// VerifierOptions say whose pushes are accepted. Audience and ServiceAccount are required.
type VerifierOptions struct {
	Audience       string
	ServiceAccount string
	Transport      http.RoundTripper // for fetching Google's public keys; nil means the default
	Clock          model.Clock
}

// Verifier checks the identity tokens of pushes.
type Verifier struct {
	o         VerifierOptions
	validator *idtoken.Validator
}

// NewVerifier makes a Verifier.
func NewVerifier(ctx context.Context, o VerifierOptions) (*Verifier, error) {
	if o.Audience == "" || o.ServiceAccount == "" {
		return nil, errors.New("push: audience and service account are required")
	}
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	client := &http.Client{Transport: o.Transport, Timeout: verifyTimeout}
	validator, err := idtoken.NewValidator(ctx, option.WithHTTPClient(client))
	if err != nil {
		return nil, fmt.Errorf("push: %w", err)
	}
	return &Verifier{o: o, validator: validator}, nil
}

// Verify checks the value of an Authorization header, and returns the identity of the push. The error is of kind
// ErrUnauthenticated if the token is not valid, and of kind ErrDenied if it belongs to another account.
func (v *Verifier) Verify(ctx context.Context, authorization string) (identity.Identity, error) {
	token, ok := bearer(authorization)
	if !ok {
		return identity.Identity{}, refused(errors.New("no bearer token"))
	}
	if err := checkHeader(token); err != nil {
		return identity.Identity{}, refused(err)
	}
	payload, err := v.validate(ctx, token)
	if err != nil {
		return identity.Identity{}, refused(err)
	}
	if err := v.checkTimes(payload); err != nil {
		return identity.Identity{}, refused(err)
	}
	if err := v.checkIdentity(payload); err != nil {
		return identity.Identity{}, err
	}
	o, _ := logging.RequestFrom(ctx)
	return identity.OfPush(v.o.ServiceAccount, identity.Client{Request: o.ID, Trace: o.Trace}), nil
}

func bearer(authorization string) (string, bool) {
	scheme, token, ok := strings.Cut(authorization, " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken
}

// validate calls Google's check of signature, audience and expiry, which panics on some malformed signatures.
func (v *Verifier) validate(ctx context.Context, token string) (payload *idtoken.Payload, err error) {
	defer func() {
		if p := recover(); p != nil {
			payload, err = nil, errors.New("the validator panicked")
		}
	}()
	return v.validator.Validate(ctx, token, v.o.Audience)
}

func (v *Verifier) checkTimes(p *idtoken.Payload) error {
	now := v.o.Clock.Now()
	issued, expires := time.Unix(p.IssuedAt, 0), time.Unix(p.Expires, 0)
	switch {
	case p.IssuedAt <= 0 || issued.After(now.Add(maxFuture)):
		return errors.New("issued in the future")
	case !expires.After(now):
		return errors.New("expired")
	case expires.Sub(issued) > maxLife:
		return errors.New("lives too long")
	}
	return nil
}

// checkIdentity checks the account, which Google's validator does not: any Google account can get a token for our
// audience.
func (v *Verifier) checkIdentity(p *idtoken.Payload) error {
	email, _ := p.Claims["email"].(string)
	verified, _ := p.Claims["email_verified"].(bool)
	switch {
	case p.Issuer != "https://accounts.google.com" && p.Issuer != "accounts.google.com":
		return refused(errors.New("another issuer"))
	case !verified || email != v.o.ServiceAccount:
		return &model.Error{Kind: model.ErrDenied, Cause: errors.New("push: another account")}
	}
	return nil
}

func refused(cause error) error {
	return &model.Error{Kind: model.ErrUnauthenticated, Cause: fmt.Errorf("push: %w", cause)}
}
