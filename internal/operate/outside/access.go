package outside

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// easy are passwords that the policy must refuse: short, common, of one word, of a row of keys, made of the address.
var easy = []string{"short-1!", "password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop1234", "Opera-Opera-Opera",
	"controls.example"}

// nobody is the address of nobody: its domain is reserved and can never exist (RFC 2606).
const nobody = "nobody@controls.example"

// weakPasswords: each is refused, because of the password and nothing else.
func weakPasswords(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		for i, password := range easy {
			a, err := o.client.Ask(ctx, Request{Path: "/signup", Form: url.Values{
				"email": {nobody}, "name": {"A control"}, "password": {password}}})
			switch {
			case err != nil:
				return Unreachable(err)
			case a.Busy():
				return TooBusy()
			case o.client.Leads(a, o.client.base.Scheme, "/signup/sent"):
				return promise.Fail("weak password number %d of the list was accepted", i+1)
			case !strings.Contains(a.Body, `id="f-password-problem"`):
				return promise.Fail("weak password number %d of the list was answered with status %d and no word "+
					"about the password", i+1, a.Status)
			}
		}
		return promise.Pass("%d passwords that are easy to guess were refused.", len(easy))
	}
}

// forged are tokens that were never given out.
func forged(now time.Time) []string {
	claims := fmt.Sprintf(`{"sid":%q,"sub":%q,"typ":"session","aud":"toh","iat":%d,"nbf":%d,"exp":%d}`, model.NewID(),
		model.NewID(), now.Unix(), now.Unix(), now.Add(time.Hour).Unix())
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	unsigned := part(`{"alg":"none","typ":"JWT"}`) + "." + part(claims)
	_, key, _ := ed25519.GenerateKey(rand.Reader) // never fails
	foreign := part(`{"alg":"EdDSA","typ":"JWT","kid":"1"}`) + "." + part(claims)
	shared := part(`{"alg":"HS256","typ":"JWT","kid":"1"}`) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte("1"))
	mac.Write([]byte(shared))
	return []string{
		unsigned + ".", "x", model.NewID(),
		foreign + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(foreign))),
		shared + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// noToken: the API answers 401 to whoever has no token, whatever is asked for.
func noToken(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		tokens := append([]string{""}, forged(o.Now())...)
		for _, token := range tokens {
			q := Request{Path: "/api/v1/workspaces"}
			if token != "" {
				q.Header = map[string]string{"Authorization": "Bearer " + token}
			}
			a, err := o.client.Ask(ctx, q)
			switch {
			case err != nil:
				return Unreachable(err)
			case a.Busy():
				return TooBusy()
			case a.Status != http.StatusUnauthorized:
				return promise.Fail("GET /api/v1/workspaces without a token that holds answered %d", a.Status)
			}
		}
		return promise.Pass("Without a token, and with %d made-up ones, the API gave out nothing.", len(tokens)-1)
	}
}

// backgroundClosed: nobody but Google's services can start background work.
func backgroundClosed(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		closed := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}
		for _, path := range []string{"/push/tasks", "/push/tick"} {
			for _, token := range []string{"", "Bearer " + forged(o.Now())[3]} {
				q := Request{Method: http.MethodPost, Path: path,
					Header: map[string]string{"Content-Type": "application/json"}}
				if token != "" {
					q.Header["Authorization"] = token
				}
				a, err := o.client.Ask(ctx, q)
				if err != nil {
					return Unreachable(err)
				}
				if !slices.Contains(closed, a.Status) {
					return promise.Fail("POST %s without a proof answered %d", path, a.Status)
				}
			}
		}
		return promise.Pass("Background work could not be started from outside.")
	}
}
