package firestore

import (
	"math"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// maxTransforms is how many transforms one document takes in one commit.
const maxTransforms = 500

// transform changes one field: apply gets its value, nil when it has none, and returns the new value and what the
// client hears.
type transform struct {
	path  resource.Field
	apply func(old *pb.Value, now time.Time) (next, result *pb.Value)
}

func parseTransforms(list []*pb.DocumentTransform_FieldTransform) ([]transform, error) {
	if len(list) > maxTransforms {
		return nil, errTransforms(len(list))
	}
	out := make([]transform, 0, len(list))
	for _, t := range list {
		path, err := resource.ParseField(t.GetFieldPath())
		if err != nil {
			return nil, err
		}
		if path.IsName() {
			return nil, invalid("__name__ cannot be transformed")
		}
		apply, err := parseTransform(t)
		if err != nil {
			return nil, err
		}
		out = append(out, transform{path, apply})
	}
	return out, nil
}

func errTransforms(n int) error {
	return invalid("Cannot apply %d field transforms to a document in one commit; the maximum is %d.", n, maxTransforms)
}

func parseTransform(t *pb.DocumentTransform_FieldTransform) (func(*pb.Value, time.Time) (*pb.Value, *pb.Value), error) {
	switch x := t.GetTransformType().(type) {
	case *pb.DocumentTransform_FieldTransform_SetToServerValue:
		if x.SetToServerValue != pb.DocumentTransform_FieldTransform_REQUEST_TIME {
			return nil, invalid("unknown server value")
		}
		return requestTime, nil
	case *pb.DocumentTransform_FieldTransform_Increment:
		return numeric(x.Increment, increment)
	case *pb.DocumentTransform_FieldTransform_Maximum:
		return numeric(x.Maximum, maximum)
	case *pb.DocumentTransform_FieldTransform_Minimum:
		return numeric(x.Minimum, minimum)
	case *pb.DocumentTransform_FieldTransform_AppendMissingElements:
		return array(x.AppendMissingElements.GetValues(), appendMissing)
	case *pb.DocumentTransform_FieldTransform_RemoveAllFromArray:
		return array(x.RemoveAllFromArray.GetValues(), removeAll)
	}
	return nil, invalid("field transform without a transform")
}

// requestTime has the precision of milliseconds.
func requestTime(_ *pb.Value, now time.Time) (next, result *pb.Value) {
	v := &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(now.Truncate(time.Millisecond))}}
	return v, proto.CloneOf(v)
}

// numeric wraps an operation on two numbers; a value that is not a number is replaced by the operand.
func numeric(operand *pb.Value, op func(old, operand *pb.Value) *pb.Value) (func(*pb.Value, time.Time) (*pb.Value,
	*pb.Value), error) {
	if !isNumber(operand) {
		return nil, invalid("the operand of a numeric transform must be a number")
	}
	return func(old *pb.Value, _ time.Time) (*pb.Value, *pb.Value) {
		next := operand
		if isNumber(old) {
			next = op(old, operand)
		}
		return next, proto.CloneOf(next)
	}, nil
}

func isNumber(v *pb.Value) bool {
	switch v.GetValueType().(type) {
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return true
	}
	return false
}

// number returns a number as both kinds.
func number(v *pb.Value) (i int64, f float64, integer bool) {
	if x, ok := v.GetValueType().(*pb.Value_IntegerValue); ok {
		return x.IntegerValue, float64(x.IntegerValue), true
	}
	return 0, v.GetDoubleValue(), false
}

func increment(old, operand *pb.Value) *pb.Value {
	i, f, oldInt := number(old)
	j, g, newInt := number(operand)
	if !oldInt || !newInt {
		return double(f + g)
	}
	return integer(saturate(i, j))
}

// saturate adds without going over the ends.
func saturate(i, j int64) int64 {
	sum := i + j
	switch {
	case i > 0 && j > 0 && sum < 0:
		return math.MaxInt64
	case i < 0 && j < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// maximum and minimum keep the old value when both are equal, whatever their types. With NaN both are NaN, which sorts
// before all numbers.
func maximum(old, operand *pb.Value) *pb.Value {
	if !isNaN(old) && (isNaN(operand) || compareNumbers(operand, old) > 0) {
		return operand
	}
	return old
}

func isNaN(v *pb.Value) bool {
	d, ok := v.GetValueType().(*pb.Value_DoubleValue)
	return ok && math.IsNaN(d.DoubleValue)
}

func minimum(old, operand *pb.Value) *pb.Value {
	if compareNumbers(operand, old) < 0 {
		return operand
	}
	return old
}

func compareNumbers(a, b *pb.Value) int {
	x, y := string(order.Append(nil, a)), string(order.Append(nil, b))
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func double(f float64) *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}} }
func integer(i int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}}
}

// array wraps an operation on the elements of an array; anything else counts as an empty array. The client gets null.
func array(operands []*pb.Value, op func(old, operands []*pb.Value) []*pb.Value) (func(*pb.Value, time.Time) (*pb.Value,
	*pb.Value), error) {
	for _, v := range operands {
		if _, ok := v.GetValueType().(*pb.Value_ArrayValue); ok {
			return nil, invalid("Cannot convert an array value in an array value.")
		}
	}
	return func(old *pb.Value, _ time.Time) (*pb.Value, *pb.Value) {
		values := op(old.GetArrayValue().GetValues(), operands)
		next := &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
		return next, &pb.Value{ValueType: &pb.Value_NullValue{}}
	}, nil
}

func appendMissing(old, operands []*pb.Value) []*pb.Value {
	seen := set(old)
	out := append([]*pb.Value{}, old...)
	for _, v := range operands {
		key := string(order.Append(nil, v))
		if !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return out
}

func removeAll(old, operands []*pb.Value) []*pb.Value {
	gone := set(operands)
	out := []*pb.Value{}
	for _, v := range old {
		if !gone[string(order.Append(nil, v))] {
			out = append(out, v)
		}
	}
	return out
}

func set(values []*pb.Value) map[string]bool {
	out := make(map[string]bool, len(values))
	for _, v := range values {
		out[string(order.Append(nil, v))] = true
	}
	return out
}
