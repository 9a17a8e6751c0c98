// Package worddiff compares two texts by words, for people who want to see what was changed.
//
// It must never lose or invent a character: what stayed and what was removed is the earlier text, what stayed and what
// was added is the later one.
package worddiff

import (
	"slices"
	"strings"
	"unicode"
)

// Piece is a run of words that stayed (""), was removed ("-") or was added ("+").
type Piece struct{ Op, Text string }

// maxCells limits the work of comparing two texts; longer texts are shown as replaced.
const maxCells = 1 << 20

// Compare gives the differences of two texts, in the order of the text. Parts of more than a thousand words that differ
// throughout are given as removed and added whole.
func Compare(before, after string) []Piece {
	a, b := tokens(before), tokens(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var p joiner
	p.add("", a[:head]...)
	p.compare(a[head:len(a)-tail], b[head:len(b)-tail])
	p.add("", a[len(a)-tail:]...)
	return p.list
}

type joiner struct{ list []Piece }

func (p *joiner) add(op string, words ...string) {
	text := strings.Join(words, "")
	switch n := len(p.list); {
	case text == "":
	case n > 0 && p.list[n-1].Op == op:
		p.list[n-1].Text += text
	default:
		p.list = append(p.list, Piece{op, text})
	}
}

// compare walks along a longest common sequence.
func (p *joiner) compare(a, b []string) {
	if len(a)*len(b) > maxCells {
		p.add("-", a...)
		p.add("+", b...)
		return
	}
	common := lengths(a, b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			p.add("", a[i])
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			p.add("-", a[i])
			i++
		default:
			p.add("+", b[j])
			j++
		}
	}
	p.add("-", a[i:]...)
	p.add("+", b[j:]...)
}

// lengths are the lengths of the longest common sequences of all ends of a and b.
func lengths(a, b []string) [][]int32 {
	table := make([][]int32, len(a)+1)
	for i := range table {
		table[i] = make([]int32, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}

// tokens splits a text into words and what is between them; joined they are the text again.
func tokens(text string) []string {
	var list []string
	start, inWord := 0, false
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsNumber(r)
		if i > start && (!word || word != inWord) {
			list = append(list, text[start:i])
			start = i
		}
		inWord = word
	}
	if start < len(text) {
		list = append(list, text[start:])
	}
	return list
}
