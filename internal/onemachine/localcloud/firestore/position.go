package firestore

import (
	"bytes"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// position finds a cursor's place in the suffix: everything before it is smaller. past says that it lies after
// everything.
func (c *conjunction) position(cur *cursor) (at []byte, past bool) {
	for i, v := range cur.values {
		o := c.orders[i]
		t := c.fixed(o.field.Text)
		if t == nil {
			part, side := c.cursorPart(o, v)
			if side != 0 {
				return beside(at, side > 0)
			}
			at = append(at, part...)
			continue
		}
		if side := compareFixed(t.value, indexed(v), o.desc); side != 0 {
			return beside(at, side < 0)
		}
	}
	return beside(at, cur.after)
}

// beside is the place before or after everything that begins with at.
func beside(at []byte, after bool) ([]byte, bool) {
	if !after {
		return at, false
	}
	next := kv.PrefixEnd(at)
	return next, next == nil
}

func compareFixed(value, cursor []byte, desc bool) int {
	if desc {
		return bytes.Compare(cursor, value)
	}
	return bytes.Compare(value, cursor)
}

// cursorPart encodes one value of a cursor. side is not 0 when the value lies before (-1) or after (1) all that the
// query can find.
func (c *conjunction) cursorPart(o ordering, v *pb.Value) (part []byte, side int) {
	part = indexed(v)
	if o.field.IsName() {
		if part, side = c.cursorName(v); o.desc {
			side = -side
		}
	}
	if o.desc {
		part = inverse(part)
	}
	return part, side
}

func (c *conjunction) cursorName(v *pb.Value) (part []byte, side int) {
	path, ok := c.namePath(v)
	if !ok {
		return nil, 1
	}
	if c.all {
		return path, 0
	}
	if rest, ok := bytes.CutPrefix(path, c.collection()); ok {
		return rest, 0
	}
	return nil, bytes.Compare(path, c.collection())
}

// window is the part of the suffixes, in scan order, that the ranges of the first field and the cursors leave.
func (c *conjunction) window() []interval {
	list := c.rangesOf(c.suffix[0])
	if c.suffix[0].desc {
		list = invertAll(list)
	}
	var bounds interval
	if c.start != nil {
		at, past := c.position(c.start)
		if past {
			return nil
		}
		bounds.lo = at
	}
	if c.end != nil {
		if at, past := c.position(c.end); !past {
			bounds.hi = append([]byte{}, at...)
		}
	}
	if bounds.empty() {
		return nil
	}
	return intersect(list, []interval{bounds})
}
