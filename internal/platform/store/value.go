package store

import (
	"fmt"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The cells hold a value together with its parts, in one allocation instead of two or three.
type (
	stringCell struct {
		value pb.Value
		is    pb.Value_StringValue
	}
	intCell struct {
		value pb.Value
		is    pb.Value_IntegerValue
	}
	timeCell struct {
		value pb.Value
		is    pb.Value_TimestampValue
		time  timestamppb.Timestamp
	}
)

func (c *stringCell) set(s string) *pb.Value {
	c.is.StringValue = s
	c.value.ValueType = &c.is
	return &c.value
}

func (c *intCell) set(n int64) *pb.Value {
	c.is.IntegerValue = n
	c.value.ValueType = &c.is
	return &c.value
}

func stringValue(s string) *pb.Value { return new(stringCell).set(s) }
func intValue(n int64) *pb.Value     { return new(intCell).set(n) }
func boolValue(b bool) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: b}}
}
func bytesValue(b []byte) *pb.Value { return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: b}} }

func refValue(name string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: name}}
}

// timeValue truncates to the microseconds that the database keeps.
func timeValue(t time.Time) *pb.Value {
	t = t.Truncate(time.Microsecond)
	c := &timeCell{}
	c.time.Seconds, c.time.Nanos = t.Unix(), int32(t.Nanosecond()) // #nosec G115 -- below a billion
	c.is.TimestampValue = &c.time
	c.value.ValueType = &c.is
	return &c.value
}

// arrayValue makes an array of values, each in its own cell.
func arrayValue(length int, element func(i int) *pb.Value) *pb.Value {
	values := make([]*pb.Value, length)
	for i := range values {
		values[i] = element(i)
	}
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

func stringsValue(list []string) *pb.Value {
	cells := make([]stringCell, len(list))
	return arrayValue(len(list), func(i int) *pb.Value { return cells[i].set(list[i]) })
}

func intsValue(list []int64) *pb.Value {
	cells := make([]intCell, len(list))
	return arrayValue(len(list), func(i int) *pb.Value { return cells[i].set(list[i]) })
}

// encode maps a value of the declared type.
func encode(t FieldType, v any) (*pb.Value, error) {
	switch v := v.(type) {
	case string:
		return stringValue(v), expect(t, String, v)
	case int64:
		return intValue(v), expect(t, Int, v)
	case bool:
		return boolValue(v), expect(t, Bool, v)
	case time.Time:
		return timeValue(v), expect(t, Time, v)
	case []string:
		return stringsValue(v), expect(t, Strings, v)
	case []int64:
		return intsValue(v), expect(t, Ints, v)
	}
	return nil, expect(t, 0, v)
}

// expect names only types in its error, never the value.
func expect(declared, given FieldType, v any) error {
	if declared != given {
		return fmt.Errorf("a %T does not fit the declared type", v)
	}
	return nil
}

// element is the type of a list's elements.
func (t FieldType) element() FieldType {
	if t == Strings {
		return String
	}
	return Int
}

// decode maps a stored value of the declared type back.
func decode(t FieldType, v *pb.Value) (any, error) {
	switch v := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		return v.StringValue, expect(t, String, v)
	case *pb.Value_IntegerValue:
		return v.IntegerValue, expect(t, Int, v)
	case *pb.Value_BooleanValue:
		return v.BooleanValue, expect(t, Bool, v)
	case *pb.Value_TimestampValue:
		return v.TimestampValue.AsTime(), expect(t, Time, v)
	case *pb.Value_ArrayValue:
		return decodeArray(t, v.ArrayValue.GetValues())
	}
	return nil, fmt.Errorf("a %T does not fit the declared type", v.GetValueType())
}

func decodeArray(t FieldType, values []*pb.Value) (any, error) {
	switch t {
	case Strings:
		return elements(values, func(v *pb.Value) (string, bool) {
			_, ok := v.GetValueType().(*pb.Value_StringValue)
			return v.GetStringValue(), ok
		})
	case Ints:
		return elements(values, func(v *pb.Value) (int64, bool) {
			_, ok := v.GetValueType().(*pb.Value_IntegerValue)
			return v.GetIntegerValue(), ok
		})
	}
	return nil, fmt.Errorf("an array does not fit the declared type")
}

func elements[T any](values []*pb.Value, one func(*pb.Value) (T, bool)) (any, error) {
	list := make([]T, len(values))
	for i, v := range values {
		e, ok := one(v)
		if !ok {
			return nil, fmt.Errorf("an element is a %T", v.GetValueType())
		}
		list[i] = e
	}
	return list, nil
}
