package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// view is what is stored, as it was read at one time.
type view struct {
	state    state
	stateDoc *store.Doc
	head     *signed // in the content database
	headDoc  *store.Doc
	outside  *signed // in the keys database
	outDoc   *store.Doc
	why      string // why a new section must begin before anything is signed, "" if none must
}

// signed is a head with all keys that ever signed one; the last of them signed this one.
type signed struct {
	Head
	keys []check.Key
}

// key is the key that signed the head.
func (s *signed) key() check.Key { return s.keys[len(s.keys)-1] }

// covers reports whether a head is over an entry, or over one of a later section.
func (s *signed) covers(e Entry) bool {
	return s != nil && s.Section == e.Section && s.Size > e.Number
}

// covered reports whether a head is over all entries.
func (v *view) covered() bool {
	return v.state.Size == 0 || v.head.covers(Entry{Section: v.state.Section, Number: v.state.Size - 1})
}

// look reads what is stored, and checks that the last signed heads are over it. It is ErrTampered if they cannot be.
func (l *Log) look(ctx context.Context) (*view, error) {
	v := &view{}
	// The head that is kept outside is read first: entries that it is over are then there.
	out, err := l.o.Outside.GetAll(ctx, outsideRef)
	if err != nil {
		return nil, fmt.Errorf("the last head of the history: %w", err)
	}
	docs, err := l.o.Content.GetAll(ctx, headRef, stateRef)
	if err != nil {
		return nil, fmt.Errorf("the state of the history: %w", err)
	}
	v.outDoc, v.headDoc, v.stateDoc = out[0], docs[0], docs[1]
	if v.outside, err = readSigned(v.outDoc); err != nil {
		return v, tampered("the head that is kept outside: %v", err)
	}
	if v.head, err = readSigned(v.headDoc); err != nil {
		return v, tampered("the last head: %v", err)
	}
	if v.stateDoc != nil {
		if err := json.Unmarshal(v.stateDoc.Body, &v.state); err != nil {
			return v, tampered("its state: %v", err)
		}
	}
	if err := l.checkHead(ctx, v); err != nil {
		return v, err
	}
	v.why, err = l.contradicted(ctx, v)
	return v, err
}

func readSigned(d *store.Doc) (*signed, error) {
	if d == nil {
		return nil, nil
	}
	var k kept
	if err := json.Unmarshal(d.Body, &k); err != nil {
		return nil, err
	}
	h, err := check.Parse(k.Note)
	if err != nil {
		return nil, err
	}
	if len(k.Keys) == 0 || k.Keys[len(k.Keys)-1].ID != h.Key {
		return nil, errors.New("its key is not there")
	}
	return &signed{h, k.Keys}, nil
}

// checkHead checks that the content database agrees with itself.
func (l *Log) checkHead(ctx context.Context, v *view) error {
	h := v.head
	if h == nil || h.Section < v.state.Section {
		return nil
	}
	if h.Section > v.state.Section || h.Size > v.state.Size {
		return tampered("the last head is over %d entries of section %d, and there are %d", h.Size, h.Section,
			v.state.sizeOf(h.Section))
	}
	same, err := l.fits(ctx, h.Head)
	if err != nil {
		return err
	}
	if !same {
		return tampered("the root over the first %d entries of section %d is not the one that was signed", h.Size,
			h.Section)
	}
	return nil
}

// Why a new section begins, in words for everybody.
const (
	whyFewer   = "The database has fewer entries than the last signed head says: it was restored to an earlier state."
	whyOther   = "The database has other entries than the last signed head says."
	whyAddress = "The installation has another address now."
)

// contradicted says why a new section must begin, so that nothing is signed that contradicts the head kept outside.
func (l *Log) contradicted(ctx context.Context, v *view) (why string, err error) {
	o, s := v.outside, v.state
	switch {
	case o == nil:
		return "", nil
	case o.Section > s.Section || o.Section == s.Section && o.Size > s.Size:
		return whyFewer, nil
	case o.Section < s.Section && o.Hash() == s.Before:
		return "", nil // the first head of the section has not been signed yet
	case o.Section < s.Section:
		return whyOther, nil
	case o.Origin != l.o.Origin:
		return whyAddress, nil
	case v.head != nil && v.head.Note == o.Note:
		return "", nil
	}
	same, err := l.fits(ctx, o.Head)
	if err != nil || same {
		return "", err
	}
	return whyOther, nil
}
