package files_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/product/files"
)

func TestNamesAreCleaned(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`Bühne "A".pdf`: "Bühne _A_.pdf", "試演.pdf": "試演.pdf", "🎭.png": "🎭.png", `a;b".txt`: "a;b_.txt",
		"a\r\nSet-Cookie: x.txt": "aSet-Cookie_ x.txt", "../../etc/passwd": "passwd", `C:\Users\x\plan.pdf`: "plan.pdf",
		"Bu\u0308hne.pdf": "Bühne.pdf", "gpj.\u202eexe": "gpj.exe", "a\x00.txt": "a.txt", "": "file", "...": "file",
		"/":         "file",
		" .hidden ": "hidden", "a/": "a", "\xff.txt": "_.txt",
	} {
		if got := files.CleanName(given); got != want {
			t.Errorf("%q: %q, wanted %q", given, got, want)
		}
	}
	for _, long := range []string{strings.Repeat("ü", 300) + ".pdf", strings.Repeat("a", 300),
		"a." + strings.Repeat("b", 300)} {
		got := files.CleanName(long)
		if n := utf8.RuneCountInString(got); n != files.MaxName || strings.HasSuffix(long,
			".pdf") != strings.HasSuffix(got, ".pdf") {
			t.Errorf("%d characters: %q", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1 KB", 1536: "1.5 KB",
		20 << 30: "20 GB",
		1 << 20:  "1 MB", 150 << 20: "150 MB"} {
		if got := files.Bytes(n); got != want {
			t.Errorf("%d: %s, wanted %s", n, got, want)
		}
	}
}
