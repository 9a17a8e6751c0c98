package seal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// smallWords are English words that occur in nearly every text, so that a search for them is useless. Words that mean
// something in a theatre, such as "out", "off", "down" and "over", are not among them, nor are names or months, such as
// "will" and "may".
var smallWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`
		about after again all also although always among and another any are around because been before being
		between both but can cannot could did does doing done during each either else ever every few for from get
		gets getting got had has have having her here hers him his how however into its itself just last later least
		less like made make many more most much must near neither next nor not now often once one only other others
		our ours own per quite rather report reports said same she should since some soon still such than that the
		their them then there these they this those though through too two under until upon use used very was
		went were what when where whether which while who whom whose why with within without would yet you your`) {
		set[w] = true
	}
	return set
}()

// Small reports whether a folded word is left out of the index: it occurs in most texts, or has only one or two letters
// of an alphabet. A word with a digit is not small: "q7" and "42" are what people look for.
func Small(word string) bool {
	if smallWords[word] {
		return true
	}
	if utf8.RuneCountInString(word) > 2 {
		return false
	}
	for _, r := range word {
		if !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			return false
		}
	}
	return true
}
