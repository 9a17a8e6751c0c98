package filter

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// What ends a word of a field, and of a value without quotes.
const (
	never     = " \t\r\n()\"'=!<>~,&|;[]{}^\\`"
	endsField = never + ":."
	endsValue = never
)

// skip skips spaces and comments.
func (p *parser) skip() {
	for p.pos < len(p.text) {
		rest := p.text[p.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			p.pos++
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			p.pos += end
		default:
			return
		}
	}
}

func (p *parser) peekEnd() bool {
	p.skip()
	return p.pos >= len(p.text)
}

func (p *parser) peek(c byte) bool {
	return !p.peekEnd() && p.text[p.pos] == c
}

// rest is a short piece of what comes next, for messages.
func (p *parser) rest() string {
	rest := p.text[p.pos:]
	if len(rest) > 20 {
		rest = rest[:20]
	}
	return strings.ToValidUTF8(rest, "?")
}

func (p *parser) sign(s string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// keyword takes a whole word in capitals.
func (p *parser) keyword(word string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.text[p.pos:], word)
	if !ok || (rest != "" && !strings.ContainsRune(endsField, rune(rest[0]))) {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *parser) word(ends string) string {
	start := p.pos
	for p.pos < len(p.text) && !strings.ContainsRune(ends, rune(p.text[p.pos])) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// segments reads the words of a field, of which all but the first may be in quotes.
func (p *parser) segments() ([]string, error) {
	p.skip()
	var out []string
	for {
		segment, err := p.segment(len(out) > 0)
		if err != nil {
			return nil, err
		}
		out = append(out, segment)
		if p.pos >= len(p.text) || p.text[p.pos] != '.' {
			return out, p.checkWords(out)
		}
		p.pos++
	}
}

func (p *parser) segment(mayQuote bool) (string, error) {
	if mayQuote && p.pos < len(p.text) && (p.text[p.pos] == '"' || p.text[p.pos] == '\'') {
		return p.quoted(false)
	}
	if segment := p.word(endsField); segment != "" {
		return segment, nil
	}
	return "", p.errorf("expected a field or a text, not %q", p.rest())
}

func (p *parser) checkWords(words []string) error {
	if len(words) > 1 {
		return nil
	}
	switch words[0] {
	case "AND", "OR", "NOT":
		return p.errorf("%s joins conditions and cannot stand here", words[0])
	}
	return nil
}

// operand reads a value, in quotes or not.
func (p *parser) operand(op operator) (raw string, quoted bool, err error) {
	if p.peek('"') || p.peek('\'') {
		raw, err = p.quoted(op.sign == "=~")
		return raw, true, err
	}
	if raw = p.word(endsValue); raw == "" {
		return "", false, p.errorf("expected a value")
	}
	return raw, false, p.checkWords([]string{raw})
}

// quoted reads a text in quotes. In a regular expression an escape that the query language does not know is left to the
// expression.
func (p *parser) quoted(pattern bool) (string, error) {
	quote := p.text[p.pos]
	p.pos++
	var out strings.Builder
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		p.pos++
		switch c {
		case quote:
			if !utf8.ValidString(out.String()) {
				return "", p.errorf("text is not UTF-8")
			}
			return out.String(), nil
		case '\\':
			if err := p.escape(&out, pattern); err != nil {
				return "", err
			}
		default:
			out.WriteByte(c)
		}
	}
	return "", p.errorf("text in quotes does not end")
}

var simpleEscapes = map[byte]string{
	'"': `"`, '\'': `'`, '\\': `\`, '/': `/`, '?': `?`, '`': "`",
	'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

func (p *parser) escape(out *strings.Builder, pattern bool) error {
	if p.pos >= len(p.text) {
		return p.errorf("text in quotes does not end")
	}
	c := p.text[p.pos]
	if pattern && c != '"' && c != '\'' {
		out.WriteByte('\\')
		out.WriteByte(c)
		p.pos++
		return nil
	}
	if s, ok := simpleEscapes[c]; ok {
		out.WriteString(s)
		p.pos++
		return nil
	}
	return p.codePoint(out)
}

func (p *parser) codePoint(out *strings.Builder) error {
	digits := map[byte]int{'u': 4, 'U': 8, 'x': 2}[p.text[p.pos]]
	if digits == 0 || p.pos+1+digits > len(p.text) {
		return p.errorf("unknown escape \\%s", p.rest())
	}
	n, err := strconv.ParseUint(p.text[p.pos+1:p.pos+1+digits], 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) { // #nosec G115 -- at most 32 bits, and checked here
		return p.errorf("bad escape \\%s", p.rest())
	}
	out.WriteRune(rune(n)) // #nosec G115 -- a valid rune
	p.pos += 1 + digits
	return nil
}
