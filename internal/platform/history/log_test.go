package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

func TestAppendAndVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Log.Head(t.Context()); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("before the first: %v", err)
	}
	first := w.append(t, 1)
	if first.Section != 1 || first.Size != 2 || first.Before != "" || first.Origin != origin {
		t.Errorf("%+v", first)
	}
	last := w.append(t, 20)
	r := w.well(t, first)
	if r.Entries != 22 || r.Covered != 22 || r.Sections != 1 || !r.UpTo.Equal(w.Clock.Now()) {
		t.Errorf("%+v", r)
	}
	list, err := w.Log.Entries(t.Context(), 0, 0, 3)
	must(t, err)
	if len(list) != 3 || list[0].Kind != "result" || list[1].Kind != check.KindKey ||
		string(list[2].Data) != `{"n":0,"says":"a \u003c b"}` || !list[2].At.Equal(w.Clock.Now().Add(-19*time.Minute)) {
		t.Errorf("%+v", list)
	}
	if heads := w.Shipped(); len(heads) != 21 || heads[20] != last {
		t.Errorf("%d heads were shipped", len(heads))
	}
	keys, err := w.Log.PublicKeys(t.Context())
	must(t, err)
	if len(keys) != 1 || keys[0].ID != last.Key || keys[0].First.Size != 2 || keys[0].Last.Size != 22 ||
		keys[0].Name != origin+"/v1" {
		t.Errorf("%+v", keys)
	}
}

func TestManyAppendAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	logs := []*history.Log{w.Log, w.Another()}
	var calls atomic.Int64
	w.Intercept(func(context.Context, string) error { // so that what one has read is old when it writes
		time.Sleep(time.Duration(calls.Add(7)%5) * time.Millisecond)
		return nil
	})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			e, h, err := logs[i%2].Append(t.Context(), "result", result{N: i})
			if err != nil || h.Section != e.Section || h.Size <= e.Number {
				t.Errorf("%d: %+v, %+v, %v", i, e, h, err)
			}
		})
	}
	all.Wait()
	if r := w.well(t, w.Shipped()...); r.Sections != 1 || r.Entries != 21 || r.Covered != 21 {
		t.Errorf("%+v", r)
	}
	seen := map[int]int{}
	for _, e := range w.Bundle(t).Entries {
		var got result
		if must(t, json.Unmarshal(e.Data, &got)); e.Kind == "result" {
			seen[got.N]++
		}
	}
	for i := range 20 {
		if seen[i] != 1 {
			t.Errorf("entry %d is there %d times", i, seen[i])
		}
	}
}

func TestWhatCannotBeAppended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range []string{"", "Result", "a b", "-a", "1", strings.Repeat("a", 32), check.KindKey,
		check.KindSection} {
		if _, _, err := w.Log.Append(t.Context(), kind, 1); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	large := strings.Repeat("x", history.MaxData-2)
	if _, _, err := w.Log.Append(t.Context(), "result", large); err != nil {
		t.Error(err)
	}
	if _, _, err := w.Log.Append(t.Context(), "result", large+"x"); !errors.Is(err, model.ErrTooLarge) {
		t.Error(err)
	}
	if _, _, err := w.Log.Append(t.Context(), "result", func() {}); err == nil {
		t.Error("a function is recorded")
	}
	w.Clock.Advance(-time.Hour)
	if _, _, err := w.Log.Append(t.Context(), "result", 1); !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("with a clock that is an hour behind: %v", err)
	}
	w.Clock.Advance(time.Hour)
	if r := w.well(t); r.Entries != 2 {
		t.Errorf("%+v", r)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	behind := w.Another() // an instance that looks for new versions at other times
	heads := []history.Head{w.append(t, 2)}
	w.Clock.Advance(50 * time.Minute)
	appendBy(t, behind)
	// The first time the instances look more than an hour after they last did; one of them learns of it from the other.
	for _, wait := range []time.Duration{20 * time.Minute, 2 * time.Hour} {
		w.rotate(t)
		w.Clock.Advance(wait)
		heads = append(heads, w.append(t, 2))
		appendBy(t, behind)
	}
	r := w.well(t, heads...)
	if r.Entries != 2*3+3+3 {
		t.Errorf("%+v", r)
	}
	keys, err := w.Log.PublicKeys(t.Context())
	must(t, err)
	if len(keys) != 3 {
		t.Fatalf("%+v", keys)
	}
	for i, k := range keys {
		if k.Name != fmt.Sprint(origin, "/v", i+1) || k.ID != heads[i].Key || k.First == nil ||
			k.Last.Size < k.First.Size {
			t.Errorf("key %d: %+v", i, k)
		}
	}
	b := w.Bundle(t, heads...)
	b.Keys = keys[:2]
	if r := check.Verify(b); r.State != check.Undecided ||
		!strings.Contains(strings.Join(r.Undecided, " "), "unknown key") {
		t.Errorf("without the last key: %+v", r)
	}
}

func appendBy(t *testing.T, l *history.Log) {
	t.Helper()
	_, _, err := l.Append(t.Context(), "result", result{})
	must(t, err)
}

// TestHeadsAndRoundsCannotBeExchanged: both are signed by the same key.
func TestHeadsAndRoundsCannotBeExchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := w.append(t, 1)
	keys := w.SigningKeys()
	text := []byte(head.Text())
	rounds := signing.Framed("toh-round-1")
	signed, err := keys.Sign(t.Context(), rounds, func(string) ([]byte, error) { return text, nil })
	must(t, err)
	must(t, keys.Check(t.Context(), rounds, signed.Version, text, signed.Signature))
	if err := keys.Check(t.Context(), signing.Notes, signed.Version, text, signed.Signature); !errors.Is(err,
		signing.ErrBadSignature) {
		t.Errorf("a signature of a round holds for a head: %v", err)
	}
	framed, err := rounds.Text(text)
	must(t, err)
	_, err = keys.Sign(t.Context(), signing.Notes, func(string) ([]byte, error) { return framed, nil })
	if err == nil {
		t.Error("what is signed of a round is signed as a head")
	}
}

func TestAnotherAddressBeginsASection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.append(t, 3)
	w.Origin = "new.example/security/history"
	w.Log = w.Another()
	h := w.append(t, 2)
	if h.Section != 2 || h.Origin != w.Origin || h.Before != old.Hash() {
		t.Errorf("%+v", h)
	}
	if r := w.well(t); r.Sections != 2 || r.Entries != 4+4 || r.Covered != 8 {
		t.Errorf("%+v", r)
	}
}
