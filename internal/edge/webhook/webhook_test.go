package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

const (
	messageID   = "msg_2026"
	messageTime = 1790000000
	messageBody = `{"show": "Tosca"}`
)

// key is a signing secret without its prefix.
var key = base64.StdEncoding.EncodeToString([]byte("twenty-four bytes of key"))

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

// TestPublishedExample checks the signature that the Standard Webhooks specification publishes.
func TestPublishedExample(t *testing.T) {
	t.Parallel()
	var published struct {
		Svix struct {
			Body, Secret string
			Headers      map[string]string
		}
	}
	if err := json.Unmarshal(testneed.Shared(t, "contracts/signatures.json"), &published); err != nil {
		t.Fatal(err)
	}
	example := published.Svix
	id, at := example.Headers["svix-id"], example.Headers["svix-timestamp"]
	signature := example.Headers["svix-signature"]
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	m, err := standard(time.Unix(seconds, 0), example.Secret).Prove(t.Context(), headers(id, at, signature),
		[]byte(example.Body))
	if err != nil || m.ID != id || string(m.Body) != example.Body {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := standard(time.Unix(seconds, 0), prefixed(key)).Prove(t.Context(), headers(id, at, signature),
		[]byte(example.Body)); !errors.Is(err, webhook.ErrUnproved) {
		t.Errorf("under another key: %v", err)
	}
}

func TestProvedMessages(t *testing.T) {
	t.Parallel()
	sent := time.Unix(messageTime, 0)
	at := strconv.Itoa(messageTime)
	signature := sign(t, key, messageID, at, messageBody)
	for name, secrets := range map[string][]string{
		"as it is given":  {prefixed(key)},
		"without prefix":  {key + "\n"},
		"after rotation":  {prefixed(base64.StdEncoding.EncodeToString(make([]byte, 32))), prefixed(key)},
		"before rotation": {prefixed(key), "not base64!"},
	} {
		m, err := standard(sent.Add(time.Minute), secrets...).Prove(t.Context(),
			headers(messageID, at, signature), []byte(messageBody))
		if err != nil || m.ID != messageID || !m.Sent.Equal(sent) || string(m.Body) != messageBody {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	several := headers(messageID, at, "v1,AAAA v1a,zzz "+signature)
	if _, err := standard(sent, key).Prove(t.Context(), several, []byte(messageBody)); err != nil {
		t.Errorf("one signature of several holds: %v", err)
	}
}

func TestWhatIsNotProved(t *testing.T) {
	t.Parallel()
	at := strconv.Itoa(messageTime)
	sent := time.Unix(messageTime, 0)
	signature := sign(t, key, messageID, at, messageBody)
	twice := headers(messageID, at, signature)
	twice.Add("webhook-signature", signature)
	for name, c := range map[string]struct {
		h       http.Header
		now     time.Time
		body    string
		secrets []string
	}{
		"another body": {headers(messageID, at, signature), sent, messageBody + " ", []string{key}},
		"another id":   {headers("msg_other", at, signature), sent, messageBody, []string{key}},
		"another time": {headers(messageID, strconv.Itoa(messageTime+1), signature), sent, messageBody,
			[]string{key}},
		"no id":            {headers("", at, signature), sent, messageBody, []string{key}},
		"no time":          {headers(messageID, "", signature), sent, messageBody, []string{key}},
		"no signature":     {headers(messageID, at, ""), sent, messageBody, []string{key}},
		"another version":  {headers(messageID, at, "v2"+signature[2:]), sent, messageBody, []string{key}},
		"half a signature": {headers(messageID, at, signature[:20]), sent, messageBody, []string{key}},
		"two headers":      {twice, sent, messageBody, []string{key}},
		"too old": {headers(messageID, at, signature), sent.Add(5*time.Minute + time.Second), messageBody,
			[]string{key}},
		"from the future": {headers(messageID, at, signature), sent.Add(-5*time.Minute - time.Second), messageBody,
			[]string{key}},
		"no secret": {headers(messageID, at, signature), sent, messageBody, nil},
		"another secret": {headers(messageID, at, signature), sent, messageBody,
			[]string{base64.StdEncoding.EncodeToString(make([]byte, 32))}},
		"an empty secret": {headers(messageID, at, sign(t, "", messageID, at, messageBody)), sent, messageBody,
			[]string{""}},
		"a path as its id": {headers("../x", at, sign(t, key, "../x", at, messageBody)), sent, messageBody,
			[]string{key}},
		"a point in its id?": {headers("a.b", at, sign(t, key, "a", "b."+at, messageBody)), sent, messageBody +
			"x", []string{key}},
	} {
		if _, err := standard(c.now, c.secrets...).Prove(t.Context(), c.h, []byte(c.body)); !errors.Is(err,
			webhook.ErrUnproved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := standard(sent)
	s.Secrets = func(context.Context) ([]string, error) { return nil, model.Unavailable(errors.New("away")) }
	if _, err := s.Prove(t.Context(), headers(messageID, at, signature), []byte(messageBody)); errors.Is(err,
		webhook.ErrUnproved) || err == nil {
		t.Errorf("secrets that cannot be read prove nothing, and refute nothing: %v", err)
	}
}

// TestAnswers: what a vendor is told, and what was read and kept by then.
func TestAnswers(t *testing.T) {
	t.Parallel()
	sent := time.Unix(messageTime, 0)
	at := strconv.Itoa(messageTime)
	for name, c := range map[string]struct {
		method, path, kind, body string
		proved                   bool
		keep                     error
		status, kept             int
	}{
		"kept": {"POST", "/hooks/vendor", "application/json", messageBody, true, nil, 204, 1},
		"with a charset": {"POST", "/hooks/vendor", "application/json; charset=utf-8", messageBody, true, nil, 204,
			1},
		"not proved": {"POST", "/hooks/vendor", "application/json", messageBody, false, nil, 401, 0},
		"no sense in it": {"POST", "/hooks/vendor", "application/json", messageBody, true, model.Invalid("no"),
			204, 1},
		"the store is away": {"POST", "/hooks/vendor", "application/json", messageBody, true,
			model.Unavailable(errors.New("x")), 503, 1},
		"any other error": {"POST", "/hooks/vendor", "application/json", messageBody, true, errors.New("x"), 503,
			1},
		"a panic":        {"POST", "/hooks/vendor", "application/json", messageBody, true, errPanic, 503, 1},
		"another vendor": {"POST", "/hooks/other", "application/json", messageBody, true, nil, 404, 0},
		"below a vendor": {"POST", "/hooks/vendor/x", "application/json", messageBody, true, nil, 404, 0},
		"no vendor":      {"POST", "/hooks/", "application/json", messageBody, true, nil, 404, 0},
		"read":           {"GET", "/hooks/vendor", "application/json", "", true, nil, 405, 0},
		"a form": {"POST", "/hooks/vendor", "application/x-www-form-urlencoded", messageBody, true, nil,
			415, 0},
		"no kind": {"POST", "/hooks/vendor", "", messageBody, true, nil, 415, 0},
		"as large as allowed": {"POST", "/hooks/vendor", "application/json", strings.Repeat(" ", webhook.MaxBody), true,
			nil, 204, 1},
		"too large": {"POST", "/hooks/vendor", "application/json", strings.Repeat(" ", webhook.MaxBody+1),
			true, nil, 413, 0},
	} {
		kept := 0
		h, err := webhook.NewHandler(webhook.Source{Name: "vendor", Prove: standard(sent, key).Prove,
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
		r.Header = headers(messageID, at, "v1,bm8=")
		if c.proved {
			r.Header = headers(messageID, at, sign(t, key, messageID, at, c.body))
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
	t.Parallel()
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
