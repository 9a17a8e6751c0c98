package wire

import (
	"bytes"
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Document decodes a document; with names, only the fields that it names at the top. data is only read, and no part of
// it is kept.
func Document(data []byte, names map[string]string) (*pb.Document, error) {
	if d, ok := document(data, names); ok {
		return d, nil
	}
	d := &pb.Document{} // in a form that this package does not write, or damaged, so the library decides
	if err := proto.Unmarshal(data, d); err != nil {
		return nil, err
	}
	for name := range d.GetFields() {
		if _, wanted := names[name]; names != nil && !wanted {
			delete(d.Fields, name)
		}
	}
	return d, nil
}

// head has what every document needs, in one allocation.
type head struct {
	doc              pb.Document
	created, updated timestamppb.Timestamp
}

// decoder preallocates memory for values, a few at a time.
type decoder struct {
	texts []textValue
	times []timeValue
	blobs []bytesValue
}

// take returns the next piece of slab, which it refills when it is empty.
func take[T any](slab *[]T, n int) *T {
	if len(*slab) == 0 {
		*slab = make([]T, n)
	}
	out := &(*slab)[0]
	*slab = (*slab)[1:]
	return out
}

func document(data []byte, names map[string]string) (*pb.Document, bool) {
	h, d := &head{}, decoder{}
	h.doc.Fields = make(map[string]*pb.Value, max(len(names), 8))
	for len(data) > 0 {
		number, body, rest, ok := next(data)
		if !ok {
			return nil, false
		}
		data = rest
		switch number {
		case docName:
			h.doc.Name = string(body)
		case docCreated:
			ok, h.doc.CreateTime = readTime(&h.created, body), &h.created
		case docUpdated:
			ok, h.doc.UpdateTime = readTime(&h.updated, body), &h.updated
		case docFields:
			ok = d.entry(h.doc.Fields, body, names)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return &h.doc, true
}

// next takes a field with a length off the front.
func next(data []byte) (number int, body, rest []byte, ok bool) {
	key, n := protowire.ConsumeVarint(data)
	if n < 0 || key&7 != uint64(protowire.BytesType) {
		return 0, nil, nil, false
	}
	size, m := protowire.ConsumeVarint(data[n:])
	if data = data[n:]; m < 0 || size > uint64(len(data)-m) { // #nosec G115 -- not negative
		return 0, nil, nil, false
	}
	end := m + int(size)                                // #nosec G115 -- at most len(data)
	return int(key >> 3), data[m:end], data[end:], true // #nosec G115 -- unknown numbers are refused
}

// entry reads an entry of a map of fields: its key, then its value.
func (d *decoder) entry(fields map[string]*pb.Value, data []byte, names map[string]string) bool {
	number, key, rest, ok := next(data)
	if !ok || number != entryKey {
		return false
	}
	number, body, rest, ok := next(rest)
	if !ok || number != entryValue || len(rest) > 0 {
		return false
	}
	name, wanted := names[string(key)]
	if names == nil {
		name = string(key)
	} else if !wanted {
		return true
	}
	fields[name], ok = d.value(body)
	return ok
}

// Each of these is a value and its content in one allocation.
type (
	intValue struct {
		pb.Value
		is pb.Value_IntegerValue
	}
	textValue struct {
		pb.Value
		is pb.Value_StringValue
	}
	bytesValue struct {
		pb.Value
		is pb.Value_BytesValue
	}
	timeValue struct {
		pb.Value
		is pb.Value_TimestampValue
		at timestamppb.Timestamp
	}
	arrayValue struct {
		pb.Value
		is   pb.Value_ArrayValue
		list pb.ArrayValue
	}
)

// value decodes the frequent types and leaves the others to the library.
func (d *decoder) value(data []byte) (*pb.Value, bool) {
	key, n := protowire.ConsumeVarint(data)
	if n < 0 {
		return nil, false
	}
	if key == tag(intField, protowire.VarintType) {
		v := &intValue{}
		return &v.Value, v.read(data)
	}
	number, body, rest, ok := next(data)
	if !ok || len(rest) > 0 {
		return other(data)
	}
	switch number {
	case stringField:
		v := take(&d.texts, 4)
		v.ValueType, v.is.StringValue = &v.is, string(body)
		return &v.Value, true
	case bytesField:
		v := take(&d.blobs, 2)
		v.ValueType, v.is.BytesValue = &v.is, bytes.Clone(body)
		return &v.Value, true
	case timeField:
		v := take(&d.times, 3)
		v.ValueType, v.is.TimestampValue = &v.is, &v.at
		return &v.Value, readTime(&v.at, body)
	case arrayField:
		v := &arrayValue{}
		v.ValueType, v.is.ArrayValue = &v.is, &v.list
		v.list.Values, ok = d.array(body)
		return &v.Value, ok
	}
	return other(data)
}

func other(data []byte) (*pb.Value, bool) {
	v := &pb.Value{}
	return v, proto.Unmarshal(data, v) == nil
}

func (v *intValue) read(data []byte) bool {
	number, n := protowire.ConsumeVarint(data[1:])
	v.is.IntegerValue, v.ValueType = int64(number), &v.is // #nosec G115 -- bits
	return n > 0 && n == len(data)-1
}

func (d *decoder) array(data []byte) ([]*pb.Value, bool) {
	n, integers, ok := survey(data)
	if !ok || n == 0 {
		return nil, ok
	}
	out := make([]*pb.Value, n)
	var all []intValue
	if integers {
		all = make([]intValue, n)
	}
	for i := range out {
		_, body, rest, _ := next(data)
		if integers {
			ok, out[i] = all[i].read(body), &all[i].Value
		} else {
			out[i], ok = d.value(body)
		}
		if data = rest; !ok {
			return nil, false
		}
	}
	return out, true
}

// survey counts the elements of an array and says whether all are integers.
func survey(data []byte) (n int, integers, ok bool) {
	for integers = true; len(data) > 0; n++ {
		number, body, rest, ok := next(data)
		if !ok || number != only {
			return 0, false, false
		}
		integers = integers && len(body) > 0 && uint64(body[0]) == tag(intField, protowire.VarintType)
		data = rest
	}
	return n, integers, true
}

func readTime(t *timestamppb.Timestamp, data []byte) bool {
	for len(data) > 0 {
		key, n := protowire.ConsumeVarint(data)
		if n < 0 {
			return false
		}
		number, m := protowire.ConsumeVarint(data[n:])
		switch {
		case m < 0:
			return false
		case key == tag(first, protowire.VarintType):
			t.Seconds = int64(number) // #nosec G115 -- bits
		case key == tag(second, protowire.VarintType) && number <= math.MaxInt32:
			t.Nanos = int32(number) // #nosec G115 -- bounded
		default:
			return false
		}
		data = data[n+m:]
	}
	return true
}
