package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/operate/mirror"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/history/historytest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const origin = "opera.example/security/history"

var errBucket = errors.New("the bucket does not answer")

// bucket is a bucket in memory. After each write it is as a reader may find it.
type bucket struct {
	files  map[string]string
	writes []string
	after  func()
	fails  int // the write with this number fails; 0 none
}

func (b *bucket) Put(_ context.Context, f objects.File) (bool, error) {
	if b.files[f.Name] == string(f.Body) {
		return false, nil
	}
	if b.fails > 0 && len(b.writes)+1 >= b.fails {
		return false, errBucket
	}
	b.files[f.Name] = string(f.Body)
	b.writes = append(b.writes, f.Name)
	if b.after != nil {
		b.after()
	}
	return true, nil
}

func (b *bucket) Get(_ context.Context, name string, _ int64) ([]byte, error) {
	text, there := b.files[name]
	if !there {
		return nil, objects.ErrMissing
	}
	return []byte(text), nil
}

func (b *bucket) Last(_ context.Context, prefix, from string) (string, error) {
	last := ""
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		if strings.HasPrefix(name, prefix) && name >= from {
			last = name
		}
	}
	return last, nil
}

// site is a service with the page and one file of styles.
type site map[string]string

func (s site) Get(_ context.Context, path string) ([]byte, error) {
	text, there := s[path]
	if !there {
		return nil, fmt.Errorf("there is no %s", path)
	}
	return []byte(text), nil
}

func service() site {
	return site{"/security.json": `{"kept":47}`, "/app.css": `@font-face { src: url("x.woff2") } body { color: red }`,
		"/security": `<!DOCTYPE html><html lang="en"><head><link rel="icon" href="/i.svg">
<link rel="stylesheet" href="/app.css"><script src="/app.js"></script></head><body>
<details><form method="post" action="/theme"><button>Dark</button></form></details>
<main><div class="wrap"><a href="#x">x</a><a href="/security.json">data</a><a href="/security/head">head</a>
<a href="/security/T1">T1</a><a href="https://other.example/">other</a></div></main></body></html>`}
}

type world struct {
	*historytest.World
	*bucket
	site   site
	mirror *mirror.Mirror
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{World: historytest.New(t, origin), bucket: &bucket{files: map[string]string{}}, site: service()}
	w.mirror = mirror.New(mirror.Options{History: w.Log, Bucket: w.bucket, Site: w.site, Clock: w.Clock,
		BaseURL: "https://opera.example", CopyURL: "https://storage.example/copy"})
	return w
}

func (w *world) append(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		w.Clock.Advance(time.Minute)
		_, _, err := w.Log.Append(t.Context(), "run", i)
		must(t, err)
	}
}

func (w *world) copy(t *testing.T) mirror.Done {
	t.Helper()
	d, err := w.mirror.Copy(t.Context())
	must(t, err)
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// verify checks what is in the bucket, as a reader does who has nothing else. Before the first head there is nothing to
// check.
func (w *world) verify(t *testing.T) check.Report {
	t.Helper()
	head, there := w.files[check.CopiedHead]
	if !there {
		return check.Report{State: check.Well}
	}
	b := check.Bundle{Origin: origin, Heads: []string{head}}
	must(t, json.Unmarshal([]byte(w.files[check.CopiedKeys]), &b.Keys))
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		if _, _, ok := check.CopiedFrom(name); ok {
			var p check.Page
			must(t, json.Unmarshal([]byte(w.files[name]), &p))
			b.Entries = append(b.Entries, p.Entries...)
		}
	}
	return check.Verify(b)
}

func (w *world) well(t *testing.T, entries int64) {
	t.Helper()
	if r := w.verify(t); r.State != check.Well || r.Covered != entries {
		t.Errorf("%d of %d entries, %s: %v %v", r.Covered, entries, r.State, r.Findings, r.Undecided)
	}
}

// TestCopyIsWholeAtEachMoment: after each single write a reader finds all entries under the head.
func TestCopyIsWholeAtEachMoment(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.after = func() {
		if r := w.verify(t); r.State != check.Well {
			t.Errorf("after %s: %v %v", w.writes[len(w.writes)-1], r.Findings, r.Undecided)
		}
	}
	if w.copy(t); len(w.writes) != 2 {
		t.Errorf("before the first entry: %q", w.writes)
	}
	w.append(t, 3)
	w.copy(t)
	w.well(t, 4)
	w.append(t, 210)
	w.copy(t)
	w.well(t, 214)
	w.append(t, 1)
	w.writes = nil
	w.copy(t)
	if want := []string{check.CopiedPage(1, 200), check.CopiedKeys, check.CopiedHead, mirror.PageName}; !slices.Equal(
		w.writes, want) {
		t.Errorf("one more entry: %q", w.writes)
	}
	w.writes = nil
	if d := w.copy(t); d.Written != 0 || len(w.writes) != 0 {
		t.Errorf("nothing has changed: %q", w.writes)
	}
}

// TestCopyThatWasCutOff continues, wherever it was cut off.
func TestCopyThatWasCutOff(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.append(t, 104)
	for n := 1; ; n++ {
		w.files, w.writes, w.fails = map[string]string{}, nil, n
		_, err := w.mirror.Copy(t.Context())
		if err == nil {
			if n < 6 {
				t.Errorf("only %d writes", n)
			}
			return
		}
		if r := w.verify(t); !errors.Is(err, errBucket) || r.State != check.Well {
			t.Errorf("cut off at %d: %v, %v", n, err, r.Findings)
		}
		w.fails = 0
		w.copy(t)
		w.well(t, 105)
	}
}

// TestLostPagesComeBack: in the end each page that somebody removed is written again.
func TestLostPagesComeBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.append(t, 104)
	w.copy(t)
	delete(w.files, check.CopiedPage(1, 0))
	w.append(t, 1)
	w.copy(t)
	w.well(t, 106)
}

// TestCopyKeepsWhatTheServiceLost: the database goes back to an earlier state.
func TestCopyKeepsWhatTheServiceLost(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.append(t, 100)
	earlier := w.snapshot(t)
	w.append(t, 30)
	w.copy(t)
	lost := w.files[check.CopiedPage(1, 100)]
	head := w.files[check.CopiedHead]
	w.restore(t, earlier)
	if _, err := w.mirror.Copy(t.Context()); !errors.Is(err, mirror.ErrAhead) || w.files[check.CopiedHead] != head {
		t.Errorf("before a new section begins: %v", err)
	}
	w.append(t, 1)
	w.copy(t)
	if w.files[check.CopiedPage(1, 100)] != lost || w.files[check.CopiedHead] == head {
		t.Error("what was lost is not in the copy any more, or the copy does not continue")
	}
	w.well(t, 131+3)
	w.append(t, 1)
	w.copy(t)
	w.well(t, 131+4)
}

// TestCopyOfAnotherHistoryIsNotReplaced: two installations are told to write to the same bucket.
func TestCopyOfAnotherHistoryIsNotReplaced(t *testing.T) {
	t.Parallel()
	w, other := open(t), open(t)
	other.append(t, 3)
	other.copy(t)
	w.Origin = "another.example/security/history"
	w.Log = w.Another()
	w.append(t, 9)
	w.mirror = mirror.New(mirror.Options{History: w.Log, Bucket: other.bucket, Site: w.site, Clock: w.Clock})
	other.writes = nil
	if _, err := w.mirror.Copy(t.Context()); !errors.Is(err, mirror.ErrAhead) || len(other.writes) > 0 {
		t.Errorf("%v, %q", err, other.writes)
	}
}

// TestPageNeedsNothingElse: styles are in it, nothing is loaded, and links lead to the copy or to the service.
func TestPageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.copy(t)
	page := w.files[mirror.PageName]
	for _, want := range []string{"body { color: red }", `href="#x"`, `href="security.json"`, `href="security/head"`,
		`href="https://opera.example/security/T1"`, `href="https://other.example/"`, "This is a copy",
		"tohctl history verify https://storage.example/copy", w.Clock.Now().UTC().Format("15:04 MST")} {
		if !strings.Contains(page, want) {
			t.Errorf("without %q:\n%s", want, page)
		}
	}
	for _, bad := range []string{"<script", "<form", "<link", "font-face", "<details", `="/`} {
		if strings.Contains(page, bad) {
			t.Errorf("with %q:\n%s", bad, page)
		}
	}
	delete(w.site, "/app.css")
	if _, err := w.mirror.Copy(t.Context()); err == nil || w.files[mirror.PageName] != page {
		t.Errorf("without styles: %v", err)
	}
}

func (w *world) snapshot(t *testing.T) (docs []*store.Doc) {
	t.Helper()
	for _, c := range history.Collections() {
		walk := store.Walk{Collection: c.Name, Body: true, Limit: store.MaxLimit}
		for _, f := range c.Fields {
			walk.Fields = append(walk.Fields, f.Name)
		}
		list, err := w.Content.Walk(t.Context(), walk)
		must(t, err)
		docs = append(docs, list...)
	}
	return docs
}

// restore puts the content database back to a snapshot.
func (w *world) restore(t *testing.T, docs []*store.Doc) {
	t.Helper()
	var writes []store.Write
	for _, d := range w.snapshot(t) {
		writes = append(writes, store.Delete(d.Ref, time.Time{}))
	}
	for part := range slices.Chunk(writes, 100) {
		_, err := w.Content.Commit(t.Context(), part...)
		must(t, err)
	}
	for part := range slices.Chunk(docs, 100) {
		writes = nil
		for _, d := range part {
			writes = append(writes, store.Put(*d))
		}
		_, err := w.Content.Commit(t.Context(), writes...)
		must(t, err)
	}
}
