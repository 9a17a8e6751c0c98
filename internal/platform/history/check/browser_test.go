package check_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// told is what a check in the browser found.
type told struct {
	State    check.State
	Covered  int64
	Open     int64
	Findings []struct {
		Kind            string
		Section, Number int64
		Size            int64
		SizeText        string
	}
	Undecided []struct{ Kind string }
}

func (r told) kinds() []string {
	list := []string{}
	for _, f := range r.Findings {
		text := fmt.Sprintf("%s %d/%d", f.Kind, f.Section, f.Number)
		if f.SizeText != "0" {
			text += " of " + f.SizeText
		}
		list = append(list, text)
	}
	return list
}

// checkPage checks a page of entries with the scripts of the public page.
const checkPage = `(async () => {
	const form = await import("/js/historyform.js"), check = await import("/js/historycheck.js");
	const b = %s;
	b.entries = form.readPage(%s).entries;
	return JSON.stringify(await check.verify(b));
})()`

// TestTheBrowserFindsTheSame: the check that runs in the browser of a reader finds in each history what this one finds.
func TestTheBrowserFindsTheSame(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/js/", http.StripPrefix("/js", http.FileServer(http.Dir("../../../../templates/static/js"))))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Check</title>"))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	tab := browsertest.Open(t, server.URL)
	tab.Go("/")
	for name, b := range everyBundle(t) {
		want := check.Verify(b)
		for _, indent := range []string{"", "\t"} {
			got := inBrowser(t, tab, b, indent)
			if !slices.Equal(got.kinds(), kinds(want)) || got.State != want.State || got.Covered != want.Covered ||
				got.Open != want.Open || len(got.Undecided) != len(want.Undecided) {
				t.Errorf("%s, indented by %q: the browser finds %+v\nand this program %+v", name, indent, got, want)
			}
		}
	}
}

// everyBundle are all histories of these tests, well and tampered with.
func everyBundle(t *testing.T) map[string]check.Bundle {
	all := map[string]check.Bundle{}
	for name, c := range withEntries {
		h, b := well(t)
		c.do(h, &b)
		all["entries: "+name] = b
	}
	for name, c := range withHeads {
		h, b := well(t)
		c.do(h, &b)
		all["heads: "+name] = b
	}
	h, b := well(t)
	all["well"] = b
	h.append("result", map[string]any{"says": "<b> & é\u2028 \"{[,:]}\" \\", "n": 1e21, "z": -0.5, "list": []any{}})
	all["an open entry"] = h.bundle(b.Heads...)
	all["nothing"] = check.Bundle{Origin: origin, Heads: []string{}, Keys: []check.Key{}}
	h.rotate("v2")
	old := h.head()
	all["two keys"] = h.bundle(old, b.Heads[0])
	one := h.bundle(old)
	one.Keys = one.Keys[:1]
	all["one of two keys"] = one
	odd := h.bundle(old)
	odd.Keys = append(odd.Keys, check.Key{ID: "x+00000000", Name: "x", PEM: h.pair.PEM})
	all["a key under another id"] = odd
	n := len(h.entries)
	lost := slices.Clone(h.entries[n-3:])
	h.restart(old, 3)
	h.add()
	last := h.head()
	copied := h.bundle(last)
	copied.Entries = slices.Concat(h.entries[:n-3], lost, h.entries[n-3:])
	all["restored, and a copy has what is gone"] = copied
	all["restored"] = h.bundle(last)
	all["restored, and the old head kept"] = h.bundle(last, old)
	for name, cut := range map[string][2]int{"one more is gone": {8, 9}, "the old section is gone": {0, 9}} {
		b := h.bundle(last)
		b.Entries = slices.Delete(b.Entries, cut[0], cut[1])
		all["restored, and "+name] = b
	}
	return all
}

func inBrowser(t *testing.T, tab *browsertest.Tab, b check.Bundle, indent string) (r told) {
	t.Helper()
	page, err := json.MarshalIndent(check.Page{Section: 1, Entries: b.Entries}, "", indent)
	must(t, err)
	quoted, err := json.Marshal(string(page))
	must(t, err)
	rest, err := json.Marshal(map[string]any{"origin": b.Origin, "heads": b.Heads, "keys": b.Keys})
	must(t, err)
	must(t, json.Unmarshal([]byte(tab.Await(fmt.Sprintf(checkPage, rest, quoted))), &r))
	return r
}
