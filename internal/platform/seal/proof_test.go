package seal

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

var proved = []store.Field{{Name: "state", Type: store.String}, {Name: "at", Type: store.Time},
	{Name: "list", Type: store.Strings},
	{Name: "words", Type: store.Ints, Unread: true}}

func provedDoc(ring *Ring) store.Doc {
	at := time.Date(2026, 3, 29, 1, 30, 0, 123456789, time.UTC)
	return store.Doc{
		Ref: store.Ref{Scope: ring.Scope(), Collection: "notes", ID: "one"}, Version: 3, Created: at, Updated: at,
		Fields: store.Fields{"state": "open", "at": at, "list": []string{"a", "bc"}, "words": []int64{1, -2}},
	}
}

func testRing(t *testing.T) *Ring {
	t.Helper()
	k, err := newKeysets()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := k.ring(model.Workspace("w1"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestProofIsOfWhatTheStoreGivesBack: times lose what is below a microsecond, an empty list counts as a list, and
// unread fields are skipped.
func TestProofIsOfWhatTheStoreGivesBack(t *testing.T) {
	t.Parallel()
	ring := testRing(t)
	d := provedDoc(ring)
	if err := ring.SealDoc(&d, nil, proved, []byte{1}, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	d.Created, d.Updated = d.Created.Truncate(time.Microsecond), d.Updated.Truncate(time.Microsecond).
		In(time.FixedZone("x", 3600))
	d.Fields["at"] = d.Fields["at"].(time.Time).Truncate(time.Microsecond)
	delete(d.Fields, "words")
	head, text, err := ring.OpenDoc(&d, proved, 1)
	if err != nil || head[0] != 1 || string(text) != `{"a":1}` {
		t.Fatalf("%v %q %v", head, text, err)
	}
	d.Fields["list"] = []string{"ab", "c"}
	if _, _, err := ring.OpenDoc(&d, proved, 1); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("moved letters between elements: %v", err)
	}
}

// TestThePreviousReleaseSideBySide: it opens a document with a proof, as the text with a line break before it, and what
// it writes over can be opened here.
func TestThePreviousReleaseSideBySide(t *testing.T) {
	t.Parallel()
	ring := testRing(t)
	d := provedDoc(ring)
	if err := ring.SealDoc(&d, nil, proved, []byte{1}, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	plain, err := ring.Open(d.Body, bindingOf(d.Ref))
	if err != nil || string(plain) != "\x01\n{\"a\":1}" {
		t.Fatalf("the previous release reads %q, %v", plain, err)
	}
	if d.Body, err = ring.Seal([]byte("\x01{\"a\":2}"), bindingOf(d.Ref)); err != nil { // the proof is kept as it was
		t.Fatal(err)
	}
	d.Version, d.Fields["state"] = 4, "closed"
	if _, text, err := ring.OpenDoc(&d, proved, 1); err != nil || string(text) != `{"a":2}` {
		t.Errorf("what the previous release wrote: %q, %v", text, err)
	}
}

// TestALaterReleasesFieldStaysProved: this release writes over a document from a release that has one more field.
func TestALaterReleasesFieldStaysProved(t *testing.T) {
	t.Parallel()
	ring := testRing(t)
	later := append([]store.Field{{Name: "rank", Type: store.Int}}, proved...)
	d := provedDoc(ring)
	d.Fields["rank"] = int64(5)
	if err := ring.SealDoc(&d, nil, later, nil, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	mine := d
	mine.Fields, mine.Version = store.Fields{"state": "closed"}, 4
	if err := ring.SealDoc(&mine, &d, proved, nil, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	mine.Fields["rank"] = int64(5) // the store keeps it
	if _, _, err := ring.OpenDoc(&mine, later, 0); err != nil {
		t.Error(err)
	}
	mine.Fields["rank"] = int64(6)
	if _, _, err := ring.OpenDoc(&mine, later, 0); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("a changed field of the later release: %v", err)
	}
}
