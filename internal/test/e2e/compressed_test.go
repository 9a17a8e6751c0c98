package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
)

// If another site makes a browser open a page, it must not be compressed together with anything that the other site
// chose, because from the lengths of such answers the site could guess what else is in them. Every page is opened in
// this way, with words in its address that the page may repeat.
func TestNothingThatAnotherSiteChoseIsCompressed(t *testing.T) {
	c := newCast(t)
	const canary = "Quetzalcoatlus"
	queries := []string{
		"?q=" + canary, "?record=" + canary, "?since=" + canary, "?cursor=" + canary, "?production=" + canary,
		"?next=/" + canary,
		"?state=" + canary + "&type=" + canary, "?" + canary, "?q=" + url.QueryEscape(canary+" "+
			strings.Repeat("x", 2000)),
	}
	asked, compressed, repeated := 0, 0, 0
	visitors := map[string]*visitortest.Visitor{"nobody": c.nobody, "boss": c.members[access.Management],
		"viewer": c.members[access.Viewer]}
	for name, v := range visitors {
		for _, r := range c.App.Routes() {
			if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/signout") {
				continue
			}
			path := at(r.Path, c.own)
			for _, query := range append([]string{"", "/" + canary}, queries...) {
				p := v.Lured(path + query)
				asked++
				body := []byte(p.Body)
				if p.Header.Get("Content-Encoding") == "gzip" {
					compressed++
					body = unzipped(t, body)
					if query != "" && !strings.HasPrefix(query, "/") || bytes.Contains(body, []byte(canary)) {
						t.Errorf("%s: GET %s%.60s is compressed", name, r.Path, query)
					}
				} else if bytes.Contains(body, []byte(canary)) {
					repeated++
				}
			}
		}
	}
	t.Logf("%d asked for, %d compressed, %d repeat what was chosen", asked, compressed, repeated)
	if compressed < 40 || repeated < 20 {
		t.Errorf("%d of %d are compressed, and %d repeat what was chosen: too few to say anything", compressed, asked,
			repeated)
	}
}

// Links on our own pages lead to compressed pages, which are a quarter of the size.
func TestPagesAreCompressed(t *testing.T) {
	c := newCast(t)
	boss := c.members[access.Management]
	for _, path := range []string{"/w/demo/", "/w/demo/reports", "/w/demo/reports/" + c.own["report"], "/w/demo/audit",
		"/w/demo/reports?q=flute"} {
		plain, zipped := boss.Get(path), boss.Zipped(path)
		if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", path, zipped.Header)
			continue
		}
		t.Logf("%s: %d bytes, compressed %d", path, len(plain.Body), len(zipped.Body))
		if 3*len(zipped.Body) > len(plain.Body) {
			t.Errorf("%s: %d of %d bytes are left", path, len(zipped.Body), len(plain.Body))
		}
		if !bytes.Contains(unzipped(t, []byte(zipped.Body)), []byte("</html>")) {
			t.Errorf("%s is cut", path)
		}
	}
}

func unzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
