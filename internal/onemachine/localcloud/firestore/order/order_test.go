package order_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
)

func value(v any) *pb.Value {
	switch v := v.(type) {
	case nil:
		return &pb.Value{ValueType: &pb.Value_NullValue{}}
	case bool:
		return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: v}}
	case int:
		return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: int64(v)}}
	case float64:
		return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: v}}
	case string:
		return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: v}}
	case []byte:
		return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: v}}
	case []any:
		list := &pb.ArrayValue{}
		for _, e := range v {
			list.Values = append(list.Values, value(e))
		}
		return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: list}}
	case map[string]any:
		m := &pb.MapValue{Fields: map[string]*pb.Value{}}
		for k, e := range v {
			m.Fields[k] = value(e)
		}
		return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: m}}
	case *timestamppb.Timestamp:
		return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: v}}
	case *latlng.LatLng:
		return &pb.Value{ValueType: &pb.Value_GeoPointValue{GeoPointValue: v}}
	case ref:
		return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: "projects/p/databases/d/documents/" +
			string(v)}}
	}
	panic(v)
}

type ref string

func vector(elements ...any) map[string]any {
	return map[string]any{"__type__": "__vector__", "value": elements}
}

type m = map[string]any

// ascending is Firestore's order of values; what is in one row is equal.
var ascending = [][]any{
	{nil}, {false}, {true}, {math.NaN()},
	{math.Inf(-1)}, {-math.MaxFloat64}, {math.MinInt64, float64(math.MinInt64)}, {math.MinInt64 + 1},
	{-1 << 53, float64(-1 << 53)}, {-1.5}, {-1, -1.0},
	{-math.SmallestNonzeroFloat64}, {0, 0.0, math.Copysign(0, -1)}, {math.SmallestNonzeroFloat64}, {1, 1.0}, {1.5}, {2},
	{1 << 53, float64(1 << 53)}, {1<<53 + 1}, {1<<53 + 2, float64(1<<53 + 2)}, {1<<62 + 1}, {1<<62 + 1023},
	{math.MaxInt64 - 1}, {math.MaxInt64}, {float64(1 << 63)}, {math.MaxFloat64}, {math.Inf(1)},
	{&timestamppb.Timestamp{Seconds: -1}}, {&timestamppb.Timestamp{}}, {&timestamppb.Timestamp{Nanos: 1000}},
	{&timestamppb.Timestamp{Seconds: 1}},
	{""}, {"\x00"}, {"\x00\x00"}, {"\x00a"}, {"\x01"}, {"a"}, {"a\x00"}, {"a\x00b"}, {"a\x01"}, {"aa"}, {"b"},
	{"\uffff"}, {"😀"},
	{[]byte{}}, {[]byte{0}}, {[]byte{0, 0xff}}, {[]byte{1}}, {[]byte{0xff}}, {[]byte{0xff, 0}},
	{ref("a/__id-5__")}, {ref("a/__id9__")}, {ref("a/__id10__")}, {ref("a/__id010__")}, {ref("a/b")}, {ref("a/b/c/d")},
	{ref("a/b0")}, {ref("aa/b")},
	{&latlng.LatLng{Latitude: -1, Longitude: 5}}, {&latlng.LatLng{}}, {&latlng.LatLng{Longitude: 1}},
	{&latlng.LatLng{Latitude: 1, Longitude: -9}},
	{[]any{}}, {[]any{nil}}, {[]any{1}, []any{1.0}}, {[]any{1, 2}}, {[]any{2}}, {[]any{"a"}}, {[]any{"a", nil}},
	{[]any{"a", m{}}}, {[]any{"ab"}},
	{vector(1.0)}, {vector(2), vector(2.0)}, {vector(-3.0, 1.0)}, {vector(0, 0)}, {vector(0.0, 1.0)},
	{m{}}, {m{"a": 1}}, {m{"a": 1, "b": 1}}, {m{"a": 2}}, {m{"aa": 1}}, {m{"b": 0}}, {m{"b": m{"c": nil}}},
}

func TestBytesSortLikeValues(t *testing.T) {
	t.Parallel()
	var last []byte
	for i, row := range ascending {
		first := order.Append(nil, value(pickLast(row)))
		if bytes.Compare(last, first) >= 0 {
			t.Errorf("row %d %v is not after the row before", i, row)
		}
		last = first
		for _, v := range row {
			if e := order.Append(nil, value(v)); !bytes.Equal(e, first) {
				t.Errorf("row %d: %v differs from %v", i, v, row)
			}
		}
	}
}

func pickLast(row []any) any { return row[len(row)-1] }

// An encoding is self-delimiting, so it can be cut out of a key, inverted or not, whatever follows.
func TestSkipFindsTheEnd(t *testing.T) {
	t.Parallel()
	for _, row := range ascending {
		for _, indexed := range []bool{false, true} {
			e := order.Append(nil, value(pickLast(row)))
			if indexed {
				e = order.AppendIndexed(nil, value(pickLast(row)))
			}
			for _, mask := range []byte{0, 0xff} {
				key := append(bytes.Clone(e), 0, 1, 2, 0xff)
				for i := range key {
					key[i] ^= mask
				}
				if n := order.Skip(key, mask); n != len(e) {
					t.Errorf("%v: %d, want %d", row, n, len(e))
				}
			}
			for n := range len(e) {
				if got := order.Skip(e[:n], 0); got > n {
					t.Errorf("%v cut to %d: %d", row, n, got)
				}
			}
		}
	}
}

func TestOnlyTheBeginningOfLongValuesIsIndexed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", order.MaxIndexed)
	whole := order.AppendIndexed(nil, value(long))
	cut := order.AppendIndexed(nil, value(long+"y"))
	if !bytes.Equal(whole, order.Append(nil, value(long))) {
		t.Error("a value of the greatest length is cut")
	}
	if !bytes.Equal(cut, order.AppendIndexed(nil, value(long+"z"))) {
		t.Error("what is beyond the greatest length counts")
	}
	if bytes.Compare(whole, cut) >= 0 || bytes.Compare(cut, order.AppendIndexed(nil, value("y"))) >= 0 {
		t.Error("a cut value is at the wrong place")
	}
	var many []any
	for i := range 1000 {
		many = append(many, fmt.Sprint("element ", i))
	}
	for _, v := range []any{many, []any{m{"a": many}}, m{"k": m{"l": strings.Repeat("y", 5000)}, "z": 1},
		m{strings.Repeat("k", 1499): 1}} {
		e := order.AppendIndexed(nil, value(v))
		if len(e) > order.MaxIndexed+50 {
			t.Errorf("%d bytes are indexed", len(e))
		}
		if n := order.Skip(append(bytes.Clone(e), 0xff, 0, 0xff), 0); n != len(e) {
			t.Errorf("end of a cut value at %d, want %d", n, len(e))
		}
	}
}

func TestBracketHoldsOneType(t *testing.T) {
	t.Parallel()
	for i, row := range ascending {
		lo, hi := order.Bracket(value(pickLast(row)))
		for j, other := range ascending {
			e := order.Append(nil, value(pickLast(other)))
			inside := bytes.Compare(e, lo) >= 0 && bytes.Compare(e, hi) < 0
			if want := kind(pickLast(row)) == kind(pickLast(other)); inside != want {
				t.Errorf("rows %d and %d: inside %v", i, j, inside)
			}
		}
	}
}

func kind(v any) string {
	switch v := v.(type) {
	case int:
		return "number"
	case float64:
		if math.IsNaN(v) {
			return "nan"
		}
		return "number"
	case m:
		if v["__type__"] != nil {
			return "vector"
		}
	}
	return fmt.Sprintf("%T", v)
}

// equal says whether Firestore calls a and b equal: 1 and 1.0 are, and NaN is equal to itself.
func equal(a, b *pb.Value) bool { return bytes.Equal(order.Append(nil, a), order.Append(nil, b)) }

func TestEqual(t *testing.T) {
	t.Parallel()
	if !equal(value(1), value(1.0)) || !equal(value(math.NaN()), value(math.NaN())) || equal(value("1"), value(1)) {
		t.Error("equality")
	}
	if !order.IsNull(value(nil)) || order.IsNull(value(0)) || !order.IsNaN(value(math.NaN())) || order.IsNaN(value(1)) {
		t.Error("null and NaN")
	}
}
