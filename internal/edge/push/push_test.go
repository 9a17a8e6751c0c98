package push

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	audience = "https://tasks.teatro.org"
	account  = "push@opera-house-1.iam.gserviceaccount.com"
)

// google is an issuer with Google's two key sets, served where Google serves them.
type google struct {
	rsa   *rsa.PrivateKey
	ec    *ecdsa.PrivateKey
	calls atomic.Int64
}

var issuer = sync.OnceValue(func() *google {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &google{rsa: r, ec: e}
})

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	g.calls.Add(1)
	var key map[string]string
	switch r.URL.String() {
	case "https://www.googleapis.com/oauth2/v3/certs":
		key = map[string]string{"kid": "r1", "kty": "RSA", "alg": "RS256", "n": b64(g.rsa.N.Bytes()),
			"e": b64(big.NewInt(int64(g.rsa.E)).Bytes())}
	case "https://www.gstatic.com/iap/verify/public_key-jwk":
		public, err := g.ec.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		key = map[string]string{"kid": "e1", "kty": "EC", "crv": "P-256", "alg": "ES256", "x": b64(public[1:33]),
			"y": b64(public[33:])}
	default:
		return nil, fmt.Errorf("unexpected request to %s", r.URL)
	}
	body, err := json.Marshal(map[string]any{"keys": []any{key}})
	return &http.Response{StatusCode: 200, Header: http.Header{"Cache-Control": {"max-age=3600"}},
		Body: io.NopCloser(bytes.NewReader(body))}, err
}

// claims are those of a good token, with changes; a nil value removes.
func claims(changes ...any) map[string]any {
	now := testclock.Now().Unix()
	c := map[string]any{"iss": "https://accounts.google.com", "aud": audience, "email": account, "email_verified": true,
		"sub": "1", "iat": now - 5, "exp": now + 3600}
	for i := 0; i+1 < len(changes); i += 2 {
		c[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	return c
}

func (g *google) sign(header string, c map[string]any) string {
	payload, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	content := b64([]byte(header)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(content))
	sig, err := rsa.SignPKCS1v15(rand.Reader, g.rsa, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return content + "." + b64(sig)
}

func (g *google) token(changes ...any) string {
	return g.sign(`{"alg":"RS256","kid":"r1","typ":"JWT"}`, claims(changes...))
}

// ran records the jobs that were run.
type ran struct {
	ids  []string
	err  error
	boom bool
}

func (r *ran) Run(_ context.Context, id string) error {
	if r.boom {
		panic("boom")
	}
	r.ids = append(r.ids, id)
	return r.err
}

func newHandler(t *testing.T, r Runner, change func(*Options)) *Handler {
	t.Helper()
	v, err := NewVerifier(t.Context(), VerifierOptions{Audience: audience, ServiceAccount: account,
		Transport: issuer()})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Verifier: v, Runner: r}
	if change != nil {
		change(&o)
	}
	h, err := NewHandler(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func envelopeOf(data string) string {
	return `{"message":{"attributes":{},"data":"` + base64.StdEncoding.EncodeToString([]byte(data)) +
		`","messageId":"17","message_id":"17","orderingKey":"","publishTime":"2026-03-14T19:32:00Z","publish_time":"2026-03-14T19:32:00Z"},"subscription":"projects/p/subscriptions/toh-tasks","deliveryAttempt":1}`
}

func post(t *testing.T, h http.Handler, path, authorization, body string) (int, string, string) {
	t.Helper()
	var log bytes.Buffer
	r := httptest.NewRequestWithContext(logging.Into(t.Context(),
		logging.New(logging.Options{Writer: &log, Level: slog.LevelDebug})), http.MethodPost, path,
		strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String(), log.String()
}

const job = `{"job":"abcdefghijklmnopqrstuvwxyz"}`

func TestGenuinePush(t *testing.T) {
	t.Parallel()
	r := &ran{}
	h := newHandler(t, r, nil)
	code, body, _ := post(t, h, TasksPath, "Bearer "+issuer().token(), envelopeOf(job))
	if code != http.StatusNoContent || body != "" || len(r.ids) != 1 || r.ids[0] != "abcdefghijklmnopqrstuvwxyz" {
		t.Fatalf("%d %q %v", code, body, r.ids)
	}
	if code, _, _ := post(t, h, TasksPath, "bearer "+issuer().token("iss", "accounts.google.com"),
		envelopeOf(job)); code != 204 {
		t.Fatalf("the issuer without scheme: %d", code)
	}
}

func TestForgedPushes(t *testing.T) {
	t.Parallel()
	g := issuer()
	now := testclock.Now().Unix()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := g.token()
	parts := strings.Split(good, ".")
	es := func(sig []byte) string {
		return b64([]byte(`{"alg":"ES256","kid":"e1"}`)) + "." + parts[1] + "." + b64(sig)
	}
	esSigned := func() string {
		content := b64([]byte(`{"alg":"ES256","kid":"e1"}`)) + "." + parts[1]
		sum := sha256.Sum256([]byte(content))
		r, s, _ := ecdsa.Sign(rand.Reader, g.ec, sum[:])
		return content + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
	}
	hs := func() string {
		content := b64([]byte(`{"alg":"HS256","kid":"r1"}`)) + "." + parts[1]
		m := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&g.rsa.PublicKey))
		m.Write([]byte(content))
		return content + "." + b64(m.Sum(nil))
	}
	none := func(alg string) string {
		return b64([]byte(`{"alg":"`+alg+`","kid":"r1"}`)) + "." + parts[1] + "."
	}
	cases := []struct {
		name  string
		token string
		code  int
	}{
		{"no token", "", 401},
		{"empty bearer", "Bearer ", 401},
		{"basic", "Basic " + good, 401},
		{"not a token", "Bearer hello", 401},
		{"two parts", "Bearer " + parts[0] + "." + parts[1], 401},
		{"other account, our audience", "Bearer " + g.token("email", "evil@evil-project-1.iam.gserviceaccount.com"),
			403},
		{"account in capitals", "Bearer " + g.token("email", strings.ToUpper(account)), 403},
		{"account as suffix", "Bearer " + g.token("email", "x"+account), 403},
		{"user token without email", "Bearer " + g.token("email", nil), 403},
		{"email as list", "Bearer " + g.token("email", []string{account}), 403},
		{"email not verified", "Bearer " + g.token("email_verified", false), 403},
		{"email verified as text", "Bearer " + g.token("email_verified", "true"), 403},
		{"no email_verified", "Bearer " + g.token("email_verified", nil), 403},
		{"other audience", "Bearer " + g.token("aud", "https://tasks.teatro.org.evil.org"), 401},
		{"no audience", "Bearer " + g.token("aud", nil), 401},
		{"audience as list", "Bearer " + g.token("aud", []string{audience}), 401},
		{"other issuer", "Bearer " + g.token("iss", "https://evil.org"), 401},
		{"no issuer", "Bearer " + g.token("iss", nil), 401},
		{"expired", "Bearer " + g.token("iat", now-3700, "exp", now-1), 401},
		{"no expiry", "Bearer " + g.token("exp", nil), 401},
		{"negative expiry", "Bearer " + g.token("exp", -1), 401},
		{"expiry as text", "Bearer " + g.token("exp", "99999999999"), 401},
		{"endless", "Bearer " + g.token("exp", now+10*365*86400), 401},
		{"from the future", "Bearer " + g.token("iat", now+600), 401},
		{"no time of issue", "Bearer " + g.token("iat", nil), 401},
		{"algorithm none", "Bearer " + none("none"), 401},
		{"algorithm nOnE", "Bearer " + none("nOnE"), 401},
		{"RS256 without signature", "Bearer " + none("RS256"), 401},
		{"HS256 with the public key", "Bearer " + hs(), 401},
		{"ES256, signed", "Bearer " + esSigned(), 401},
		{"ES256, one byte: panics the library", "Bearer " + es([]byte{1}), 401},
		{"ES256, nothing", "Bearer " + es(nil), 401},
		{"other key", "Bearer " + (&google{rsa: stranger}).token(), 401},
		{"unknown key id", "Bearer " + g.sign(`{"alg":"RS256","kid":"r2"}`, claims()), 401},
		{"no key id", "Bearer " + g.sign(`{"alg":"RS256"}`, claims()), 401},
		{"key id as a path", "Bearer " + g.sign(`{"alg":"RS256","kid":"../../r1"}`, claims()), 401},
		{"embedded key", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","jwk":{"kty":"RSA"}}`, claims()), 401},
		{"jku", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","jku":"https://evil.org"}`, claims()), 401},
		{"crit", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","crit":["x"]}`, claims()), 401},
		{"algorithm twice", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","alg":"ES256"}`, claims()), 401},
		{"algorithm twice by case", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","ALG":"ES256"}`, claims()), 401},
		{"our own kind of token", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1","typ":"session+jwt"}`, claims()), 401},
		{"header goes on", "Bearer " + g.sign(`{"alg":"RS256","kid":"r1"}{}`, claims()), 401},
		{"changed payload", "Bearer " + parts[0] + "." + b64([]byte(`{"aud":"`+audience+`"}`)) + "." + parts[2], 401},
		{"padded part", "Bearer " + parts[0] + "=." + parts[1] + "." + parts[2], 401},
		{"huge", "Bearer " + strings.Repeat("a", 1<<20) + "." + parts[1] + "." + parts[2], 401},
	}
	r := &ran{}
	h := newHandler(t, r, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, body, log := post(t, h, TasksPath, c.token, envelopeOf(job))
			if code != c.code || body != "" {
				t.Fatalf("%d with body %q, want %d\n%s", code, body, c.code, log)
			}
			if strings.Contains(log, parts[1]) || strings.Contains(log, account) {
				t.Fatalf("the log holds the token: %s", log)
			}
			if !strings.Contains(log, "push refused") {
				t.Fatalf("the refusal is not in the log: %q", log)
			}
		})
	}
	if len(r.ids) != 0 {
		t.Fatalf("forged pushes ran jobs: %v", r.ids)
	}
}

// TestValidatorPanics shows why there is a check before Google's validator, and that a panic in it is caught.
func TestValidatorPanics(t *testing.T) {
	t.Parallel()
	v, err := NewVerifier(t.Context(), VerifierOptions{Audience: audience, ServiceAccount: account,
		Transport: issuer()})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(issuer().token(), ".")
	token := b64([]byte(`{"alg":"ES256","kid":"e1"}`)) + "." + parts[1] + "." + b64([]byte{1})
	if _, err := v.validate(t.Context(), token); err == nil {
		t.Fatal("accepted")
	}
	if err := checkHeader(token); err == nil {
		t.Fatal("a token of another algorithm reaches the validator")
	}
}

// TestHeaderIsStrict looks at the check alone: what it lets through, Google's validator has to stop.
func TestHeaderIsStrict(t *testing.T) {
	t.Parallel()
	parts := strings.Split(issuer().token(), ".")
	for _, header := range []string{``, `null`, `[]`, `"RS256"`, `{}`, `{"alg":"RS256"}`, `{"kid":"r1"}`,
		`{"alg":["RS256"],"kid":"r1"}`, `{"alg":"rs256","kid":"r1"}`, `{"alg":"RS256","kid":""}`,
		`{"alg":"RS256","kid":"r1"}{}`, `{"alg":"RS256","kid":"r1"}}`, `{"alg":"RS256","kid":"r1"} x`,
		`{"alg":"RS256","kid":"r1"`, `{"alg":"ES256","alg":"RS256","kid":"r1"}`, `{"alg":"RS256","kid":"r1","x5u":""}`,
		`{"alg":"RS256","kid":"r1","typ":"jwt"}`, `{"alg":"RS256","kid":1}`} {
		if checkHeader(b64([]byte(header))+"."+parts[1]+"."+parts[2]) == nil {
			t.Errorf("%s passes", header)
		}
	}
	if err := checkHeader(b64([]byte(`{"kid":"r1","alg":"RS256"}`)) + "." + parts[1] + "." + parts[2]); err != nil {
		t.Error(err)
	}
}

func TestDirectCallWithGoogleHeaders(t *testing.T) {
	t.Parallel()
	r := &ran{}
	h := newHandler(t, r, nil)
	req := httptest.NewRequest(http.MethodPost, TasksPath, strings.NewReader(envelopeOf(job)))
	for _, name := range []string{"X-Goog-Pubsub-Subscription-Name", "X-Goog-Authenticated-User-Email",
		"X-Goog-Iap-Jwt-Assertion", "X-Cloudscheduler"} {
		req.Header.Set(name, account)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != 401 || len(r.ids) != 0 {
		t.Fatal(w.Code)
	}
	req.Header["Authorization"] = []string{"Bearer " + issuer().token(), "Bearer x"}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != 401 {
		t.Fatalf("two authorizations: %d", w.Code)
	}
	get := httptest.NewRecorder()
	h.ServeHTTP(get, httptest.NewRequest(http.MethodGet, TasksPath, nil))
	if get.Code != 405 || get.Header().Get("Allow") != "POST" {
		t.Fatalf("GET: %d", get.Code)
	}
}

func TestKeysAwayAsksAgain(t *testing.T) {
	t.Parallel()
	v, err := NewVerifier(t.Context(), VerifierOptions{Audience: audience, ServiceAccount: account,
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("away")
		})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), "Bearer "+issuer().token()); !errors.Is(err, model.ErrUnauthenticated) {
		t.Fatalf("accepted without keys: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestOutcomes(t *testing.T) {
	t.Parallel()
	good := "Bearer " + issuer().token()
	cases := []struct {
		name string
		run  ran
		body string
		code int
		log  string
	}{
		{"done", ran{}, envelopeOf(job), 204, ""},
		{"again", ran{err: fmt.Errorf("x: %w", model.ErrUnavailable)}, envelopeOf(job), 503, "delivered again"},
		{"unknown error", ran{err: errors.New("x")}, envelopeOf(job), 503, "delivered again"},
		{"panic", ran{boom: true}, envelopeOf(job), 503, "panic"},
		{"no job", ran{}, envelopeOf(`{"job":""}`), 204, "can never succeed"},
		{"another's path as job", ran{}, envelopeOf(`{"job":"../workspaces/b"}`), 204, "can never succeed"},
		{"data not JSON", ran{}, envelopeOf(`x`), 204, "can never succeed"},
		{"not JSON", ran{}, `hello`, 204, "can never succeed"},
		{"empty", ran{}, ``, 204, "can never succeed"},
		{"no message", ran{}, `{"subscription":"projects/p/subscriptions/s"}`, 204, "can never succeed"},
		{"no subscription", ran{}, `{"message":{"data":"","messageId":"1"}}`, 204, "can never succeed"},
		{"bad base64", ran{}, strings.Replace(envelopeOf(job), `"data":"`, `"data":"*`, 1), 204, "can never succeed"},
		{"trailing", ran{}, envelopeOf(job) + `{}`, 204, "can never succeed"},
		{"types", ran{}, `{"message":{"data":1,"messageId":"1"},"subscription":"projects/p/subscriptions/s"}`, 204,
			"can never succeed"},
		{"too large", ran{}, `{"message":"` + strings.Repeat("x", maxBody) + `"}`, 204, "can never succeed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, body, log := post(t, newHandler(t, &c.run, nil), TasksPath, good, c.body)
			if code != c.code || body != "" || !strings.Contains(log, c.log) || (c.log == "" && log != "") {
				t.Fatalf("%d %q, want %d; log %s", code, body, c.code, log)
			}
			if c.code == 204 && c.log != "" && len(c.run.ids) > 0 {
				t.Fatalf("ran %v", c.run.ids)
			}
		})
	}
}

func TestBodyEdge(t *testing.T) {
	t.Parallel()
	exact := envelopeOf(job)
	exact = exact[:len(exact)-1] + `,"pad":"` + strings.Repeat("x", maxBody-len(exact)-len(`,"pad":""`)) + `"}`
	r := &ran{}
	if code, _, _ := post(t, newHandler(t, r, nil), TasksPath, "Bearer "+issuer().token(), exact); code != 204 ||
		len(r.ids) != 1 || len(exact) != maxBody {
		t.Fatalf("a body of %d bytes: %d %v", len(exact), code, r.ids)
	}
}

func TestOtherSubscription(t *testing.T) {
	t.Parallel()
	r := &ran{}
	h := newHandler(t, r, func(o *Options) { o.Subscriptions = []string{"projects/p/subscriptions/other"} })
	if code, _, _ := post(t, h, TasksPath, "Bearer "+issuer().token(), envelopeOf(job)); code != 204 ||
		len(r.ids) != 0 {
		t.Fatalf("%d %v", code, r.ids)
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	var got []string
	tick := func(name string, err error) Tick {
		return Tick{name, func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("a tick without a deadline")
			}
			got = append(got, name)
			if name == "boom" {
				panic("boom")
			}
			return err
		}}
	}
	h := newHandler(t, &ran{}, func(o *Options) {
		o.Ticks = []Tick{tick("tasks", errors.New("x")), tick("boom", nil), tick("audit", nil)}
	})
	good := "Bearer " + issuer().token()
	if code, _, log := post(t, h, TickPath, good, envelopeOf("")); code != 204 ||
		strings.Join(got, " ") != "tasks boom audit" || strings.Count(log, "tick failed") != 2 {
		t.Fatalf("%d %v %s", code, got, log)
	}
	got = nil
	if code, _, _ := post(t, h, TickPath, good, envelopeOf(`{"tick":"audit"}`)); code != 204 ||
		strings.Join(got, " ") != "audit" {
		t.Fatalf("%d %v", code, got)
	}
	got = nil
	if code, _, log := post(t, h, TickPath, good, envelopeOf(`{"tick":"nope"}`)); code != 204 || len(got) != 0 ||
		!strings.Contains(log, "can never succeed") {
		t.Fatalf("%d %v", code, got)
	}
	if code, _, _ := post(t, h, TickPath, "", envelopeOf("")); code != 401 || len(got) != 0 {
		t.Fatalf("anybody may tick: %d", code)
	}
	if code, _, _ := post(t, h, "/push/else", good, envelopeOf("")); code != 404 {
		t.Fatal(code)
	}
}

func TestTickIsNotBegunTwice(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	var runs atomic.Int64
	h := newHandler(t, &ran{}, func(o *Options) {
		o.Ticks = []Tick{{"slow", func(context.Context) error {
			runs.Add(1)
			close(began)
			<-release
			return nil
		}}}
	})
	good := "Bearer " + issuer().token()
	var wg sync.WaitGroup
	wg.Go(func() { post(t, h, TickPath, good, envelopeOf("")) })
	<-began
	post(t, h, TickPath, good, envelopeOf(""))
	close(release)
	wg.Wait()
	if runs.Load() != 1 {
		t.Fatalf("ran %d times at once", runs.Load())
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(issuer().token())
	f.Fuzz(func(_ *testing.T, token string) { _ = checkHeader(token) })
}

func FuzzDelivery(f *testing.F) {
	f.Add([]byte(envelopeOf(job)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if d, err := parseDelivery(body); err == nil && !messageIDForm.MatchString(d.ID) {
			t.Error(d)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v, err := NewVerifier(b.Context(), VerifierOptions{Audience: audience, ServiceAccount: account,
		Transport: issuer()})
	if err != nil {
		b.Fatal(err)
	}
	header := "Bearer " + issuer().token()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), header); err != nil {
			b.Fatal(err)
		}
	}
}
