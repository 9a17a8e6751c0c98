package filter

import (
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type kind int

const (
	text kind = iota
	number
	boolean
	instant
	enumeration
	null
)

// leaf is a single value somewhere in an entry.
type leaf struct {
	kind   kind
	text   string
	number float64
	truth  bool
	time   time.Time
}

// eachLeaf visits every single value at or below v until visit returns false.
func eachLeaf(v protoreflect.Value, fd protoreflect.FieldDescriptor, visit func(leaf) bool) bool {
	switch x := v.Interface().(type) {
	case protoreflect.Message:
		return eachOfMessage(x, visit)
	case protoreflect.Map:
		more := true
		x.Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			more = eachLeaf(v, fd.MapValue(), visit)
			return more
		})
		return more
	case protoreflect.List:
		for i := range x.Len() {
			if !eachLeaf(x.Get(i), fd, visit) {
				return false
			}
		}
		return true
	}
	l, ok := scalar(v, fd)
	return !ok || visit(l)
}

func eachOfMessage(m protoreflect.Message, visit func(leaf) bool) bool {
	switch x := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return visit(leaf{kind: instant, time: x.AsTime()})
	case *structpb.Value:
		return eachOfJSON(x, visit)
	}
	more := true
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		more = eachLeaf(v, fd, visit)
		return more
	})
	return more
}

func eachOfJSON(v *structpb.Value, visit func(leaf) bool) bool {
	switch x := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return visit(leaf{kind: text, text: x.StringValue})
	case *structpb.Value_NumberValue:
		return visit(leaf{kind: number, number: x.NumberValue})
	case *structpb.Value_BoolValue:
		return visit(leaf{kind: boolean, truth: x.BoolValue})
	case *structpb.Value_StructValue:
		for _, v := range x.StructValue.GetFields() {
			if !eachOfJSON(v, visit) {
				return false
			}
		}
		return true
	case *structpb.Value_ListValue:
		for _, v := range x.ListValue.GetValues() {
			if !eachOfJSON(v, visit) {
				return false
			}
		}
		return true
	}
	return visit(leaf{kind: null})
}

func scalar(v protoreflect.Value, fd protoreflect.FieldDescriptor) (leaf, bool) {
	switch x := v.Interface().(type) {
	case string:
		return leaf{kind: text, text: x}, true
	case bool:
		return leaf{kind: boolean, truth: x}, true
	case int32:
		return leaf{kind: number, number: float64(x)}, true
	case int64:
		return leaf{kind: number, number: float64(x)}, true
	case uint64:
		return leaf{kind: number, number: float64(x)}, true
	case float64:
		return leaf{kind: number, number: x}, true
	case protoreflect.EnumNumber:
		l := leaf{kind: enumeration, number: float64(x)}
		if d := fd.Enum().Values().ByNumber(x); d != nil {
			l.text = string(d.Name())
		}
		return l, true
	}
	return leaf{}, false
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
