package history_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/history/historytest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const origin = "opera.example/security/history"

// result is what the tests record.
type result struct {
	N    int    `json:"n"`
	Says string `json:"says"`
}

// world is a history with helpers.
type world struct{ *historytest.World }

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{historytest.New(t, origin)}
}

// append records n entries, one a minute, and returns the last head.
func (w *world) append(t testing.TB, n int) (h history.Head) {
	t.Helper()
	for i := range n {
		w.Clock.Advance(time.Minute)
		e, head, err := w.Log.Append(t.Context(), "result", result{i, "a < b"})
		must(t, err)
		if h = head; h.Section != e.Section || h.Size <= e.Number {
			t.Fatalf("%+v does not cover entry %d of section %d", h, e.Number, e.Section)
		}
	}
	return h
}

func (w *world) verify(t testing.TB, kept ...history.Head) check.Report {
	t.Helper()
	return check.Verify(w.Bundle(t, kept...))
}

func (w *world) well(t testing.TB, kept ...history.Head) check.Report {
	t.Helper()
	r := w.verify(t, kept...)
	if r.State != check.Well || r.Open != 0 {
		t.Fatalf("%+v", r)
	}
	return r
}

// change changes a document past the Log.
func (w *world) change(t testing.TB, collection, id string, f func(*store.Doc)) {
	t.Helper()
	d, err := w.Content.Get(t.Context(), ref(collection, id))
	must(t, err)
	d.Body = bytes.Clone(d.Body)
	f(d)
	_, err = w.Content.Commit(t.Context(), store.Put(*d))
	must(t, err)
}

func ref(collection, id string) store.Ref {
	return store.Ref{Scope: model.Platform(), Collection: collection, ID: id}
}

func id(section, number int64) string { return fmt.Sprintf("%06d-%012d", section, number) }

// snapshot is everything that the content database holds of the history.
func (w *world) snapshot(t testing.TB) (docs []*store.Doc) {
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
func (w *world) restore(t testing.TB, docs []*store.Doc) {
	t.Helper()
	var writes []store.Write
	for _, d := range w.snapshot(t) {
		writes = append(writes, store.Delete(d.Ref, time.Time{}))
	}
	if len(writes) > 0 {
		_, err := w.Content.Commit(t.Context(), writes...)
		must(t, err)
	}
	writes = nil
	for _, d := range docs {
		writes = append(writes, store.Put(*d))
	}
	if len(writes) > 0 {
		_, err := w.Content.Commit(t.Context(), writes...)
		must(t, err)
	}
}

// rotate makes another version of the key.
func (w *world) rotate(t testing.TB) {
	t.Helper()
	_, err := w.Clients.KMS.CreateCryptoKeyVersion(t.Context(),
		&kmspb.CreateCryptoKeyVersionRequest{Parent: w.Config.SigningKey()})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
