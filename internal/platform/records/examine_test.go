package records_test

import (
	"errors"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
)

// TestExamine: what is sealed cannot be read and does not open elsewhere; what is indexed in the clear is found; and
// whoever does not know what a document says is refused.
func TestExamine(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, notesAfter)
	me := access.Caller{Scope: h.Workspace(t), Account: model.NewID(), Name: "Ada", Role: access.Management}
	there := me
	there.Scope = h.Workspace(t)
	title, subtitle := model.NewID(), model.NewID() // the title is a field in the clear
	write := func(c access.Caller) records.Ref {
		r, err := notesAfter.Create(t.Context(), h.Gate, records.By(c, access.ReportCreate).On(model.NewID()),
			noteAfter{Title: title, Subtitle: subtitle})
		if err != nil {
			t.Fatal(err)
		}
		return notesAfter.Ref(c.Scope, r.ID)
	}
	ref, beside, elsewhere := write(me), write(me), write(there)
	examine := func(words []string, places ...records.Ref) (records.Examined, error) {
		return notesAfter.Examine(t.Context(), h.Gate, ref, words, places...)
	}
	for name, c := range map[string]struct {
		words  []string
		places []records.Ref
		want   records.Examined
	}{
		"sealed":            {[]string{subtitle}, []records.Ref{beside, elsewhere}, records.Examined{}},
		"in the clear":      {[]string{subtitle, title}, []records.Ref{beside}, records.Examined{Plain: true}},
		"in its own place":  {[]string{subtitle}, []records.Ref{beside, ref}, records.Examined{Moved: true}},
		"without any place": {[]string{subtitle}, nil, records.Examined{}},
	} {
		if got, err := examine(c.words, c.places...); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, words := range map[string][]string{"of another": {subtitle, model.NewID()}, "short": {subtitle[:23]},
		"empty": {""}, "none": {}} {
		if got, err := examine(words, ref); !errors.Is(err, model.ErrDenied) && !errors.Is(err, model.ErrInvalid) ||
			got != (records.Examined{}) {
			t.Errorf("words %s: %+v, %v", name, got, err)
		}
	}
	gone := ref
	gone.ID = model.NewID()
	if _, err := notesAfter.Examine(t.Context(), h.Gate, gone, []string{subtitle}); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a document that is not there: %v", err)
	}
}
