// Package blobtest is the one suite of tests that every store of objects passes.
package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/blob"
)

// Suite tries a store that is empty.
func Suite(t *testing.T, s blob.Store) {
	t.Helper()
	t.Run("an object", func(t *testing.T) { object(t, s) })
	t.Run("one of many writers", func(t *testing.T) { race(t, s) })
	t.Run("lists", func(t *testing.T) { lists(t, s) })
	t.Run("names", func(t *testing.T) { names(t, s) })
}

// Read is what an object holds.
func Read(t *testing.T, s blob.Store, name string) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r)
	return body, errors.Join(err, r.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func object(t *testing.T, s blob.Store) {
	const name = "workspaces/w1/f1/p1"
	if _, err := Read(t, s, name); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("none: %v", err)
	}
	must(t, s.Delete(t.Context(), name))
	for _, body := range [][]byte{{}, []byte("x"), bytes.Repeat([]byte("0123456789abcdef"), blob.MaxObject/16)} {
		must(t, s.Put(t.Context(), name, body))
		must(t, s.Put(t.Context(), name, body)) // the answer to the first was lost
		if err := s.Put(t.Context(), name, append([]byte("y"), body[:len(body)/2]...)); !errors.Is(err,
			blob.ErrExists) {
			t.Errorf("%d bytes, another object of the name: %v", len(body), err)
		}
		got, err := Read(t, s, name)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes came back as %d, %v", len(body), len(got), err)
		}
		must(t, s.Delete(t.Context(), name))
		must(t, s.Delete(t.Context(), name))
		if _, err := Read(t, s, name); !errors.Is(err, blob.ErrMissing) {
			t.Errorf("removed: %v", err)
		}
	}
	if err := s.Put(t.Context(), name, make([]byte, blob.MaxObject+1)); err == nil {
		t.Error("an object of more than the most was stored")
	}
	if left, err := s.List(t.Context(), "", "", 10); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

// race lets many write different objects of one name: one of them is stored, completely.
func race(t *testing.T, s blob.Store) {
	const name = "workspaces/w1/f2/p1"
	var wrote atomic.Int32
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			err := s.Put(t.Context(), name, bytes.Repeat([]byte{"abcdefghijklmnopqrstuvwxyz"[i%26]}, 100_000))
			switch {
			case err == nil:
				wrote.Add(1)
			case !errors.Is(err, blob.ErrExists):
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	all.Wait()
	got, err := Read(t, s, name)
	if err != nil || wrote.Load() != 1 || len(got) != 100_000 || len(bytes.TrimLeft(got, string(got[:1]))) > 0 {
		t.Errorf("%d wrote, %d bytes, %v", wrote.Load(), len(got), err)
	}
	must(t, s.Delete(t.Context(), name))
}

func lists(t *testing.T, s blob.Store) {
	var want []string
	for _, w := range []string{"a", "a-", "a0", "b"} {
		for f := range 3 {
			for p := range 4 {
				want = append(want, fmt.Sprintf("workspaces/%s/f%d/p%d", w, f, p))
			}
		}
	}
	slices.Sort(want)
	for _, name := range want {
		must(t, s.Put(t.Context(), name, []byte(name)))
	}
	for _, prefix := range []string{"", "workspaces/", "workspaces/a/", "workspaces/a/f1/", "workspaces/c/", "wo/"} {
		expect := slices.DeleteFunc(slices.Clone(want), func(n string) bool { return !strings.HasPrefix(n, prefix) })
		for _, most := range []int{1, 5, 1000} {
			var got []string
			for after := ""; ; {
				page, err := s.List(t.Context(), prefix, after, most)
				must(t, err)
				if len(page) > most {
					t.Fatalf("%d of at most %d", len(page), most)
				}
				if len(page) == 0 {
					break
				}
				got, after = append(got, page...), page[len(page)-1]
			}
			if !slices.Equal(got, expect) {
				t.Errorf("%q, %d at a time: %q", prefix, most, got)
			}
		}
	}
	for _, name := range want {
		must(t, s.Delete(t.Context(), name))
	}
}

func names(t *testing.T, s blob.Store) {
	for _, name := range []string{"", "a", "/a/b", "a/b/", "a//b", "../a/b", "a/../b", "A/b", "a/b c", "a/b.new",
		".new/x",
		"a/ü", `a\b/c`, "a/" + strings.Repeat("b", 200)} {
		_, open := s.Open(t.Context(), name)
		for what, err := range map[string]error{"stored": s.Put(t.Context(), name, nil), "opened": open,
			"removed": s.Delete(t.Context(), name)} {
			if err == nil || errors.Is(err, blob.ErrMissing) {
				t.Errorf("%q was %s: %v", name, what, err)
			}
		}
	}
	for _, l := range []struct {
		prefix, after string
		most          int
	}{{"a", "", 1}, {"../", "", 1}, {"a/", "b/c", 1}, {"", "", 0}, {"", "", 1001}} {
		if _, err := s.List(t.Context(), l.prefix, l.after, l.most); err == nil {
			t.Errorf("listed %+v", l)
		}
	}
}
