package download_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/download"
)

const text = "0123456789abcdefghij"

type opened struct{ *bytes.Reader }

func (opened) Close() error { return nil }

// ask asks for the text, and reports whether the trail would say that it was shown, and how often it was asked for.
func ask(t *testing.T, method string, header ...string) (*httptest.ResponseRecorder, []bool) {
	t.Helper()
	var shown []bool
	r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	err := download.Serve(w, r, download.Content{Name: "a.txt", Type: "text/plain", Tag: "t1", Size: int64(len(text)),
		Refuse: func(w http.ResponseWriter, status int) { w.WriteHeader(status) },
		Open: func(_ context.Context, s bool) (io.ReadSeekCloser, error) {
			shown = append(shown, s)
			if !s {
				return nil, nil
			}
			return opened{bytes.NewReader([]byte(text))}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return w, shown
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header []string
		status int
		body   string
		shown  bool
		of     string // Content-Range
	}{
		{nil, 200, text, true, ""},
		{[]string{"Range", "bytes=0-"}, 206, text, true, "bytes 0-19/20"},
		{[]string{"Range", "bytes=5-9"}, 206, "56789", true, "bytes 5-9/20"},
		{[]string{"Range", "bytes=-5"}, 206, "fghij", true, "bytes 15-19/20"},
		{[]string{"Range", "bytes=15-99"}, 206, "fghij", true, "bytes 15-19/20"},
		{[]string{"Range", "bytes=5-4"}, 416, "", false, ""},
		{[]string{"Range", "bytes=20-"}, 416, "", false, "bytes */20"},
		{[]string{"Range", "lines=1-2"}, 200, text, true, ""},
		{[]string{"Range", "bytes=5-9", "If-Range", `"t1"`}, 206, "56789", true, "bytes 5-9/20"},
		{[]string{"Range", "bytes=5-9", "If-Range", `"t0"`}, 200, text, true, ""},
		{[]string{"If-None-Match", `"t1"`}, 304, "", false, ""},
		{[]string{"If-None-Match", `"t0"`}, 200, text, true, ""},
		{[]string{"If-Match", `"t0"`}, 412, "", false, ""},
		{[]string{"Range", "bytes=" + strings.Repeat("0-0,", 20) + "1-1"}, 200, text, true, ""},
	} {
		w, shown := ask(t, http.MethodGet, c.header...)
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Range") != c.of {
			t.Errorf("%v: %d, %q, %q", c.header, w.Code, w.Body, w.Header().Get("Content-Range"))
		}
		if len(shown) != 1 || shown[0] != c.shown {
			t.Errorf("%v: shown %v", c.header, shown)
		}
		head, shown := ask(t, http.MethodHead, c.header...)
		if head.Code != c.status || head.Body.Len() > 0 || len(shown) != 1 || shown[0] ||
			head.Header().Get("Content-Range") != c.of {
			t.Errorf("%v: HEAD %d, %d bytes, shown %v", c.header, head.Code, head.Body.Len(), shown)
		}
	}
	w, _ := ask(t, http.MethodGet, "Range", "bytes=0-1,5-6")
	if w.Code != 206 || !strings.HasPrefix(w.Header().Get("Content-Type"), "multipart/byteranges") ||
		!strings.Contains(w.Body.String(), "56") {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}

func TestNothingIsSentWithoutTheTrail(t *testing.T) {
	t.Parallel()
	refused := errors.New("no")
	w := httptest.NewRecorder()
	err := download.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
		download.Content{Name: "a",
			Type: "text/plain", Size: 5, Open: func(context.Context, bool) (io.ReadSeekCloser, error) {
				return nil,
					refused
			}})
	if !errors.Is(err, refused) || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("%v, %q, %v", err, w.Body, w.Header())
	}
}

func TestFilesNeverShowThemselves(t *testing.T) {
	t.Parallel()
	w, _ := ask(t, http.MethodGet)
	h := w.Header()
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", h)
	}
}

func TestNamesOfDownloads(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]string{
		`Bühne "A".pdf`: "B_hne _A_.pdf", "試演.pdf": "__.pdf", "🎭.png": "_.png", `a;b".txt`: "a_b_.txt",
		"a\r\nb": "a__b",
		"../x":   ".._x", "100%.txt": "100_.txt", strings.Repeat("ü", 300): strings.Repeat("_", 300),
	} {
		got := download.Disposition(name)
		if !strings.Contains(got, `filename="`+plain+`"`) || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q: %s", name, got)
		}
		kind, params, err := mime.ParseMediaType(got)
		if err != nil || kind != "attachment" || params["filename"] != name {
			t.Errorf("%q: %q, %v", name, params["filename"], err)
		}
	}
}
