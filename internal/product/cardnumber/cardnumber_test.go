package cardnumber_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

func TestIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"4111111111111111":                   true,
		"card 4111 1111 1111 1111 given":     true,
		"4111-1111-1111-1111":                true,
		"4111.1111.1111.1111":                true,
		"4111\u00a01111\u00a01111\u00a01111": true,
		"3782 822463 10005":                  true, // American Express
		"378282246310005,":                   true,
		"4222222222222":                      true, // 13 digits
		"6304000000000000000":                true,
		"6304 0000 0000 0000 000":            true,
		"x4000000000000000006y":              true, // 19 digits
		"2026-03-14 4111 1111 1111 1111":     true, // after other numbers
		"7 4111111111111111 9":               true,
		"4111/1111/1111/1111":                true,
		"4111–1111–1111–1111":                true,
		"４１１１１１１１１１１１１１１１":                   true, // full width
		"٤١١١ ١١١١ ١١١١ ١١١١":                true, // Arabic
		"𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏": true, // mathematical
		"4111111111111112":                        false, // wrong check digit
		"41111111111111110000":                    false, // 20 digits
		"411111111111":                            false, // 12 digits
		"0000000000000000":                        false,
		"call 0049 30 1234567, or 030 7654321":    false,
		"19:32 20:45 21:05 22:31":                 false,
		"DE89 3704 0044 0532 0130 00":             false,
		"GB82WEST12345698765432":                  false,
		"":                                        false,
		strings.Repeat("12 ", 40):                 false,
		"Act 1 up 19.34, down 20.41; house 412.":  false,
		"4111  1111  1111  1111":                  false, // two spaces separate two numbers
		"line one 4111 1111\n1111 1111 line two":  false,
		"4111 1111 1111 1111 and more text after": true,
	} {
		if got := cardnumber.In(text); got != want {
			t.Errorf("In(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"paid with 4111 1111 1111 1111, thanks": "paid with **** **** **** 1111, thanks",
		"4111111111111111 and 378282246310005":  "************1111 and ***********0005",
		"４１１１-1111-1111-1111":                   "****-****-****-1111",
		"call ０３０ 7654321":                      "call ０３０ 7654321",
		"":                                      "",
	} {
		if got := cardnumber.Mask(text); got != want || cardnumber.In(got) {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzIn(f *testing.F) {
	f.Add("before ", " after")
	f.Fuzz(func(t *testing.T, before, after string) {
		before, after = strings.Map(noDigit, before), strings.Map(noDigit, after)
		if strings.HasSuffix(before, "-") || strings.ContainsAny(before+after, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			return // such a number is part of something longer
		}
		if !cardnumber.In(before + "4111 1111 1111 1111" + after) {
			t.Errorf("missed between %q and %q", before, after)
		}
	})
}

func noDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}
