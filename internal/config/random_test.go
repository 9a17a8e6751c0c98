package config

import (
	"crypto/rand"
	"strings"
	"testing"
)

// TestRandomBytesAreNoPlaceholder: random bytes that happen to spell a word were not typed by a person.
func TestRandomBytesAreNoPlaceholder(t *testing.T) {
	t.Parallel()
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

// TestRandomTextIsNoPlaceholder: a random key written in base64 can happen to spell a word, too.
func TestRandomTextIsNoPlaceholder(t *testing.T) {
	t.Parallel()
	const seed = "q7Zk3vRb0XwY9dLs1GfH5jTnM8cPaE2uViOoKyB4Nm4"
	for _, word := range []string{"-Xxx-", "_YOUR-", "-todo-", "_Dummy_", "change-me", "-insert_"} {
		for _, at := range []int{0, 11, len(seed) - len(word) - 1} {
			key := seed[:at] + word + seed[at+len(word):]
			for _, v := range []string{key, strings.NewReplacer("-", "+", "_", "/").Replace(key) + "=",
				`{"keys":[{"kid":"k-xxxyourtodo","seed":"` + key + `"}]}`} {
				if err := CheckSecret("toh-session-keys", []byte(v)); err != nil {
					t.Errorf("%q: %v", v, err)
				}
			}
		}
	}
	for _, v := range []string{"xxx-xxx-xxx-put-a-key-here-please-0123456789",
		"my_changeme123_of_some_length_with_digits_42",
		strings.Repeat("changeme", 6)[:43], "your-32-byte-key-in-base64-goes-right-here"} {
		if err := CheckSecret("toh-session-keys", []byte(v)); err == nil {
			t.Errorf("%q is accepted", v)
		}
	}
}
