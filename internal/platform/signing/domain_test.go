package signing

import (
	"errors"
	"strings"
	"testing"
)

// TestSignedBytesStay: what was signed is checked with the same bytes for as long as it is kept.
func TestSignedBytesStay(t *testing.T) {
	t.Parallel()
	got, err := Framed("toh-round-1").Text([]byte(`{"n":1}`))
	if want := "\x0btoh-round-1\x07" + `{"n":1}`; string(got) != want || err != nil {
		t.Errorf("%q, want %q; %v", got, want, err)
	}
	got, err = Framed("toh-round-1").Text([]byte(strings.Repeat("x", 300)))
	if want := "\x0btoh-round-1\xac\x02xx"; !strings.HasPrefix(string(got), want) || err != nil {
		t.Errorf("%q, want %q; %v", got, want, err)
	}
	got, err = Envelope("application/json").Text([]byte(`{"n":1}`))
	if want := `DSSEv1 16 application/json 7 {"n":1}`; string(got) != want || err != nil {
		t.Errorf("%q, want %q; %v", got, want, err)
	}
	if got, err := Notes.Text([]byte("a\nb\n")); string(got) != "a\nb\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDomainsShareNoText: nothing that is signed for a name can be signed as a note.
func TestDomainsShareNoText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "123456789", "12345678901", strings.Repeat("a", 31)} {
		text, err := Framed(name).Text([]byte("text\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Notes.Text(text); !errors.Is(err, errNotANote) {
			t.Errorf("%q is a note: %q", name, got)
		}
	}
	for _, text := range []string{"", "DSSEv1 4 text 1 a", "a\tb", "a\x00", "\xff", "a\r\n"} {
		if _, err := Notes.Text([]byte(text)); err == nil {
			t.Errorf("%q is a note", text)
		}
	}
	for _, name := range []string{"", "1234567890", strings.Repeat("a", 32)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is the name of a domain", name)
				}
			}()
			Framed(name)
		}()
	}
}
