// Package historytest makes a history for tests, in the in-process cloud. Production code must never import it.
package historytest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// World is a history in a cloud of its own.
type World struct {
	*recordstest.Fixture
	Content *store.Store
	Outside *store.Store
	Log     *history.Log
	Origin  string

	mu      sync.Mutex
	shipped []history.Head
}

// New makes a history without entries, whose heads begin with an origin.
func New(t testing.TB, origin string) *World {
	t.Helper()
	w := &World{Fixture: recordstest.New(t), Origin: origin}
	options := store.Options{CursorKey: []byte("cursor key of the tests, 32 bytes"), Clock: w.Clock,
		Timeout: 20 * time.Second}
	open := func(o store.Options) *store.Store {
		s, err := store.New(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	options.Client, options.Database = w.Clients.Firestore.Client, w.Clients.Firestore.Name
	options.Collections = history.Collections()
	w.Content = open(options)
	options.Client, options.Database = w.Clients.Keys.Client, w.Clients.Keys.Name
	options.Collections = history.OutsideCollections()
	w.Outside = open(options)
	w.Log = w.Another()
	return w
}

// Another is the Log of another instance, with the present origin.
func (w *World) Another() *history.Log {
	return history.New(history.Options{Content: w.Content, Outside: w.Outside, Origin: w.Origin, Clock: w.Clock,
		Keys: &signing.Keys{Client: w.Clients.KMS, Name: w.Config.SigningKey(), Clock: w.Clock}, Ship: w.ship})
}

func (w *World) ship(_ context.Context, h history.Head) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shipped = append(w.shipped, h)
	return nil
}

// Shipped are all heads that were signed, in order.
func (w *World) Shipped() []history.Head {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]history.Head(nil), w.shipped...)
}

// Bundle is what a stranger gets who downloads everything, and heads that they kept.
func (w *World) Bundle(t testing.TB, kept ...history.Head) check.Bundle {
	t.Helper()
	b, err := w.bundle(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *World) bundle(ctx context.Context, kept []history.Head) (check.Bundle, error) {
	b := check.Bundle{Origin: w.Origin}
	sections, err := w.Log.Sections(ctx)
	if err != nil {
		return b, err
	}
	for _, s := range sections {
		for from := int64(0); from < s.Size; from += history.MaxEntries {
			page, err := w.Log.Page(ctx, s.Number, from)
			if err != nil {
				return b, err
			}
			raw, err := json.Marshal(page)
			if err != nil {
				return b, err
			}
			var read check.Page
			if err := json.Unmarshal(raw, &read); err != nil {
				return b, err
			}
			b.Entries = append(b.Entries, read.Entries...)
		}
	}
	h, err := w.Log.Head(ctx)
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		return b, err
	}
	for _, k := range append(kept, h) {
		b.Heads = append(b.Heads, k.Note)
	}
	b.Keys, err = w.Log.PublicKeys(ctx)
	return b, err
}
