package guess

import (
	"math"
	"sync"
	"unicode"
)

// key is a position on a keyboard. A row is shifted by about half a key against the one above it, which is ignored
// here.
type key struct {
	row, column int
	shift       bool
}

// layout is the positions of characters. Each row is written twice: without the shift key and with it.
type layout map[rune]key

var layouts = sync.OnceValue(func() []layout {
	var all []layout
	for _, rows := range [][][2]string{
		{{"`1234567890-=", "~!@#$%^&*()_+"}, {" qwertyuiop[]\\", " QWERTYUIOP{}|"}, {" asdfghjkl;'", " ASDFGHJKL:\""},
			{" zxcvbnm,./", " ZXCVBNM<>?"}},
		{{"^1234567890ß´", "°!\"§$%&/()=?`"}, {" qwertzuiopü+", " QWERTZUIOPÜ*"}, {" asdfghjklöä#", " ASDFGHJKLÖÄ'"},
			{" yxcvbnm,.-", " YXCVBNM;:_"}},
		{{"²&é\"'(-è_çà)=", " 1234567890°+"}, {" azertyuiop^$", " AZERTYUIOP¨£"}, {" qsdfghjklmù*", " QSDFGHJKLM%µ"},
			{" wxcvbn,;:!", " WXCVBN?./§"}},
		{{"`1234567890[]", "~!@#$%^&*(){}"}, {" ',.pyfgcrl/=", " \"<>PYFGCRL?+"}, {" aoeuidhtns-", " AOEUIDHTNS_"},
			{" ;qjkxbmwvz", " :QJKXBMWVZ"}},
		{{"ё1234567890-=", "Ё!\"№;%:?*()_+"}, {" йцукенгшщзхъ\\", " ЙЦУКЕНГШЩЗХЪ/"}, {" фывапролджэ", " ФЫВАПРОЛДЖЭ"},
			{" ячсмитьбю.", " ЯЧСМИТЬБЮ,"}},
		{{"`1234567890-=", "~!@#$%^&*()_+"}, {" ;ςερτυθιοπ[]", " :ΣΕΡΤΥΘΙΟΠ{}"}, {" ασδφγηξκλ΄'", " ΑΣΔΦΓΗΞΚΛ¨\""},
			{" ζχψωβνμ,./", " ΖΧΨΩΒΝΜ<>?"}},
		{{"789", "789"}, {"456", "456"}, {"123", "123"}, {"0", "0"}},
		{{"123", "123"}, {"456", "456"}, {"789", "789"}, {"*0#", "*0#"}},
	} {
		all = append(all, newLayout(rows))
	}
	return all
})

func newLayout(rows [][2]string) layout {
	l := layout{}
	for y, row := range rows {
		for shifted, text := range row {
			for x, r := range []rune(text) {
				if _, known := l[r]; !known && r != ' ' {
					l[r] = key{y, x, shifted == 1}
				}
			}
		}
	}
	return l
}

const (
	shapeBits = 2.5 // of a move that was made before
	moveBits  = 3.2 // of a step to an adjacent key
	shiftBits = 1   // when the shift key is pressed or released
	shortWalk = 3
	longJump  = 3.5 // in addition, for a shape that is repeated at a place that is not adjacent to the last
)

// keysOf are the places of all characters, and which of them have one.
func (l layout) keysOf(raw []rune) (keys []key, has []bool) {
	keys, has = make([]key, len(raw)), make([]bool, len(raw))
	for i, r := range raw {
		keys[i], has[i] = l[r]
		if !has[i] {
			keys[i], has[i] = l[unicode.ToLower(r)]
			keys[i].shift = true
		}
	}
	return keys, has
}

// walks finds rows of keys: steps to an adjacent key, and shapes that are repeated one or more keys further on, as in
// 1qaz2wsx.
func (t *text) walks(add found) {
	for _, l := range layouts() {
		keys, has := l.keysOf(t.raw)
		for i := 1; i < len(keys); i++ {
			if !has[i] {
				continue
			}
			if has[i-1] && beside(keys[i-1], keys[i]) {
				add(i, i+1, moveBits+turn(keys[i-1], keys[i]))
			}
			for from := range i {
				shape(keys, has, i, from, add)
			}
		}
	}
}

// shape finds a movement that equals an earlier one, in the same or the other row. It may continue into itself: qwerty
// is one move, repeated.
func shape(keys []key, has []bool, i, from int, add found) {
	if !has[from] {
		return
	}
	dy, dx := keys[i].row-keys[from].row, keys[i].column-keys[from].column
	bits := shapeBits + turn(keys[i-1], keys[i])
	if !near(dy, dx) {
		bits += longJump
	}
	for n := 0; i+n < len(keys) && has[i+n] && has[from+n]; n++ {
		a, b := keys[from+n], keys[i+n]
		if b.row-a.row != dy || b.column-a.column != dx {
			return
		}
		if n > 0 {
			bits += turn(keys[i+n-1], b)
		}
		if n+1 >= shortWalk || from == i-1 && n > 0 {
			add(i, i+n+1, bits+math.Log2(float64(n+1))/2)
		}
	}
}

func near(dy, dx int) bool { return dy >= -1 && dy <= 1 && dx >= -1 && dx <= 1 }

func beside(a, b key) bool { return near(b.row-a.row, b.column-a.column) && a != b }

func turn(a, b key) float64 {
	if a.shift != b.shift {
		return shiftBits
	}
	return 0
}
