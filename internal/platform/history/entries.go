package history

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// MaxEntries is how many entries are read at once.
const MaxEntries = 100

// Section is a part of the history, and how many entries it has in the database.
type Section struct{ Number, Size int64 }

// Head is the last signed head. It is ErrNotFound before the first.
func (l *Log) Head(ctx context.Context) (Head, error) {
	s, err := l.last(ctx)
	if err != nil {
		return Head{}, err
	}
	return s.Head, nil
}

// PublicKeys are the keys of all versions that ever signed a head, in the order in which they last did.
func (l *Log) PublicKeys(ctx context.Context) ([]PublicKey, error) {
	s, err := l.last(ctx)
	if err != nil {
		return nil, err
	}
	return s.keys, nil
}

func (l *Log) last(ctx context.Context) (*signed, error) {
	d, err := l.o.Content.Get(ctx, headRef)
	if err != nil {
		return nil, fmt.Errorf("the last head of the history: %w", err)
	}
	s, err := readSigned(d)
	if err != nil {
		return nil, tampered("the last head: %v", err)
	}
	return s, nil
}

// Sections are the parts of the history, from the first. It is ErrNotFound before the first entry.
func (l *Log) Sections(ctx context.Context) ([]Section, error) {
	s, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Section, 0, len(s.Past)+1)
	for _, p := range s.Past {
		list = append(list, Section{p.Section, p.Size})
	}
	return append(list, Section{s.Section, s.Size}), nil
}

func (l *Log) state(ctx context.Context) (s state, err error) {
	d, err := l.o.Content.Get(ctx, stateRef)
	if err != nil {
		return s, fmt.Errorf("the state of the history: %w", err)
	}
	if err := json.Unmarshal(d.Body, &s); err != nil {
		return s, tampered("its state: %v", err)
	}
	return s, nil
}

// Entries reads up to limit entries of a section, from a number on; section 0 is the newest. They are as they are
// stored, whatever became of them; one that is gone is left out.
func (l *Log) Entries(ctx context.Context, section, from int64, limit int) ([]Entry, error) {
	s, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	if section == 0 {
		section = s.Section
	}
	return l.entries(ctx, s, section, from, limit)
}

func (l *Log) entries(ctx context.Context, s state, section, from int64, limit int) ([]Entry, error) {
	if from < 0 || limit < 1 || limit > MaxEntries {
		return nil, model.Invalid("At most %d entries are read at once.", MaxEntries)
	}
	size := s.sizeOf(section)
	if from >= size {
		return nil, nil
	}
	found, err := l.read(ctx, section, from, min(size-from, int64(limit)))
	if err != nil {
		return nil, err
	}
	list := make([]Entry, len(found))
	for i, f := range found {
		list[i] = f.Entry
		if !json.Valid(f.Data) { // so that it can be shown, and is found
			if list[i].Data, err = json.Marshal(string(bytes.ToValidUTF8(f.Data, []byte("?")))); err != nil {
				return nil, fmt.Errorf("history: %w", err)
			}
		}
	}
	return list, nil
}

// Page is some entries of a section as they are published, from a number on; section 0 is the newest. A section that
// there is not is empty.
func (l *Log) Page(ctx context.Context, section, from int64) (check.Page, error) {
	p := check.Page{Section: section, From: from, Entries: []Entry{}}
	s, err := l.state(ctx)
	if err != nil {
		return p, err
	}
	if section == 0 {
		section, p.Section = s.Section, s.Section
	}
	list, err := l.entries(ctx, s, section, from, MaxEntries)
	if err != nil {
		return p, err
	}
	if until := from + MaxEntries; until < s.sizeOf(section) {
		p.Next = until
	}
	p.Entries = append(p.Entries, list...)
	return p, nil
}

// stored is an entry as it is stored, and the id of its document.
type stored struct {
	Entry
	doc string
}

// read reads n entries, with their hashes. One that is gone is left out.
func (l *Log) read(ctx context.Context, section, from, n int64) ([]stored, error) {
	refs := make([]store.Ref, 0, 2*n)
	for i := range n {
		refs = append(refs, entryRef(section, from+i), hashRef(section, from+i))
	}
	docs, err := l.o.Content.GetAll(ctx, refs...)
	if err != nil {
		return nil, fmt.Errorf("entries of the history: %w", err)
	}
	var list []stored
	for i := 0; i < len(docs); i += 2 {
		if docs[i] == nil {
			continue
		}
		e := stored{readEntry(docs[i]), docs[i].Ref.ID}
		if hash, err := hashAt(docs[i+1], 0); err == nil {
			e.Hash = &hash
		}
		list = append(list, e)
	}
	return list, nil
}
