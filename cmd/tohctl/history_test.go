package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/history/historytest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// published serves a history as an installation does. A path in instead is answered with that text.
type published struct {
	*historytest.World
	url     string
	instead map[string]string
}

func publish(t *testing.T, entries int) *published {
	t.Helper()
	p := &published{instead: map[string]string{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.World = historytest.New(t, strings.TrimPrefix(server.URL, "http://")+check.Path)
	p.append(t, entries)
	return p
}

func (p *published) append(t *testing.T, n int) (h history.Head) {
	t.Helper()
	for i := range n {
		p.Clock.Advance(time.Minute)
		var err error
		if _, h, err = p.Log.Append(t.Context(), "result", map[string]int{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (p *published) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if text, there := p.instead[r.URL.Path]; there {
		_, _ = io.WriteString(w, text)
		return
	}
	var answer any
	var err error
	switch r.URL.Path {
	case check.HeadPath:
		var h history.Head
		if h, err = p.Log.Head(r.Context()); err == nil {
			_, _ = io.WriteString(w, h.Note)
			return
		}
	case check.KeysPath:
		answer, err = p.Log.PublicKeys(r.Context())
	case check.Path:
		section, _ := strconv.ParseInt(r.FormValue("section"), 10, 64)
		from, _ := strconv.ParseInt(r.FormValue("from"), 10, 64)
		answer, err = p.Log.Page(r.Context(), section, from)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func historyVerified(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"history", "verify"}, args...), &out, io.Discard)
	if err == nil {
		return out.String(), 0
	}
	return out.String(), codeOf(err)
}

func keep(t *testing.T, value any) string {
	t.Helper()
	text, isText := value.(string)
	if !isText {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(raw)
	}
	name := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestHistoryVerify(t *testing.T) {
	p := publish(t, 1)
	old, err := p.Log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.append(t, history.MaxEntries+5) // two pages
	got, code := historyVerified(t, p.url)
	if code != 0 || !strings.Contains(got, "107 entries in 1 sections: all as they were recorded, up to ") ||
		!strings.Contains(got, "--keys and --head") {
		t.Errorf("%d %s", code, got)
	}
	keys, err := p.Log.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, code = historyVerified(t, p.url+"/", "--head", keep(t, old.Note), "--keys", keep(t, keys), "--json")
	var r check.Report
	if err := json.Unmarshal([]byte(got), &r); err != nil || code != 0 || r.State != check.Well || r.Covered != 107 {
		t.Errorf("%d %s, %v", code, got, err)
	}
	if got, code := historyVerified(t, p.url, "--keys", keep(t, keys[:0])); code != codeUndecided ||
		!strings.Contains(got, "unknown key") {
		t.Errorf("without keys: %d %s", code, got)
	}
	d, err := p.Content.Get(t.Context(), store.Ref{Scope: model.Platform(), Collection: history.EntriesName,
		ID: "000001-000000000104"})
	if err != nil {
		t.Fatal(err)
	}
	d.Body = []byte(`{"n":0}`)
	if _, err := p.Content.Commit(t.Context(), store.Put(*d)); err != nil {
		t.Fatal(err)
	}
	if got, code := historyVerified(t, p.url); code != codeBroken ||
		!strings.Contains(got, "entry-changed: Entry 104 of section 1 is not what was recorded") {
		t.Errorf("changed: %d %s", code, got)
	}
}

// TestHistoryIsCheckedAgainstKeptHeads: the installation publishes another history than before, with the same key.
func TestHistoryIsCheckedAgainstKeptHeads(t *testing.T) {
	p := publish(t, 3)
	kept := p.append(t, 2)
	p.instead[check.HeadPath] = p.Shipped()[2].Note
	var page check.Page
	page.Section = 1
	page.Entries = p.Bundle(t).Entries[:4]
	raw, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	p.instead[check.Path] = string(raw)
	if got, code := historyVerified(t, p.url); code != 0 {
		t.Errorf("what it publishes fits: %d %s", code, got)
	}
	if got, code := historyVerified(t, p.url, "--head", keep(t, kept.Note)); code != codeBroken ||
		!strings.Contains(got, "size-too-large: The head of section 1 is over 6 entries, and there are only 4.") {
		t.Errorf("with a kept head: %d %s", code, got)
	}
}

// TestHistoryVerifiesACopy: the files of a copy, in a folder of another host.
func TestHistoryVerifiesACopy(t *testing.T) {
	p := publish(t, history.MaxEntries+5)
	files := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, there := files[strings.TrimPrefix(r.URL.Path, "/opera-mirror/")]
		if !there {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	head, err := p.Log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := p.Log.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	files[check.CopiedHead], files[check.CopiedKeys] = head.Note, string(raw)
	for _, from := range []int64{0, history.MaxEntries} {
		page, err := p.Log.Page(t.Context(), 1, from)
		if err != nil {
			t.Fatal(err)
		}
		if from > 0 {
			page.Next = from + history.MaxEntries // a page that is about to be written
		}
		if raw, err = json.Marshal(page); err != nil {
			t.Fatal(err)
		}
		files[check.CopiedPage(1, from)] = string(raw)
	}
	got, code := historyVerified(t, server.URL+"/opera-mirror/")
	if code != 0 || !strings.Contains(got, "106 entries in 1 sections: all as they were recorded") ||
		!strings.Contains(got, "This is a copy of the history of "+strings.TrimPrefix(p.url, "http://")+".") {
		t.Errorf("%d %s", code, got)
	}
	if got, code := historyVerified(t, p.url); code != 0 || strings.Contains(got, "This is a copy") {
		t.Errorf("the installation: %d %s", code, got)
	}
	whole := files[check.CopiedPage(1, 0)]
	files[check.CopiedPage(1, 0)] = strings.Replace(whole, `{"n":3}`, `{"n":4}`, 1)
	if got, code := historyVerified(t, server.URL+"/opera-mirror"); code != codeBroken ||
		!strings.Contains(got, "entry-changed") {
		t.Errorf("changed: %d %s", code, got)
	}
	files[check.CopiedPage(1, 0)] = whole
	delete(files, check.CopiedPage(1, history.MaxEntries))
	if got, code := historyVerified(t, server.URL+"/opera-mirror"); code != codeUndecided {
		t.Errorf("without a page: %d %s", code, got)
	}
	files[check.CopiedHead] = "nothing"
	if got, code := historyVerified(t, server.URL+"/opera-mirror"); code != codeUndecided {
		t.Errorf("without a head: %d %s", code, got)
	}
}

func TestHistoryThatCannotBeRead(t *testing.T) {
	p := publish(t, 2)
	for name, c := range map[string]struct{ path, text string }{
		"no head":             {check.HeadPath, strings.Repeat("x", mostOfHead+1)},
		"no page":             {check.Path, "<html>"},
		"a page that repeats": {check.Path, `{"section":1,"from":0,"entries":[],"next":-1}`},
		"another page":        {check.Path, `{"section":2,"from":0,"entries":[],"next":0}`},
		"no keys":             {check.KeysPath, "{}"},
	} {
		p.instead = map[string]string{c.path: c.text}
		if got, code := historyVerified(t, p.url); code != codeUndecided {
			t.Errorf("%s: %d %s", name, code, got)
		}
	}
	for name, args := range map[string][]string{
		"no address": {}, "no URL": {"opera.example"}, "no copy": {p.url + "/x"}, "a query": {p.url + "?x=1"},
		"nobody there": {"http://127.0.0.1:1"},
		"no file":      {p.url, "--head", "/nowhere"}, "stray": {p.url, "more"},
		"no keys file": {p.url, "--keys", "/nowhere"},
	} {
		if got, code := historyVerified(t, args...); code != codeUndecided {
			t.Errorf("%s: %d %s", name, code, got)
		}
	}
}

func TestHistoryContinue(t *testing.T) {
	dir := t.TempDir()
	t.Run("the house", func(t *testing.T) { servetest.Start(t, servetest.Options{Dir: dir}) })
	for name, c := range map[string]struct {
		args []string
		want error
	}{
		"nothing to continue": {[]string{"--localcloud", dir, "--why", "A disk failed."}, model.ErrInvalid},
		"no reason":           {[]string{"--localcloud", dir}, model.ErrInvalid},
		"stray":               {[]string{"now", "--localcloud", dir, "--why", "A disk failed."}, nil},
		"no installation":     {[]string{"--why", "A disk failed."}, nil},
	} {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"history", "continue"}, c.args...), &out, io.Discard)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || out.Len() > 0 {
			t.Errorf("%s: %v, %s", name, err, out.String())
		}
	}
}
