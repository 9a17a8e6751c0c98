package wire

import (
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Numbers of fields.
const (
	docName, docFields, docCreated, docUpdated = 1, 2, 3, 4

	entryKey, entryValue = 1, 2 // of an entry of a map
	only                 = 1    // the one field of an array or a map
	first, second        = 1, 2 // of a time, of a point

	boolField, intField, doubleField, refField, mapField, pointField = 1, 2, 3, 5, 6, 8
	arrayField, timeField, nullField, stringField, bytesField        = 9, 10, 11, 17, 18
)

func tag(number protowire.Number, kind protowire.Type) uint64 {
	return protowire.EncodeTag(number, kind)
}

// block is the size of a field with n bytes, its length before it.
func block(number protowire.Number, n int) int {
	return protowire.SizeTag(number) + protowire.SizeBytes(n)
}

func appendBlock(dst []byte, number protowire.Number, n int) []byte {
	return protowire.AppendVarint(protowire.AppendVarint(dst, tag(number, protowire.BytesType)), uint64(n)) // #nosec G115 -- a length
}

func appendText(dst []byte, number protowire.Number, s string) []byte {
	return append(appendBlock(dst, number, len(s)), s...)
}

// Size is how many bytes AppendDocument adds.
func Size(d *pb.Document) int {
	n := fieldsSize(docFields, d.GetFields())
	if d.GetName() != "" {
		n += block(docName, len(d.GetName()))
	}
	if d.GetCreateTime() != nil {
		n += block(docCreated, timeSize(d.GetCreateTime()))
	}
	if d.GetUpdateTime() != nil {
		n += block(docUpdated, timeSize(d.GetUpdateTime()))
	}
	return n
}

// AppendDocument adds the encoding of d to dst.
func AppendDocument(dst []byte, d *pb.Document) []byte {
	if d.GetName() != "" {
		dst = appendText(dst, docName, d.GetName())
	}
	dst = appendFields(dst, docFields, d.GetFields())
	if t := d.GetCreateTime(); t != nil {
		dst = appendTime(appendBlock(dst, docCreated, timeSize(t)), t)
	}
	if t := d.GetUpdateTime(); t != nil {
		dst = appendTime(appendBlock(dst, docUpdated, timeSize(t)), t)
	}
	return dst
}

func entrySize(name string, v *pb.Value) int {
	return block(entryKey, len(name)) + block(entryValue, valueSize(v))
}

func fieldsSize(number protowire.Number, fields map[string]*pb.Value) int {
	n := 0
	for name, v := range fields {
		n += block(number, entrySize(name, v))
	}
	return n
}

func appendFields(dst []byte, number protowire.Number, fields map[string]*pb.Value) []byte {
	for name, v := range fields {
		size := valueSize(v)
		dst = appendBlock(dst, number, block(entryKey, len(name))+block(entryValue, size))
		dst = appendText(dst, entryKey, name)
		dst = appendValue(appendBlock(dst, entryValue, size), v)
	}
	return dst
}

func valueSize(v *pb.Value) int {
	switch t := v.GetValueType().(type) {
	case *pb.Value_BooleanValue, *pb.Value_NullValue:
		return 2
	case *pb.Value_IntegerValue:
		return 1 + protowire.SizeVarint(uint64(t.IntegerValue)) // #nosec G115 -- bits
	case *pb.Value_DoubleValue:
		return 9
	case *pb.Value_TimestampValue:
		return block(timeField, timeSize(t.TimestampValue))
	case *pb.Value_StringValue:
		return block(stringField, len(t.StringValue))
	case *pb.Value_BytesValue:
		return block(bytesField, len(t.BytesValue))
	case *pb.Value_ReferenceValue:
		return block(refField, len(t.ReferenceValue))
	case *pb.Value_GeoPointValue:
		return block(pointField, pointSize(t.GeoPointValue))
	case *pb.Value_ArrayValue:
		return block(arrayField, arraySize(t.ArrayValue.GetValues()))
	case *pb.Value_MapValue:
		return block(mapField, fieldsSize(only, t.MapValue.GetFields()))
	}
	return 0
}

func arraySize(values []*pb.Value) int {
	n := 0
	for _, v := range values {
		n += block(only, valueSize(v))
	}
	return n
}

func appendValue(dst []byte, v *pb.Value) []byte {
	switch t := v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		return append(dst, byte(tag(boolField, protowire.VarintType)), byte(protowire.EncodeBool(t.BooleanValue))) // #nosec G115 -- a tag of a field below 16 is one byte
	case *pb.Value_NullValue:
		return append(dst, byte(tag(nullField, protowire.VarintType)), 0) // #nosec G115 -- a tag of a field below 16 is one byte
	case *pb.Value_IntegerValue:
		return protowire.AppendVarint(append(dst, byte(tag(intField, protowire.VarintType))), uint64(t.IntegerValue)) // #nosec G115 -- bits
	case *pb.Value_DoubleValue:
		return protowire.AppendFixed64(append(dst, byte(tag(doubleField, protowire.Fixed64Type))), math.Float64bits(t.DoubleValue)) // #nosec G115 -- a tag of a field below 16 is one byte
	case *pb.Value_TimestampValue:
		return appendTime(appendBlock(dst, timeField, timeSize(t.TimestampValue)), t.TimestampValue)
	case *pb.Value_StringValue:
		return appendText(dst, stringField, t.StringValue)
	case *pb.Value_BytesValue:
		return append(appendBlock(dst, bytesField, len(t.BytesValue)), t.BytesValue...)
	case *pb.Value_ReferenceValue:
		return appendText(dst, refField, t.ReferenceValue)
	case *pb.Value_GeoPointValue:
		return appendPoint(appendBlock(dst, pointField, pointSize(t.GeoPointValue)), t.GeoPointValue)
	case *pb.Value_ArrayValue:
		return appendArray(appendBlock(dst, arrayField, arraySize(t.ArrayValue.GetValues())), t.ArrayValue.GetValues())
	case *pb.Value_MapValue:
		return appendFields(appendBlock(dst, mapField, fieldsSize(only, t.MapValue.GetFields())), only,
			t.MapValue.GetFields())
	}
	return dst
}

func appendArray(dst []byte, values []*pb.Value) []byte {
	for _, v := range values {
		dst = appendValue(appendBlock(dst, only, valueSize(v)), v)
	}
	return dst
}

// micros are the nanoseconds of a time that are kept: whole microseconds.
func micros(t *timestamppb.Timestamp) uint64 {
	return uint64(t.GetNanos() - t.GetNanos()%1000)
} // #nosec G115 -- checked

// Numbers that are zero are left out of times and points.
func timeSize(t *timestamppb.Timestamp) int {
	n := 0
	if t.GetSeconds() != 0 {
		n += 1 + protowire.SizeVarint(uint64(t.GetSeconds())) // #nosec G115 -- bits
	}
	if nanos := micros(t); nanos != 0 {
		n += 1 + protowire.SizeVarint(nanos)
	}
	return n
}

func appendTime(dst []byte, t *timestamppb.Timestamp) []byte {
	if t.GetSeconds() != 0 {
		dst = protowire.AppendVarint(append(dst, byte(tag(first, protowire.VarintType))), uint64(t.GetSeconds())) // #nosec G115 -- bits
	}
	if nanos := micros(t); nanos != 0 {
		dst = protowire.AppendVarint(append(dst, byte(tag(second, protowire.VarintType))), nanos) // #nosec G115 -- a small tag
	}
	return dst
}

func pointSize(p *latlng.LatLng) int {
	n := 0
	for _, f := range [...]float64{p.GetLatitude(), p.GetLongitude()} {
		if math.Float64bits(f) != 0 {
			n += 9
		}
	}
	return n
}

func appendPoint(dst []byte, p *latlng.LatLng) []byte {
	for i, f := range [...]float64{p.GetLatitude(), p.GetLongitude()} {
		if bits := math.Float64bits(f); bits != 0 {
			dst = protowire.AppendFixed64(append(dst, byte(tag(protowire.Number(i+1), protowire.Fixed64Type))), bits) // #nosec G115 -- 1 or 2
		}
	}
	return dst
}
