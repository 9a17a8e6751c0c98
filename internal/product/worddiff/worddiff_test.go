package worddiff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/worddiff"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	got := worddiff.Compare("The lamp failed in act one.", "The big lamp failed in act two.")
	want := []worddiff.Piece{{"", "The "}, {"+", "big "}, {"", "lamp failed in act "}, {"-", "one"},
		{"+", "two"}, {"", "."}}
	if !slices.Equal(got, want) {
		t.Errorf("pieces %q", got)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("a b c", "a c d")
	f.Add("", "x")
	f.Add("\xff\u0301", "é é")
	f.Fuzz(func(t *testing.T, before, after string) {
		var a, b strings.Builder
		for _, p := range worddiff.Compare(before, after) {
			if p.Op != "+" {
				a.WriteString(p.Text)
			}
			if p.Op != "-" {
				b.WriteString(p.Text)
			}
		}
		if a.String() != before || b.String() != after {
			t.Errorf("pieces of %q and %q give %q and %q", before, after, a.String(), b.String())
		}
	})
}

func TestLongTextsAreComparedInBoundedTime(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word and ", 10000)
	if got := worddiff.Compare("a "+long, strings.ToUpper(long)); len(got) == 0 || got[0].Op != "-" {
		t.Errorf("%d pieces", len(got))
	}
}
