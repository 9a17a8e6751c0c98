package model

import "strings"

// breaks are the characters that end a line in texts from office programs, other systems and older files.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n",
	"\u2029", "\n")

// Lines is a typed or pasted text with one character for every kind of line break. Everything that accepts typed text
// passes it through here.
func Lines(text string) string { return breaks.Replace(text) }

// Line is a typed or pasted text of one line. Line breaks become spaces, because nobody sees them in a single-line
// field.
func Line(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(Lines(text), "\n", " "))
}
