package store

import (
	"fmt"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func stringValue(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}}
}
func intValue(n int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: n}}
}
func boolValue(b bool) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: b}}
}
func bytesValue(b []byte) *pb.Value { return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: b}} }

func refValue(name string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: name}}
}

// timeValue cuts to the microseconds that the database keeps.
func timeValue(t time.Time) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(t.Truncate(time.Microsecond))}}
}

func arrayValue[T any](list []T, element func(T) *pb.Value) *pb.Value {
	values := make([]*pb.Value, len(list))
	for i, v := range list {
		values[i] = element(v)
	}
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
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
		return arrayValue(v, stringValue), expect(t, Strings, v)
	case []int64:
		return arrayValue(v, intValue), expect(t, Ints, v)
	}
	return nil, expect(t, 0, v)
}

// expect names only types, never the value.
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
