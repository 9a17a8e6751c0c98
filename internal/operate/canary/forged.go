package canary

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// token finds the session's token among cookies, with TLS and without: three parts with dots between them.
var token = regexp.MustCompile(`(?:^|; )(?:__Host-)?toh=([\w-]+\.[\w-]+\.[\w-]+)`)

// forgeries are a genuine session token in forms that were never given out: what it says is the same, and whoever made
// it did not have the key.
func forgeries(genuine string) []string {
	parts := strings.Split(genuine, ".")
	text := parts[0] + "." + parts[1]
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1]
	_, key, _ := ed25519.GenerateKey(rand.Reader) // never fails
	first := "A"
	if strings.HasPrefix(parts[2], first) {
		first = "B"
	}
	return []string{
		none + ".", // unsigned
		text + ".", // without its signature
		text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text))), // of another key
		text + "." + first + parts[2][1:],                                                  // changed
		parts[0] + "." + parts[1] + "A." + parts[2],                                        // with other claims
	}
}

// forgedSessions: a genuine session token opens the account, and no forgery of it does.
func (s *Service) forgedSessions(ctx context.Context, one, _ *company) promise.Finding {
	cookies, f, bad := s.signIn(ctx, one)
	if bad {
		return f
	}
	defer func() { _, _ = s.page(context.WithoutCancel(ctx), cookies, "/signout", url.Values{}) }()
	found := token.FindStringSubmatch(cookies)
	if found == nil {
		return promise.Fail("signing in gave no signed token")
	}
	genuine := found[1]
	opened, err := s.page(ctx, cookies, "/account", nil)
	switch {
	case err != nil:
		return outside.Unreachable(err)
	case opened.Busy():
		return outside.TooBusy()
	case opened.Status != http.StatusOK:
		return promise.Fail("a genuine session token was answered with %d", opened.Status)
	}
	list := forgeries(genuine)
	for i, forgery := range list {
		if f, bad := s.closed(ctx, strings.Replace(cookies, genuine, forgery, 1), "/account"); bad {
			f.Detail = strings.TrimSpace(f.Detail + " (forgery " + string(rune('1'+i)) + ")")
			return f
		}
	}
	return promise.Pass("A genuine session token opened the account; %d forgeries of it opened nothing.", len(list))
}

// closed is the finding if a page is not closed to whoever shows these cookies.
func (s *Service) closed(ctx context.Context, cookies, path string) (promise.Finding, bool) {
	a, err := s.page(ctx, cookies, path, nil)
	switch {
	case err != nil:
		return outside.Unreachable(err), true
	case a.Busy():
		return outside.TooBusy(), true
	case !s.o.Client.SignedOut(a):
		return promise.Fail("%s was answered with %d", path, a.Status), true
	}
	return promise.Finding{}, false
}

// strangers: without a session, pages of a workspace lead to the sign-in page, as those of one that does not exist do.
func (s *Service) strangers(ctx context.Context, one, two *company) promise.Finding {
	paths := []string{"/", "/reports", "/reports/" + one.Reports[0], "/productions", "/members", "/audit"}
	for _, slug := range []string{one.Slug, two.Slug, "none-" + one.Slug} {
		for _, path := range paths {
			if f, bad := s.closed(ctx, "", "/w/"+slug+path); bad {
				return f
			}
		}
	}
	return promise.Pass("%d pages of each workspace were closed to somebody without a session, like those of one that "+
		"does not exist.", len(paths))
}
