package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// The other files of the copy.
const (
	PageName = "security.html"
	DataName = "security.json"
)

const (
	mostPages = 100 // of entries, in one run: a run has some forty seconds
	smallFile = 1 << 20
	largeFile = 32 << 20
)

const jsonType, textType, htmlType = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8"

// History is what is copied.
type History interface {
	Head(ctx context.Context) (history.Head, error)
	Sections(ctx context.Context) ([]history.Section, error)
	Page(ctx context.Context, section, from int64) (check.Page, error)
	PublicKeys(ctx context.Context) ([]history.PublicKey, error)
}

// Bucket is where the copy is.
type Bucket interface {
	Put(ctx context.Context, f objects.File) (bool, error)
	Get(ctx context.Context, name string, most int64) ([]byte, error)
	Last(ctx context.Context, prefix, from string) (string, error)
}

// Site gives what everybody gets at a path of the service.
type Site interface {
	Get(ctx context.Context, path string) ([]byte, error)
}

// Options are what a Mirror needs.
type Options struct {
	History History
	Bucket  Bucket
	Site    Site
	BaseURL string // of the service
	CopyURL string // of the folder of the copy, without a slash at the end
	Clock   model.Clock
}

// Mirror writes the copy. Several of them, in several processes, can write the same one.
type Mirror struct{ o Options }

// New makes a Mirror. It makes no call.
func New(o Options) *Mirror { return &Mirror{o} }

// Done is what a run did.
type Done struct {
	Written int
	More    bool // there are more entries, for the next run; head and page wait until they are there
}

// ErrAhead says that the copy has results that the service no longer has. Nothing is written over them: after a restore
// the history begins a new section, and then the copy continues with that.
var ErrAhead = errors.New("the copy has more than the history, or is of another one")

// Copy writes whatever has changed: entries first, then the keys and the head over them, and what shows them last.
func (m *Mirror) Copy(ctx context.Context) (d Done, err error) {
	w := writing{m.o.Bucket, &d}
	head, err := m.o.History.Head(ctx)
	switch {
	case errors.Is(err, model.ErrNotFound): // nothing was recorded yet
	case err != nil:
		return d, err
	default:
		if err := m.copyHistory(ctx, w, head); err != nil || d.More {
			return d, err
		}
	}
	data, err := m.o.Site.Get(ctx, "/"+DataName)
	if err != nil {
		return d, err
	}
	page, err := m.page(ctx)
	if err != nil {
		return d, err
	}
	if err := w.put(ctx, DataName, jsonType, data); err != nil {
		return d, err
	}
	return d, w.put(ctx, PageName, htmlType, page)
}

// writing is a run.
type writing struct {
	bucket Bucket
	done   *Done
}

func (w writing) put(ctx context.Context, name, kind string, body []byte) error {
	wrote, err := w.bucket.Put(ctx, objects.File{Name: name, Type: kind, Body: body})
	if wrote {
		w.done.Written++
	}
	return err
}

func (m *Mirror) copyHistory(ctx context.Context, w writing, head history.Head) error {
	at, err := m.begin(ctx, head)
	if err != nil {
		return err
	}
	if err := m.copyEntries(ctx, w, at); err != nil || w.done.More {
		return err
	}
	if err := m.mend(ctx, w, head); err != nil {
		return err
	}
	// The keys are read after the head, so that the one that signed it is among them.
	keys, err := m.o.History.PublicKeys(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	if err := w.put(ctx, check.CopiedKeys, jsonType, text); err != nil {
		return err
	}
	return w.put(ctx, check.CopiedHead, textType, []byte(head.Note))
}

// place is a page of entries.
type place struct{ section, from int64 }

// begin is the first page that may have to be written. All pages before the copy's head are there; of those after it,
// only the last may be incomplete, because they are written in order.
func (m *Mirror) begin(ctx context.Context, head history.Head) (place, error) {
	at := place{section: 1}
	text, err := m.o.Bucket.Get(ctx, check.CopiedHead, smallFile)
	switch {
	case errors.Is(err, objects.ErrMissing):
	case err != nil:
		return at, err
	default:
		copied, err := check.Parse(string(text))
		if err != nil {
			return at, fmt.Errorf("%w: %s: %w", ErrAhead, check.CopiedHead, err)
		}
		if copied.Section > head.Section || copied.Section == head.Section &&
			(copied.Size > head.Size || copied.Origin != head.Origin) {
			return at, fmt.Errorf("%w: it has %d entries of section %d of %s, and the history %d of section %d of %s",
				ErrAhead, copied.Size, copied.Section, copied.Origin, head.Size, head.Section, head.Origin)
		}
		at = place{copied.Section, copied.Size - copied.Size%check.PageSize}
	}
	last, err := m.o.Bucket.Last(ctx, check.CopiedPages, check.CopiedPage(at.section, at.from))
	if err != nil {
		return at, err
	}
	if section, from, ok := check.CopiedFrom(last); ok {
		at = place{section, from}
	}
	return at, nil
}

func (m *Mirror) copyEntries(ctx context.Context, w writing, at place) error {
	sections, err := m.o.History.Sections(ctx)
	if err != nil {
		return err
	}
	pages := 0
	for _, s := range sections {
		from := int64(0)
		switch {
		case s.Number < at.section:
			continue
		case s.Number == at.section:
			from = at.from
		}
		for ; from < s.Size; from += check.PageSize {
			if pages++; pages > mostPages {
				w.done.More = true
				return nil
			}
			if err := m.copyPage(ctx, w, place{s.Number, from}, place{s.Number, from} == at); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyPage writes a page of entries. One that may be there is not replaced by one with fewer entries, which a restored
// database has.
func (m *Mirror) copyPage(ctx context.Context, w writing, at place, mayBeThere bool) error {
	name := check.CopiedPage(at.section, at.from)
	page, err := m.o.History.Page(ctx, at.section, at.from)
	if err != nil {
		return err
	}
	if mayBeThere {
		var have check.Page
		text, err := m.o.Bucket.Get(ctx, name, largeFile)
		switch {
		case errors.Is(err, objects.ErrMissing):
		case err != nil:
			return err
		case json.Unmarshal(text, &have) == nil && len(have.Entries) > len(page.Entries):
			return nil
		}
	}
	text, err := json.Marshal(page)
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	return w.put(ctx, name, jsonType, text)
}

// mend looks whether one of the older pages of the section is still there. The head says which one, so that it is
// another one after each entry.
func (m *Mirror) mend(ctx context.Context, w writing, head history.Head) error {
	pages := head.Size / check.PageSize
	if pages == 0 {
		return nil
	}
	n := int64(0)
	for _, b := range head.Root[:4] {
		n = n<<8 | int64(b)
	}
	at := place{head.Section, n % pages * check.PageSize}
	name := check.CopiedPage(at.section, at.from)
	if found, err := m.o.Bucket.Last(ctx, name, name); err != nil || found != "" {
		return err
	}
	return m.copyPage(ctx, w, at, false)
}
