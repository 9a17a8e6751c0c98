package guess

import (
	"embed"
	"io/fs"
	"math"
	"strings"
	"sync"
	"unicode"

	"github.com/ccojocar/zxcvbn-go/frequency"
)

// The lists by language are the beginnings of those of zxcvbn-ts; words/LICENSE.txt is theirs. tried.txt is our own.
//
//go:embed words/*.txt
var files embed.FS

const (
	shortestWord = 3
	longestWord  = 24
	manyCapitals = 4 // more of them cost no more
)

// ranks say for a word, in lower case and without accents, how early somebody tries it.
type ranks map[string]uint32

func (r ranks) add(word string, rank int) {
	if old, ok := r[word]; !ok || rank < int(old) {
		r[word] = uint32(rank) // #nosec G115 -- at most the length of a list
	}
}

// lists are all lists, read once.
var lists = sync.OnceValue(func() ranks {
	all := ranks{}
	for _, list := range frequency.Lists {
		for i, word := range list.List {
			all.add(plainWord(word), i+1)
		}
	}
	names, err := fs.Glob(files, "words/??.txt")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, name := range names {
		for i, word := range strings.Fields(content(name)) {
			all.add(word, i+1)
		}
	}
	for line := range strings.Lines(content("words/tried.txt")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for i, word := range strings.Fields(line) {
			all.add(plainWord(word), i+1)
		}
	}
	return all
})

func content(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

func plainWord(word string) string {
	for i := range len(word) {
		if word[i] >= 0x80 || word[i] >= 'A' && word[i] <= 'Z' {
			return string(read(word).plain)
		}
	}
	return word
}

// newNames are words that are tried first.
func newNames(known []string) ranks {
	names := ranks{}
	for _, word := range known {
		names.add(plainWord(word), 2)
	}
	return names
}

// words finds words, also with look-alikes for letters, and capitals.
func (t *text) words(known ranks, add found) {
	all := lists()
	for i := range t.raw {
		most := min(len(t.raw), i+longestWord)
		for to := i + 1; to <= most; to++ {
			for k, letters := range [][]rune{t.plain, t.alike[0], t.alike[1]} {
				if k > 0 && !t.differs(letters, i, to) {
					continue
				}
				word := string(letters[i:to])
				rank, ok := known[word]
				if !ok {
					rank, ok = all[word]
				}
				if ok && (to-i >= shortestWord || letters[i] >= 0x2E80) { // shorter words are words in Han and the like
					add(i, to, wordBits(rank)+t.capitals(i, to)+t.replaced(letters, i, to))
				}
			}
		}
	}
}

// wordBits costs one bit for the choice among the lists.
func wordBits(rank uint32) float64 { return 1 + math.Log2(float64(rank)+1) }

func (t *text) differs(letters []rune, from, to int) bool {
	for i := from; i < to; i++ {
		if letters[i] != t.plain[i] {
			return true
		}
	}
	return false
}

// capitals costs one bit if only the first letter is a capital, or if all are; otherwise one more than the number of
// capitals.
func (t *text) capitals(from, to int) float64 {
	n, first := 0, unicode.IsUpper(t.raw[from])
	for _, r := range t.raw[from:to] {
		if unicode.IsUpper(r) {
			n++
		}
	}
	switch {
	case n == 0:
		return 0
	case n == to-from || n == 1 && first:
		return 1
	}
	return float64(min(n, manyCapitals)) + 1
}

// replaced costs one bit for each letter of the alphabet that another character stands for, however often.
func (t *text) replaced(letters []rune, from, to int) float64 {
	kinds := map[rune]bool{}
	for i := from; i < to; i++ {
		if letters[i] != t.plain[i] {
			kinds[letters[i]] = true
		}
	}
	return float64(len(kinds))
}
