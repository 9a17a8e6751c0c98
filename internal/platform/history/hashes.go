package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// hashes provides a section's stored hashes to tlog. Each is with the entry that completed its subtree.
func (l *Log) hashes(ctx context.Context, section int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		refs, levels := make([]store.Ref, len(indexes)), make([]int, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			levels[i], refs[i] = level, hashRef(section, (n+1)<<level-1)
		}
		docs, err := l.o.Content.GetAll(ctx, refs...)
		if err != nil {
			return nil, fmt.Errorf("read hashes of the history: %w", err)
		}
		list := make([]tlog.Hash, len(docs))
		for i, d := range docs {
			if list[i], err = hashAt(d, levels[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", refs[i], err)
			}
		}
		return list, nil
	})
}

// root is the root over the first entries of a section, by the stored hashes.
func (l *Log) root(ctx context.Context, section, size int64) (tlog.Hash, error) {
	return tlog.TreeHash(size, l.hashes(ctx, section))
}

// fits reports whether the stored hashes give the root that a head has.
func (l *Log) fits(ctx context.Context, h Head) (bool, error) {
	root, err := l.root(ctx, h.Section, h.Size)
	if errors.Is(err, errHashes) {
		return false, nil
	}
	return err == nil && root == h.Root, err
}

// add is the document of the hashes that an entry adds to its section.
func (l *Log) add(ctx context.Context, e Entry) (store.Doc, error) {
	more, err := tlog.StoredHashesForRecordHash(e.Number, e.Record(), l.hashes(ctx, e.Section))
	if err != nil {
		return store.Doc{}, err
	}
	body := make([]byte, 0, len(more)*tlog.HashSize)
	for _, h := range more {
		body = append(body, h[:]...)
	}
	return store.Doc{Ref: hashRef(e.Section, e.Number), Version: 1, Created: e.At, Updated: e.At, Body: body}, nil
}

const (
	atOnce  = 100 // documents in one read
	recheck = 16  // older entries that are compared again with their hashes before each signature
)

// compare compares entries with their hashes: all that are under no head yet, and some that are. The last head's root
// says which, so that they are others after each head, and the same again as long as nothing is signed.
func (l *Log) compare(ctx context.Context, v *view) error {
	signed := int64(0)
	if v.head != nil && v.head.Section == v.state.Section {
		signed = v.head.Size
	}
	if err := l.sound(ctx, v.state.Section, signed, v.state.Size); err != nil || signed == 0 {
		return err
	}
	from := int64(binary.BigEndian.Uint32(v.head.Root[:])) % signed
	if err := l.sound(ctx, v.state.Section, from, min(from+recheck, signed)); err != nil {
		return err
	}
	return l.sound(ctx, v.state.Section, 0, min(from+recheck-signed, from))
}

// sound compares stored entries with their hashes.
func (l *Log) sound(ctx context.Context, section, from, until int64) error {
	for from < until {
		n := min(until-from, atOnce)
		list, err := l.read(ctx, section, from, n)
		if err != nil {
			return err
		}
		for number := from; number < from+n; number++ {
			i := slices.IndexFunc(list, func(e stored) bool { return e.doc == numbered(section, number) })
			if i < 0 || list[i].Hash == nil || list[i].Record() != *list[i].Hash || list[i].Number != number ||
				list[i].Section != section {
				return tampered("entry %d of section %d is not what was recorded", number, section)
			}
		}
		from += n
	}
	return nil
}
