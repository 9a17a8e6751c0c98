package records

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// leastKnown is the least length of a word with which a document may be examined, in bytes: nobody guesses such a word.
const leastKnown = 24

// Examined is how a document is stored.
type Examined struct {
	Plain bool // one of the words can be read in its stored form
	Moved bool // its bytes open in another document's place
}

// Examine looks at the stored form of a document, for controls of promises. Whoever asks has to know what it says:
// words chosen at random, each of which must be in its text. So nothing is disclosed, no document of anybody else can
// be examined, and it leaves no entry. A document that does not say the words, or does not open, is an error. The
// places are those in which its bytes must not open.
func (k *Kind[T]) Examine(ctx context.Context, g *Gate, ref Ref, words []string, places ...Ref) (Examined, error) {
	d, err := g.store.Get(ctx, ref)
	if err != nil {
		return Examined{}, fmt.Errorf("examine %s: %w", k.spec.Name, err)
	}
	if err := k.knows(ctx, g, d, words); err != nil {
		return Examined{}, err
	}
	e := Examined{Plain: readable(d, words)}
	for _, place := range places {
		moved := *d
		moved.Ref = place
		ring, err := k.ringOf(ctx, g, &moved)
		if err != nil {
			return Examined{}, err
		}
		_, _, err = k.unseal(ring, &moved)
		e.Moved = e.Moved || err == nil
	}
	return e, nil
}

// knows refuses whoever does not know what a document says.
func (k *Kind[T]) knows(ctx context.Context, g *Gate, d *store.Doc, words []string) error {
	ring, err := k.ringOf(ctx, g, d)
	if err != nil {
		return err
	}
	_, text, err := k.unseal(ring, d)
	if err != nil {
		return err
	}
	for _, w := range words {
		if len(w) < leastKnown || !bytes.Contains(text, []byte(w)) {
			return fmt.Errorf("examine %s without knowing what it says: %w", k.spec.Name, model.ErrDenied)
		}
	}
	if len(words) == 0 {
		return fmt.Errorf("examine %s without a word: %w", k.spec.Name, model.ErrInvalid)
	}
	return nil
}

// readable reports whether a word is in the stored form of a document, in any case of letters.
func readable(d *store.Doc, words []string) bool {
	form := strings.ToLower(fmt.Sprintf("%s %s %v", d.Body, d.Proof, d.Fields))
	for _, w := range words {
		if strings.Contains(form, strings.ToLower(w)) {
			return true
		}
	}
	return false
}
