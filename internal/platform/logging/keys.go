package logging

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
)

// dangerousParts make a key dangerous wherever they occur in it; dangerousKeys are dangerous as a whole. Both are
// without separators and in lower case.
var (
	dangerousParts = []string{"password", "passwd", "passphrase", "pwd", "secret", "token", "cookie", "authoriz",
		"authoris", "bearer", "apikey",
		"credential", "privatekey", "signingkey", "pepper", "email", "phone", "iban", "accountnumber", "cardnumber",
		"jwt"}
	dangerousKeys = map[string]bool{"body": true, "payload": true, "title": true, "subject": true, "to": true,
		"toname": true, "recipient": true,
		"username": true, "displayname": true, "fullname": true, "firstname": true, "lastname": true,
		"personname": true, "auth": true,
		"pass": true, "pin": true, "otp": true, "query": true, "rawquery": true, "address": true, "ip": true,
		"remoteip": true, "remoteaddr": true}
)

// Keys are constants of the code, so each verdict is computed once and cached. The limit keeps keys that are not
// constant from filling the memory.
const maxVerdicts = 1024

var (
	verdicts     sync.Map // key → bool
	verdictCount atomic.Int64
)

// dangerous reports whether a value under this key must not be written, whatever it is.
func dangerous(key string) bool {
	if v, ok := verdicts.Load(key); ok {
		return v.(bool)
	}
	v := judge(key)
	if len(key) <= maxKey && verdictCount.Load() < maxVerdicts {
		verdicts.Store(strings.Clone(key), v)
		verdictCount.Add(1)
	}
	return v
}

func judge(key string) bool {
	plain := strings.Map(letters, key)
	if dangerousKeys[plain] {
		return true
	}
	for _, part := range dangerousParts {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return false
}

func letters(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return unicode.ToLower(r)
	}
	return -1
}
