package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// trail makes n documents that expire at 2000 seconds, and says which field that is in.
func trail(tb testing.TB, w *world, n int) {
	tb.Helper()
	err := w.server.DeclareIndexes(database, nil,
		firestore.FieldOverride{Collection: "trail", Path: "expires", TTL: true},
		firestore.FieldOverride{Collection: "trail", Path: "*"})
	if err != nil {
		tb.Fatal(err)
	}
	const most = 500
	for from := 0; from < n; from += most {
		batch := w.BulkWriter(tb.Context())
		var jobs []*gcfs.BulkWriterJob
		for i := from; i < min(n, from+most); i++ {
			job, err := batch.Set(w.Doc(fmt.Sprintf("w/%d/trail/%d", i%7, i)),
				map[string]any{"expires": time.Unix(2000, 0), "n": i})
			if err != nil {
				tb.Fatal(err)
			}
			jobs = append(jobs, job)
		}
		batch.End()
		for _, job := range jobs {
			if _, err := job.Results(); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// TestSweepLeavesWhatIsExtended: a document whose time is extended while the sweep is running stays, and does not keep
// the others of its commit from being deleted.
func TestSweepLeavesWhatIsExtended(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	w := newWorld(t, firestore.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
	ctx := testContext(t)
	const n = 1200
	trail(t, w, n)
	now.Store(3000)
	var extended sync.Map
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for id := i * 7; id < n; id += 28 {
				path := fmt.Sprintf("w/%d/trail/%d", id%7, id)
				_, err := w.Doc(path).Update(ctx, []gcfs.Update{{Path: "expires", Value: time.Unix(9000, 0)}})
				if err == nil { // otherwise it was deleted before
					extended.Store(path, true)
				}
			}
		})
	}
	deleted := 0
	for range 3 {
		swept, err := w.server.Sweep(ctx)
		if err != nil {
			t.Fatal(err)
		}
		deleted += swept
	}
	writers.Wait()
	swept, err := w.server.Sweep(ctx)
	if err != nil {
		t.Fatal(err)
	}
	deleted += swept
	left, err := paths(ctx, w.CollectionGroup("trail").Query)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	extended.Range(func(any, any) bool { kept++; return true })
	if len(left) != kept || deleted != n-kept {
		t.Errorf("%d left and %d counted as deleted of %d, where %d were extended", len(left), deleted, n, kept)
	}
	for _, path := range left {
		if _, ok := extended.Load(path); !ok {
			t.Errorf("%s is left", path)
		}
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

// TestSweepLooksAgain: a document that is extended after the sweep has checked it, and before it deletes, stays.
func TestSweepLooksAgain(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	var looks atomic.Int64
	extend := func() {}
	w := newWorld(t, firestore.Options{Clock: func() time.Time {
		if looks.Add(-1) == 0 {
			extend()
		}
		return time.Unix(now.Load(), 0)
	}})
	const n = 20
	trail(t, w, n)
	now.Store(3000)
	extend = func() {
		for i := range n {
			if _, err := w.Doc(fmt.Sprintf("w/%d/trail/%d", i%7, i)).Update(t.Context(),
				[]gcfs.Update{{Path: "n", Value: -1}}); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Doc("w/0/trail/0").Update(t.Context(),
			[]gcfs.Update{{Path: "expires", Value: time.Unix(9000, 0)}}); err != nil {
			t.Error(err)
		}
	}
	looks.Store(n) // the first look is for the index, the others are at the documents
	for range 2 {
		if _, err := w.server.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left, err := paths(t.Context(), w.CollectionGroup("trail").Query)
	if err != nil || len(left) != 1 || left[0] != "w/0/trail/0" {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestSweepEndsWithItsContext: a sweep that runs out of time says so, and the next one does the rest.
func TestSweepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	ctx, cancel := context.WithCancel(t.Context())
	var armed atomic.Bool
	w := newWorld(t, firestore.Options{Clock: func() time.Time {
		if armed.Load() {
			cancel() // after the first look, before the last batch
		}
		return time.Unix(now.Load(), 0)
	}})
	const n = 1250
	trail(t, w, n)
	now.Store(3000)
	armed.Store(true)
	done, err := w.server.Sweep(ctx)
	if !errors.Is(err, context.Canceled) || done == n {
		t.Errorf("%d deleted, %v", done, err)
	}
	if err != nil && !strings.Contains(err.Error(), "more are left") {
		t.Errorf("the error does not say that documents are left: %v", err)
	}
	rest, err := w.server.Sweep(t.Context())
	if err != nil || done+rest != n {
		t.Errorf("%d and %d deleted of %d, %v", done, rest, n, err)
	}
}

// TestSweepAtTheEdgesOfItsBatches: whatever number of documents has expired, all of them are deleted, and none whose
// time is still to come, even if only by a microsecond.
func TestSweepAtTheEdgesOfItsBatches(t *testing.T) {
	for _, n := range []int{0, 1, 499, 500, 501, 1000, 1001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var now atomic.Int64
			now.Store(1000)
			w := newWorld(t, firestore.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
			trail(t, w, n)
			for name, expires := range map[string]any{
				"younger": time.Unix(2000, 1000), "without": "a time", "never": nil,
			} {
				if _, err := w.Doc("w/0/trail/"+name).Set(t.Context(), map[string]any{"expires": expires}); err != nil {
					t.Fatal(err)
				}
			}
			now.Store(2000)
			if done, err := w.server.Sweep(t.Context()); done != n || err != nil {
				t.Errorf("%d deleted of %d, %v", done, n, err)
			}
			left, err := paths(t.Context(), w.CollectionGroup("trail").Query)
			if err != nil || len(left) != 3 {
				t.Errorf("left: %v, %v", left, err)
			}
			if err := w.server.CheckConsistency(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSweepFailsInTheMiddle: what was deleted before a failure is counted, what comes after it stays complete, and
// other collections are swept nevertheless.
func TestSweepFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	w := newWorld(t, firestore.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
	const n = 1200
	trail(t, w, n)
	others := []string{"another", "zones"} // whichever order collections come in
	overrides := []firestore.FieldOverride{{Collection: "trail", Path: "expires", TTL: true}}
	for _, name := range others {
		overrides = append(overrides, firestore.FieldOverride{Collection: name, Path: "expires", TTL: true})
	}
	if err := w.server.DeclareIndexes(database, nil, overrides...); err != nil {
		t.Fatal(err)
	}
	for _, name := range others {
		if _, err := w.Doc(name+"/1").Set(t.Context(), map[string]any{"expires": time.Unix(1500, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	repair, err := w.server.Spoil(w.Doc("w/6/trail/6").Path) // among the last in the order of the index
	if err != nil {
		t.Fatal(err)
	}
	now.Store(3000)
	done, err := w.server.Sweep(t.Context())
	if err == nil || done != 1002 {
		t.Errorf("%d deleted, %v", done, err)
	}
	if err := repair(); err != nil {
		t.Fatal(err)
	}
	left, err := paths(t.Context(), w.CollectionGroup("trail").Query)
	if err != nil || len(left) != 200 {
		t.Errorf("%d left, %v", len(left), err)
	}
	if done, err := w.server.Sweep(t.Context()); err != nil || done != 200 {
		t.Errorf("%d deleted by the next sweep, %v", done, err)
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

// BenchmarkSweep measures how fast expired documents are deleted.
func BenchmarkSweep(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		b.StopTimer()
		var now atomic.Int64
		now.Store(1000)
		w := newWorld(b, firestore.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
		trail(b, w, n)
		now.Store(3000)
		b.StartTimer()
		if done, err := w.server.Sweep(b.Context()); done != n || err != nil {
			b.Fatal(done, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}
