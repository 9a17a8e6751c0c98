package slashes_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/edge/slashes"
)

func router(clean bool) *mux.Router {
	m := mux.NewRouter().SkipClean(!clean)
	says := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+mux.Vars(r)["id"]+" "+r.URL.RawQuery+" "+string(body))
	}
	m.Path("/things/{id}").Methods("GET", "HEAD").HandlerFunc(says)
	m.Path("/things/{id}").Methods("PATCH").HandlerFunc(says)
	m.Path("/home/{id}/").Methods("GET").HandlerFunc(says)
	m.Path("/sent").Methods("POST").HandlerFunc(says)
	m.NotFoundHandler = slashes.Else(m, http.NotFoundHandler())
	return m
}

func TestElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, target string
		status         int
		location, body string
	}{
		"right":                    {"GET", "/things/a?x=1", 200, "", "GET a x=1 words"},
		"read":                     {"GET", "/things/a/?x=1&y=%2F", 308, "/things/a?x=1&y=%2F", ""},
		"read, head":               {"HEAD", "/things/a/", 308, "/things/a", ""},
		"several":                  {"GET", "/things/a///", 308, "/things/a", ""},
		"sent":                     {"PATCH", "/things/a/?x=1", 200, "", "PATCH a x=1 words"},
		"sent, posted":             {"POST", "/sent/", 200, "", "POST   words"},
		"without the one it has":   {"GET", "/home/a", 308, "/home/a/", ""},
		"another method":           {"GET", "/sent/", 308, "/sent", ""},
		"a method it has not":      {"DELETE", "/sent/", 405, "", ""},
		"unknown":                  {"GET", "/nothing/", 404, "", ""},
		"unknown, posted":          {"POST", "/nothing/", 404, "", ""},
		"the root":                 {"GET", "/", 404, "", ""},
		"another host":             {"GET", "//evil.example/", 404, "", ""},
		"another host, known path": {"GET", "//things/a/", 404, "", ""},
		"another host, escaped":    {"GET", "/%2Fevil.example/", 404, "", ""},
		"backslash":                {"GET", "/%5Cevil.example/", 404, "", ""},
		"backslash in an id":       {"GET", "/things/%5Cevil.example/", 404, "", ""},
		"escaped slash":            {"GET", "/things/a%2F", 308, "/things/a", ""},
		"escaped in the id":        {"GET", "/things/a%20b%3F/", 308, "/things/a%20b%3F", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(c.method, "/", strings.NewReader("words"))
			u, err := r.URL.Parse("http://example.com" + c.target)
			if err != nil {
				t.Fatal(err)
			}
			u.Scheme, u.Host = "", ""
			r.URL = u
			router(false).ServeHTTP(w, r)
			if w.Code != c.status || w.Header().Get("Location") != c.location || c.body != "" &&
				w.Body.String() != c.body {
				t.Errorf("%d %q %q", w.Code, w.Header().Get("Location"), w.Body)
			}
		})
	}
}

// A router that cleans addresses leads to its own ones, too.
func TestCleaned(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"//evil.example/", "//evil.example", "///things/a/", "/./things/a/"} {
		r := httptest.NewRequest("GET", "http://example.com"+target, nil)
		w := httptest.NewRecorder()
		router(true).ServeHTTP(w, r)
		to, err := r.URL.Parse(w.Header().Get("Location"))
		if err != nil || to.Host != "example.com" {
			t.Errorf("%s leads to %v, %v", target, to, err)
		}
	}
}
