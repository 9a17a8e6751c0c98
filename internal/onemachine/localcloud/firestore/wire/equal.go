package wire

import (
	"bytes"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// EqualFields says whether two documents have the same fields, as proto.Equal does.
func EqualFields(a, b map[string]*pb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		if w, ok := b[name]; !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

// Equal says whether two values are the same, as proto.Equal does.
func Equal(a, b *pb.Value) bool {
	if a == b {
		return true
	}
	switch x := a.GetValueType().(type) {
	case *pb.Value_IntegerValue:
		y, ok := b.GetValueType().(*pb.Value_IntegerValue)
		return ok && x.IntegerValue == y.IntegerValue
	case *pb.Value_StringValue:
		y, ok := b.GetValueType().(*pb.Value_StringValue)
		return ok && x.StringValue == y.StringValue
	case *pb.Value_BytesValue:
		y, ok := b.GetValueType().(*pb.Value_BytesValue)
		return ok && bytes.Equal(x.BytesValue, y.BytesValue)
	case *pb.Value_TimestampValue:
		y, ok := b.GetValueType().(*pb.Value_TimestampValue)
		return ok && x.TimestampValue.GetSeconds() == y.TimestampValue.GetSeconds() &&
			x.TimestampValue.GetNanos() == y.TimestampValue.GetNanos()
	case *pb.Value_ArrayValue:
		y, ok := b.GetValueType().(*pb.Value_ArrayValue)
		return ok && equalLists(x.ArrayValue.GetValues(), y.ArrayValue.GetValues())
	}
	return proto.Equal(a, b)
}

func equalLists(a, b []*pb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
