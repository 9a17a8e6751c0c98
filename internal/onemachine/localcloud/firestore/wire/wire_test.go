package wire_test

import (
	"math"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
)

func moment(t *rapid.T) *timestamppb.Timestamp {
	return &timestamppb.Timestamp{Seconds: rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s"),
		Nanos: rapid.SampledFrom([]int32{0, 1000, 999_999_000}).Draw(t, "n")}
}

// aValue is any value that can be stored.
func aValue(t *rapid.T, depth int) *pb.Value {
	numbers := rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1.5, math.NaN(), math.Inf(1)})
	switch rapid.IntRange(0, 9+min(depth, 1)*3).Draw(t, "kind") {
	case 0:
		return &pb.Value{ValueType: &pb.Value_NullValue{}}
	case 1:
		return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: rapid.Bool().Draw(t, "b")}}
	case 2, 3:
		return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: rapid.Int64().Draw(t, "i")}}
	case 4:
		return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: numbers.Draw(t, "f")}}
	case 5:
		return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: moment(t)}}
	case 6:
		return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: rapid.String().Draw(t, "s")}}
	case 7:
		return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: rapid.SliceOf(rapid.Byte()).Draw(t, "y")}}
	case 8:
		return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: rapid.String().Draw(t, "r")}}
	case 9:
		return &pb.Value{ValueType: &pb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{Latitude: numbers.Draw(t,
			"a"), Longitude: numbers.Draw(t, "o")}}}
	case 10:
		return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: someFields(t, depth-1)}}}
	case 11:
		list := &pb.ArrayValue{}
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			list.Values = append(list.Values, &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: rapid.Int64().
				Draw(t, "i")}})
		}
		return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: list}}
	}
	list := &pb.ArrayValue{}
	for range rapid.IntRange(0, 4).Draw(t, "n") {
		list.Values = append(list.Values, aValue(t, depth-1))
	}
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: list}}
}

func someFields(t *rapid.T, depth int) map[string]*pb.Value {
	out := map[string]*pb.Value{}
	for range rapid.IntRange(0, 5).Draw(t, "n") {
		out[rapid.StringN(1, 10, -1).Draw(t, "name")] = aValue(t, depth)
	}
	return out
}

func aDocument(t *rapid.T) *pb.Document {
	d := &pb.Document{Name: rapid.String().Draw(t, "name"), Fields: someFields(t, 3)}
	if rapid.Bool().Draw(t, "stored") {
		d.CreateTime, d.UpdateTime = moment(t), moment(t)
	}
	return d
}

func TestTheSameAsTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := aDocument(t)
		data := wire.AppendDocument([]byte("x"), d)[1:]
		if len(data) != wire.Size(d) || len(data) != proto.Size(d) {
			t.Fatalf("%d bytes, expected %d, the library writes %d", len(data), wire.Size(d), proto.Size(d))
		}
		theirs := &pb.Document{}
		if err := proto.Unmarshal(data, theirs); err != nil || !proto.Equal(d, theirs) {
			t.Fatalf("the library reads %v, %v", theirs, err)
		}
		other, err := proto.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, bytes := range [][]byte{data, other} {
			ours, err := wire.Document(bytes, nil)
			clear(bytes)
			if err != nil || !proto.Equal(d, ours) || !wire.EqualFields(d.GetFields(), ours.GetFields()) {
				t.Fatalf("%v, %v", ours, err)
			}
		}
	})
}

func TestEqualAsTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := aValue(t, 2), aValue(t, 2)
		if wire.Equal(a, b) != proto.Equal(a, b) {
			t.Fatalf("%v and %v: %v", a, b, wire.Equal(a, b))
		}
	})
}

func TestOnlyNamedFields(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := aDocument(t)
		names := map[string]string{"not there": "not there"}
		want := &pb.Document{Name: d.Name, CreateTime: d.CreateTime, UpdateTime: d.UpdateTime,
			Fields: map[string]*pb.Value{}}
		for name, v := range d.GetFields() {
			if rapid.Bool().Draw(t, "wanted") {
				names[name], want.Fields[name] = name, v
			}
		}
		got, err := wire.Document(wire.AppendDocument(nil, d), names)
		if err != nil || !proto.Equal(got, want) || got.Fields == nil {
			t.Fatalf("%v, %v, not %v", got, err, want)
		}
	})
}

// TestDamage: truncated or changed data does no harm.
func TestDamage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := wire.AppendDocument(nil, aDocument(t))
		if len(data) == 0 {
			return
		}
		data = data[:rapid.IntRange(0, len(data)).Draw(t, "cut")]
		if len(data) > 0 && rapid.Bool().Draw(t, "flip") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		_, _ = wire.Document(data, nil) // must not panic
	})
}
