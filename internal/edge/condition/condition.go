// Package condition reads the conditions of a request by entity tags: If-Match and If-None-Match, RFC 9110, section 13.
// What we serve with a tag has no date of modification, so conditions by dates are left out, as section 13.1.3 and
// 13.1.4 have it.
//
// It must never let a change pass whose condition it could not read.
package condition

import (
	"net/http"
	"strings"
)

// Zipped is the ending of the tag of a compressed answer. It is the same version of the same thing, in other bytes.
const Zipped = "-gzip"

// Tag is an entity tag without its quotes.
type Tag struct {
	Opaque string
	Weak   bool
}

// Same is the tag of the version, whether or not the answer was compressed.
func (t Tag) Same() string { return strings.TrimSuffix(t.Opaque, Zipped) }

// List is the value of one of the two headers. If it cannot be parsed, Given is set and there are no tags, so it
// matches nothing.
type List struct {
	Given, Any bool // Any is "*"
	Tags       []Tag
}

// Read parses a header, which may have several lines.
func Read(h http.Header, name string) List {
	lines := h.Values(name)
	if len(lines) == 0 {
		return List{}
	}
	text := strings.Trim(strings.Join(lines, ","), " \t")
	if text == "*" {
		return List{Given: true, Any: true}
	}
	tags, ok := tagsOf(text)
	if !ok {
		tags = nil
	}
	return List{Given: true, Tags: tags}
}

// tagsOf reads a list of tags; empty elements are allowed, as in all lists of HTTP.
func tagsOf(text string) (tags []Tag, ok bool) {
	for {
		text = strings.TrimLeft(text, " \t,")
		if text == "" {
			return tags, len(tags) > 0
		}
		var t Tag
		text, t.Weak = strings.CutPrefix(text, "W/")
		rest, quoted := strings.CutPrefix(text, `"`)
		opaque, rest, closed := strings.Cut(rest, `"`)
		if !quoted || !closed || strings.ContainsFunc(opaque, notInTag) {
			return nil, false
		}
		t.Opaque = opaque
		tags = append(tags, t)
		text = strings.TrimLeft(rest, " \t")
		if text != "" && text[0] != ',' {
			return nil, false
		}
	}
}

func notInTag(r rune) bool { return r <= ' ' || r == 0x7f }

// Strongly finds the tag of a version by the strong comparison, as for If-Match.
func (l List) Strongly(state string) (Tag, bool) {
	for _, t := range l.Tags {
		if !t.Weak && t.Same() == state {
			return t, true
		}
	}
	return Tag{}, false
}

// Weakly finds it by the weak comparison, as for If-None-Match.
func (l List) Weakly(state string) (Tag, bool) {
	for _, t := range l.Tags {
		if t.Same() == state {
			return t, true
		}
	}
	return Tag{}, false
}

// Reading holds the conditions of a request to read.
type Reading struct{ Match, NoneMatch List }

// OfReading reads both headers.
func OfReading(h http.Header) Reading {
	return Reading{Match: Read(h, "If-Match"), NoneMatch: Read(h, "If-None-Match")}
}

// Decide returns the status of the answer, in the order of section 13.2.2: 412, 304, or 0 for the usual answer. tag is
// the tag to repeat with a 304.
func (r Reading) Decide(state string) (status int, tag string) {
	if r.Match.Given && !r.Match.Any {
		if _, ok := r.Match.Strongly(state); !ok {
			return http.StatusPreconditionFailed, ""
		}
	}
	if r.NoneMatch.Any {
		return http.StatusNotModified, state
	}
	if t, ok := r.NoneMatch.Weakly(state); ok {
		return http.StatusNotModified, t.Opaque
	}
	return 0, ""
}
