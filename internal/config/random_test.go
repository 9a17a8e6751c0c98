package config

import (
	"crypto/rand"
	"testing"
)

// TestRandomBytesAreNoPlaceholder: what happens to spell a word among random bytes is not typed by a person.
func TestRandomBytesAreNoPlaceholder(t *testing.T) {
	for _, word := range []string{"<ab>", "todo ", "dummy", "xxx", "change me"} {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			t.Fatal(err)
		}
		copy(key[10:], word)
		key[0], key[31] = 0x00, 0xff
		if err := CheckSecret("toh-pepper", key); err != nil {
			t.Errorf("%q: %v", word, err)
		}
		if err := CheckSecret("toh-pepper", []byte("abc "+word+" defghijklmno pq")); err == nil {
			t.Errorf("%q in a text is accepted", word)
		}
	}
}
