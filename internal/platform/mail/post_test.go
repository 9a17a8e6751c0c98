package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// scripted is a sender with prescribed answers.
type scripted struct {
	sent []Message
	errs []error
}

func (s *scripted) Send(_ context.Context, m Message) (string, error) {
	s.sent = append(s.sent, m)
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return "", err
	}
	return "vendor-1", nil
}

func newPost(t *testing.T, s Sender) (*recordstest.Fixture, *task.Queue, *Post) {
	t.Helper()
	h := recordstest.New(t, append(task.Kinds(), Kinds()...)...)
	if s == nil {
		s = NewCatcher(h.Gate)
	}
	q := task.New(task.Options{Gate: h.Gate})
	return h, q, NewPost(q, s)
}

func TestPostSendsAfterTheCommit(t *testing.T) {
	t.Parallel()
	s := &scripted{}
	h, q, p := newPost(t, s)
	m := sample(t)
	var id string
	err := h.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
		var err error
		id, err = p.Queue(ctx, tx, m)
		return err
	})
	if err != nil || id != m.Key || len(s.sent) != 0 {
		t.Fatal(id, err, s.sent)
	}
	p.Wake(t.Context(), id)
	for range 2 {
		if err := q.Run(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	state, err := p.State(t.Context(), id)
	if err != nil || state.State != task.Done || state.Result != "vendor-1" || len(s.sent) != 1 || s.sent[0] != m {
		t.Fatalf("%+v %v %d", state, err, len(s.sent))
	}
}

func TestPostOfAFailedChangeIsNotSent(t *testing.T) {
	t.Parallel()
	s := &scripted{}
	h, q, p := newPost(t, s)
	var id string
	_ = h.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
		id, _ = p.Queue(ctx, tx, sample(t))
		return errors.New("no")
	})
	if err := q.Run(t.Context(), id); err != nil || len(s.sent) != 0 {
		t.Fatal(err, s.sent)
	}
}

func TestPostRetriesWithTheSameKey(t *testing.T) {
	t.Parallel()
	s := &scripted{errs: []error{model.Unavailable(errors.New("to bo@teatro.org")), errKey}}
	h, q, p := newPost(t, s)
	var log bytes.Buffer
	ctx := logging.Into(t.Context(), logging.New(logging.Options{Writer: &log}))
	id, err := p.Queue(ctx, h.Gate, sample(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		err := q.Run(ctx, id)
		if (i < 2) != errors.Is(err, model.ErrUnavailable) {
			t.Fatalf("attempt %d: %v", i, err)
		}
		h.Clock.Advance(time.Minute)
	}
	if len(s.sent) != 3 || s.sent[0].Key != id || s.sent[2].Key != id {
		t.Fatalf("%d attempts", len(s.sent))
	}
	if strings.Contains(log.String(), "bo@") || strings.Contains(log.String(), "confirm/abc") {
		t.Errorf("the log holds the mail: %s", log.String())
	}
}

func TestPostGivesUp(t *testing.T) {
	t.Parallel()
	s := &scripted{errs: []error{fmt.Errorf("%w: 550", ErrRefused)}}
	h, q, p := newPost(t, s)
	id, _ := p.Queue(t.Context(), h.Gate, sample(t))
	if err := q.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	state, _ := p.State(t.Context(), id)
	if state.State != task.Failed || state.Reason != "the mail vendor refused it" {
		t.Fatalf("%+v", state)
	}
	if _, err := p.Queue(t.Context(), h.Gate, Message{To: "x"}); err == nil {
		t.Error("a mail that is none")
	}
}

// TestAttemptsFitTheVendorsMemory checks that the last attempt is made while the vendor still remembers the key.
func TestAttemptsFitTheVendorsMemory(t *testing.T) {
	t.Parallel()
	const longestWait = 19 * time.Minute // of the queue's backoff, spread included
	if total := mailAttempts * (longestWait + mailWithin); total > 20*time.Hour {
		t.Errorf("attempts go on for %v", total)
	}
}

func TestCatcher(t *testing.T) {
	t.Parallel()
	h, q, p := newPost(t, nil)
	c := NewCatcher(h.Gate)
	m := sample(t)
	id, err := p.Queue(t.Context(), h.Gate, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatalf("the same mail again: %v", err)
	}
	list, err := c.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Message != m || list[0].ID != m.Key {
		t.Fatal(list, err)
	}
	if _, err := c.Get(t.Context(), "nothing"); !errors.Is(err, model.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "../x"); !errors.Is(err, model.ErrNotFound) {
		t.Fatal(err)
	}
}

func TestCatcherKeepsTheNewest(t *testing.T) {
	t.Parallel()
	h, _, _ := newPost(t, &scripted{})
	c := NewCatcher(h.Gate)
	if c.keeps != 500 {
		t.Fatalf("keeps %d", c.keeps)
	}
	c.keeps = 40
	total := c.keeps + 2*trimEvery + 3
	first, last := "", ""
	for range total {
		m := sample(t)
		if first == "" {
			first = m.Key
		}
		last = m.Key
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Second)
	}
	list, err := c.List(t.Context())
	if err != nil || len(list) != c.keeps || list[0].ID != last {
		t.Fatal(len(list), err)
	}
	if _, err := c.Get(t.Context(), first); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("the oldest is still kept: %v", err)
	}
	if _, err := c.Get(t.Context(), list[len(list)-1].ID); err != nil {
		t.Fatal(err)
	}
}

func TestNoMailInPlaintextOnDisk(t *testing.T) {
	t.Parallel()
	const canary = "kanarienvogel"
	dir := filepath.Dir(t.TempDir()) // the installation's folder is beside it
	h, q, p := newPost(t, nil)
	m, err := letters(t).Write(Confirm, Recipient{canary + "@teatro.org", canary}, Facts{Path: "/confirm/" + canary,
		Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.Queue(t.Context(), h.Gate, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(canary)) {
			t.Errorf("%s holds the mail", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("looked at nothing")
	}
}

const boxKey = "qvgtesecret"

func box(t *testing.T) (*recordstest.Fixture, *Catcher, *Box) {
	t.Helper()
	h, _, _ := newPost(t, &scripted{})
	c := NewCatcher(h.Gate)
	b, err := NewBox(c, "http://127.0.0.1:8093", boxKey)
	if err != nil {
		t.Fatal(err)
	}
	return h, c, b
}

func ask(b *Box, method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func TestBox(t *testing.T) {
	t.Parallel()
	_, c, b := box(t)
	const at = "http://127.0.0.1:8093/_local/mail/" + boxKey
	if w := ask(b, http.MethodGet, at); w.Code != 200 || !strings.Contains(w.Body.String(), "There is none yet") {
		t.Fatal(w.Code, w.Body)
	}
	l, err := NewLetters("http://127.0.0.1:8093", "safety@opera.example")
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Write(Confirm, Recipient{"bo@teatro.org", "Bo"}, facts())
	if err != nil {
		t.Fatal(err)
	}
	m.Text += "\nhttps://evil.org/x <script>alert(1)</script> http://127.0.0.1:8093.evil.org/ javascript:alert(1)"
	m.Subject = "<b>bold</b> & co"
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	w := ask(b, http.MethodGet, at)
	if !strings.Contains(w.Body.String(), `<a href="/_local/mail/`+boxKey+"/"+m.Key+
		`">&lt;b&gt;bold&lt;/b&gt; &amp; co</a>`) {
		t.Fatal(w.Body)
	}
	w = ask(b, http.MethodGet, at+"/"+m.Key)
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1)
	if len(links) != 2 || links[0][1] != "/_local/mail/"+boxKey ||
		links[1][1] != "http://127.0.0.1:8093/confirm/abc123" {
		t.Fatalf("%v", links)
	}
	if strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "<b>bold") {
		t.Fatal("HTML is let in")
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") ||
		w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%v", w.Header())
	}
}

func TestBoxRefuses(t *testing.T) {
	t.Parallel()
	h, c, b := box(t)
	m := sample(t)
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		method, target string
		code           int
	}{
		{"GET", "http://evil.org/_local/mail/" + boxKey, 421},
		{"GET", "http://evil.org/_local/mail/" + boxKey + "/" + m.Key, 421},
		{"GET", "http://127.0.0.1:9999/_local/mail/" + boxKey, 421},
		{"POST", "http://127.0.0.1:8093/_local/mail/" + boxKey, 405},
		{"DELETE", "http://127.0.0.1:8093/_local/mail/" + boxKey + "/" + m.Key, 405},
		{"GET", "http://127.0.0.1:8093/_local/mail/" + boxKey + "/nothing", 404},
		{"GET", "http://127.0.0.1:8093/_local/mail/" + boxKey + "/..%2f..%2fx", 404},
		{"GET", "http://127.0.0.1:8093/_local/", 403},
		{"GET", "http://127.0.0.1:8093/_local/mail", 403},
		{"GET", "http://127.0.0.1:8093/_local/mail/", 403},
		{"GET", "http://127.0.0.1:8093/_local/mail/" + m.Key, 403},
		{"GET", "http://127.0.0.1:8093/_local/mail//" + m.Key, 403},
		{"GET", "http://127.0.0.1:8093/_local/mail/" + boxKey[1:], 403},
		{"GET", "http://127.0.0.1:8093/_local/mail/" + boxKey + "x/" + m.Key, 403},
		{"GET", "http://127.0.0.1:8093/_local/mail" + boxKey, 403},
		{"GET", "http://127.0.0.1:8093/_local/mail?" + boxKey, 403},
	} {
		w := ask(b, x.method, x.target)
		if w.Code != x.code || strings.Contains(w.Body.String(), m.Key) || strings.Contains(w.Body.String(), "bo@") ||
			strings.Contains(w.Body.String(), boxKey) {
			t.Errorf("%s %s: %d %s", x.method, x.target, w.Code, w.Body)
		}
	}
	h.Intercept(func(context.Context, string) error { return errors.New("kanarienvogel") })
	if w := ask(b, "GET", "http://127.0.0.1:8093/_local/mail/"+boxKey); w.Code != 503 ||
		strings.Contains(w.Body.String(), "kanarienvogel") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestStyleIsWhatThePolicyAllows reads the style from the page, as a browser does.
func TestStyleIsWhatThePolicyAllows(t *testing.T) {
	t.Parallel()
	_, _, b := box(t)
	w := ask(b, http.MethodGet, "http://127.0.0.1:8093/_local/mail/"+boxKey)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(w.Body.String())
	if style == nil || !strings.Contains(w.Header().Get("Content-Security-Policy"), hashOf(style[1])) {
		t.Fatal("the browser would not apply the style")
	}
}
