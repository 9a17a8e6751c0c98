package seal_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

const segment = 64 << 10

func file(size int) []byte {
	b := make([]byte, size)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(b)
	return b
}

func sealFile(t testing.TB, r *seal.Ring, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := r.SealStream(&out, place(r.Scope()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openFile(r *seal.Ring, sealed []byte, b seal.Binding) ([]byte, error) {
	plain, err := r.OpenStream(bytes.NewReader(sealed), b)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func TestFilesOfAllLengths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	r := w.ring(t, k, tosca)
	for _, size := range []int{0, 1, segment - 100, segment - 56, segment, segment + 1, 3*segment - 3, 1 << 20} {
		plain := file(size)
		c := sealFile(t, r, plain)
		if over := len(c) - size; over < 16 || over > 64+16*(size/segment+2) {
			t.Errorf("%d bytes are sealed as %d", size, len(c))
		}
		got, err := openFile(ringOf(t, w.instance(), tosca), c, place(tosca))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: opened %d, %v", size, len(got), err)
		}
		slow, err := r.OpenStream(iotest.OneByteReader(bytes.NewReader(c)), place(tosca))
		if err != nil {
			t.Fatal(err)
		}
		if size < segment {
			if got, err := io.ReadAll(slow); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes, one at a time: opened %d, %v", size, len(got), err)
			}
		}
	}
}

func TestAFileThatWasTouchedDoesNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	r, other := w.ring(t, k, tosca), w.ring(t, k, norma)
	plain := file(3*segment + 1000)
	c := sealFile(t, r, plain)
	refuse := func(name string, ring *seal.Ring, c []byte, b seal.Binding) {
		t.Helper()
		got, err := openFile(ring, c, b)
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: opened %d bytes with %v", name, len(got), err)
		}
		if !bytes.HasPrefix(plain, got) {
			t.Errorf("%s: gave out what is not in the file", name)
		}
	}
	for _, at := range []int{0, 1, 5, 6, 20, 46, 47, 100, segment, 2 * segment, len(c) - 17, len(c) - 1} {
		for bit := range 8 {
			changed := slices.Clone(c)
			changed[at] ^= 1 << bit
			refuse("a changed bit", r, changed, place(tosca))
		}
	}
	for _, n := range []int{0, 1, 5, 45, 46, 100, segment - 1, segment, segment + 16, 2 * segment, 3 * segment,
		len(c) - 1} {
		refuse("cut off", r, c[:n], place(tosca))
	}
	refuse("longer", r, append(slices.Clone(c), 0), place(tosca))
	swapped := slices.Clone(c)
	copy(swapped[segment:2*segment], c[2*segment:3*segment])
	copy(swapped[2*segment:3*segment], c[segment:2*segment])
	refuse("swapped segments", r, swapped, place(tosca))
	refuse("a segment left out", r, slices.Concat(c[:segment], c[2*segment:]), place(tosca))
	refuse("a segment twice", r, slices.Concat(c[:2*segment], c[segment:]), place(tosca))
	refuse("another workspace", other, c, place(norma))
	for name, b := range map[string]seal.Binding{
		"kind":  {Scope: tosca, Kind: "files", ID: "r1", Field: "title"},
		"id":    {Scope: tosca, Kind: "reports", ID: "r2", Field: "title"},
		"field": {Scope: tosca, Kind: "reports", ID: "r1"},
		"scope": {Scope: norma, Kind: "reports", ID: "r1", Field: "title"},
	} {
		refuse(name, r, c, b)
	}
	refuse("a text as a file", r, sealed(t, r, "x"), place(tosca))
	closed(t, r, c[:200], place(tosca))
}

func TestABrokenConnectionIsNotABrokenFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring(t, w.instance(), tosca)
	c := sealFile(t, r, file(2*segment))
	broken := errors.New("connection reset")
	from := io.MultiReader(bytes.NewReader(c[:segment+5]), iotest.ErrReader(broken))
	plain, err := r.OpenStream(from, place(tosca))
	if err == nil {
		_, err = io.ReadAll(plain)
	}
	if !errors.Is(err, broken) || errors.Is(err, model.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
}

func TestFilesSealedBeforeARotationOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	plain := file(1000)
	old := sealFile(t, w.ring(t, k, tosca), plain)
	if err := k.Rotate(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(k.Wait())
	r := ringOf(t, k, tosca)
	for _, c := range [][]byte{old, sealFile(t, r, plain)} {
		if got, err := openFile(r, c, place(tosca)); err != nil || !bytes.Equal(got, plain) {
			t.Fatal(err)
		}
	}
	closedBy := w.instance()
	if err := closedBy.Shred(t.Context(), tosca); err != nil {
		t.Fatal(err)
	}
}
