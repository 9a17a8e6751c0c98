package account_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any header and claims with the real key: what only a stolen key could do, and what shows that the rest is
// looked at too.
func forge(t *testing.T, h *accounttest.Fixture, header, claims string) string {
	t.Helper()
	_, key, err := h.Keys.Signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := b64(header) + "." + b64(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
}

func TestHostileHandles(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	p := h.Person(t, "ann@example.org", "Ann")
	in, _ := h.SignIn(t, "ann@example.org")
	const good = `{"alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt"}`
	now := h.Clock.Now().Unix()
	claims := func(iss, aud, sub, sid, iat, exp string) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":%q,"sid":%q,"iat":%s,"exp":%s}`, iss, aud, sub, sid, iat, exp)
	}
	iat, exp := fmt.Sprint(now), fmt.Sprint(now+3600)
	plain := claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, exp)
	from := func(text string) error {
		_, err := h.Accounts.FromCookie(t.Context(), account.Client{}, text)
		return err
	}
	if err := from(forge(t, h, good, plain)); err != nil {
		t.Fatalf("the tests' own handle is refused: %v", err)
	}
	parts := strings.Split(in.Cookie, ".")
	header := func(text string) string { return forge(t, h, text, plain) }
	body := func(text string) string { return forge(t, h, good, text) }
	public, _, _ := h.Keys.Verifier(t.Context(), "k-1")
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	hs := func(key []byte, header string) string {
		text := b64(header) + "." + b64(plain)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	last := parts[2][len(parts[2])-1:]
	other := "A"
	if last == "A" {
		other = "B"
	}
	hostile := map[string]string{
		"alg none":            b64(`{"alg":"none","kid":"k-1","typ":"toh-session+jwt"}`) + "." + b64(plain) + ".",
		"alg None":            b64(`{"alg":"None","kid":"k-1","typ":"toh-session+jwt"}`) + "." + b64(plain) + ".",
		"alg nOnE signed":     header(`{"alg":"nOnE","kid":"k-1","typ":"toh-session+jwt"}`),
		"alg missing":         header(`{"kid":"k-1","typ":"toh-session+jwt"}`),
		"HS256 public key":    hs(public, `{"alg":"HS256","kid":"k-1","typ":"toh-session+jwt"}`),
		"HS256 as EdDSA":      hs(public, good),
		"HS256 DER":           hs(der, `{"alg":"HS256","kid":"k-1","typ":"toh-session+jwt"}`),
		"alg ES256":           header(`{"alg":"ES256","kid":"k-1","typ":"toh-session+jwt"}`),
		"alg RS256":           header(`{"alg":"RS256","kid":"k-1","typ":"toh-session+jwt"}`),
		"empty signature":     parts[0] + "." + parts[1] + ".",
		"no signature":        parts[0] + "." + parts[1],
		"four parts":          in.Cookie + ".x",
		"changed bit":         in.Cookie[:len(in.Cookie)-10] + strings.Map(flip, in.Cookie[len(in.Cookie)-10:]),
		"not canonical end":   in.Cookie[:len(in.Cookie)-1] + other,
		"padding":             in.Cookie + "==",
		"trailing space":      in.Cookie + " ",
		"leading newline":     "\n" + in.Cookie,
		"newline inside":      parts[0] + ".\n" + parts[1] + "." + parts[2],
		"standard base64":     strings.ReplaceAll(parts[0]+".", "-", "+") + parts[1] + "+/." + parts[2],
		"wrong typ":           header(`{"alg":"EdDSA","kid":"k-1","typ":"JWT"}`),
		"no typ":              header(`{"alg":"EdDSA","kid":"k-1"}`),
		"typ of another kind": header(`{"alg":"EdDSA","kid":"k-1","typ":"at+jwt"}`),
		"kid unknown":         header(`{"alg":"EdDSA","kid":"k-9","typ":"toh-session+jwt"}`),
		"kid traversal":       header(`{"alg":"EdDSA","kid":"../../k-1","typ":"toh-session+jwt"}`),
		"kid SQL":             header(`{"alg":"EdDSA","kid":"k-1' OR '1'='1","typ":"toh-session+jwt"}`),
		"kid URL":             header(`{"alg":"EdDSA","kid":"https://evil.example/k","typ":"toh-session+jwt"}`),
		"kid number":          header(`{"alg":"EdDSA","kid":1,"typ":"toh-session+jwt"}`),
		"kid empty":           header(`{"alg":"EdDSA","kid":"","typ":"toh-session+jwt"}`),
		"jku": header(
			`{"alg":"EdDSA","jku":"https://evil.example","kid":"k-1","typ":"toh-session+jwt"}`),
		"x5u": header(
			`{"alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt","x5u":"https://evil.example"}`),
		"jwk":             header(`{"alg":"EdDSA","jwk":{"kty":"OKP"},"kid":"k-1","typ":"toh-session+jwt"}`),
		"crit":            header(`{"alg":"EdDSA","crit":["exp"],"kid":"k-1","typ":"toh-session+jwt"}`),
		"b64 false":       header(`{"alg":"EdDSA","b64":false,"kid":"k-1","typ":"toh-session+jwt"}`),
		"duplicate alg":   header(`{"alg":"none","alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt"}`),
		"header order":    header(`{"kid":"k-1","alg":"EdDSA","typ":"toh-session+jwt"}`),
		"header spaces":   header(`{ "alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt"}`),
		"header trailing": header(good + "{}"),
		"header array":    header(`[` + good + `]`),
		"header null":     header(`null`),
		"huge header": header(`{"alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt","x":"` +
			strings.Repeat("x", 1<<20) + `"}`),
		"many dots":       strings.Repeat(".", 1<<20),
		"duplicate claim": body(strings.Replace(plain, `"sub"`, `"sub":"`+model.NewID()+`","sub"`, 1)),
		"claims trailing": body(plain + "{}"),
		"claims array":    body("[" + plain + "]"),
		"claims null":     body("null"),
		"extra claim":     body(strings.Replace(plain, `}`, `,"role":"management"}`, 1)),
		"nbf future":      body(strings.Replace(plain, `}`, fmt.Sprintf(`,"nbf":%d}`, now+1000), 1)),
		"audience list": body(strings.Replace(plain, `"aud":"`+accounttest.Base+`"`, `"aud":["`+accounttest.Base+
			`"]`, 1)),
		"other issuer":   body(claims("https://evil.example", accounttest.Base, p.ID, in.Session, iat, exp)),
		"other audience": body(claims(accounttest.Base, "https://evil.example", p.ID, in.Session, iat, exp)),
		"exp float":      body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, exp+".5")),
		"exp exponent":   body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, "9e9")),
		"exp string":     body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, `"`+exp+`"`)),
		"exp negative":   body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, "-1")),
		"exp zero":       body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat, "0")),
		"exp 2^63": body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat,
			"9223372036854775808")),
		"exp missing": body(strings.Replace(plain, `,"exp":`+exp, "", 1)),
		"exp now": body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, iat,
			fmt.Sprint(now))),
		"iat future": body(claims(accounttest.Base, accounttest.Base, p.ID, in.Session, fmt.Sprint(now+60),
			exp)),
		"sub path":             body(claims(accounttest.Base, accounttest.Base, "../x", in.Session, iat, exp)),
		"sid empty":            body(claims(accounttest.Base, accounttest.Base, p.ID, "", iat, exp)),
		"an API token":         account.JoinToken(p.ID, model.NewID(), strings.Repeat("a", 52)),
		"a device token":       in.Device,
		"a secret of a ticket": strings.Repeat("A", 43),
		"noise":                "\x00\xff.\x00.\xff",
	}
	for name, text := range hostile {
		if err := from(text); !errors.Is(err, model.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flip(r rune) rune {
	if r == 'x' {
		return 'y'
	}
	return 'x'
}

// A handle that holds names a session of somebody else, or none: the stored session decides.
func TestHandleIsNotTheTruth(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	ann, bob := h.Person(t, "ann@example.org", "Ann"), h.Person(t, "bob@example.org", "Bob")
	in, _ := h.SignIn(t, "ann@example.org")
	now := h.Clock.Now()
	for _, c := range []struct{ account, session string }{{bob.ID, in.Session}, {ann.ID, model.NewID()},
		{model.NewID(), in.Session}} {
		text := forge(t, h, `{"alg":"EdDSA","kid":"k-1","typ":"toh-session+jwt"}`, fmt.Sprintf(
			`{"iss":%q,"aud":%q,"sub":%q,"sid":%q,"iat":%d,"exp":%d}`, accounttest.Base, accounttest.Base, c.account,
			c.session,
			now.Unix(), now.Add(time.Hour).Unix()))
		cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, text)
		if err != nil {
			t.Fatal(err)
		}
		mustEnd(t, h, cred, c.account+"/"+c.session)
	}
}

func FuzzHandle(f *testing.F) {
	f.Add("a.b.c")
	h := accounttest.New(f)
	h.Person(f, "ann@example.org", "Ann")
	in, _ := h.SignIn(f, "ann@example.org")
	f.Add(in.Cookie)
	f.Fuzz(func(t *testing.T, text string) {
		if text == in.Cookie || text == "" {
			return
		}
		if _, err := h.Accounts.FromCookie(t.Context(), account.Client{}, text); !errors.Is(err,
			model.ErrUnauthenticated) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
