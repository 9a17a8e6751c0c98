package history_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// kinds are the findings of a check.
func kinds(r check.Report) (list []string) {
	for _, f := range r.Findings {
		list = append(list, f.Kind)
	}
	return list
}

// TestStoredTamperingShows changes what is stored after twelve entries (0 to 11).
func TestStoredTamperingShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(t *testing.T, w *world)
		want   string // the first finding
		number int64
		signs  bool // whether the next head is signed, since only a stranger can notice
	}{
		"the data": {func(t *testing.T, w *world) {
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) { d.Body[6] ^= 1 })
		}, check.EntryChanged, 4, false},
		"no JSON any more": {func(t *testing.T, w *world) {
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) { d.Body[0] ^= 1 })
		}, check.EntryChanged, 4, false},
		"the kind": {func(t *testing.T, w *world) {
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) { d.Fields["kind"] = "other" })
		}, check.EntryChanged, 4, false},
		"the time": {func(t *testing.T, w *world) {
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) {
				d.Fields["at"] = d.Fields["at"].(time.Time).Add(-time.Hour)
			})
		}, check.BackDated, 4, false},
		"dropped": {func(t *testing.T, w *world) {
			_, err := w.Content.Commit(t.Context(), store.Delete(ref(history.EntriesName, id(1, 4)), time.Time{}))
			must(t, err)
		}, check.EntryMissing, 4, false},
		"swapped": {func(t *testing.T, w *world) {
			var four, five store.Doc
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) { four = *d })
			w.change(t, history.EntriesName, id(1, 5), func(d *store.Doc) { five = *d; d.Body = four.Body })
			w.change(t, history.EntriesName, id(1, 4), func(d *store.Doc) { d.Body = five.Body })
		}, check.EntryChanged, 4, false},
		"the hash of an entry": {func(t *testing.T, w *world) {
			w.change(t, history.HashesName, id(1, 4), func(d *store.Doc) { d.Body[3] ^= 1 })
		}, check.HashChanged, 4, false},
		"a hash of the tree": {func(t *testing.T, w *world) {
			w.change(t, history.HashesName, id(1, 7), func(d *store.Doc) { d.Body[len(d.Body)-1] ^= 1 })
		}, "", 0, false},
		"the root in the head": {func(t *testing.T, w *world) {
			w.change(t, history.StateName, "head", func(d *store.Doc) {
				lines := strings.Split(string(d.Body), `\n`)
				lines[2] = strings.Replace(lines[2], lines[2][:4], "AAAA", 1)
				d.Body = []byte(strings.Join(lines, `\n`))
			})
		}, check.BadSignature, -1, false},
		"the state set back": {func(t *testing.T, w *world) {
			w.change(t, history.StateName, "entries", func(d *store.Doc) {
				d.Body = []byte(strings.Replace(string(d.Body), `"size":12`, `"size":9`, 1))
			})
		}, check.SizeTooLarge, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			head := w.append(t, 11)
			c.do(t, w)
			r := w.verify(t)
			if c.want == "" && r.State != check.Well {
				t.Errorf("%+v", r)
			}
			if c.want != "" && (len(r.Findings) == 0 || r.Findings[0].Kind != c.want ||
				r.Findings[0].Number != c.number) {
				t.Errorf("%q, %+v", kinds(r), r)
			}
			_, got, err := w.Log.Append(t.Context(), "result", result{})
			if !errors.Is(err, history.ErrTampered) || got.Note != "" {
				t.Errorf("%+v was signed: %v", got, err)
			}
			if now, err := w.Log.Head(t.Context()); name != "the root in the head" && (err != nil || now != head) {
				t.Errorf("the head is %+v, %v", now, err)
			}
		})
	}
}

// TestOldEntriesAreComparedAgain: an entry that was changed long after its head is noticed within some heads, before a
// stranger has to find it.
func TestOldEntriesAreComparedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 30)
	w.change(t, history.EntriesName, id(1, 20), func(d *store.Doc) { d.Body[6] ^= 1 })
	var err error
	for range 100 { // each compares 16 of 30 to 130 entries
		if _, _, err = w.Log.Append(t.Context(), "result", result{}); err != nil {
			break
		}
	}
	last, _ := w.Log.Head(t.Context())
	for range 3 { // until it is repaired
		if !errors.Is(err, history.ErrTampered) || !strings.Contains(err.Error(), "entry 20 of section 1") {
			t.Fatal(err)
		}
		_, _, err = w.Log.Append(t.Context(), "result", result{})
	}
	w.change(t, history.EntriesName, id(1, 20), func(d *store.Doc) { d.Body[6] ^= 1 })
	if h := w.append(t, 1); h.Size != last.Size+2 {
		t.Errorf("%+v after %+v", h, last)
	}
	w.well(t, last)
}

func TestContinueAfterTampering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.append(t, 11)
	w.change(t, history.EntriesName, id(1, 10), func(d *store.Doc) { d.Body[6] ^= 1 })
	w.change(t, history.HashesName, id(1, 11), func(d *store.Doc) { d.Body[0] ^= 1 })
	if _, _, err := w.Log.Append(t.Context(), "result", result{}); !errors.Is(err, history.ErrTampered) {
		t.Fatal(err)
	}
	for _, why := range []string{" ", strings.Repeat("x", 1001), "\xff"} {
		if err := w.Log.Continue(t.Context(), why); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %v", why, err)
		}
	}
	must(t, w.Log.Continue(t.Context(), "A disk failed; entry 10 cannot be read any more."))
	h := w.append(t, 3)
	if h.Section != 2 || h.Before != old.Hash() {
		t.Errorf("%+v", h)
	}
	r := w.verify(t, old, h)
	if len(r.Findings) == 0 || slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Section != 1 }) ||
		r.Covered != 5 {
		t.Errorf("%+v", r)
	}
}

// TestARestoreBeginsASection: the content goes back to an earlier state, and heads that were signed since exist.
func TestARestoreBeginsASection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after, missing int
		remain                 int64
	}{
		"by some entries": {5, 7, 7, 6},
		"by one entry":    {5, 1, 1, 6},
		"to nothing":      {0, 4, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.append(t, c.before)
			earlier := w.snapshot(t)
			lost := w.append(t, c.after)
			w.restore(t, earlier)
			next := w.append(t, 3)
			if next.Section != 2 || next.Before != lost.Hash() || next.Size != 5 {
				t.Errorf("%+v", next)
			}
			list, err := w.Log.Entries(t.Context(), 2, 0, 1)
			must(t, err)
			if got := string(list[0].Data); list[0].Kind != check.KindSection ||
				!strings.Contains(got, `"missing":`+string(rune('0'+c.missing))) || !strings.Contains(got, "restored") {
				t.Errorf("%s", got)
			}
			w.consistent(t)
			r := w.verify(t, w.Shipped()...)
			if r.State != check.Undecided || len(r.Findings) > 0 || r.Covered != 5+c.remain ||
				!strings.Contains(strings.Join(r.Undecided, " "), "as section 2 says") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestRestoredAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 3)
	earlier := w.snapshot(t)
	for n := range int64(3) {
		w.append(t, 2)
		w.restore(t, earlier)
		if h := w.append(t, 1); h.Section != n+2 {
			t.Errorf("%+v", h)
		}
	}
	w.consistent(t)
	if r := w.verify(t); slices.ContainsFunc(r.Findings, func(f check.Finding) bool {
		return f.Kind != check.SectionMissing
	}) {
		t.Errorf("%+v", r)
	}
}

// consistent requires that no two heads that were ever signed contradict each other.
func (w *world) consistent(t *testing.T) {
	t.Helper()
	roots := map[[2]int64]history.Head{}
	for _, h := range w.Shipped() {
		at := [2]int64{h.Section, h.Size}
		if was, there := roots[at]; there && was.Root != h.Root {
			t.Errorf("two heads over %d entries of section %d", h.Size, h.Section)
		}
		roots[at] = h
	}
}

// TestCrashes: each commit of an append fails in turn, and so does what follows it.
func TestCrashes(t *testing.T) {
	t.Parallel()
	for fails := int64(1); fails <= 3; fails++ {
		w := newWorld(t)
		w.append(t, 3)
		w.fail(fails)
		e, h, err := w.Log.Append(t.Context(), "result", result{N: 77})
		if err == nil || h.Note != "" || (e.Section > 0) != (fails > 1) {
			t.Errorf("%d: %+v, %+v, %v", fails, e, h, err)
		}
		w.Intercept(nil)
		open := int64(0)
		if fails > 1 {
			open = 1
		}
		if r := w.verify(t); r.State != check.Well || r.Open != open || r.Entries != 4+open {
			t.Errorf("%d: %+v", fails, r)
		}
		w.append(t, 1)
		if r := w.well(t); r.Entries != 5+open || r.Sections != 1 {
			t.Errorf("%d: %+v", fails, r)
		}
		w.consistent(t)
	}
}

// TestNoEntryIsReplaced: an entry has no head yet, and somebody sets back what says that it is there.
func TestNoEntryIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 3)
	earlier, err := w.Content.Get(t.Context(), ref(history.StateName, "entries"))
	must(t, err)
	w.fail(2)
	_, _, err = w.Log.Append(t.Context(), "result", result{N: 77})
	if w.Intercept(nil); err == nil {
		t.Fatal("no crash")
	}
	_, err = w.Content.Commit(t.Context(), store.Put(*earlier))
	must(t, err)
	if _, _, err := w.Log.Append(t.Context(), "result", result{N: 78}); !errors.Is(err, history.ErrTampered) {
		t.Errorf("%v", err)
	}
	d, err := w.Content.Get(t.Context(), ref(history.EntriesName, id(1, 4)))
	if err != nil || !strings.Contains(string(d.Body), "77") {
		t.Errorf("%s, %v", d.Body, err)
	}
}

// fail lets all commits fail from the one with this number on.
func (w *world) fail(first int64) {
	var commits atomic.Int64
	w.Intercept(func(_ context.Context, method string) error {
		if strings.HasSuffix(method, "/Commit") && commits.Add(1) >= first {
			return status.Error(codes.PermissionDenied, "the instance is gone")
		}
		return nil
	})
}

// TestTheKeysDatabaseIsSetBack: the head outside is older than the one in the content.
func TestTheKeysDatabaseIsSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 2)
	old, err := w.Outside.Get(t.Context(), ref(history.OutsideName, "last"))
	must(t, err)
	w.append(t, 3)
	_, err = w.Outside.Commit(t.Context(), store.Put(*old))
	must(t, err)
	w.append(t, 1)
	_, err = w.Outside.Commit(t.Context(), store.Delete(old.Ref, time.Time{}))
	must(t, err)
	w.append(t, 1)
	if r := w.well(t); r.Sections != 1 || r.Entries != 8 {
		t.Errorf("%+v", r)
	}
}

// TestASectionAfterAnotherHead: the head outside is of an earlier section, and not the one that the section names.
func TestASectionAfterAnotherHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 2)
	old, err := w.Outside.Get(t.Context(), ref(history.OutsideName, "last"))
	must(t, err)
	earlier := w.snapshot(t)
	w.append(t, 1)
	w.restore(t, earlier)
	second := w.append(t, 2)
	_, err = w.Outside.Commit(t.Context(), store.Put(*old))
	must(t, err)
	third := w.append(t, 1)
	if second.Section != 2 || third.Section != 3 {
		t.Errorf("%+v, %+v", second, third)
	}
	if r := w.verify(t, second, third); len(r.Findings) > 0 || r.Covered != 3+4+3 {
		t.Errorf("%+v", r)
	}
}

// TestAnotherHistoryIsNotContinued: somebody replaces the whole content by a history of their own.
func TestAnotherHistoryIsNotContinued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 2)
	earlier := w.snapshot(t)
	real := w.append(t, 3)
	out, err := w.Outside.Get(t.Context(), ref(history.OutsideName, "last"))
	must(t, err)
	w.restore(t, earlier)
	_, err = w.Outside.Commit(t.Context(), store.Delete(out.Ref, time.Time{}))
	must(t, err)
	w.append(t, 6) // as if the service had written it
	out.Stamp = time.Time{}
	_, err = w.Outside.Commit(t.Context(), store.Put(*out))
	must(t, err)
	if h := w.append(t, 1); h.Section != 2 || h.Before != real.Hash() {
		t.Errorf("it goes on from a history that contradicts the head over %d entries: %+v", real.Size, h)
	}
	if got := kinds(w.verify(t, real)); !slices.Contains(got, check.HeadsContradict) {
		t.Errorf("%q", got)
	}
}
