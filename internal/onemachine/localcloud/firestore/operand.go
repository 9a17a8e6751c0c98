package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// checkOperand checks the value of a filter, whatever its operator.
func checkOperand(f resource.Field, w *pb.StructuredQuery_FieldFilter) error {
	list := w.GetOp() == pb.StructuredQuery_FieldFilter_IN || w.GetOp() == pb.StructuredQuery_FieldFilter_NOT_IN ||
		w.GetOp() == pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY
	values := []*pb.Value{w.GetValue()}
	if list {
		values = w.GetValue().GetArrayValue().GetValues()
	}
	for _, v := range values {
		if err := checkValue(f.Text, v, 1); err != nil {
			return err
		}
		if max(len(v.GetStringValue()), len(v.GetBytesValue())) > order.MaxIndexed {
			return invalid("value for %s is too large to be used in a query", f.Text)
		}
		if f.IsName() && v.GetReferenceValue() == "" {
			return invalid("__key__ filter value must be a Key")
		}
	}
	if f.IsName() && (w.GetOp() == pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS ||
		w.GetOp() == pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY) {
		return invalid("__key__ cannot be used with array filters")
	}
	return nil
}

// simpleFilter compares with one value. Nothing satisfies a comparison with null or NaN; both have filters of their
// own.
func simpleFilter(f resource.Field, o op, v *pb.Value) filter {
	_, array := v.GetValueType().(*pb.Value_ArrayValue)
	if order.IsNull(v) || order.IsNaN(v) && o != contains || array && o == contains {
		return never(f)
	}
	return filter{f, o, []*pb.Value{v}}
}

// notEqual excludes one value. Like equality it leaves null and NaN to filters of their own: nothing differs from null,
// everything from NaN.
func (p *filterParser) notEqual(f resource.Field, v *pb.Value) ([][]filter, error) {
	return p.exclude(f, []*pb.Value{v})
}

func (p *filterParser) parseNotIn(f resource.Field, v *pb.Value) ([][]filter, error) {
	values, err := listOf(v, "NOT_IN", maxNotIn)
	if err != nil {
		return nil, err
	}
	p.notIn = true
	return p.exclude(f, distinct(values))
}

// exclude drops NaN from the values. With null among them nothing matches; a null alone is not even an inequality, as
// at Google.
func (p *filterParser) exclude(f resource.Field, values []*pb.Value) ([][]filter, error) {
	out, err := p.except(f, slices.DeleteFunc(slices.Clone(values), order.IsNaN))
	if err != nil || !slices.ContainsFunc(values, order.IsNull) {
		return out, err
	}
	if len(values) == 1 {
		return one(never(f)), nil
	}
	return one(filter{f, less, nil}), nil
}

// in makes alternatives of a list.
func (p *filterParser) in(f resource.Field, o op, v *pb.Value, name string) ([][]filter, error) {
	values, err := listOf(v, name, maxIn)
	if err != nil {
		return nil, err
	}
	p.multiple = true
	var out [][]filter
	for _, v := range distinct(values) {
		out = append(out, []filter{simpleFilter(f, o, v)})
	}
	return out, nil
}

func listOf(v *pb.Value, name string, most int) ([]*pb.Value, error) {
	list, ok := v.GetValueType().(*pb.Value_ArrayValue)
	switch {
	case !ok:
		return nil, invalid("'%s' requires an ArrayValue.", name)
	case len(list.ArrayValue.GetValues()) == 0:
		return nil, invalid("'%s' requires an non-empty ArrayValue.", name)
	case len(list.ArrayValue.GetValues()) > most:
		return nil, invalid("'%s' supports up to %d comparison values.", name, most)
	}
	return list.ArrayValue.GetValues(), nil
}
