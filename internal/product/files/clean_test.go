package files_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/files"
)

const place = "CANARY-48.2082,16.3738"

// photo is a JPEG with a comment that must not come out.
func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w {
		img.Set(i, i%h, color.White)
	}
	var out bytes.Buffer
	must(t, jpeg.Encode(&out, img, nil))
	comment := append([]byte{0xff, 0xfe, 0, byte(len(place) + 2)}, place...)
	return append(append([]byte{0xff, 0xd8}, comment...), out.Bytes()[2:]...)
}

// Until its metadata are gone, a photo is for nobody but whoever added it, who cannot open it either; then the photo as
// it was uploaded is nowhere any more.
func TestPhotosAreCleaned(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people
	data := photo(t, 2000, 1000)
	id := h.add(t, c["author"], h.a.filed, "Bühne.jpeg", data)
	before := h.stored(t)
	_, err := h.read(t, c["author"], id, files.Whole)
	is(t, "opened before", err, model.ErrConflict)
	_, err = h.read(t, c["management"], id, files.Whole)
	is(t, "opened before by others", err, model.ErrNotFound)
	if list, err := h.files.List(t.Context(), c["viewer"], h.a.filed); err != nil || len(list) > 0 {
		t.Errorf("%d are listed before, %v", len(list), err)
	}
	h.work(t)
	for _, name := range before {
		if r, err := h.objects.Open(t.Context(), name); err == nil {
			_ = r.Close()
			t.Error("what was uploaded is still there")
		}
	}
	r, err := h.files.File(t.Context(), c["viewer"], id)
	must(t, err)
	f := r.Body
	if f.State != files.Ready || f.Name != "Bühne.jpeg" || f.Type != "image/jpeg" || f.Picture.Width != 2000 ||
		len(f.Picture.Previews) != 2 || f.Picture.Previews[0].Width != 320 {
		t.Errorf("%+v %+v", f, f.Picture)
	}
	for preview := range 3 {
		got, err := h.read(t, c["viewer"], id, preview)
		must(t, err)
		if bytes.Contains(got, []byte(place)) {
			t.Error("the canary came out")
		}
		if _, err := jpeg.Decode(bytes.NewReader(got)); err != nil {
			t.Error(err)
		}
	}
	_, err = h.read(t, c["viewer"], id, 3)
	is(t, "a preview that there is not", err, model.ErrNotFound)
	h.Clock.Advance(2 * time.Hour)
	h.work(t)
	if n := len(h.stored(t)); n != 3 {
		t.Errorf("%d objects", n)
	}
}

// What cannot be cleaned is refused in words, and nothing of it is kept.
func TestPhotosThatCannotBeCleaned(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	whole := photo(t, 200, 100)
	id := h.add(t, c, h.a.draft, "a.jpg", whole[:len(whole)/2])
	h.work(t)
	r, err := h.files.Own(t.Context(), c, id)
	must(t, err)
	if r.Body.State != files.Refused || r.Body.Why == "" || r.Body.Content != nil {
		t.Errorf("%+v", r.Body)
	}
	if n := len(h.stored(t)); n != 0 || h.used(t, c) != 0 {
		t.Errorf("%d objects, %d bytes", n, h.used(t, c))
	}
	_, err = h.read(t, c, id, files.Whole)
	is(t, "opened", err, model.ErrConflict)
	must(t, h.files.Remove(t.Context(), c, id, 0))
}

// A file that is removed while it is cleaned stays removed, with all that the cleaning stored.
func TestRemovedWhileItIsCleaned(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	id := h.add(t, c, h.a.draft, "a.jpg", photo(t, 400, 300))
	puts := 0
	h.objects.put = func(string) error {
		if puts++; puts == 2 {
			must(t, h.files.Remove(t.Context(), c, id, 0))
		}
		return nil
	}
	h.work(t)
	h.Clock.Advance(2 * time.Hour)
	h.work(t)
	if left := h.stored(t); len(left) > 0 || puts < 2 {
		t.Errorf("left: %q after %d", left, puts)
	}
	if n := h.used(t, c); n != 0 {
		t.Errorf("%d bytes are counted", n)
	}
}

// Where the objects do not answer, a cleaning is tried again, and ends once.
func TestCleaningIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	id := h.add(t, c, h.a.draft, "a.jpg", photo(t, 400, 300))
	fails := 2
	h.objects.put = func(string) error {
		if fails > 0 {
			fails--
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	for range 6 {
		h.work(t)
		h.Clock.Advance(time.Hour)
	}
	if got, err := h.read(t, c, id, files.Whole); err != nil || len(got) == 0 {
		t.Error(err)
	}
	if n := len(h.stored(t)); n != 3 {
		t.Errorf("%d objects", n)
	}
}
