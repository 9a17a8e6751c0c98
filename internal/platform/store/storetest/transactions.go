package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func transaction(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	a, b := sample(scope, 1), sample(scope, 2)
	commit(t, s, store.Create(a))
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		docs, err := tx.GetAll(ctx, a.Ref, b.Ref)
		if err != nil {
			return err
		}
		if docs[0] == nil || docs[1] != nil {
			t.Errorf("read %v", docs)
		}
		changed := *docs[0]
		changed.Version++
		tx.Write(store.Replace(changed, docs[0].Stamp))
		tx.Write(store.Create(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := get(t, s, a.Ref); d.Version != a.Version+1 {
		t.Fatalf("version %d", d.Version)
	}
	get(t, s, b.Ref)
	// Transactions without reads, and without writes.
	c := sample(scope, 3)
	if err := s.Run(t.Context(), func(_ context.Context, tx *store.Tx) error {
		tx.Write(store.Create(c))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	get(t, s, c.Ref)
	if err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Get(ctx, c.Ref)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func transactionUndone(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	a, b := sample(scope, 1), sample(scope, 2)
	commit(t, s, store.Create(a))
	mine := errors.New("no")
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Get(ctx, a.Ref); err != nil {
			return err
		}
		tx.Write(store.Delete(a.Ref, time.Time{}), store.Create(b))
		return mine
	})
	if !errors.Is(err, mine) {
		t.Fatalf("got %v", err)
	}
	get(t, s, a.Ref)
	wantGone(t, s, b.Ref)
	// No lock is left: others can write at once.
	commit(t, s, store.Replace(a, time.Time{}))
}

func transactionReads(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 3)
	find := store.Find{Scope: scope, Collection: Kind, Query: "recent", Limit: 2}
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Get(ctx, report(scope, "none")); !errors.Is(err, model.ErrNotFound) {
			t.Errorf("missing: %v", err)
		}
		page, err := tx.Find(ctx, find)
		if err != nil {
			return err
		}
		if got := ids(page.Docs); got != "2 1" || page.Next == "" {
			t.Errorf("found %s", got)
		}
		tx.Write(store.Put(sample(scope, 7)))
		if _, err := tx.Get(ctx, sample(scope, 7).Ref); err == nil {
			t.Error("what was written can be read")
		}
		if _, err := tx.Find(ctx, find); err == nil {
			t.Error("where was written can be searched")
		}
		_, err = tx.Get(ctx, sample(scope, 1).Ref)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	get(t, s, sample(scope, 7).Ref)
}

func staleInTransaction(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	a, b := sample(scope, 1), sample(scope, 2)
	stamp := commit(t, s, store.Put(a))
	commit(t, s, store.Put(a))
	runs := 0
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		_, err := tx.Get(ctx, b.Ref)
		tx.Write(store.Create(b), store.Replace(a, stamp))
		if errors.Is(err, model.ErrNotFound) {
			return nil
		}
		return err
	})
	wantClash(t, err, a.Ref)
	wantGone(t, s, b.Ref)
	if runs != 1 {
		t.Fatalf("a conflict that stays was tried %d times", runs)
	}
}

func counter(scope model.Scope, n int64) store.Doc {
	return store.Doc{
		Ref:    store.Ref{Scope: scope, Collection: "counters", ID: "hot"},
		Fields: store.Fields{"n": n},
	}
}

// together runs f n times at once.
func together(n int, f func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(f)
	}
	wg.Wait()
}

// contentionOfConditions has 50 writers each add one to the same document by read and conditional replace.
func contentionOfConditions(t *testing.T, s *store.Store) {
	const writers = 50
	scope := newWorkspace()
	ref := counter(scope, 0).Ref
	commit(t, s, store.Create(counter(scope, 0)))
	together(writers, func() {
		for {
			d, err := s.Get(t.Context(), ref)
			if err == nil {
				_, err = s.Commit(t.Context(), store.Replace(counter(scope, d.Fields["n"].(int64)+1), d.Stamp))
			}
			if err == nil {
				return
			}
			if !errors.Is(err, model.ErrConflict) && (!errors.Is(err, model.ErrUnavailable) ||
				errors.Is(err, store.ErrUnsettled)) {
				t.Errorf("a writer got %v", err)
				return
			}
		}
	})
	if n := get(t, s, ref).Fields["n"]; n != int64(writers) {
		t.Fatalf("counted %v, want %d", n, writers)
	}
}

// Contention has writers each add one to the same document in transactions. A writer that runs out of time tries again.
// What counts is that no addition is lost and none is counted twice.
func Contention(t *testing.T, s *store.Store, writers int) (tries int) {
	t.Helper()
	scope := newWorkspace()
	ref := counter(scope, 0).Ref
	commit(t, s, store.Create(counter(scope, 0)))
	var mu sync.Mutex
	add := func(ctx context.Context, tx *store.Tx) error {
		mu.Lock()
		tries++
		mu.Unlock()
		d, err := tx.Get(ctx, ref)
		if err != nil {
			return err
		}
		tx.Write(store.Replace(counter(scope, d.Fields["n"].(int64)+1), time.Time{}))
		return nil
	}
	together(writers, func() {
		for {
			err := s.Run(t.Context(), add)
			if err == nil {
				return
			}
			if !errors.Is(err, model.ErrUnavailable) || errors.Is(err, store.ErrUnsettled) {
				t.Errorf("a writer got %v", err)
				return
			}
		}
	})
	if n := get(t, s, ref).Fields["n"]; n != int64(writers) {
		t.Fatalf("counted %v, want %d", n, writers)
	}
	return tries
}
