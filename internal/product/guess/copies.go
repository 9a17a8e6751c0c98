package guess

import (
	"math"
	"slices"
)

// orders finds letters or digits that follow each other, up or down, as in abcd, 4321 or где.
func (t *text) orders(add found) {
	for i := 0; i+1 < len(t.plain); i++ {
		for _, step := range []rune{1, -1, 2, -2} {
			to := i + 1
			for to < len(t.plain) && t.plain[to]-t.plain[to-1] == step {
				to++
				if to-i >= 3 {
					add(i, to, t.start(i)+2+t.turns(i, to)+math.Log2(float64(to-i))/2)
				}
			}
		}
	}
}

// start is the cost of the first character of a row: most rows begin at an end.
func (t *text) start(i int) float64 {
	if slices.Contains([]rune("a0z19я"), t.plain[i]) {
		return 1
	}
	return t.alone(i)
}

// turns costs a bit whenever capitals begin or end.
func (t *text) turns(from, to int) float64 {
	n := 0.0
	for i := from + 1; i < to; i++ {
		if (t.raw[i] != t.plain[i]) != (t.raw[i-1] != t.plain[i-1]) {
			n++
		}
	}
	return n
}

const (
	shortestCopy = 2
	copyBits     = 2.5 // for one that begins where its pattern ends
	furtherBits  = 1.5 // for any other, in addition to the distance
)

// copies finds pieces that occurred before, also in other case or backwards. A piece may continue into itself: aaaa,
// ababab.
func (t *text) copies(add found) {
	n := len(t.plain)
	for i := 1; i < n; i++ {
		for from := range i {
			forth, back := 0, 0
			for i+forth < n && t.plain[from+forth] == t.plain[i+forth] {
				forth++
				t.addCopy(add, i, from, forth, 0)
			}
			for i+back < n && back <= from && t.plain[from-back] == t.plain[i+back] {
				back++
				t.addCopy(add, i, from, back, 1)
			}
		}
	}
}

func (t *text) addCopy(add found, i, from, length int, more float64) {
	if length < shortestCopy && from != i-1 {
		return
	}
	bits := copyBits + more + math.Log2(float64(length))/2
	if from+length != i && from != i-1 {
		bits += furtherBits + math.Log2(float64(i))
	}
	if !slices.Equal(t.raw[i:i+length], t.raw[from:min(from+length, len(t.raw))]) {
		bits++
	}
	add(i, i+length, bits)
}
