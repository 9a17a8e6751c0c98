package filter

import (
	"net/url"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// node is a part of a query: a condition, or several joined.
type node interface {
	match(e *loggingpb.LogEntry) bool
	// narrow reduces the span to what the node can match. A node that cannot say leaves it alone.
	narrow(s *Span)
}

type and []node

func (a and) match(e *loggingpb.LogEntry) bool {
	for _, n := range a {
		if !n.match(e) {
			return false
		}
	}
	return true
}

func (a and) narrow(s *Span) {
	for _, n := range a {
		n.narrow(s)
	}
}

type or []node

func (o or) match(e *loggingpb.LogEntry) bool {
	for _, n := range o {
		if n.match(e) {
			return true
		}
	}
	return false
}

func (or) narrow(*Span) {}

type not struct{ of node }

func (n not) match(e *loggingpb.LogEntry) bool { return !n.of.match(e) }
func (not) narrow(*Span)                       {}

// logID is log_id("x"): the name of the log, decoded, whatever project it belongs to.
type logID struct{ id string }

func (l logID) match(e *loggingpb.LogEntry) bool {
	_, encoded, ok := strings.Cut(e.GetLogName(), "/logs/")
	if !ok {
		return false
	}
	id, err := url.PathUnescape(encoded)
	return err == nil && strings.EqualFold(id, l.id)
}

func (logID) narrow(*Span) {}

// anywhere is a text without a field: it may occur in any text of the entry.
type anywhere struct{ text string }

func (a anywhere) match(e *loggingpb.LogEntry) bool {
	found := false
	eachLeaf(protoreflect.ValueOfMessage(e.ProtoReflect()), nil, func(l leaf) bool {
		found = l.kind == text && containsFold(l.text, a.text)
		return !found
	})
	return found
}

func (anywhere) narrow(*Span) {}

// compare is a field, an operator and a value.
type compare struct {
	at   path
	op   operator
	want operand
}

func (c compare) match(e *loggingpb.LogEntry) bool {
	value, desc, present := c.at.of(e)
	if !present {
		return false
	}
	if c.want.any {
		return c.at.has(e)
	}
	if c.op.negative {
		return !c.some(value, desc)
	}
	return c.some(value, desc)
}

// some tells whether one of the values at the field satisfies the operator, without its negation.
func (c compare) some(value protoreflect.Value, desc protoreflect.FieldDescriptor) bool {
	found := false
	eachLeaf(value, desc, func(l leaf) bool {
		found = c.op.test(l, c.want)
		return !found
	})
	return found
}

func (c compare) narrow(s *Span) {
	if !c.at.isTimestamp() || c.op.negative || c.want.any {
		return
	}
	switch c.op.sign {
	case "=", ":":
		s.after(c.want.time)
		s.before(c.want.time)
	case ">", ">=":
		s.after(c.want.time)
	case "<", "<=":
		s.before(c.want.time)
	}
}
