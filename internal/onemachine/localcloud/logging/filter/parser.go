package filter

import (
	"fmt"
	"strings"
)

// parser reads a query from left to right. OR binds tighter than AND, and two conditions side by side are joined
// by AND:
//
//	all     = any { ["AND"] any }
//	any     = one { "OR" one }
//	one     = { "NOT" | "-" } ( "(" all ")" | condition )
type parser struct {
	text  string
	pos   int
	depth int
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("at character %d: %w", p.pos+1, fmt.Errorf(format, args...))
}

func (p *parser) all() (node, error) {
	return p.nested(func() (node, error) {
		first, err := p.any()
		if err != nil {
			return nil, err
		}
		parts := and{first}
		for {
			joined := p.keyword("AND")
			if !joined && (p.peekEnd() || p.peek(')')) {
				return simplify(parts), nil
			}
			next, err := p.any()
			if err != nil {
				return nil, err
			}
			parts = append(parts, next)
		}
	})
}

func simplify(parts and) node {
	if len(parts) == 1 {
		return parts[0]
	}
	return parts
}

func (p *parser) any() (node, error) {
	first, err := p.one()
	if err != nil {
		return nil, err
	}
	parts := or{first}
	for p.keyword("OR") {
		next, err := p.one()
		if err != nil {
			return nil, err
		}
		parts = append(parts, next)
	}
	if len(parts) == 1 {
		return first, nil
	}
	return parts, nil
}

func (p *parser) one() (node, error) {
	if p.keyword("NOT") || p.sign("-") {
		return p.nested(func() (node, error) {
			inner, err := p.one()
			return not{inner}, err
		})
	}
	if !p.sign("(") {
		return p.condition()
	}
	inner, err := p.all()
	if err != nil {
		return nil, err
	}
	return inner, p.expect(")")
}

// nested protects the stack against a query that is all parentheses.
func (p *parser) nested(read func() (node, error)) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf("nested too deeply")
	}
	defer func() { p.depth-- }()
	return read()
}

func (p *parser) expect(sign string) error {
	if !p.sign(sign) {
		return p.errorf("expected %q", sign)
	}
	return nil
}

// condition reads a function, a comparison, or a text without a field.
func (p *parser) condition() (node, error) {
	if p.peek('"') || p.peek('\'') {
		s, err := p.quoted(false)
		return anywhere{s}, err
	}
	segments, err := p.segments()
	if err != nil {
		return nil, err
	}
	if p.sign("(") {
		return p.function(strings.Join(segments, "."))
	}
	for _, sign := range signs {
		if p.sign(sign) {
			return p.comparison(segments, newOperator(sign))
		}
	}
	return anywhere{strings.Join(segments, ".")}, nil
}

func (p *parser) function(name string) (node, error) {
	if !strings.EqualFold(name, "log_id") {
		return nil, p.errorf("function %q is not served", name)
	}
	if !p.peek('"') && !p.peek('\'') {
		return nil, p.errorf("log_id takes a text in quotes")
	}
	id, err := p.quoted(false)
	if err != nil {
		return nil, err
	}
	return logID{id}, p.expect(")")
}

func (p *parser) comparison(segments []string, op operator) (node, error) {
	at, err := newPath(segments)
	if err != nil {
		return nil, p.errorf("%w", err)
	}
	return p.value(at, op)
}

// value reads one value, or several in parentheses joined like conditions.
func (p *parser) value(at path, op operator) (node, error) {
	if p.sign("(") {
		return p.nested(func() (node, error) { return p.values(at, op) })
	}
	raw, quoted, err := p.operand(op)
	if err != nil {
		return nil, err
	}
	want, err := newOperand(raw, quoted, op, at.target())
	if err != nil {
		return nil, p.errorf("%w", err)
	}
	return compare{at: at, op: op, want: want}, nil
}

func (p *parser) values(at path, op operator) (node, error) {
	var parts and
	for {
		next, err := p.alternatives(at, op)
		if err != nil {
			return nil, err
		}
		parts = append(parts, next)
		if joined := p.keyword("AND"); !joined && p.peek(')') {
			return simplify(parts), p.expect(")")
		}
	}
}

func (p *parser) alternatives(at path, op operator) (node, error) {
	var parts or
	for {
		negated := p.keyword("NOT")
		next, err := p.value(at, op)
		if err != nil {
			return nil, err
		}
		if negated {
			next = not{next}
		}
		parts = append(parts, next)
		if !p.keyword("OR") {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}
