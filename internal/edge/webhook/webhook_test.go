package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/webhook"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
)

// The example that the specification gives.
const (
	exampleKey  = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleTime = 1614265330
	exampleBody = `{"test": 2432232314}`
	exampleSign = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func prefixed(key string) string { return "whsec" + "_" + key }

func headers(id, at, signature string) http.Header {
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
}

func standard(now time.Time, secrets ...string) webhook.Standard {
	return webhook.Standard{Prefix: "webhook-", Clock: modeltest.NewClock(now),
		Secrets: func(context.Context) ([]string, error) { return secrets, nil }}
}

func sign(t *testing.T, key, id, at, body string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, raw)
	_, _ = io.WriteString(mac, id+"."+at+"."+body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestTheExampleOfTheSpecification(t *testing.T) {
	sent := time.Unix(exampleTime, 0)
	for name, secrets := range map[string][]string{
		"as it is given":  {prefixed(exampleKey)},
		"without prefix":  {exampleKey + "\n"},
		"after rotation":  {prefixed(base64.StdEncoding.EncodeToString(make([]byte, 32))), prefixed(exampleKey)},
		"before rotation": {prefixed(exampleKey), "not base64!"},
	} {
		m, err := standard(sent.Add(time.Minute), secrets...).Prove(t.Context(),
			headers(exampleID, strconv.Itoa(exampleTime), exampleSign), []byte(exampleBody))
		if err != nil || m.ID != exampleID || !m.Sent.Equal(sent) || string(m.Body) != exampleBody {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	several := headers(exampleID, strconv.Itoa(exampleTime), "v1,AAAA v1a,zzz "+exampleSign)
	if _, err := standard(sent, exampleKey).Prove(t.Context(), several, []byte(exampleBody)); err != nil {
		t.Errorf("one signature of several holds: %v", err)
	}
}

func TestWhatIsNotProved(t *testing.T) {
	at := strconv.Itoa(exampleTime)
	sent := time.Unix(exampleTime, 0)
	twice := headers(exampleID, at, exampleSign)
	twice.Add("webhook-signature", exampleSign)
	for name, c := range map[string]struct {
		h       http.Header
		now     time.Time
		body    string
		secrets []string
	}{
		"another body": {headers(exampleID, at, exampleSign), sent, exampleBody + " ", []string{exampleKey}},
		"another id":   {headers("msg_other", at, exampleSign), sent, exampleBody, []string{exampleKey}},
		"another time": {headers(exampleID, strconv.Itoa(exampleTime+1), exampleSign), sent, exampleBody,
			[]string{exampleKey}},
		"no id":            {headers("", at, exampleSign), sent, exampleBody, []string{exampleKey}},
		"no time":          {headers(exampleID, "", exampleSign), sent, exampleBody, []string{exampleKey}},
		"no signature":     {headers(exampleID, at, ""), sent, exampleBody, []string{exampleKey}},
		"another version":  {headers(exampleID, at, "v2"+exampleSign[2:]), sent, exampleBody, []string{exampleKey}},
		"half a signature": {headers(exampleID, at, exampleSign[:20]), sent, exampleBody, []string{exampleKey}},
		"two headers":      {twice, sent, exampleBody, []string{exampleKey}},
		"too old": {headers(exampleID, at, exampleSign), sent.Add(5*time.Minute + time.Second), exampleBody,
			[]string{exampleKey}},
		"from the future": {headers(exampleID, at, exampleSign), sent.Add(-5*time.Minute - time.Second), exampleBody,
			[]string{exampleKey}},
		"no secret": {headers(exampleID, at, exampleSign), sent, exampleBody, nil},
		"another secret": {headers(exampleID, at, exampleSign), sent, exampleBody,
			[]string{base64.StdEncoding.EncodeToString(make([]byte, 32))}},
		"an empty secret": {headers(exampleID, at, sign(t, "", exampleID, at, exampleBody)), sent, exampleBody,
			[]string{""}},
		"a path as its id": {headers("../x", at, sign(t, exampleKey, "../x", at, exampleBody)), sent, exampleBody,
			[]string{exampleKey}},
		"a point in its id?": {headers("a.b", at, sign(t, exampleKey, "a", "b."+at, exampleBody)), sent, exampleBody +
			"x", []string{exampleKey}},
	} {
		if _, err := standard(c.now, c.secrets...).Prove(t.Context(), c.h, []byte(c.body)); !errors.Is(err,
			webhook.ErrUnproved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := standard(sent)
	s.Secrets = func(context.Context) ([]string, error) { return nil, model.Unavailable(errors.New("away")) }
	if _, err := s.Prove(t.Context(), headers(exampleID, at, exampleSign), []byte(exampleBody)); errors.Is(err,
		webhook.ErrUnproved) || err == nil {
		t.Errorf("secrets that cannot be read prove nothing, and refute nothing: %v", err)
	}
}

// TestAnswers: what a vendor is told, and what was read and kept by then.
func TestAnswers(t *testing.T) {
	sent := time.Unix(exampleTime, 0)
	at := strconv.Itoa(exampleTime)
	for name, c := range map[string]struct {
		method, path, kind, body string
		proved                   bool
		keep                     error
		status, kept             int
	}{
		"kept": {"POST", "/hooks/vendor", "application/json", exampleBody, true, nil, 204, 1},
		"with a charset": {"POST", "/hooks/vendor", "application/json; charset=utf-8", exampleBody, true, nil, 204,
			1},
		"not proved": {"POST", "/hooks/vendor", "application/json", exampleBody, false, nil, 401, 0},
		"no sense in it": {"POST", "/hooks/vendor", "application/json", exampleBody, true, model.Invalid("no"),
			204, 1},
		"the store is away": {"POST", "/hooks/vendor", "application/json", exampleBody, true,
			model.Unavailable(errors.New("x")), 503, 1},
		"any other error": {"POST", "/hooks/vendor", "application/json", exampleBody, true, errors.New("x"), 503,
			1},
		"a panic":        {"POST", "/hooks/vendor", "application/json", exampleBody, true, errPanic, 503, 1},
		"another vendor": {"POST", "/hooks/other", "application/json", exampleBody, true, nil, 404, 0},
		"below a vendor": {"POST", "/hooks/vendor/x", "application/json", exampleBody, true, nil, 404, 0},
		"no vendor":      {"POST", "/hooks/", "application/json", exampleBody, true, nil, 404, 0},
		"read":           {"GET", "/hooks/vendor", "application/json", "", true, nil, 405, 0},
		"a form": {"POST", "/hooks/vendor", "application/x-www-form-urlencoded", exampleBody, true, nil,
			415, 0},
		"no kind": {"POST", "/hooks/vendor", "", exampleBody, true, nil, 415, 0},
		"as large as allowed": {"POST", "/hooks/vendor", "application/json", strings.Repeat(" ", webhook.MaxBody), true,
			nil, 204, 1},
		"too large": {"POST", "/hooks/vendor", "application/json", strings.Repeat(" ", webhook.MaxBody+1),
			true, nil, 413, 0},
	} {
		kept := 0
		h, err := webhook.NewHandler(webhook.Source{Name: "vendor", Prove: standard(sent, exampleKey).Prove,
			Keep: func(_ context.Context, m webhook.Message) error {
				if kept++; string(m.Body) != c.body {
					t.Errorf("%s: kept %q", name, m.Body)
				}
				if errors.Is(c.keep, errPanic) {
					panic(c.keep)
				}
				return c.keep
			}})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		r.Header = headers(exampleID, at, "v1,bm8=")
		if c.proved {
			r.Header = headers(exampleID, at, sign(t, exampleKey, exampleID, at, c.body))
		}
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || kept != c.kept || w.Body.Len() > 0 {
			t.Errorf("%s: %d (want %d), kept %d times, says %q", name, w.Code, c.status, kept, w.Body)
		}
		if (w.Code == 503) != (w.Header().Get("Retry-After") != "") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}

var errPanic = errors.New("panic")

func TestSourcesAreWholeAndApart(t *testing.T) {
	whole := webhook.Source{Name: "vendor", Prove: standard(time.Unix(0, 0)).Prove,
		Keep: func(context.Context, webhook.Message) error { return nil }}
	for name, change := range map[string]func(*webhook.Source){
		"no name":  func(s *webhook.Source) { s.Name = "" },
		"a path":   func(s *webhook.Source) { s.Name = "a/b" },
		"no proof": func(s *webhook.Source) { s.Prove = nil },
		"no keep":  func(s *webhook.Source) { s.Keep = nil },
	} {
		bad := whole
		change(&bad)
		if _, err := webhook.NewHandler(bad); err == nil {
			t.Error(name)
		}
	}
	if _, err := webhook.NewHandler(whole, whole); err == nil || !strings.Contains(fmt.Sprint(err), "vendor") {
		t.Errorf("twice: %v", err)
	}
}
