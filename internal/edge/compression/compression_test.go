package compression_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/compression"
)

const long = "All the world's a stage, and all the men and women merely players. "

// answers writes a body of a kind.
func answers(kind string, size int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("ETag", `"7"`)
		_, _ = io.WriteString(w, strings.Repeat(long, 1+size/len(long))[:size])
	})
}

func ask(t *testing.T, h http.Handler, method, target string, pairs ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func zipped(r *http.Response) bool { return r.Header.Get("Content-Encoding") == "gzip" }

func TestWhatIsCompressed(t *testing.T) {
	t.Parallel()
	page := "text/html; charset=utf-8"
	for name, c := range map[string]struct {
		api          bool
		kind         string
		size         int
		method, path string
		header       []string
		want         bool
	}{
		"a page":              {false, page, 5000, "GET", "/w/a/", nil, true},
		"a small page":        {false, page, 500, "GET", "/w/a/", nil, false},
		"with a query":        {false, page, 5000, "GET", "/w/a/reports?q=x", nil, false},
		"with an empty query": {false, page, 5000, "GET", "/w/a/reports?", nil, false},
		"from another site": {false, page, 5000, "GET", "/w/a/reports?q=x", []string{"Sec-Fetch-Site",
			"cross-site"}, false},
		"from a sister site": {false, page, 5000, "GET", "/w/a/reports?q=x", []string{"Sec-Fetch-Site",
			"same-site"}, false},
		"typed by hand": {false, page, 5000, "GET", "/w/a/reports?q=x", []string{"Sec-Fetch-Site", "none"},
			false},
		"from a page of ours": {false, page, 5000, "GET", "/w/a/reports?q=x", []string{"Sec-Fetch-Site",
			"same-origin"}, true},
		"the answer to a form": {false, page, 5000, "POST", "/w/a/", []string{"Sec-Fetch-Site", "same-origin"},
			false},
		"a table":   {false, "text/csv; charset=utf-8", 5000, "GET", "/w/a/audit.csv", nil, false},
		"a picture": {false, "image/png", 5000, "GET", "/w/a/", nil, false},
		"gzip refused": {false, page, 5000, "GET", "/w/a/", []string{"Accept-Encoding", "gzip;q=0, br"},
			false},
		"anything but identity":  {false, page, 5000, "GET", "/w/a/", []string{"Accept-Encoding", "br"}, false},
		"the API":                {true, "application/json", 5000, "GET", "/api/v1/x?q=y", nil, true},
		"the API after a change": {true, "application/json", 5000, "POST", "/api/v1/x", nil, true},
		"a small answer":         {true, "application/json", 900, "GET", "/api/v1/x", nil, false},
	} {
		wrap := compression.Pages
		if c.api {
			wrap = compression.API
		}
		h, err := wrap(answers(c.kind, c.size))
		if err != nil {
			t.Fatal(err)
		}
		got := ask(t, h, c.method, c.path, append([]string{"Accept-Encoding", "gzip, deflate, br"}, c.header...)...)
		if zipped(got) != c.want {
			t.Errorf("%s: compressed %v", name, zipped(got))
		}
		if tag := got.Header.Get("ETag"); tag != map[bool]string{true: `"7-gzip"`, false: `"7"`}[c.want] {
			t.Errorf("%s: tag %s", name, tag)
		}
		var body io.Reader = got.Body
		if c.want {
			if got.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: varies by %q", name, got.Header.Get("Vary"))
			}
			if body, err = gzip.NewReader(got.Body); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := io.ReadAll(body); err != nil || len(text) != c.size {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"gzip": true, "GZIP": true, "deflate, gzip;q=0.5": true, "*": true, "*;q=0.1": true, "x-gzip": true,
		"gzip; q=1": true,
		"":          false, "br": false, "gzip;q=0": false, "gzip;q=0.000": false, "*;q=0": false, "gzip;q=0, *": false,
		"gzip;q=x": false,
		"identity": false, "notgzip": false, "gzipped": false, "gzip;v=1": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		if header != "" {
			r.Header.Set("Accept-Encoding", header)
		}
		if got := compression.Accepted(r); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

// Versions of a page that differ in a character differ in length by chance, and one version has always the same:
// comparing them tells nothing, and asking again neither.
func TestLengthsArePadded(t *testing.T) {
	t.Parallel()
	lengths := map[int]bool{}
	for i := range 64 {
		body := strings.Repeat(long, 40) + string(rune('A'+i))
		h, err := compression.Pages(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, body)
		}))
		if err != nil {
			t.Fatal(err)
		}
		size := func() int {
			text, err := io.ReadAll(ask(t, h, "GET", "/w/a/", "Accept-Encoding", "gzip").Body)
			if err != nil {
				t.Fatal(err)
			}
			return len(text)
		}
		if n := size(); n != size() {
			t.Error("asked again, another length")
		}
		lengths[size()] = true
	}
	if len(lengths) < 16 {
		t.Errorf("64 pages have %d lengths", len(lengths))
	}
}
