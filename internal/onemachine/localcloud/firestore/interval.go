package firestore

import (
	"bytes"
	"slices"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// interval is the bytes from lo to before hi; a nil hi means to the end, a nil lo from the beginning.
type interval struct{ lo, hi []byte }

var everything = []interval{{}}

// point is everything that begins with b.
func point(b []byte) interval { return interval{b, kv.PrefixEnd(b)} }

func (i interval) has(b []byte) bool {
	return bytes.Compare(b, i.lo) >= 0 && (i.hi == nil || bytes.Compare(b, i.hi) < 0)
}

func (i interval) empty() bool { return i.hi != nil && bytes.Compare(i.lo, i.hi) >= 0 }

// inverted is the interval of the same things with every bit inverted, which reverses the order. It is exact for
// encodings of which none is the beginning of another.
func (i interval) inverted() interval {
	var out interval
	if i.hi != nil {
		out.lo = kv.PrefixEnd(inverse(i.hi))
	}
	if len(i.lo) > 0 {
		out.hi = kv.PrefixEnd(inverse(i.lo))
	}
	return out
}

func inverse(b []byte) []byte {
	out := bytes.Clone(b)
	invert(out)
	return out
}

// invertAll turns sorted intervals around.
func invertAll(list []interval) []interval {
	out := make([]interval, len(list))
	for n, i := range list {
		out[len(list)-1-n] = i.inverted()
	}
	return out
}

// intersect keeps what is in both of two sorted lists.
func intersect(a, b []interval) []interval {
	var out []interval
	for _, x := range a {
		for _, y := range b {
			both := interval{lo: maxBytes(x.lo, y.lo), hi: minEnd(x.hi, y.hi)}
			if !both.empty() {
				out = append(out, both)
			}
		}
	}
	return out
}

func maxBytes(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}

func minEnd(a, b []byte) []byte {
	if a == nil || b != nil && bytes.Compare(b, a) < 0 {
		return b
	}
	return a
}

// without cuts a point out of sorted intervals.
func without(list []interval, p interval) []interval {
	return intersect(list, []interval{{hi: p.lo}, {lo: p.hi}})
}

// covers says whether one of the intervals has b.
func covers(list []interval, b []byte) bool {
	return slices.ContainsFunc(list, func(i interval) bool { return i.has(b) })
}
