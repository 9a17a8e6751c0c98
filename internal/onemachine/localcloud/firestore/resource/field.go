package resource

import (
	"strings"
)

// NameField is the path that stands for the name of the document.
const NameField = "__name__"

// Field is the path of a field.
type Field struct {
	// Segments are the names from the top of the document down.
	Segments []string
	// Text is the canonical form: segments that are no simple identifiers are in backquotes.
	Text string
}

// IsName says whether the path means the document's name.
func (f Field) IsName() bool { return f.Text == NameField }

// MakeField makes a path from segments that are known to be valid.
func MakeField(segments []string) Field {
	quoted := make([]string, len(segments))
	for i, s := range segments {
		quoted[i] = quote(s)
	}
	return Field{Segments: segments, Text: strings.Join(quoted, ".")}
}

// ParseField reads a path such as a.b or `a-b`.c.
func ParseField(path string) (Field, error) {
	if simple(path) {
		return checkField(path, Field{Segments: []string{path}, Text: path})
	}
	var segments []string
	rest := path
	for {
		segment, after, ok := takeFieldSegment(rest)
		if !ok {
			return Field{}, badPath(path)
		}
		segments = append(segments, segment)
		if after == "" {
			return checkField(path, MakeField(segments))
		}
		if after[0] != '.' {
			return Field{}, badPath(path)
		}
		rest = after[1:]
	}
}

func checkField(path string, f Field) (Field, error) {
	if len(path) > maxID {
		return Field{}, invalid("The property path is longer than %d bytes.", maxID)
	}
	if f.IsName() {
		return f, nil
	}
	for _, s := range f.Segments {
		if Reserved(s) && s != "__type__" {
			return Field{}, invalid("field name %s is reserved", s)
		}
	}
	return f, nil
}

func badPath(path string) error {
	return invalid("Invalid property path %q. Unquoted property paths must match regex ([a-zA-Z_][a-zA-Z_0-9]*), and "+
		"quoted property paths must match regex (`(?:[^`\\\\]|(?:\\\\.))+`)", path)
}

// takeFieldSegment takes the first segment; ok is false when there is none.
func takeFieldSegment(s string) (segment, rest string, ok bool) {
	if !strings.HasPrefix(s, "`") {
		n := strings.IndexByte(s, '.')
		if n < 0 {
			n = len(s)
		}
		return s[:n], s[n:], simple(s[:n])
	}
	var out []byte
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '`':
			return string(out), s[i+1:], len(out) > 0
		case '\\':
			i++
			if i == len(s) {
				return "", "", false
			}
		}
		out = append(out, s[i])
	}
	return "", "", false
}

// simple says whether a segment needs no quotes.
func simple(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func quote(s string) string {
	if simple(s) {
		return s
	}
	r := strings.NewReplacer("\\", "\\\\", "`", "\\`")
	return "`" + r.Replace(s) + "`"
}
