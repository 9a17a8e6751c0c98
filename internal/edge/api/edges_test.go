package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	reporter := w.token(0, access.Reporter)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		says               string
		headers            []string
	}{
		"unknown query":    {"GET", "?color=red", "", 400, "color", nil},
		"limit 0":          {"GET", "?limit=0", "", 400, "limit", nil},
		"limit 101":        {"GET", "?limit=101", "", 400, "limit", nil},
		"limit x":          {"GET", "?limit=x", "", 400, "limit", nil},
		"a made-up cursor": {"GET", "?cursor=abc", "", 400, "", nil},
		"an unknown state": {"GET", "?state=burnt", "", 400, "state", nil},
		"too many words":   {"GET", "?q=a1+a2+a3+a4+a5+a6+a7+a8+a9", "", 400, "", nil},
		"no body":          {"POST", "", "", 400, "", nil},
		"no JSON":          {"POST", "", "{", 400, "JSON", nil},
		"two values":       {"POST", "", "{} {}", 400, "after the end", nil},
		"unknown field":    {"POST", "", `{"production":"x","author":"me"}`, 400, `author`, nil},
		"unknown in depth": {"POST", "", `{"production":"x","sections":[{"department":"a","by":"me"}]}`, 400, `by`,
			nil},
		"wrong type": {"POST", "", `{"production":12345678}`, 400, "production", nil},
		"other type": {"POST", "", `production=x`, 415, "",
			[]string{"Content-Type", "application/x-www-form-urlencoded"}},
		"too large": {"POST", "", `{"body":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "", nil},
		"a long key": {"POST", "", `{"production":"x"}`, 400, "Idempotency-Key", []string{"Idempotency-Key",
			strings.Repeat("k", 256)}},
		"a key of no ASCII": {"POST", "", `{"production":"x"}`, 400, "Idempotency-Key", []string{"Idempotency-Key",
			"ключ"}},
		"method": {"PUT", "", "", 405, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.ask(t, c.method, w.reports(0)+c.path, reporter, c.body, c.headers...).is(t, c.status)
			if !strings.Contains(a.body, c.says) || strings.Contains(a.body, "12345678") {
				t.Errorf("says %s", a.body)
			}
		})
	}
	if a := w.ask(t, "PUT", w.reports(0), reporter, ""); a.header["Allow"] == nil || strings.Join(a.header["Allow"],
		",") != "GET,POST" {
		t.Errorf("Allow: %v", a.header["Allow"])
	}
	w.ask(t, "HEAD", w.reports(0), reporter, "").is(t, 200)
	w.ask(t, "GET", w.reports(0), "", "", "Cookie", "__Host-toh="+reporter).is(t, 401)
	if a := w.ask(t, "GET", w.reports(0), reporter, "", "Origin", "https://evil.example"); a.header.Get(
		"Access-Control-Allow-Origin") != "" {
		t.Error("an answer for other origins")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.token(0, access.Management)
	whole := w.ask(t, "GET", w.reports(0)+"?limit=100", token, "").is(t, 200).items(t)
	seen, path := 0, w.reports(0)+"?limit=7"
	for path != "" {
		a := w.ask(t, "GET", path, token, "").is(t, 200)
		for _, r := range a.items(t) {
			if r["id"] != whole[seen]["id"] {
				t.Fatalf("place %d", seen)
			}
			seen++
		}
		path = ""
		if next := a.json(t)["next_cursor"].(string); next != "" {
			link, _, ok := strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
			if !ok || !strings.Contains(link, "limit=7") {
				t.Fatalf("Link: %q", a.header.Get("Link"))
			}
			path = link
		}
	}
	if seen != len(whole) || seen < 20 {
		t.Errorf("%d of %d", seen, len(whole))
	}
}

func TestOnceByKey(t *testing.T) {
	t.Parallel()
	w := open(t)
	reporter := w.token(0, access.Reporter)
	count := func() int {
		return len(w.ask(t, "GET", w.reports(0)+"?limit=100&state=draft", reporter, "").is(t, 200).items(t))
	}
	before, production := count(), w.production(t, 0)
	body := fmt.Sprintf(`{"production":%q,"title":"Once"}`, production)
	post := func(body, key string) answer {
		return w.ask(t, "POST", w.reports(0), reporter, body, "Idempotency-Key", key)
	}

	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = post(body, "k1") })
	}
	all.Wait()
	fresh := 0
	for _, a := range answers {
		a.is(t, 201)
		if a.json(t)["id"] != answers[0].json(t)["id"] {
			t.Error("two reports for one key")
		}
		if a.header.Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if fresh != 1 || count() != before+1 {
		t.Errorf("%d effects, %d reports more", fresh, count()-before)
	}
	post(strings.Replace(body, "Once", "Twice", 1), "k1").is(t, 409)
	slug := strings.Replace(w.reports(0), w.id(0), w.sheet.Workspaces[0].Slug, 1)
	if a := w.ask(t, "POST", slug, reporter, body, "Idempotency-Key", "k1").
		is(t, 201); a.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the slug is another workspace")
	}
	if a := w.ask(t, "POST", w.reports(0), w.token(0, access.Organizer), body, "Idempotency-Key", "k1").
		is(t, 201); a.header.Get("Idempotency-Replayed") != "" {
		t.Error("another account's key")
	}
	one := w.reports(0) + "/" + answers[0].json(t)["id"].(string)
	w.ask(t, "POST", one+"/file", reporter, "", "Idempotency-Key", "k1").is(t, 200)
	if a := w.ask(t, "POST", one+"/file", reporter, "", "Idempotency-Key", "k1").
		is(t, 200); a.header.Get("Idempotency-Replayed") != "true" {
		t.Error("filed twice")
	}
	w.ask(t, "POST", one+"/file", reporter, "").is(t, 409)
	w.ask(t, "POST", w.reports(0), reporter, `{"production":"nowhere"}`, "Idempotency-Key", "k2").is(t, 400)
	if a := post(body, "k2").is(t, 201); a.header.Get("Idempotency-Replayed") != "" {
		t.Error("a refused request used the key up")
	}
	w.clock.Advance(24*time.Hour - time.Second)
	if a := post(body, "k1").is(t, 201); a.header.Get("Idempotency-Replayed") != "true" {
		t.Error("forgotten too early")
	}
	w.clock.Advance(time.Second)
	if a := post(body, "k1").is(t, 201); a.header.Get("Idempotency-Replayed") != "" {
		t.Error("remembered for longer than a day")
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := open(t)
	path, management := "/api/v1/workspaces/"+w.id(0)+"/audit", w.token(0, access.Management)
	id := w.ask(t, "GET", w.reports(0)+"?limit=1&state=accepted", management, "").is(t, 200).items(t)[0]["id"].(string)
	read := w.ask(t, "GET", w.reports(0)+"/"+id, w.token(0, access.Viewer), "").is(t, 200)
	list := w.ask(t, "GET", path+"?record=reports/"+id+"&action=report.read", management, "").is(t, 200).items(t)
	if len(list) != 1 || list[0]["request"] != read.header.Get("X-Request-Id") || list[0]["outcome"] != "done" ||
		list[0]["sentence"] == "" {
		t.Fatalf("%v", list)
	}
	if labels, _ := list[0]["labels"].(map[string]any); labels["title"] == "" || labels["title"] == nil {
		t.Errorf("no title: %v", list[0])
	}
	bare := w.ask(t, "GET", path+"?record="+id+"&action=report.read", management, "").is(t, 200).items(t)
	if len(bare) != 1 || bare[0]["id"] != list[0]["id"] {
		t.Errorf("by the bare id: %v", bare)
	}
	for _, nonsense := range []string{"reports/", "/" + id, "sessions/" + id, "reports/" + id + "/x", "no%20id",
		"UPPER", "reports/../x"} {
		if a := w.ask(t, "GET", path+"?record="+nonsense, management, "").is(t, 400); !strings.Contains(a.body,
			"reports/01abc") {
			t.Errorf("%s: %s", nonsense, a.body)
		}
	}
	actor := list[0]["actor"].(map[string]any)
	if actor["role"] != "viewer" || actor["id"] == "" || actor["name"] == "" {
		t.Errorf("%v", actor)
	}
	w.ask(t, "GET", path, w.token(0, access.Organizer), "").is(t, 403)
	denied := w.ask(t, "GET", path+"?outcome=denied&action=audit.read", management, "").is(t, 200).items(t)
	if len(denied) != 1 {
		t.Errorf("%d denials", len(denied))
	}
	w.ask(t, "GET", path+"?outcome=perhaps", management, "").is(t, 400)
	w.ask(t, "GET", path+"?since=yesterday", management, "").is(t, 400)
	later := w.clock.Now().Add(time.Hour).Format(time.RFC3339)
	if n := len(w.ask(t, "GET", path+"?since="+later, management, "").is(t, 200).items(t)); n != 0 {
		t.Errorf("%d entries of the future", n)
	}
}

func TestOutage(t *testing.T) {
	w := open(t)
	management := w.token(0, access.Management)
	one := w.ask(t, "GET", w.reports(0)+"?limit=1", management, "").is(t, 200).items(t)[0]
	for _, method := range []string{"Firestore/Commit", "Firestore/BatchGet"} {
		w.away.Store(&method)
		began := testclock.Start()
		a := w.ask(t, "GET", w.reports(0)+"/"+one["id"].(string), management, "").is(t, 503)
		if a.header.Get("Retry-After") == "" || strings.Contains(a.body, one["title"].(string)) {
			t.Errorf("%v %s", a.header, a.body)
		}
		if took := began.Elapsed(); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		w.away.Store(nil)
		w.ask(t, "GET", w.reports(0)+"/"+one["id"].(string), management, "").is(t, 200)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	w := open(t)
	get := func(h http.Handler, path string) answer {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		return answer{rec.Code, rec.Header(), rec.Body.String()}
	}
	with, without := w.api(t, true), w.api(t, false)
	for _, path := range []string{"/api/openapi.json", "/api/openapi.yaml", "/api/docs"} {
		if a := get(with, path); a.status != 200 {
			t.Errorf("%s: %d", path, a.status)
		}
		if got, want := get(without, path), get(without, "/api/"+model.NewID()); got.status != 404 ||
			got.body != want.body || text(got.header) != text(want.header) {
			t.Errorf("%s in production: %d %s", path, got.status, got.body)
		}
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(get(with, "/api/openapi.json").body), &doc); err != nil ||
		!strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%v %q", err, doc.OpenAPI)
	}
	n := 0
	for _, methods := range doc.Paths {
		n += len(methods)
	}
	if n != len(may) {
		t.Errorf("%d operations, not %d", n, len(may))
	}
	if page := get(with, "/api/docs").body; strings.Contains(page, "<script") || strings.Contains(page, "http://") ||
		strings.Contains(page, "https://") {
		t.Error("the viewer loads something")
	}
}
