package model_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
)

func TestEveryLineBreakIsOne(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"a\r\nb": "a\nb", "a\rb": "a\nb", "a\vb": "a\nb", "a\fb": "a\nb", "a\u0085b": "a\nb", "a\u2028b": "a\nb",
		"a\u2029b": "a\nb",
		"a\r\r\nb": "a\n\nb", "a\n\rb": "a\n\nb", "a\tb": "a\tb", "a\x00b": "a\x00b", "": "", "ä\u00a0b": "ä\u00a0b",
	} {
		if got := model.Lines(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
	if got := model.Line(" Tosca\va new\u2028production\r\n"); got != "Tosca a new production" {
		t.Errorf("one line: %q", got)
	}
}
