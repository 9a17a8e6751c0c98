package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

// sign signs a head over all entries of the section, unless another one already covers the given entry.
func (l *Log) sign(ctx context.Context, e Entry) (h Head, err error) {
	looked, fresh := false, false
	err = l.repeat(ctx, func() error {
		v, err := l.look(ctx)
		switch {
		case err != nil:
			return err
		case v.why != "" || v.state.Section != e.Section:
			return model.Unavailable(errAnew)
		case v.head.covers(e):
			h = v.head.Head
			return nil
		case v.outside.covers(Entry{Section: v.state.Section, Number: v.state.Size - 1}):
			h = v.outside.Head // it was signed, and the content database does not have it yet
			return l.publish(ctx, v, v.outside.Head, v.outside.key())
		}
		var key check.Key
		if h, key, err = l.seal(ctx, v); err != nil {
			return err
		}
		if number(key.ID) < number(v.state.Key) && !looked {
			looked = true
			l.o.Keys.Look()
			return errOvertaken // by an instance that knows a higher version
		}
		if key.ID != v.state.Key {
			return l.change(ctx, v, key)
		}
		fresh = true
		return l.publish(ctx, v, h, key)
	})
	if err != nil {
		return Head{}, err
	}
	if fresh && l.o.Ship != nil {
		if err := l.o.Ship(ctx, h); err != nil {
			logging.From(ctx).WarnContext(ctx, "a head of the history was not copied to the log", "error", err)
		}
	}
	return h, nil
}

// seal checks what is new, and some of what is old, and signs a head over everything.
func (l *Log) seal(ctx context.Context, v *view) (h Head, key check.Key, err error) {
	s := v.state
	if err := l.compare(ctx, v); err != nil {
		return h, key, err
	}
	h = Head{Origin: l.o.Origin, Section: s.Section, Size: s.Size, At: later(l.now(), s.At), Before: s.Before}
	if v.head != nil {
		h.At = later(h.At, v.head.At)
	}
	if h.Root, err = l.root(ctx, s.Section, s.Size); err != nil {
		if errors.Is(err, errHashes) {
			err = tampered("%v", err)
		}
		return h, key, err
	}
	key, err = l.signed(ctx, &h)
	return h, key, err
}

// signed signs a head, and says by which key.
func (l *Log) signed(ctx context.Context, h *Head) (check.Key, error) {
	s, err := l.o.Keys.Sign(ctx, signing.Notes, func(string) ([]byte, error) { return []byte(h.Text()), nil })
	if err != nil {
		return check.Key{}, model.Unavailable(fmt.Errorf("a head of the history: %w", err))
	}
	public, err := l.o.Keys.PublicKey(ctx, s.Version)
	if err != nil {
		return check.Key{}, model.Unavailable(fmt.Errorf("a head of the history: %w", err))
	}
	key, err := check.NewKey(KeyName(l.o.Origin, l.o.Keys.Number(s.Version)), public)
	if err != nil {
		return key, err
	}
	signer, err := key.Signer(s.Signature)
	if err != nil {
		return key, fmt.Errorf("history: %w", err)
	}
	raw, err := note.Sign(&note.Note{Text: h.Text()}, signer)
	if err != nil {
		return key, fmt.Errorf("history: %w", err)
	}
	h.Note, h.Key = string(raw), key.ID
	return key, nil
}

// versionMark is what a key's name has before the number of its version.
const versionMark = "/v"

// KeyName is how a version of the key is named in what it signs for an origin.
func KeyName(origin string, version int) string { return origin + versionMark + strconv.Itoa(version) }

// number is the number of the version that a key's id names, 0 if there is none.
func number(id string) int {
	name, _, _ := strings.Cut(id, "+")
	i := strings.LastIndex(name, versionMark)
	if i < 0 {
		return 0
	}
	n, err := strconv.Atoi(name[i+len(versionMark):])
	if err != nil {
		return 0
	}
	return n
}

// change records that another key signs from here on. The head that was just signed by it is dropped.
func (l *Log) change(ctx context.Context, v *view, key check.Key) error {
	data, err := encode(check.KeyChange{Old: v.state.Key, New: key})
	if err != nil {
		return err
	}
	if _, err := l.write(ctx, v, check.KindKey, data, key.ID); err != nil {
		return err
	}
	return errOvertaken // by this entry
}

// publish keeps a head outside first, and then in the content database. Neither ever goes back.
func (l *Log) publish(ctx context.Context, v *view, h Head, key check.Key) error {
	now := l.now()
	body, err := encode(kept{Schema: schema, Note: h.Note, Keys: allKeys(v, h, key)})
	if err != nil {
		return err
	}
	if v.outside == nil || v.outside.Note != h.Note {
		if _, err := l.o.Outside.Commit(ctx, over(v.outDoc, outsideRef, body, now)); err != nil {
			return overtaken("keep the last head of the history outside", err)
		}
	}
	if _, err := l.o.Content.Commit(ctx, over(v.headDoc, headRef, body, now)); err != nil {
		return overtaken("store the last head of the history", err)
	}
	return nil
}

func overtaken(doing string, err error) error {
	if errors.Is(err, model.ErrConflict) {
		return errOvertaken
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// allKeys are the keys that ever signed, with the heads that they signed; the one that signs now is the last.
func allKeys(v *view, h Head, key check.Key) []check.Key {
	var list []check.Key
	for _, s := range []*signed{v.outside, v.head} {
		if s == nil {
			continue
		}
		for _, k := range s.keys {
			if !slices.ContainsFunc(list, func(have check.Key) bool { return have.ID == k.ID }) {
				list = append(list, k)
			}
		}
	}
	return put(list, key, h)
}

// put moves a key to the end of a list, and notes a head that it signed.
func put(list []check.Key, key check.Key, h Head) []check.Key {
	at := &check.Place{Section: h.Section, Size: h.Size, At: h.At}
	key.First = at
	if i := slices.IndexFunc(list, func(k check.Key) bool { return k.ID == key.ID }); i >= 0 {
		key.First = list[i].First
		list = slices.Delete(list, i, i+1)
	}
	key.Last = at
	return append(list, key)
}
