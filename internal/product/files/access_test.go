package files_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/files"
)

// everything is all that somebody can ask about a file by its id.
func (h *house) everything(ctx context.Context, c access.Caller, id string) map[string]error {
	all := map[string]error{}
	_, all["look"] = h.files.Look(ctx, c, id, files.Whole)
	_, all["preview"] = h.files.Look(ctx, c, id, 1)
	_, all["open"] = h.files.Open(ctx, c, id, files.Whole, true)
	_, all["ask"] = h.files.Open(ctx, c, id, files.Whole, false)
	_, all["file"] = h.files.File(ctx, c, id)
	_, all["own"] = h.files.Own(ctx, c, id)
	_, all["progress"] = h.files.Progress(ctx, c, id)
	_, all["part"] = h.files.Part(ctx, c, id, 1, 0, bytes.NewReader([]byte("x")))
	_, all["complete"] = h.files.Complete(ctx, c, id, "")
	all["cancel"] = h.files.Cancel(ctx, c, id)
	all["remove"] = h.files.Remove(ctx, c, id, 0)
	return all
}

// A file of another workspace is as one that does not exist, whatever is asked, by whomever.
func TestFilesOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	h := open(t)
	there := []string{h.add(t, h.b.people["author"], h.b.filed, "b.txt", noise(100, 1)),
		h.begin(t, h.b.people["author"], h.b.filed, "c.txt", 1)}
	for name, p := range h.a.people {
		none := h.everything(t.Context(), p, model.NewID())
		for _, id := range there {
			for what, err := range h.everything(t.Context(), p, id) {
				if err == nil || err.Error() != none[what].Error() {
					t.Errorf("%s, %s: %v, and of none: %v", name, what, err, none[what])
				}
			}
		}
		list, err := h.files.List(t.Context(), p, h.b.filed)
		is(t, name+" lists", err, model.ErrNotFound)
		if len(list) > 0 {
			t.Errorf("%s lists %d", name, len(list))
		}
		_, err = h.files.Begin(t.Context(), p, files.Input{Of: h.b.filed, Name: "a", Size: 1})
		if err == nil {
			t.Errorf("%s added a file to a report of others", name)
		}
	}
	if _, err := h.read(t, h.b.people["viewer"], there[0], files.Whole); err != nil {
		t.Error(err)
	}
}

// Who sees a file follows from what it belongs to, as that is now, and from its own audience.
func TestAudience(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people
	ofDraft := h.add(t, c["author"], h.a.draft, "draft.txt", noise(10, 1))
	ids := map[access.Level]string{}
	for _, level := range []access.Level{access.Everyone, access.Organizers, access.Managers} {
		data := noise(10, 2)
		r, err := h.files.Begin(t.Context(), c["author"], files.Input{Of: h.a.filed, Name: "a.txt", Size: 10,
			Audience: level})
		must(t, err)
		ids[level] = r.ID
		h.send(t, c["author"], r.ID, data, 0)
		_, err = h.files.Complete(t.Context(), c["author"], r.ID, "")
		must(t, err)
	}
	half := h.begin(t, c["author"], h.a.filed, "half.txt", 10)
	sees := func(name, id string, want bool) {
		t.Helper()
		_, err := h.read(t, c[name], id, files.Whole)
		if want != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if !want {
			is(t, name, err, model.ErrNotFound)
		}
	}
	for name, p := range c {
		sees(name, ofDraft, name == "author")
		sees(name, ids[access.Everyone], true)
		sees(name, ids[access.Organizers], p.Role.AtLeast(access.Organizer) || name == "author")
		sees(name, ids[access.Managers], p.Role == access.Management || name == "author")
		if name != "author" {
			sees(name, half, false)
		}
		want := map[string]int{"author": 4, "management": 3, "organizer": 2}[name]
		list, err := h.files.List(t.Context(), p, h.a.filed)
		if want = max(want, 1); err != nil || len(list) != want {
			t.Errorf("%s lists %d of %d, %v", name, len(list), want, err)
		}
		list, err = h.files.List(t.Context(), p, h.a.draft)
		if (err == nil) != (name == "author") || (len(list) == 1) != (name == "author") {
			t.Errorf("%s lists %d of the draft, %v", name, len(list), err)
		}
	}
	_, err := h.shows.TrashReport(t.Context(), c["organizer"], h.a.filed.ID, 0)
	is(t, "trash with a file that is withheld", err, model.ErrDenied)
	_, err = h.shows.FileReport(t.Context(), c["author"], h.a.draft.ID, 0)
	must(t, err)
	for name := range c {
		sees(name, ofDraft, true)
	}
	_, err = h.shows.TrashReport(t.Context(), c["management"], h.a.filed.ID, 0)
	must(t, err)
}

// Whoever may change a report or production may add to it and remove from it, and nobody else.
func TestWhoMayAddAndRemove(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people
	for name := range c {
		for of, may := range map[string]bool{
			"draft": name == "author", "filed": name == "author" || name == "organizer" || name == "management",
			"production": name == "organizer" || name == "management",
		} {
			held := map[string]string{"draft": h.a.draft.ID, "filed": h.a.filed.ID, "production": h.a.production.ID}[of]
			in := files.Input{Of: h.a.production, Name: "a.txt", Size: 5}
			if of != "production" {
				in.Of.Kind = h.a.draft.Kind
			}
			in.Of.ID = held
			_, err := h.files.Begin(t.Context(), c[name], in)
			if may != (err == nil) {
				t.Errorf("%s adds to the %s: %v", name, of, err)
			}
			owner := map[string]string{"draft": "author", "filed": "author", "production": "organizer"}[of]
			id := h.add(t, c[owner], in.Of, "b.txt", noise(5, 1))
			if err := h.files.Remove(t.Context(), c[name], id, 0); may != (err == nil) {
				t.Errorf("%s removes from the %s: %v", name, of, err)
			}
		}
	}
	_, err := h.files.Begin(t.Context(), c["management"], files.Input{Of: h.a.filed, Name: "a", Size: 1, ID: "x"})
	if err == nil {
		t.Error("an id that can be none was taken")
	}
	in := files.Input{Of: h.a.filed, Name: "a", Size: 1}
	in.Of.Kind = "performances"
	if _, err := h.files.Begin(t.Context(), c["management"], in); err == nil {
		t.Error("a file was added to what has none")
	}
}

// Only who began an upload goes on with it, even among those who may change the report.
func TestUploadsAreTheirBeginners(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.begin(t, h.a.people["author"], h.a.filed, "a.txt", 5)
	for what, err := range h.everything(t.Context(), h.a.people["management"], id) {
		is(t, what, err, model.ErrNotFound)
	}
}

// Parts are sealed for their place: swapped, moved to another file or cut, none of them opens.
func TestPartsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.a.people["author"]
	one, two := noise(3*files.PartSize, 1), noise(3*files.PartSize, 2)
	first, second := h.add(t, c, h.a.draft, "a.txt", one), h.add(t, c, h.a.draft, "b.txt", two)
	foreign := h.add(t, h.b.people["author"], h.b.draft, "c.txt", one)
	kept := map[string][]byte{}
	of := map[string][]string{}
	for _, name := range h.stored(t) {
		r, err := h.objects.Open(t.Context(), name)
		must(t, err)
		kept[name], err = io.ReadAll(r)
		must(t, err)
		for _, id := range []string{first, second, foreign} {
			if bytes.Contains([]byte(name), []byte(id)) {
				of[id] = append(of[id], name)
			}
		}
		if bytes.Contains(kept[name], one[:64]) || bytes.Contains(kept[name], two[len(two)-64:]) {
			t.Error("an object is not sealed")
		}
	}
	put := func(name string, body []byte) {
		must(t, h.objects.Delete(t.Context(), name))
		if body != nil {
			must(t, h.objects.Store.Put(t.Context(), name, body))
		}
	}
	for what, change := range map[string]func(){
		"swapped": func() {
			put(of[first][0], kept[of[first][1]])
			put(of[first][1],
				kept[of[first][0]])
		},
		"twice":            func() { put(of[first][0], kept[of[first][1]]) },
		"twice, the other": func() { put(of[first][1], kept[of[first][0]]) },
		"of another file": func() {
			put(of[first][0], kept[of[second][0]])
			put(of[first][1],
				kept[of[second][1]])
		},
		"of another workspace": func() {
			put(of[first][0], kept[of[foreign][0]])
			put(of[first][1],
				kept[of[foreign][1]])
		},
		"cut":              func() { put(of[first][1], kept[of[first][1]][:files.PartSize/2]) },
		"cut at a segment": func() { put(of[first][1], kept[of[first][1]][:64<<10]) },
		"empty":            func() { put(of[first][0], []byte{}) },
		"longer":           func() { put(of[first][1], append(bytes.Clone(kept[of[first][1]]), 0)) },
		"changed in the last byte": func() {
			put(of[first][1],
				append(bytes.Clone(kept[of[first][1]][:len(kept[of[first][1]])-1]), 'x'))
		},
		"removed": func() { put(of[first][0], nil) },
	} {
		change()
		if got, err := h.read(t, c, first, files.Whole); err == nil || bytes.Equal(got, one) {
			t.Errorf("%s: it was read whole, %v", what, err)
		}
		for _, name := range of[first] {
			put(name, kept[name])
		}
	}
	if got, err := h.read(t, c, first, files.Whole); err != nil || !bytes.Equal(got, one) {
		t.Errorf("as it was: %v", err)
	}
}

// Whoever opened a file is in the trail under it, once, before the first byte; whoever has it already is not.
func TestReadsAreInTheTrail(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.add(t, h.a.people["author"], h.a.filed, "a.txt", noise(100, 1))
	shown := func() (n int) {
		list, _, err := h.Gate.Looked(t.Context(), records.By(h.a.people["management"], access.AuditRead),
			audit.Filter{Record: "files/" + id, Outcome: audit.Done}, 100, 1)
		must(t, err)
		for _, e := range list {
			if e.Shows("files/" + id) {
				n++
			}
		}
		return n
	}
	if n := shown(); n != 0 {
		t.Errorf("%d before", n)
	}
	r, err := h.files.Open(t.Context(), h.a.people["viewer"], id, files.Whole, true)
	must(t, err)
	if n := shown(); n != 1 {
		t.Errorf("%d with the first byte still to come", n)
	}
	must(t, r.Close())
	_, err = h.files.Open(t.Context(), h.a.people["viewer"], id, files.Whole, false)
	must(t, err)
	_, err = h.files.Look(t.Context(), h.a.people["viewer"], id, files.Whole)
	must(t, err)
	if n := shown(); n != 1 {
		t.Errorf("%d in the end", n)
	}
}
