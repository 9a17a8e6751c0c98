package firestore

import (
	"bytes"
	"slices"
	"sort"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// maxUndo limits the keys that one read of the past undoes in memory.
var maxUndo = 2_000_000

func errTooMuch() error {
	return status.Error(codes.ResourceExhausted, "Too much was changed since the requested 'read_time' to read it on "+
		"one machine.")
}

// undo is one earlier key: with a value, or absent.
type undo struct {
	key, value []byte
	gone       bool
}

// sortUndo sorts the keys. If a key occurs twice, because an entry existed before and after, the one that is present
// comes last, and counts.
func sortUndo(list []undo) {
	slices.SortStableFunc(list, func(a, b undo) int { return bytes.Compare(a.key, b.key) })
}

// Iter walks over the keys as they were.
func (r *pastReader) Iter(lo, hi []byte) (iterator, error) {
	it, err := r.snap.Iter(lo, hi)
	if err != nil {
		return nil, err
	}
	list := r.undo[undoFrom(r.undo, lo):]
	if hi != nil {
		list = list[:undoFrom(list, hi)]
	}
	return &pastIter{Iter: it, list: compactUndo(list)}, nil
}

// undoFrom is the place of the first key that is key or after it.
func undoFrom(list []undo, key []byte) int {
	return sort.Search(len(list), func(i int) bool { return bytes.Compare(list[i].key, key) >= 0 })
}

// compactUndo keeps the last of equal keys.
func compactUndo(list []undo) []undo {
	out := make([]undo, 0, len(list))
	for _, u := range list {
		if n := len(out); n > 0 && bytes.Equal(out[n-1].key, u.key) {
			out[n-1] = u
			continue
		}
		out = append(out, u)
	}
	return out
}

// pastIter walks over a snapshot and the keys that were different, in parallel. The methods that it does not define are
// those of the snapshot; none of them moves.
type pastIter struct {
	*kv.Iter
	list   []undo
	at     int // in list, of the key that comes next in the direction of the walk
	there  bool
	listed bool // the key is that of the list
}

func (p *pastIter) SeekGE(key []byte) bool {
	p.at, p.there = undoFrom(p.list, key), p.Iter.SeekGE(key)
	return p.settle(1)
}

func (p *pastIter) SeekLT(key []byte) bool {
	p.at, p.there = undoFrom(p.list, key)-1, p.Iter.SeekLT(key)
	return p.settle(-1)
}

func (p *pastIter) Last() bool {
	p.at, p.there = len(p.list)-1, p.Iter.Last()
	return p.settle(-1)
}

func (p *pastIter) Next() bool { return p.move(1) }
func (p *pastIter) Prev() bool { return p.move(-1) }

func (p *pastIter) move(by int) bool {
	if p.listed {
		p.at += by
	} else {
		p.step(by)
	}
	return p.settle(by)
}

func (p *pastIter) step(by int) {
	if by > 0 {
		p.there = p.Iter.Next()
	} else {
		p.there = p.Iter.Prev()
	}
}

// settle finds which of the two comes first; the list counts where both have a key.
func (p *pastIter) settle(by int) bool {
	for p.at >= 0 && p.at < len(p.list) {
		order := -1
		if p.there {
			order = by * bytes.Compare(p.list[p.at].key, p.Iter.Key())
		}
		if order > 0 {
			break
		}
		if order == 0 {
			p.step(by)
		}
		if !p.list[p.at].gone {
			p.listed = true
			return true
		}
		p.at += by
	}
	p.listed = false
	return p.there
}

func (p *pastIter) Key() []byte {
	if p.listed {
		return p.list[p.at].key
	}
	return p.Iter.Key()
}

func (p *pastIter) Value() []byte {
	if p.listed {
		return p.list[p.at].value
	}
	return p.Iter.Value()
}
