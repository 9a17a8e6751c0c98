package seal_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

func BenchmarkSeal(b *testing.B) {
	w := newWorld(b)
	r := w.ring(b, w.instance(), tosca)
	text := make([]byte, 1000)
	for b.Loop() {
		if _, err := r.Seal(text, place(tosca)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	w := newWorld(b)
	r := w.ring(b, w.instance(), tosca)
	c := sealed(b, r, strings.Repeat("x", 1000))
	for b.Loop() {
		if _, err := r.Open(c, place(tosca)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToken(b *testing.B) {
	w := newWorld(b)
	r := w.ring(b, w.instance(), tosca)
	for b.Loop() {
		r.Token("reports", "rehearsal")
	}
}

func BenchmarkRingCached(b *testing.B) {
	w := newWorld(b)
	k := w.instance()
	w.ring(b, k, tosca)
	for b.Loop() {
		if _, err := k.Ring(b.Context(), tosca); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRingFetched(b *testing.B) {
	w := newWorld(b)
	k := w.instance()
	w.ring(b, k, tosca)
	for b.Loop() {
		k.Forget(tosca)
		if _, err := k.Ring(b.Context(), tosca); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	w := newWorld(b)
	r := w.ring(b, w.instance(), tosca)
	plain := file(4 << 20)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		if _, err := openFile(r, sealFile(b, r, plain), place(tosca)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat("The tenor was eleven minutes late; Dvořák's overture began at 19:41. ", 20)
	for b.Loop() {
		seal.Words(text)
	}
}

// TestARingIsSmall measures the memory of a keyring in the cache: a thousand workspaces must not need more than ten
// megabytes.
func TestARingIsSmall(t *testing.T) {
	t.Parallel()
	const rings = 300
	w := newWorld(t)
	k := w.instance()
	for i := range rings {
		if err := k.Make(t.Context(), model.Workspace(fmt.Sprintf("house%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	ringOf(t, k, model.Workspace("house0"))
	k.Forget(model.Workspace("house0"))
	before := heap()
	for i := range rings {
		r := ringOf(t, k, model.Workspace(fmt.Sprintf("house%d", i)))
		sealed(t, r, "x")
		r.Token("a", "b")
	}
	each := (heap() - before) / rings
	t.Logf("%d bytes for each ring", each)
	if each > 10_000 {
		t.Fatalf("a ring takes %d bytes", each)
	}
	runtime.KeepAlive(k)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) // #nosec G115 -- never that large
}
