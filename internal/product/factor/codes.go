package factor

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strconv"
	"time"
)

// A recovery code has 120 bits, so a keyed hash of it can be stored like that of a token.
const (
	codeBytes = 15
	codeChars = 24
	codeGroup = 6
)

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func itoa(n int) string { return strconv.Itoa(n) }

// renew makes new recovery codes and makes the old ones void. It returns their texts, which are shown once.
func (s *Set) renew(hash func(string) string, now time.Time) []string {
	texts := make([]string, CodeCount)
	s.Codes, s.Made = make([]Code, CodeCount), now
	for i := range texts {
		raw := make([]byte, codeBytes)
		_, _ = rand.Read(raw) // never fails
		plain := lower32.EncodeToString(raw)
		texts[i], s.Codes[i] = grouped(plain, codeGroup, "-"), Code{Hash: hash(plain)}
	}
	return texts
}

// recover takes a recovery code, once.
func (s *Set) recover(plain string, hash func(string) string, now time.Time) bool {
	if len(plain) != codeChars || !s.Any() {
		return false
	}
	want, found := []byte(hash(plain)), -1
	for i, c := range s.Codes {
		if subtle.ConstantTimeCompare([]byte(c.Hash), want) == 1 && c.Used.IsZero() {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	s.Codes[found].Used = now
	return true
}
