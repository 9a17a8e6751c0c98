package files_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func TestFilesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	var total int64
	for i, size := range []int{1, 5000, files.PartSize - 1, files.PartSize, files.PartSize + 1, 2*files.PartSize + 77} {
		data := noise(size, uint64(i))
		id := h.add(t, c, h.a.filed, "notes.txt", data)
		h.Clock.Advance(time.Second)
		for name, p := range h.a.people {
			got, err := h.read(t, p, id, files.Whole)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes came to %s as %d, %v", size, name, len(got), err)
			}
		}
		total += int64(size)
	}
	if n := h.used(t, c); n != total {
		t.Errorf("%d bytes are counted of %d", n, total)
	}
	list, err := h.files.List(t.Context(), h.a.people["viewer"], h.a.filed)
	must(t, err)
	if len(list) != 6 || list[0].Body.Size != 1 || list[0].Body.Type != "text/plain" ||
		list[0].Body.By.Name != "author" {
		t.Errorf("%+v", list)
	}
}

// A range opens the parts that it needs, and no others.
func TestRangesOpenTheirPartsOnly(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	data := noise(3*files.PartSize+100, 1)
	id := h.add(t, c, h.a.draft, "long.txt", data)
	for _, r := range []struct{ from, size, parts int }{
		{0, 10, 1}, {files.PartSize - 5, 5, 1}, {files.PartSize - 5, 10, 2}, {3 * files.PartSize, 100, 1},
		{files.PartSize / 2, 2 * files.PartSize, 3}, {len(data) - 1, 1, 1},
	} {
		from, err := h.files.Open(t.Context(), c, id, files.Whole, true)
		must(t, err)
		_, err = from.Seek(int64(r.from), io.SeekStart)
		must(t, err)
		h.objects.opened = 0
		got := make([]byte, r.size)
		if _, err := io.ReadFull(from, got); err != nil || !bytes.Equal(got, data[r.from:r.from+r.size]) {
			t.Errorf("%+v: %v", r, err)
		}
		must(t, from.Close())
		if h.objects.opened != r.parts {
			t.Errorf("%+v: %d parts were opened", r, h.objects.opened)
		}
	}
}

var errCut = errors.New("the line was cut")

// broken is a body that is cut after some bytes.
func broken(data []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(data), errorReader{})
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errCut }

func TestAnInterruptedUploadGoesOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	data := noise(2*files.PartSize+5, 1)
	id := h.begin(t, c, h.a.draft, "a.txt", len(data))
	part := func(generation, n int, body io.Reader) error {
		_, err := h.files.Part(t.Context(), c, id, generation, n, body)
		return err
	}
	is(t, "cut in the middle", part(1, 0, broken(data[:1000])), errCut)
	is(t, "too short", part(1, 0, bytes.NewReader(data[:1000])), model.ErrInvalid)
	is(t, "too long", part(1, 0, bytes.NewReader(data)), model.ErrInvalid)
	is(t, "out of order", part(1, 1, bytes.NewReader(cut(data, 1))), model.ErrConflict)
	is(t, "before the first", part(1, -1, bytes.NewReader(cut(data, 1))), model.ErrConflict)
	must(t, part(1, 0, bytes.NewReader(cut(data, 0))))
	must(t, part(1, 0, bytes.NewReader(cut(data, 0)))) // the answer was lost
	is(t, "another part in its place", part(1, 0, bytes.NewReader(cut(data, 1))), model.ErrConflict)
	_, err := h.files.Complete(t.Context(), c, id, "")
	is(t, "complete too early", err, model.ErrConflict)
	p, err := h.files.Progress(t.Context(), c, id)
	must(t, err)
	if p.Generation != 1 || p.Parts != 1 || p.Received != files.PartSize || p.Size != int64(len(data)) {
		t.Errorf("%+v", p)
	}
	is(t, "a generation after the next", part(3, 1, bytes.NewReader(cut(data, 1))), model.ErrConflict)
	must(t, part(2, 1, bytes.NewReader(cut(data, 1))))
	is(t, "who came before", part(1, 2, bytes.NewReader(cut(data, 2))), model.ErrConflict)
	must(t, part(2, 2, bytes.NewReader(cut(data, 2))))
	is(t, "after the last", part(2, 3, bytes.NewReader(nil)), model.ErrConflict)
	_, err = h.files.Complete(t.Context(), c, id, hashOf(data[1:]))
	is(t, "another file", err, model.ErrInvalid)
	for range 2 {
		_, err = h.files.Complete(t.Context(), c, id, hashOf(data))
		must(t, err)
	}
	got, err := h.read(t, c, id, files.Whole)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := len(h.stored(t)); n != 3 {
		t.Errorf("%d objects", n)
	}
}

// The first connection is stuck with a part when a second one takes over: what the first then sends is not stored.
func TestWhoCameBeforeStoresNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	data := noise(files.PartSize+5, 1)
	id := h.begin(t, c, h.a.draft, "a.txt", len(data))
	stuck, goOn := io.Pipe()
	first := make(chan error)
	go func() {
		_, err := h.files.Part(t.Context(), c, id, 1, 0, stuck)
		first <- err
	}()
	_, err := goOn.Write(data[:1000])
	must(t, err)
	_, err = h.files.Part(t.Context(), c, id, 2, 0, bytes.NewReader(cut(data, 0)))
	must(t, err)
	_, err = goOn.Write(data[1000:files.PartSize])
	must(t, err)
	must(t, goOn.Close())
	is(t, "the first", <-first, model.ErrConflict)
	if n := len(h.stored(t)); n != 1 {
		t.Errorf("%d objects", n)
	}
}

func TestCancelledAndLeftUploadsAreRemoved(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	data := noise(2*files.PartSize, 1)
	cancelled, left, kept := h.begin(t, c, h.a.draft, "a.txt", len(data)), h.begin(t, c, h.a.draft, "b.txt", len(data)),
		h.begin(t, c, h.a.draft, "c.txt", len(data))
	for _, id := range []string{cancelled, left, kept} {
		_, err := h.files.Part(t.Context(), c, id, 1, 0, bytes.NewReader(cut(data, 0)))
		must(t, err)
	}
	if n := h.used(t, c); n != 3*int64(len(data)) {
		t.Errorf("%d bytes are counted", n)
	}
	must(t, h.files.Cancel(t.Context(), c, cancelled))
	is(t, "cancelled again", h.files.Cancel(t.Context(), c, cancelled), model.ErrNotFound)
	_, err := h.files.Part(t.Context(), c, cancelled, 1, 1, bytes.NewReader(cut(data, 1)))
	is(t, "a part of a cancelled one", err, model.ErrNotFound)
	h.work(t)
	if n := len(h.stored(t)); n != 2 {
		t.Errorf("%d objects after cancelling", n)
	}
	h.Clock.Advance(files.UploadLife / 2)
	_, err = h.files.Part(t.Context(), c, kept, 1, 1, bytes.NewReader(cut(data, 1)))
	must(t, err)
	h.Clock.Advance(files.UploadLife/2 - time.Second)
	h.work(t)
	if n := len(h.stored(t)); n != 3 {
		t.Errorf("%d objects, a second before the time", n)
	}
	h.Clock.Advance(time.Second)
	h.work(t)
	if n := len(h.stored(t)); n != 2 {
		t.Errorf("%d objects after the time", n)
	}
	_, err = h.files.Progress(t.Context(), c, left)
	is(t, "the one that was left", err, model.ErrNotFound)
	_, err = h.files.Complete(t.Context(), c, kept, hashOf(data))
	must(t, err)
	h.Clock.Advance(2 * files.UploadLife)
	h.work(t)
	if got, err := h.read(t, c, kept, files.Whole); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the complete one: %d bytes, %v", len(got), err)
	}
	if n := h.used(t, c); n != int64(len(data)) {
		t.Errorf("%d bytes are counted in the end", n)
	}
}

// A part that was stored without its document knowing leaves nothing in the end.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	data := noise(100, 1)
	id := h.add(t, c, h.a.draft, "a.txt", data)
	must(t, h.objects.Store.Put(t.Context(), h.a.scope.String()+"/"+id+"/"+model.NewID(), []byte("nobody's")))
	other := h.add(t, h.b.people["author"], h.b.draft, "b.txt", data)
	h.Clock.Advance(2 * time.Hour)
	h.work(t)
	if n := len(h.stored(t)); n != 2 {
		t.Errorf("%d objects", n)
	}
	must(t, h.files.Remove(t.Context(), c, id, 0))
	h.work(t)
	if left := h.stored(t); len(left) != 1 {
		t.Errorf("%q", left)
	}
	if _, err := h.read(t, h.b.people["author"], other, files.Whole); err != nil {
		t.Error(err)
	}
	if n := h.used(t, c); n != 0 {
		t.Errorf("%d bytes are counted", n)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	begin := func(name string, size int64) error {
		_, err := h.files.Begin(t.Context(), c, files.Input{Of: h.a.draft, Name: name, Size: size})
		return err
	}
	is(t, "nothing in it", begin("a.txt", 0), model.ErrInvalid)
	is(t, "negative", begin("a.txt", -1), model.ErrInvalid)
	is(t, "too large", begin("a.txt", files.MaxFile+1), model.ErrInvalid)
	is(t, "a program", begin("a.pdf.exe", 10), model.ErrInvalid)
	is(t, "a card", begin("4111 1111 1111 1111.txt", 10), model.ErrInvalid)
	_, err := h.files.Begin(t.Context(), c, files.Input{Of: h.a.draft, Name: "a", Size: 1, Audience: access.People})
	is(t, "an audience of people", err, model.ErrInvalid)
	for range files.Quota / files.MaxFile {
		must(t, begin("a.txt", files.MaxFile))
	}
	is(t, "more than the quota", begin("a.txt", 1), model.ErrConflict)
	if n := h.used(t, c); n != files.Quota {
		t.Errorf("%d bytes are counted", n)
	}
	list, err := h.files.List(t.Context(), c, h.a.draft)
	must(t, err)
	must(t, h.files.Remove(t.Context(), c, list[0].ID, 0))
	must(t, begin("a.txt", files.MaxFile-1))
	must(t, begin("a.txt", 1))
	is(t, "one byte more", begin("a.txt", 1), model.ErrConflict)
	for _, other := range []*company{h.b} { // its own quota
		_, err := h.files.Begin(t.Context(), other.people["author"], files.Input{Of: other.draft, Name: "a", Size: 1})
		must(t, err)
	}
}

// Many begin at once: no more than the most, and the count is right.
func TestLimitOfARecordHoldsAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["organizer"]
	for range files.MaxPerRecord - 3 {
		h.begin(t, c, h.a.production, "a.txt", 1)
	}
	var begun atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := h.files.Begin(t.Context(), c, files.Input{Of: h.a.production, Name: "a.txt", Size: 1})
			switch {
			case err == nil:
				begun.Add(1)
			case !errors.Is(err, model.ErrConflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := h.files.List(t.Context(), c, h.a.production)
	must(t, err)
	if n := int(begun.Load()); n > 3 || len(list) != files.MaxPerRecord-3+n || h.used(t, c) != int64(len(list)) {
		t.Errorf("%d begun, %d there, %d counted", n, len(list), h.used(t, c))
	}
}

// The same form begins one upload, and another file under its id is refused.
func TestTheSameFormBeginsOneUpload(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	in := files.Input{ID: model.NewID(), Of: h.a.draft, Name: "a.txt", Size: 5}
	for range 2 {
		_, err := h.files.Begin(t.Context(), c, in)
		must(t, err)
	}
	in.Size = 6
	_, err := h.files.Begin(t.Context(), c, in)
	is(t, "another", err, model.ErrReused)
	if n := h.used(t, c); n != 5 {
		t.Errorf("%d bytes are counted", n)
	}
}

func TestDangerousTypesAreRefusedWithTheFirstPart(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	for what, data := range map[string]string{
		"a program of Windows": "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff",
		"a program of Linux":   "\x7fELF\x02\x01\x01",
		"a web page":           "<!DOCTYPE html><html><script>alert(1)</script>",
		"a drawing":            `<?xml version="1.0"?><svg onload="alert(1)"/>`,
		"a script":             "#!/bin/sh\nrm -rf /\n",
		"a HEIC photo":         "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		"a TIFF photo":         "II*\x00\x08\x00\x00\x00",
	} {
		id := h.begin(t, c, h.a.draft, "photo.pdf", len(data))
		_, err := h.files.Part(t.Context(), c, id, 1, 0, bytes.NewReader([]byte(data)))
		if !errors.Is(err, model.ErrInvalid) || model.FieldTexts(err)["file"] == "" {
			t.Errorf("%s: %v", what, err)
		}
		_, err = h.files.Progress(t.Context(), c, id)
		is(t, what, err, model.ErrNotFound)
	}
	if n := h.used(t, c); n != 0 || len(h.stored(t)) > 0 {
		t.Errorf("%d bytes are counted, %q stored", n, h.stored(t))
	}
	for what, data := range map[string]string{"a PDF": "%PDF-1.7\n%âãÏÓ\n",
		"a ZIP archive": "PK\x03\x04\x14\x00\x00\x00", "a text": "Hello\n",
		"XML": `<?xml version="1.0"?><cues/>`, "nothing known": "\x00\x01\x02\x03\xff\xfe"} {
		id := h.begin(t, c, h.a.draft, "x", len(data))
		_, err := h.files.Part(t.Context(), c, id, 1, 0, bytes.NewReader([]byte(data)))
		if err != nil {
			t.Errorf("%s: %v %v", what, err, model.FieldTexts(err))
		}
	}
}

// With a report or a production its files go, for good.
func TestFilesGoWithWhatTheyBelongTo(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people
	data := noise(300, 1)
	of := h.add(t, c["author"], h.a.filed, "a.txt", data)
	h.begin(t, c["author"], h.a.filed, "b.txt", 500)
	on := h.add(t, c["organizer"], h.a.production, "c.txt", data)
	_, err := h.shows.TrashReport(t.Context(), c["organizer"], h.a.filed.ID, 0)
	must(t, err)
	_, err = h.shows.TrashProduction(t.Context(), c["organizer"], h.a.production.ID, 0)
	must(t, err)
	for _, id := range []string{of, on} {
		_, err := h.read(t, c["management"], id, files.Whole)
		is(t, "in the trash", err, model.ErrNotFound)
	}
	_, err = h.shows.RestoreReport(t.Context(), c["organizer"], h.a.filed.ID)
	must(t, err)
	if _, err := h.read(t, c["viewer"], of, files.Whole); err != nil {
		t.Errorf("taken out again: %v", err)
	}
	_, err = h.shows.TrashReport(t.Context(), c["organizer"], h.a.filed.ID, 0)
	must(t, err)
	h.Clock.Advance(shows.TrashTime + time.Minute)
	_, err = h.shows.EmptyTrash(t.Context(), access.SystemCaller(h.a.scope, "task:trash", "r"))
	must(t, err)
	h.work(t)
	if left := h.stored(t); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if n := h.used(t, c["author"]); n != 0 {
		t.Errorf("%d bytes are counted", n)
	}
}
