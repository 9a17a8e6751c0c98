// Package filter reads the Logging query language and decides which log entries match a query.
//
// It serves comparisons on every field of an entry, free text, boolean operators and log_id(), and refuses what it does
// not know. It must never guess: a query that cannot be read completely is an error, because a misread filter would
// show entries to somebody who may not see them.
package filter

import (
	"fmt"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
)

// Limits of a query. Google has the first one.
const (
	MaxLength = 20_000
	maxDepth  = 64
)

// Filter is a parsed query. The zero value matches every entry.
type Filter struct {
	root node
}

// Parse reads a query. An empty one matches every entry.
func Parse(query string) (Filter, error) {
	if len(query) > MaxLength {
		return Filter{}, fmt.Errorf("filter has %d characters; the most is %d", len(query), MaxLength)
	}
	p := parser{text: query}
	if p.peekEnd() {
		return Filter{}, nil
	}
	root, err := p.all()
	if err != nil {
		return Filter{}, err
	}
	if !p.peekEnd() {
		return Filter{}, p.errorf("unexpected %q", p.rest())
	}
	return Filter{root: root}, nil
}

// Match tells whether the query matches the entry.
func (f Filter) Match(e *loggingpb.LogEntry) bool {
	return f.root == nil || f.root.match(e)
}

// Span is the times that a query can match at all. A zero bound is open.
type Span struct {
	From time.Time // included
	To   time.Time // included
}

// Span returns the times between which every matching entry must be.
func (f Filter) Span() Span {
	var s Span
	if f.root != nil {
		f.root.narrow(&s)
	}
	return s
}

func (s *Span) after(t time.Time) {
	if s.From.IsZero() || t.After(s.From) {
		s.From = t
	}
}

func (s *Span) before(t time.Time) {
	if s.To.IsZero() || t.Before(s.To) {
		s.To = t
	}
}
