package filter

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// operator is a sign and how it is read: != and !~ are the negation of = and =~.
type operator struct {
	sign     string
	negative bool
}

// The longer signs come first, so that ">=" is not read as ">".
var signs = []string{"!=", "!~", "=~", ">=", "<=", "=", ":", ">", "<"}

func newOperator(sign string) operator {
	switch sign {
	case "!=":
		return operator{sign: "=", negative: true}
	case "!~":
		return operator{sign: "=~", negative: true}
	}
	return operator{sign: sign}
}

// operand is the value of a comparison, in every interpretation that makes sense.
type operand struct {
	text     string
	any      bool // the bare star of field:*
	isNumber bool
	number   float64
	isTruth  bool
	truth    bool
	time     time.Time
	pattern  *regexp.Regexp
}

func newOperand(raw string, quoted bool, op operator, fd protoreflect.FieldDescriptor) (operand, error) {
	o := operand{text: raw}
	if raw == "*" && !quoted && op.sign == ":" {
		o.any = true
		return o, nil
	}
	if n, err := strconv.ParseFloat(raw, 64); err == nil {
		o.isNumber, o.number = true, n
	}
	if b, err := strconv.ParseBool(strings.ToLower(raw)); err == nil && !o.isNumber {
		o.isTruth, o.truth = true, b
	}
	if op.sign == "=~" {
		return o.withPattern()
	}
	return o.typed(fd)
}

func (o operand) withPattern() (operand, error) {
	pattern, err := regexp.Compile(o.text)
	if err != nil {
		return o, fmt.Errorf("bad regular expression: %w", err)
	}
	o.pattern = pattern
	return o, nil
}

// typed checks the value against the declared type of the field, if it has one.
func (o operand) typed(fd protoreflect.FieldDescriptor) (operand, error) {
	if fd == nil {
		return o, nil
	}
	switch fd.Kind() {
	case protoreflect.MessageKind:
		if isTime(fd.Message()) {
			return o.asTime(fd)
		}
	case protoreflect.EnumKind:
		return o.asEnum(fd)
	case protoreflect.BoolKind:
		if !o.isTruth {
			return o, fmt.Errorf("field %q takes true or false, not %q", fd.JSONName(), o.text)
		}
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Uint64Kind, protoreflect.DoubleKind:
		if !o.isNumber {
			return o, fmt.Errorf("field %q takes a number, not %q", fd.JSONName(), o.text)
		}
	}
	return o, nil
}

func (o operand) asTime(fd protoreflect.FieldDescriptor) (operand, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, o.text); err == nil {
			o.time = t.UTC()
			return o, nil
		}
	}
	return o, fmt.Errorf("field %q takes a time such as \"2006-01-02T15:04:05Z\", not %q", fd.JSONName(), o.text)
}

func (o operand) asEnum(fd protoreflect.FieldDescriptor) (operand, error) {
	values := fd.Enum().Values()
	for i := range values.Len() {
		v := values.Get(i)
		if strings.EqualFold(string(v.Name()), o.text) {
			o.isNumber, o.number = true, float64(v.Number())
		}
	}
	if !o.isNumber {
		return o, fmt.Errorf("field %q has no value %q", fd.JSONName(), o.text)
	}
	return o, nil
}

// test compares one value with the operand. Values that cannot be compared do not match.
func (op operator) test(l leaf, want operand) bool {
	if op.sign == "=~" {
		return (l.kind == text || l.kind == enumeration) && want.pattern.MatchString(l.text)
	}
	switch l.kind {
	case text:
		return op.testText(l.text, want.text)
	case number, enumeration:
		return want.isNumber && op.holds(cmp.Compare(l.number, want.number))
	case boolean:
		return want.isTruth && op.holds(compareBool(l.truth, want.truth))
	case instant:
		return !want.time.IsZero() && op.holds(l.time.Compare(want.time))
	case null:
		return op.sign == "=" && strings.EqualFold(want.text, "NULL_VALUE")
	}
	return false
}

// testText ignores the case of letters, as Google does.
func (op operator) testText(have, want string) bool {
	switch op.sign {
	case "=":
		return strings.EqualFold(have, want)
	case ":":
		return containsFold(have, want)
	}
	return op.holds(strings.Compare(strings.ToLower(have), strings.ToLower(want)))
}

func (op operator) holds(order int) bool {
	switch op.sign {
	case "=", ":":
		return order == 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	}
	return false
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
