package guess_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/guess"
)

// enough is what the policy requires.
const enough = 35

func TestWhatPeopleMake(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Summer2026!Summer2026!", "summer2026!Summer2026?", "01/02/199901/02/1999", "01.02.1999 03.04.2001",
		"19990102-20010304", "motdepasse1234", "contraseña1234",
		"contrasen\u0303a1234", "пароль12345678", "ПАРОЛЬпароль!", "!QAZ2wsx#EDC", "1qaz@WSX3edc$RFV", "zaq12wsxcde3",
		"qwe123asd456zxc", "qweasdzxc123", "qwertzuiopü+", "azertyuiop^$",
		"йцукенгшщзхъ", "фывапролджэ1", "aoeuidhtns-1", "qpwoeirutyalskdj", "1q2w3e4r5t6y7u8i", "poiuytrewq0987",
		"7894561230123", "147258369741", "qazwsxedcrfvtgb",
		"абвгдежзийклмн", "αβγδεζηθικλμ", "zyxwvutsrqponm", "acegikmoqsuwy", "passwortpasswort1", "Wachtwoord2026!",
		"hasło1234567", "lösenord12345", "şifre123456789", "salasana12345!",
		"senha12345678", "jelszó1234567", "κωδικός12345", "סיסמה12345678", "密码密码12345678", "パスワード123456", "비밀번호123456",
		"Sommer2026!!", "Juillet2026!", "P@ssw0rt2026!",
		"m0tdep@sse123", "abcabcabcabcabc", "drowssap12345", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "!!!!!!!!!!!!!!!!!!!!",
		"hello1999hello", "janvier2024fevrier", "12.05.1984anna",
		"ilovejesus2026", "galatasaray1905", "ajaxajax1900!!", "qwertyqwertyuiop", "a1b2c3d4e5f6g7h8",
		"1a2b3c4d5e6f7g8h", "abc123abc123abc123", "987654321987654321",
	} {
		if bits := guess.Bits(text, nil); bits >= enough {
			t.Errorf("%q: %.1f bits", text, bits)
		}
	}
}

func TestWhatIsKnownOfSomebody(t *testing.T) {
	t.Parallel()
	const text = "quillbottomzephyrine"
	if with, without := guess.Bits(text, []string{"quillbottom", "zephyrine"}),
		guess.Bits(text, nil); with >= enough/2 || without < enough {
		t.Errorf("%.1f with, %.1f without", with, without)
	}
}

// generator makes what the generators of password managers make.
type generator struct {
	alphabet string
	length   int
}

var generators = []generator{
	{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*", 12},
	{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12},
	{"abcdefghijklmnopqrstuvwxyz0123456789", 12},
	{"abcdefghijklmnopqrstuvwxyz", 12},
	{"0123456789abcdef", 16},
	{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*", 20},
	{"0123456789", 20},
}

func TestGeneratedPasswordsAreStrong(t *testing.T) {
	t.Parallel()
	r, refused, least := stream("passwords"), 0, 1000.0
	const each = 300
	for _, g := range generators {
		for range each {
			text := make([]byte, g.length)
			for i := range text {
				text[i] = g.alphabet[r.IntN(len(g.alphabet))]
			}
			bits := guess.Bits(string(text), nil)
			if least = min(least, bits); bits < enough {
				refused++
				t.Logf("%s: %.1f bits", text, bits)
			}
		}
	}
	t.Logf("%d passwords, the weakest has %.1f bits", each*len(generators), least)
	if refused > 0 {
		t.Errorf("%d of %d are refused", refused, each*len(generators))
	}
}

// TestPassphrasesAreStrong makes phrases as dice do, from the common words of each language and with the usual
// separators.
func TestPassphrasesAreStrong(t *testing.T) {
	t.Parallel()
	r, refused, least := stream("phrases"), 0, 1000.0
	const each = 100
	separators := []string{" ", "-", ".", "", "_"}
	for _, language := range guess.Languages() {
		words := guess.Words(language)
		for n := range each {
			phrase := make([]string, 5)
			for i := range phrase {
				phrase[i] = words[r.IntN(len(words))]
			}
			text := strings.Join(phrase, separators[n%len(separators)])
			bits := guess.Bits(text, nil)
			if least = min(least, bits); bits < enough {
				refused++
				t.Logf("%s: %.1f bits", text, bits)
			}
		}
	}
	t.Logf("%d phrases, the weakest has %.1f bits", each*len(guess.Languages()), least)
	if refused > 0 {
		t.Errorf("%d of %d are refused", refused, each*len(guess.Languages()))
	}
}

// stream is the same random sequence in every run.
func stream(name string) *rand.Rand {
	sum := sha256.Sum256([]byte(name))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
}

func TestMoreIsNeverCheaperThanNothing(t *testing.T) {
	t.Parallel()
	if bits := guess.Bits("", nil); bits != 0 {
		t.Errorf("nothing: %f", bits)
	}
	long := strings.Repeat("kq7vz2mwp9xt", 10)
	if a, b := guess.Bits(long, nil), guess.Bits(long+"more", nil); a != b {
		t.Errorf("what stands behind the first %d characters counts: %f, %f", guess.Most, a, b)
	}
}

func TestListsAreClean(t *testing.T) {
	t.Parallel()
	for _, language := range guess.Languages() {
		words := guess.Words(language)
		if len(words) < 1000 {
			t.Errorf("%s has %d words", language, len(words))
		}
		if i := slices.IndexFunc(words, func(w string) bool {
			return strings.ToLower(w) != w || strings.ContainsAny(w, " 0123456789")
		}); i >= 0 {
			t.Errorf("%s: %q", language, words[i])
		}
	}
}

func FuzzBits(f *testing.F) {
	f.Add("Summer2026!", "ann")
	f.Add("ǅİıſß\x00\xff年月", "𝔸nn")
	f.Fuzz(func(t *testing.T, text, known string) {
		bits := guess.Bits(text, []string{known})
		if !(bits >= 0 && bits <= 10*guess.Most) {
			t.Error(fmt.Sprint(bits))
		}
	})
}
