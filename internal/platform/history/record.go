package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// record writes an entry, after the beginning of a new section if one must begin.
func (l *Log) record(ctx context.Context, kind string, data []byte) (e Entry, err error) {
	err = l.repeat(ctx, func() error {
		v, err := l.look(ctx)
		if err != nil {
			return err
		}
		if v.why != "" {
			if err := l.begin(ctx, v, v.why); err != nil {
				return err
			}
			return errOvertaken // by the section's first entry
		}
		if !v.covered() { // perhaps because what is stored is not what was recorded: then nothing is added to it
			if err := l.compare(ctx, v); err != nil {
				return err
			}
		}
		e, err = l.write(ctx, v, kind, data, v.state.Key)
		return err
	})
	return e, err
}

// write writes the next entry of the section. After it, heads are signed by the key with the given id.
func (l *Log) write(ctx context.Context, v *view, kind string, data []byte, key string) (Entry, error) {
	now, s := l.now(), v.state
	if now.Before(s.At.Add(-check.Tolerance)) {
		return Entry{}, model.Unavailable(fmt.Errorf("history: the clock says %s, and the last entry is from %s", now,
			s.At))
	}
	s.Schema, s.Section = schema, max(s.Section, 1)
	e := Entry{Section: s.Section, Number: s.Size, At: now, Kind: kind, Data: data}
	s.Size, s.At, s.Key = s.Size+1, later(s.At, now), key
	return e, l.commit(ctx, v, s, e)
}

// commit writes an entry, the hashes that it adds and what the next one follows, all or nothing.
func (l *Log) commit(ctx context.Context, v *view, s state, e Entry) error {
	more, err := l.add(ctx, e)
	if errors.Is(err, errHashes) {
		return tampered("%v", err)
	}
	if err != nil {
		return err
	}
	body, err := encode(s)
	if err != nil {
		return err
	}
	// The state comes first, so that a clash names it if somebody else was faster.
	_, err = l.o.Content.Commit(ctx, over(v.stateDoc, stateRef, body, e.At), store.Create(entryDoc(e)),
		store.Create(more))
	if clash := new(store.Clash); errors.As(err, &clash) && clash.Ref != stateRef {
		return tampered("there is an entry %d of section %d already", e.Number, e.Section)
	}
	if errors.Is(err, model.ErrConflict) {
		return errOvertaken
	}
	if err != nil {
		return fmt.Errorf("record in the history: %w", err)
	}
	return nil
}

// begin writes the first entry of a new section. It names the last head, and says how many of its entries are gone.
func (l *Log) begin(ctx context.Context, v *view, why string) error {
	last := v.outside
	if last == nil {
		last = v.head
	}
	if last == nil {
		return model.Invalid("The history has no signed head yet that a new section could name.")
	}
	now, key := l.now(), last.key()
	b := check.Beginning{Why: why, Noticed: now, Before: last.Note, Key: &key,
		Missing: max(0, last.Size-v.state.sizeOf(last.Section))}
	if v.head != nil && v.head.Section == v.state.Section && v.head.Note != last.Note {
		b.Kept = v.head.Note
	}
	data, err := encode(b)
	if err != nil {
		return err
	}
	s := state{Schema: schema, Section: max(v.state.Section, last.Section) + 1, Size: 1, At: now, Before: last.Hash(),
		Past: slices.Clone(v.state.Past)}
	if v.state.Section > 0 {
		s.Past = append(s.Past, past{v.state.Section, v.state.Size})
	}
	e := Entry{Section: s.Section, At: now, Kind: check.KindSection, Data: data}
	if err := l.commit(ctx, v, s, e); err != nil {
		return err
	}
	logging.From(ctx).ErrorContext(ctx, "a new section of the history began", "section", s.Section, "missing",
		b.Missing, "why", why)
	return nil
}
