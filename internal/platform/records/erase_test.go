package records_test

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

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

// ledger is how often each document is in the ledger of erasures.
func ledger(t *testing.T, h *recordstest.Fixture) map[string]int {
	t.Helper()
	all := map[string]int{}
	err := h.Keyrings.Erased(t.Context(), time.Time{}, func(e seal.Erasure) error {
		all[e.Ref.String()]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func erasure(ctx context.Context, h *recordstest.Fixture, c access.Caller, ids ...string) error {
	if len(ids) == 1 {
		return pages.Delete(ctx, h.Gate, records.By(c, access.ReportTrash).On(ids[0]))
	}
	return h.Gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		for _, id := range ids {
			if err := pages.Delete(ctx, tx, records.By(c, access.ReportTrash).On(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestWhatIsRemovedIsInTheLedger(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	one, two, three := create(t, h, boss, page{Title: "1", Reads: everyone()}),
		create(t, h, boss, page{Title: "2", Reads: everyone()}), create(t, h, boss, page{Title: "3", Reads: everyone()})
	if err := erasure(t.Context(), h, boss, one.ID); err != nil {
		t.Fatal(err)
	}
	if err := erasure(t.Context(), h, boss, two.ID, three.ID); err != nil {
		t.Fatal(err)
	}
	got := ledger(t, h)
	for _, id := range []string{one.ID, two.ID, three.ID} {
		if got[pages.Ref(ws, id).String()] != 1 {
			t.Errorf("%v", got)
		}
	}
	sys := access.SystemCaller(ws, "test", "")
	if _, err := counters.Create(t.Context(), h.Gate, records.By(sys, access.TrashEmpty).On("some"),
		counter{1}); err != nil {
		t.Fatal(err)
	}
	if err := counters.Delete(t.Context(), h.Gate, records.By(sys, access.TrashEmpty).On("some")); err != nil {
		t.Fatal(err)
	}
	if err := pages.Delete(t.Context(), h.Gate, records.By(as(ws, "vera", access.Viewer), access.ReportTrash).
		On(one.ID)); err == nil {
		t.Error("a viewer removed")
	}
	if n := len(ledger(t, h)); n != 3 {
		t.Errorf("%d in the ledger after a removal of housekeeping and a refused one", n)
	}
}

// TestWhatStaysLeavesTheLedger makes the removal fail with certainty.
func TestWhatStaysLeavesTheLedger(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	ids := []string{create(t, h, boss, page{Title: "1", Reads: everyone()}).ID,
		create(t, h, boss, page{Title: "2", Reads: everyone()}).ID}
	for n := 1; n <= 2; n++ {
		h.Intercept(refuseSecondCommit())
		err := erasure(t.Context(), h, boss, ids[:n]...)
		h.Intercept(nil)
		wantKind(t, err, model.ErrConflict)
		if got := ledger(t, h); len(got) != 0 {
			t.Errorf("%d at once: the ledger says %v", n, got)
		}
	}
}

// refuseSecondCommit lets the ledger be written, refuses every attempt at the removal, and lets the ledger be
// corrected.
func refuseSecondCommit() func(context.Context, string) error {
	var n atomic.Int64
	return func(ctx context.Context, m string) error {
		if strings.HasSuffix(m, "/Commit") && n.Add(1)%3 == 2 {
			return status.Error(codes.FailedPrecondition, "changed in between")
		}
		return nil
	}
}

// TestADeathAtAnyStepOfARemoval makes every call from the n-th on fail, for each n: whatever is gone afterwards is in
// the ledger.
func TestADeathAtAnyStepOfARemoval(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	gone := 0
	for n := int64(0); n < 12; n++ {
		ids := []string{create(t, h, boss, page{Title: "1", Reads: everyone()}).ID,
			create(t, h, boss, page{Title: "2", Reads: everyone()}).ID}[:1+n%2]
		dead, dies := context.WithCancel(t.Context())
		var calls atomic.Int64
		h.Intercept(func(_ context.Context, m string) error {
			if strings.Contains(m, ".logging.") || calls.Add(1) <= n/2 {
				return nil
			}
			dies()
			return status.Error(codes.Unavailable, "dead")
		})
		err := erasure(dead, h, boss, ids...)
		h.Intercept(nil)
		dies()
		in := ledger(t, h)
		for _, id := range ids {
			_, missing := pages.Get(t.Context(), h.Gate, records.By(boss, access.ReportRead).On(id))
			if err == nil && missing == nil {
				t.Errorf("after %d calls: acknowledged and there", n/2)
			}
			if errors.Is(missing, model.ErrNotFound) {
				gone++
				if in[pages.Ref(ws, id).String()] == 0 {
					t.Errorf("after %d calls: gone, and not in the ledger", n/2)
				}
			}
		}
	}
	if gone < 2 || gone == 18 {
		t.Errorf("%d of 18 went: the test shows nothing", gone)
	}
}

// TestRemovalsInARace lets many remove the same document: one succeeds, and the ledger has it once.
func TestRemovalsInARace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	id := create(t, h, boss, page{Title: "1", Reads: everyone()}).ID
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if erasure(t.Context(), h, boss, id) == nil {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if in := ledger(t, h); done.Load() != 1 || in[pages.Ref(ws, id).String()] != 1 {
		t.Errorf("%d removed it; the ledger: %v", done.Load(), in)
	}
}
