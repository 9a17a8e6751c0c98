package order

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// Append adds the whole encoding of v to dst. Values that Firestore calls equal have equal encodings.
func Append(dst []byte, v *pb.Value) []byte {
	e := encoder{dst: dst, limit: math.MaxInt}
	e.value(v)
	return e.dst
}

// AppendIndexed adds the encoding of v as an index holds it: of a long value only the beginning.
func AppendIndexed(dst []byte, v *pb.Value) []byte {
	e := encoder{dst: dst, limit: len(dst) + 1 + MaxIndexed}
	e.value(v)
	return e.dst
}

// encoder writes one value. After cut nothing more is written, closing marks included.
type encoder struct {
	dst   []byte
	limit int
	cut   bool
}

func (e *encoder) value(v *pb.Value) {
	if len(e.dst) >= e.limit {
		e.dst, e.cut = append(e.dst, tagCut), true
		return
	}
	switch t := v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		e.boolean(t.BooleanValue)
	case *pb.Value_IntegerValue:
		e.dst = appendInt(append(e.dst, tagNumber), t.IntegerValue)
	case *pb.Value_DoubleValue:
		e.double(t.DoubleValue)
	case *pb.Value_TimestampValue:
		e.dst = appendTime(append(e.dst, tagTimestamp), t.TimestampValue.GetSeconds(), t.TimestampValue.GetNanos())
	case *pb.Value_StringValue:
		e.dst = e.text(append(e.dst, tagString), t.StringValue)
	case *pb.Value_BytesValue:
		e.dst = e.text(append(e.dst, tagBytes), string(t.BytesValue))
	case *pb.Value_ReferenceValue:
		e.reference(t.ReferenceValue)
	case *pb.Value_GeoPointValue:
		e.dst = appendFloat(append(e.dst, tagGeoPoint), t.GeoPointValue.GetLatitude())
		e.dst = appendFloat(e.dst, t.GeoPointValue.GetLongitude())
	case *pb.Value_ArrayValue:
		e.array(t.ArrayValue.GetValues())
	case *pb.Value_MapValue:
		e.mapping(t.MapValue.GetFields())
	default:
		e.dst = append(e.dst, tagNull)
	}
}

func (e *encoder) boolean(b bool) {
	if b {
		e.dst = append(e.dst, tagTrue)
		return
	}
	e.dst = append(e.dst, tagFalse)
}

func (e *encoder) double(f float64) {
	if math.IsNaN(f) {
		e.dst = append(e.dst, tagNaN)
		return
	}
	e.dst = appendFloat(append(e.dst, tagNumber), f)
	e.dst = append(e.dst, 0, 0)
}

// text writes a string or bytes, as much as there is room for. A zero byte is escaped; a truncated text sorts after one
// that was not truncated.
func (e *encoder) text(dst []byte, s string) []byte {
	closing := byte(1)
	if room := max(e.limit-len(dst), 0); len(s) > room {
		s, closing = s[:room], 2
	}
	for i := strings.IndexByte(s, 0); i >= 0; i = strings.IndexByte(s, 0) {
		dst = append(append(dst, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
	return append(append(dst, s...), 0, closing)
}

func (e *encoder) reference(name string) {
	e.dst = append(e.dst, tagReference)
	for segment := range strings.SplitSeq(name, "/") {
		e.dst = resource.AppendSegment(e.dst, segment)
	}
	e.dst = append(e.dst, end)
}

func (e *encoder) array(values []*pb.Value) {
	e.dst = append(e.dst, tagArray)
	for _, v := range values {
		if e.value(v); e.cut {
			return
		}
	}
	e.dst = append(e.dst, end)
}

func (e *encoder) mapping(fields map[string]*pb.Value) {
	if vector, ok := Vector(fields); ok {
		e.vector(vector)
		return
	}
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	e.dst = append(e.dst, tagMap)
	for _, k := range keys {
		e.dst = e.text(append(e.dst, entry), k)
		if e.value(fields[k]); e.cut {
			return
		}
	}
	e.dst = append(e.dst, end)
}

// vector writes the dimension and then the elements; all vectors of one dimension are equally long.
func (e *encoder) vector(values []*pb.Value) {
	e.dst = binary.BigEndian.AppendUint32(append(e.dst, tagVector), uint32(len(values))) // #nosec G115 -- at most 2048
	for _, v := range values {
		f := v.GetDoubleValue()
		if i, ok := v.GetValueType().(*pb.Value_IntegerValue); ok {
			f = float64(i.IntegerValue)
		}
		e.dst = appendFloat(e.dst, f)
	}
}

// Vector returns the elements of a map that stands for a vector.
func Vector(fields map[string]*pb.Value) ([]*pb.Value, bool) {
	if len(fields) != 2 || fields["__type__"].GetStringValue() != "__vector__" {
		return nil, false
	}
	list, ok := fields["value"].GetValueType().(*pb.Value_ArrayValue)
	if !ok {
		return nil, false
	}
	return list.ArrayValue.GetValues(), true
}

// appendInt writes an integer among the doubles: the nearest double that is not above it, then the difference. Both
// together are exact.
func appendInt(dst []byte, i int64) []byte {
	f := float64(i)
	if f >= math.MaxInt64 || int64(f) > i {
		f = math.Nextafter(f, math.Inf(-1))
	}
	rest := uint64(i) - uint64(int64(f))                                    // #nosec G115 -- wraps on purpose
	return binary.BigEndian.AppendUint16(appendFloat(dst, f), uint16(rest)) // #nosec G115 -- below 1024
}

func appendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		f = 0 // both zeros are one
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

func appendTime(dst []byte, seconds int64, nanos int32) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(seconds)^(1<<63))   // #nosec G115 -- keeps the order of negative numbers
	return binary.BigEndian.AppendUint32(dst, uint32(nanos-nanos%1000)) // #nosec G115 -- never negative; whole microseconds are kept
}
