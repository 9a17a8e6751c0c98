package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

var (
	room    = model.Workspace("room")
	errLost = status.Error(codes.Unavailable, "the connection was reset")
)

func note(id, text string) store.Doc {
	return store.Doc{
		Ref:    store.Ref{Scope: room, Collection: storetest.Kind, ID: "n-" + id},
		Fields: store.Fields{"note": text, "filed": time.Unix(1, 0)},
	}
}

// times returns the error for the first n calls of a method.
func times(n int64, method string, err error) storetest.Hook {
	var seen atomic.Int64
	return func(_ context.Context, m string) error {
		if m == method && seen.Add(1) <= n {
			return err
		}
		return nil
	}
}

// hang blocks every call of these methods, or of all, until its context ends.
func hang(methods ...string) storetest.Hook {
	return func(ctx context.Context, m string) error {
		for _, name := range methods {
			if m != name {
				continue
			}
			<-ctx.Done()
			return status.FromContextError(ctx.Err()).Err()
		}
		return nil
	}
}

var everything = []string{"Commit", "BatchGetDocuments", "RunQuery", "RunAggregationQuery", "BeginTransaction",
	"Rollback"}

// calls are all ways to use a store.
func calls(s *store.Store) map[string]func(context.Context) error {
	ref := note("there", "").Ref
	find := store.Find{Scope: room, Collection: storetest.Kind, Query: "recent", Limit: 10}
	return map[string]func(context.Context) error{
		"get":    func(ctx context.Context) error { _, err := s.Get(ctx, ref); return err },
		"find":   func(ctx context.Context) error { _, err := s.Find(ctx, find); return err },
		"count":  func(ctx context.Context) error { _, err := s.Count(ctx, find, 9); return err },
		"commit": func(ctx context.Context) error { _, err := s.Commit(ctx, store.Put(note("there", ""))); return err },
		"run": func(ctx context.Context) error {
			return s.Run(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Get(ctx, ref)
				tx.Write(store.Put(note("there", "")))
				return err
			})
		},
	}
}

func TestBadConnections(t *testing.T) {
	s, cloud := local(t, 0)
	put := func() error { _, err := s.Commit(t.Context(), store.Put(note("there", ""))); return err }
	if err := put(); err != nil {
		t.Fatal(err)
	}
	slow := func(ctx context.Context, _ string) error {
		select {
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		case <-time.After(1700 * time.Millisecond):
			return nil
		}
	}
	for name, hooks := range map[string][2]storetest.Hook{
		"refusing":       {func(context.Context, string) error { return errLost }, nil},
		"hanging":        {hang(everything...), nil},
		"hanging answer": {nil, hang(everything...)},
		"slow":           {slow, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cloud.Faults.Set(hooks[0], hooks[1])
			t.Cleanup(func() { cloud.Faults.Set(nil, nil) })
			var wg sync.WaitGroup
			for call, f := range calls(s) {
				wg.Go(func() {
					start := testclock.Start()
					err := f(t.Context())
					if took := start.Elapsed(); took > 1900*time.Millisecond {
						t.Errorf("%s took %v", call, took)
					}
					if !errors.Is(err, model.ErrUnavailable) || model.PublicText(err) == "" {
						t.Errorf("%s: %v", call, err)
					}
				})
			}
			wg.Wait()
		})
		for call, f := range calls(s) {
			if err := f(t.Context()); err != nil {
				t.Errorf("after %s, %s: %v", name, call, err)
			}
		}
	}
}

func TestPassingFailuresAreNotSeen(t *testing.T) {
	t.Parallel()
	s, cloud := local(t, 0)
	if _, err := s.Commit(t.Context(), store.Put(note("there", ""))); err != nil {
		t.Fatal(err)
	}
	for _, method := range everything {
		cloud.Faults.Set(times(2, method, errLost), nil)
		for call, f := range calls(s) {
			if method == "BatchGetDocuments" && call == "run" || method == "Commit" && call == "run" {
				continue // a transaction does not outlive its connection
			}
			if err := f(t.Context()); err != nil {
				t.Errorf("%s lost twice, %s: %v", method, call, err)
			}
		}
	}
}

func TestALostAnswerIsFoundOut(t *testing.T) {
	t.Parallel()
	s, cloud := local(t, 0)
	lose := func(n int64) { cloud.Faults.Set(nil, times(n, "Commit", errLost)) }
	first := note("a", "first")

	lose(2)
	at, err := s.Commit(t.Context(), store.Create(first), store.Delete(note("z", "").Ref, time.Time{}))
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if d, err := s.Get(t.Context(), first.Ref); err != nil || !d.Stamp.Equal(at) {
		t.Fatalf("create: %v, stamp %v, want %v", err, d, at)
	}
	lose(1)
	second := note("a", "second")
	if at, err = s.Commit(t.Context(), store.Replace(second, at)); err != nil {
		t.Fatalf("replace: %v", err)
	}
	lose(1)
	if _, err = s.Commit(t.Context(), store.Create(first)); !errors.Is(err, model.ErrConflict) {
		t.Fatalf("what another commit made is taken for its own: %v", err)
	}
	lose(1)
	runs := 0
	err = s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		d, err := tx.Get(ctx, first.Ref)
		if err == nil {
			third := *d
			third.Version++
			tx.Write(store.Replace(third, d.Stamp))
		}
		return err
	})
	if err != nil || runs != 1 {
		t.Fatalf("transaction: %v after %d runs", err, runs)
	}
	if d, err := s.Get(t.Context(), first.Ref); err != nil || d.Version != 1 || d.Stamp.Equal(at) {
		t.Fatalf("transaction: %v, %v", d, err)
	}
}

func TestAnUnknownOutcomeIsToldApart(t *testing.T) {
	t.Parallel()
	s, cloud := local(t, 300*time.Millisecond)
	unsettled := func(what string, err error, want bool) {
		t.Helper()
		if !errors.Is(err, model.ErrUnavailable) || errors.Is(err, store.ErrUnsettled) != want {
			t.Errorf("%s: %v", what, err)
		}
		if strings.Contains(model.PublicText(err), "Nothing was changed") == want {
			t.Errorf("%s: the person is told %q", what, model.PublicText(err))
		}
	}
	cloud.Faults.Set(nil, hang("Commit"))
	_, err := s.Commit(t.Context(), store.Create(note("b", "")))
	unsettled("the answer hangs", err, true)
	cloud.Faults.Set(nil, func(context.Context, string) error { return errLost })
	_, err = s.Commit(t.Context(), store.Create(note("c", "")))
	unsettled("all answers are lost", err, true)
	cloud.Faults.Set(func(_ context.Context, m string) error {
		if m == "Commit" {
			return status.Error(codes.ResourceExhausted, "slow down")
		}
		return nil
	}, nil)
	_, err = s.Commit(t.Context(), store.Create(note("d", "")))
	unsettled("refused for load", err, false)
	cloud.Faults.Set(nil, nil)
	for id, want := range map[string]bool{"b": true, "c": true, "d": false} {
		_, err := s.Get(t.Context(), note(id, "").Ref)
		if got := err == nil; got != want {
			t.Errorf("%s is there: %v", id, got)
		}
	}
}

func TestATransactionRunsAgainWhenItIsAborted(t *testing.T) {
	t.Parallel()
	s, cloud := local(t, 0)
	for _, method := range []string{"Commit", "BatchGetDocuments", "RunQuery"} {
		cloud.Faults.Set(times(3, method, status.Error(codes.Aborted, "contention")), nil)
		runs := 0
		err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			runs++
			if _, err := tx.GetAll(ctx, note("e", "").Ref); err != nil {
				return err
			}
			_, err := tx.Find(ctx, store.Find{Scope: room, Collection: storetest.Kind, Query: "recent", Limit: 1})
			tx.Write(store.Put(note("e", "")))
			return err
		})
		if err != nil || runs != 4 {
			t.Errorf("%s: %v after %d runs", method, err, runs)
		}
	}
	cloud.Faults.Set(times(1000, "Commit", status.Error(codes.Aborted, "contention")), nil)
	runs := 0
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		tx.Write(store.Put(note("f", "")))
		_, err := tx.GetAll(ctx, note("e", "").Ref)
		return err
	})
	if !errors.Is(err, model.ErrUnavailable) || errors.Is(err, store.ErrUnsettled) || runs != 8 {
		t.Errorf("for ever: %v after %d runs", err, runs)
	}
}

func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	s, cloud := local(t, 200*time.Millisecond)
	kinds := []error{model.ErrUnavailable, model.ErrNotFound, model.ErrConflict, model.ErrInvalid}
	for _, c := range []struct {
		code         codes.Code
		text         string
		read, commit error
	}{
		{codes.Unavailable, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.DeadlineExceeded, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.Aborted, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.ResourceExhausted, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.FailedPrecondition, "The customer-managed encryption key required by the requested resource is not " +
			"accessible.", model.ErrUnavailable, model.ErrUnavailable},
		{codes.FailedPrecondition, "The query requires an index.", nil, model.ErrConflict},
		{codes.AlreadyExists, "", nil, model.ErrConflict},
		{codes.NotFound, "", model.ErrNotFound, model.ErrConflict},
		{codes.PermissionDenied, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.Unauthenticated, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.Internal, "", model.ErrUnavailable, model.ErrUnavailable},
		{codes.InvalidArgument, "", nil, nil},
	} {
		cloud.Faults.Set(func(_ context.Context, m string) error {
			if m == "Commit" || m == "RunQuery" {
				return status.Error(c.code, c.text)
			}
			return nil
		}, nil)
		_, err := s.Find(t.Context(), store.Find{Scope: room, Collection: storetest.Kind, Query: "recent", Limit: 1})
		for _, kind := range kinds {
			if errors.Is(err, kind) != (kind == c.read) || status.Code(err) != c.code {
				t.Errorf("find with %v: %v", c.code, err)
			}
		}
		_, err = s.Commit(t.Context(), store.Replace(note("g", ""), time.Time{}))
		for _, kind := range kinds {
			if err == nil || errors.Is(err, kind) != (kind == c.commit) {
				t.Errorf("commit with %v: %v", c.code, err)
			}
		}
	}
}

// TestGivenUpTransactionLetsGo: a rollback that fails is repeated, so that others need not wait until the database
// drops the transaction by itself, after a minute.
func TestGivenUpTransactionLetsGo(t *testing.T) {
	s, cloud := local(t, 400*time.Millisecond)
	if _, err := s.Commit(t.Context(), store.Create(note("held", ""))); err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int64
	cloud.Faults.Set(func(_ context.Context, m string) error {
		if m == "Rollback" && refused.Add(1) <= 2 {
			return status.Error(codes.Unavailable, "")
		}
		return nil
	}, nil)
	given := errors.New("given up")
	err := s.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Get(ctx, note("held", "").Ref); err != nil {
			return err
		}
		return given
	})
	if !errors.Is(err, given) {
		t.Fatal(err)
	}
	for start := testclock.Start(); ; {
		_, err := s.Commit(t.Context(), store.Put(note("held", "free")))
		if err == nil {
			break
		}
		if start.Elapsed() > 10*time.Second {
			t.Fatalf("still held: %v", err)
		}
	}
	if n := refused.Load(); n != 3 {
		t.Errorf("%d rollbacks, not 3", n)
	}
}
