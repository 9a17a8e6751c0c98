package model

import "strings"

// breaks are the characters that end a line in texts from office programs, other machines and other decades.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n",
	"\u2029", "\n")

// Lines is a typed or pasted text with one character for every kind of line break. Whatever takes typed texts takes
// them through here.
func Lines(text string) string { return breaks.Replace(text) }

// Line is a typed or pasted text of one line: breaks become spaces, as nobody sees them in a field of one line.
func Line(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(Lines(text), "\n", " "))
}
