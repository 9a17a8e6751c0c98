package seal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

func TestWhatIsSealedOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	r, other := w.ring(t, k, tosca), w.ring(t, k, norma)
	c := sealed(t, r, "the tenor is ill")
	if bytes.Contains(c, []byte("tenor")) || len(c) != len("the tenor is ill")+seal.Overhead {
		t.Fatalf("sealed as %q", c)
	}
	opens(t, r, c, "the tenor is ill")
	for name, b := range map[string]seal.Binding{
		"kind":     {Scope: tosca, Kind: "notes", ID: "r1", Field: "title"},
		"id":       {Scope: tosca, Kind: "reports", ID: "r2", Field: "title"},
		"field":    {Scope: tosca, Kind: "reports", ID: "r1", Field: "text"},
		"body":     {Scope: tosca, Kind: "reports", ID: "r1"},
		"scope":    {Scope: norma, Kind: "reports", ID: "r1", Field: "title"},
		"shifted":  {Scope: tosca, Kind: "report", ID: "sr1", Field: "title"},
		"shifted2": {Scope: tosca, Kind: "reports", ID: "r1title", Field: ""},
		"nothing":  {},
	} {
		t.Run(name, func(t *testing.T) { closed(t, r, c, b) })
	}
	t.Run("another workspace's ring", func(t *testing.T) {
		closed(t, other, c, place(norma))
		closed(t, other, c, place(tosca))
	})
	t.Run("an account of the same name", func(t *testing.T) {
		account := w.ring(t, k, model.Account("tosca"))
		closed(t, account, c, place(account.Scope()))
	})
}

func TestAChangedBitDoesNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring(t, w.instance(), tosca)
	c := sealed(t, r, "curtain at 19:30")
	for i := range len(c) * 8 {
		c[i/8] ^= 1 << (i % 8)
		closed(t, r, c, place(tosca))
		c[i/8] ^= 1 << (i % 8)
	}
	for n := range c {
		closed(t, r, c[:n], place(tosca))
	}
	closed(t, r, append(c, 0), place(tosca))
	closed(t, r, nil, place(tosca))
}

func TestSealingNeedsAFullBinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring(t, w.instance(), tosca)
	for name, b := range map[string]seal.Binding{
		"another scope": {Scope: norma, Kind: "reports", ID: "r1"},
		"no scope":      {Kind: "reports", ID: "r1"},
		"no kind":       {Scope: tosca, ID: "r1"},
		"no id":         {Scope: tosca, Kind: "reports"},
	} {
		if c, err := r.Seal([]byte("x"), b); err == nil || c != nil {
			t.Errorf("%s: sealed", name)
		}
		if s, err := r.SealStream(&bytes.Buffer{}, b); err == nil || s != nil {
			t.Errorf("%s: a file is sealed", name)
		}
	}
}

func TestSealingTheSameTwiceLooksDifferent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.ring(t, w.instance(), tosca)
	if bytes.Equal(sealed(t, r, "same"), sealed(t, r, "same")) {
		t.Fatal("equal texts look equal")
	}
	opens(t, r, sealed(t, r, ""), "")
	long := strings.Repeat("x", 1<<20)
	opens(t, r, sealed(t, r, long), long)
}

func TestTokensAndHashesAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.instance()
	r, other := w.ring(t, k, tosca), w.ring(t, k, norma)
	same := ringOf(t, w.instance(), tosca)
	if r.Token("reports", "tenor") != same.Token("reports", "tenor") || r.Hash("email", "a@b") != same.Hash("email",
		"a@b") {
		t.Fatal("two instances disagree")
	}
	tokens := map[int64]string{}
	hashes := map[string]string{}
	for ringName, ring := range map[string]*seal.Ring{"tosca": r, "norma": other} {
		for _, in := range [][2]string{{"reports", "tenor"}, {"reports", "tenors"}, {"notes", "tenor"},
			{"report", "stenor"}, {"", "reportstenor"}} {
			name := ringName + " " + in[0] + " " + in[1]
			token, hash := ring.Token(in[0], in[1]), ring.Hash(in[0], in[1])
			if tokens[token] != "" || hashes[hash] != "" {
				t.Errorf("%s is like %s%s", name, tokens[token], hashes[hash])
			}
			tokens[token], hashes[hash] = name, name
			if !model.ValidID(hash) || len(hash) < 43 {
				t.Errorf("%s: %q is no id", name, hash)
			}
		}
	}
}
