package records

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// A document that only one person may read, and that changes often, has no words in the index: each word would be an
// index entry that is written with the first version and removed with the last. It has a single mark of its reader
// instead. A search asks for its word and for the searcher's mark, in one query and one order, and looks inside the
// documents that have the mark.

// markWord is not a word of any text.
const markWord = ""

func (k *Kind[T]) unindexed(body *T) bool { return k.spec.Unindexed != nil && k.spec.Unindexed(body) }

// marks are stored in place of words.
func (k *Kind[T]) marks(ring *seal.Ring, readers access.Audience) []int64 {
	tokens := []int64{}
	for _, domain := range access.Only(readers.People...).Domains() {
		tokens = append(tokens, k.token(ring, domain, markWord))
	}
	return tokens
}

// ownMarks are the marks of documents that the caller alone may read.
func (k *Kind[T]) ownMarks(ring *seal.Ring, c access.Caller) []int64 {
	if k.spec.Unindexed == nil || len(domains(c)) == 0 {
		return nil
	}
	return k.marks(ring, access.Only(c.Account))
}

func marked(d *store.Doc, marks []int64) bool {
	has, _ := d.Fields[wordsField].([]int64)
	return slices.ContainsFunc(marks, func(t int64) bool { return slices.Contains(has, t) })
}

// says looks for words in the text of a document, as far as the caller may read it. A document that cannot be opened
// counts as a hit, so that opening the page says why.
func (k *Kind[T]) says(ring *seal.Ring, c access.Caller, d *store.Doc, words []string) bool {
	r, err := k.open(ring, d)
	if err != nil {
		return true
	}
	if !k.admits(c, &r.Body) {
		return false
	}
	has := map[string]bool{}
	for _, text := range k.spec.Search(&r.Body) {
		if !text.Audience.Admits(c) {
			continue
		}
		for _, w := range seal.Words(text.Words) {
			has[w] = true
		}
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !has[w] })
}
