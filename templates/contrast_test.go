package templates

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// themeBlocks are the selectors of the themes in the tokens.
var themeBlocks = map[string]string{
	"light":         ":root {",
	"dark (device)": ":root:not([data-theme]) {",
	"dark (chosen)": `:root[data-theme="dark"] {`,
	"dim":           `:root[data-theme="dim"] {`,
}

// pairs are text and what it stands on by inheritance, with the least contrast of WCAG 2.2 AA. What is no text is in
// parts_test.go.
var pairs = []struct {
	front, ground string
	least         float64
}{
	{"ink", "paper", 4.5}, {"ink", "raised", 4.5}, {"ink", "sunk", 4.5},
	{"muted", "paper", 4.5}, {"muted", "raised", 4.5}, {"muted", "sunk", 4.5},
	{"link", "paper", 4.5}, {"link", "raised", 4.5}, {"link", "sunk", 4.5},
	{"brass", "paper", 4.5}, {"brass", "raised", 4.5},
	{"on-curtain", "curtain", 4.5}, {"on-curtain", "curtain-deep", 4.5},
	{"good", "good-ground", 4.5}, {"warn", "warn-ground", 4.5}, {"bad", "bad-ground", 4.5},
	{"note", "note-ground", 4.5},
	{"ink", "good-ground", 4.5}, {"ink", "warn-ground", 4.5}, {"ink", "bad-ground", 4.5}, {"ink", "note-ground", 4.5},
	{"bad", "paper", 4.5}, {"bad", "raised", 4.5}, {"good", "paper", 4.5}, {"good", "raised", 4.5},
	{"link", "good-ground", 4.5}, {"link", "note-ground", 4.5}, {"link", "warn-ground", 4.5},
}

func TestContrast(t *testing.T) {
	t.Parallel()
	light := tokens(t, themeBlocks["light"])
	for theme, selector := range themeBlocks {
		colours := tokens(t, selector)
		if len(colours) != len(light) {
			t.Errorf("%s has %d colours, light has %d", theme, len(colours), len(light))
		}
		for _, p := range pairs {
			if got := contrast(t, colours[p.front], colours[p.ground]); got < p.least {
				t.Errorf("%s: %s on %s is %.2f, needs %.1f", theme, p.front, p.ground, got, p.least)
			}
		}
	}
}

func TestDarkIsTheSameHoweverItIsChosen(t *testing.T) {
	t.Parallel()
	device, chosen := tokens(t, themeBlocks["dark (device)"]), tokens(t, themeBlocks["dark (chosen)"])
	for name, value := range device {
		if chosen[name] != value {
			t.Errorf("%s is %s and %s", name, value, chosen[name])
		}
	}
}

// Only the tokens and the paper name colours.
func TestColoursAreTokens(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(Embedded(), "static/css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\bhsl\(`)
	for _, name := range names {
		if strings.Contains(name, "tokens") || strings.Contains(name, "print") {
			continue
		}
		if found := colour.FindString(read(t, name)); found != "" {
			t.Errorf("%s names the colour %s", name, found)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := fs.ReadFile(Embedded(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var token = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

func tokens(t *testing.T, selector string) map[string]string {
	t.Helper()
	_, after, ok := strings.Cut(read(t, "static/css/10-tokens.css"), selector)
	if !ok {
		t.Fatalf("there is no %s", selector)
	}
	block, _, _ := strings.Cut(after, "}")
	found := map[string]string{}
	for _, m := range token.FindAllStringSubmatch(block, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// contrast is the ratio of WCAG 2.2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		if len(colour) != 7 {
			t.Fatalf("%q is no colour", colour)
		}
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
