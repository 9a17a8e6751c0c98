package templates

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A rule of the style sheets: what is told apart by colour must stand out from every ground, in every theme. It is read
// from the sheets themselves, so that a new part, a new ground or a new theme is looked at without being listed here.

// rule is a block of declarations with its selectors. What stands around it, as in @media, is left out.
type rule struct {
	selector     string
	declarations []declaration
}

type declaration struct{ property, value string }

var (
	block    = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	variable = regexp.MustCompile(`var\(--([a-z-]+)\)`)
	ornament = regexp.MustCompile(`--([a-z-]+): #[0-9a-f]{6}; /\* ornament \*/`)
)

// drawing are the properties that draw what is no text: borders, rings, shapes, the marks of boxes.
var drawing = regexp.MustCompile(
	`^(border(-.*)?|outline(-color)?|fill|stroke|accent-color|text-decoration-color|column-rule(-.*)?|caret-color)$`)

// pictures are selectors of decorations: the logo, and the stage of the first page.
var pictures = regexp.MustCompile(`^(\.brand|\.stage) `)

// states say that a rule is about what something is at the moment. No ornament will do for that.
var states = regexp.MustCompile(
	`\[aria-|:checked|:focus|:hover|:invalid|\.wrong|\.done|\.late|\.attention|\.urgent|\.current|\.fill|\.trace`)

func rules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	each(t, ".css", func(path, text string) {
		if strings.Contains(path, "print") || strings.Contains(path, "tokens") {
			return
		}
		for _, m := range block.FindAllStringSubmatch(comment.ReplaceAllString(text, ""), -1) {
			r := rule{selector: strings.Join(strings.Fields(m[1]), " ")}
			for line := range strings.SplitSeq(m[2], ";") {
				if property, value, ok := strings.Cut(line, ":"); ok {
					r.declarations = append(r.declarations, declaration{strings.TrimSpace(property),
						strings.TrimSpace(value)})
				}
			}
			all = append(all, r)
		}
	})
	return all
}

// uses are the tokens of the declarations whose property fits.
func (r rule) uses(property *regexp.Regexp) []string {
	var found []string
	for _, d := range r.declarations {
		if property.MatchString(d.property) {
			for _, m := range variable.FindAllStringSubmatch(d.value, -1) {
				found = append(found, m[1])
			}
		}
	}
	return found
}

var (
	behind = regexp.MustCompile(`^background(-color)?$`)
	letter = regexp.MustCompile(`^color$`)
)

// grounds are the tokens that things stand on: all backgrounds but those with a text colour of their own, as a button
// has, and ribbons.
func grounds(t *testing.T, colours map[string]string, all []rule) []string {
	t.Helper()
	found, faint := map[string]bool{}, ornaments(t)
	for _, r := range all {
		if slices.ContainsFunc(r.uses(letter), func(name string) bool { return strings.HasPrefix(name, "on-") }) {
			continue
		}
		for _, name := range r.uses(behind) {
			if colours[name] != "" && !faint[name] {
				found[name] = true
			}
		}
	}
	var list []string
	for name := range found {
		list = append(list, name)
	}
	slices.Sort(list)
	if len(list) < 7 {
		t.Fatalf("only the grounds %v are found", list)
	}
	return list
}

func ornaments(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, m := range ornament.FindAllStringSubmatch(read(t, "static/css/10-tokens.css"), -1) {
		found[m[1]] = true
	}
	if len(found) == 0 {
		t.Fatal("no ornament is found")
	}
	return found
}

// TestPartsStandOut wants 3 to 1 between everything that is drawn and every ground that it may stand on (WCAG 2.2,
// 1.4.11).
func TestPartsStandOut(t *testing.T) {
	t.Parallel()
	all, faint := rules(t), ornaments(t)
	looked := map[string]bool{}
	for theme, selector := range themeBlocks {
		colours := tokens(t, selector)
		on := grounds(t, colours, all)
		for _, r := range all {
			if pictures.MatchString(r.selector) {
				continue
			}
			for _, name := range r.uses(drawing) {
				switch {
				// a measure; or a shape that is cut out of its ground
				case colours[name] == "" || slices.Contains(on, name):
				case faint[name] && !states.MatchString(r.selector):
				default:
					looked[name] = true
					for _, ground := range on {
						if got := contrast(t, colours[name], colours[ground]); got < 3 {
							t.Errorf("%s: %s draws with %s, which on %s is %.2f, needs 3", theme, r.selector, name,
								ground, got)
						}
					}
				}
			}
		}
	}
	for _, name := range []string{"mark", "edge", "focus", "brass", "bad", "warn", "good", "note"} {
		if !looked[name] {
			t.Errorf("nothing is drawn with %s, so this test does not read the sheets rightly", name)
		}
	}
}

// TestTextOnItsOwnGround wants 4.5 to 1 in every rule that gives both a ground and a text colour.
func TestTextOnItsOwnGround(t *testing.T) {
	t.Parallel()
	looked := 0
	for theme, selector := range themeBlocks {
		colours := tokens(t, selector)
		for _, r := range rules(t) {
			for _, ground := range r.uses(behind) {
				for _, text := range r.uses(letter) {
					looked++
					if got := contrast(t, colours[text], colours[ground]); got < 4.5 {
						t.Errorf("%s: %s writes with %s on %s, which is %.2f, needs 4.5", theme, r.selector, text,
							ground, got)
					}
				}
			}
		}
	}
	if looked < 30 {
		t.Errorf("only %d rules with both are found", looked)
	}
}
