package firestore

import (
	"strings"
	"unicode/utf8"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// Limits of documents.
const (
	maxDocument  = 1 << 20
	maxValue     = 1_048_487
	maxFieldName = 1500
	maxDepth     = 20
	maxVector    = 2048
	minSeconds   = -62_135_596_800
	maxSeconds   = 253_402_300_799
)

// checkFields checks all fields of a document.
func checkFields(fields map[string]*pb.Value) error {
	for name, v := range fields {
		if err := checkFieldName(name); err != nil {
			return err
		}
		if err := checkValue(name, v, 1); err != nil {
			return err
		}
	}
	return nil
}

func checkFieldName(name string) error {
	switch {
	case name == "":
		return invalid("The property.name is the empty string.")
	case len(name) > maxFieldName:
		return invalid("The property.name is longer than %d bytes.", maxFieldName)
	case resource.Reserved(name):
		return invalid("field name %s is reserved", name)
	case !utf8.ValidString(name):
		return invalid("field name is not valid UTF-8")
	}
	return nil
}

// checkValue checks one value. depth counts maps and arrays, this value included.
func checkValue(field string, v *pb.Value, depth int) error {
	switch t := v.GetValueType().(type) {
	case nil:
		return invalid("Cannot convert firestore.v1.Value with type unset.")
	case *pb.Value_StringValue:
		if !utf8.ValidString(t.StringValue) {
			return invalid("The value of property %q is not valid UTF-8.", field)
		}
		return checkLength(field, len(t.StringValue))
	case *pb.Value_BytesValue:
		return checkLength(field, len(t.BytesValue))
	case *pb.Value_TimestampValue:
		return checkTime(t)
	case *pb.Value_ReferenceValue:
		_, err := resource.ParseDoc(t.ReferenceValue)
		return err
	case *pb.Value_GeoPointValue:
		return checkGeoPoint(t)
	case *pb.Value_ArrayValue:
		return checkArray(field, t.ArrayValue.GetValues(), depth)
	case *pb.Value_MapValue:
		return checkMap(field, t.MapValue.GetFields(), depth)
	case *pb.Value_NullValue, *pb.Value_BooleanValue, *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return nil
	}
	return invalid("The value of property %q has a type that cannot be stored.", field)
}

func checkLength(field string, n int) error {
	if n > maxValue {
		return invalid("The value of property %q is longer than %d bytes.", field, maxValue)
	}
	return nil
}

func checkTime(t *pb.Value_TimestampValue) error {
	ts := t.TimestampValue
	if ts.GetSeconds() < minSeconds || ts.GetSeconds() > maxSeconds {
		return invalid("Timestamp seconds exceeds limit for field.")
	}
	if ts.GetNanos() < 0 || ts.GetNanos() > 999_999_999 {
		return invalid("Timestamp nanos exceeds limit for field.")
	}
	return nil
}

func checkGeoPoint(t *pb.Value_GeoPointValue) error {
	lat, lng := t.GeoPointValue.GetLatitude(), t.GeoPointValue.GetLongitude()
	if lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180 {
		return nil
	}
	return invalid("latitude must be between -90 and 90, longitude between -180 and 180")
}

func checkArray(field string, values []*pb.Value, depth int) error {
	if depth > maxDepth {
		return invalid("Property %s contains an invalid nested entity.", field)
	}
	for _, v := range values {
		if _, ok := v.GetValueType().(*pb.Value_ArrayValue); ok {
			return invalid("Cannot convert an array value in an array value.")
		}
		if err := checkValue(field, v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkMap(field string, fields map[string]*pb.Value, depth int) error {
	if depth > maxDepth {
		return invalid("Property %s contains an invalid nested entity.", field)
	}
	if vector, ok := order.Vector(fields); ok {
		return checkVector(field, vector)
	}
	for name, v := range fields {
		if err := checkFieldName(name); err != nil {
			return err
		}
		if err := checkValue(field, v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkVector(field string, values []*pb.Value) error {
	if len(values) == 0 || len(values) > maxVector {
		return invalid("The vector in property %s must have between 1 and %d dimensions.", field, maxVector)
	}
	for _, v := range values {
		if !isNumber(v) {
			return invalid("The vector in property %s must hold numbers only.", field)
		}
	}
	return nil
}

// checkSize computes what a document takes at Google: names and values by the published formula.
func checkSize(name resource.Doc, doc *pb.Document) error {
	size := 32 + nameSize(name.Segments) + fieldsSize(doc.GetFields())
	if size > maxDocument {
		return invalid("Document '%s' cannot be written because its size (%d bytes) exceeds the maximum allowed size "+
			"of 1,048,576 bytes.", doc.GetName(), size)
	}
	return nil
}

func nameSize(segments []string) int {
	n := 16
	for _, s := range segments {
		n += len(s) + 1
	}
	return n
}

func fieldsSize(fields map[string]*pb.Value) int {
	n := 0
	for name, v := range fields {
		n += len(name) + 1 + valueSize(v)
	}
	return n
}

func valueSize(v *pb.Value) int {
	switch t := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		return len(t.StringValue) + 1
	case *pb.Value_BytesValue:
		return len(t.BytesValue)
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue, *pb.Value_TimestampValue:
		return 8
	case *pb.Value_GeoPointValue:
		return 16
	case *pb.Value_ReferenceValue:
		_, path, _ := strings.Cut(t.ReferenceValue, "/documents/")
		return nameSize(strings.Split(path, "/"))
	case *pb.Value_ArrayValue:
		n := 0
		for _, e := range t.ArrayValue.GetValues() {
			n += valueSize(e)
		}
		return n
	case *pb.Value_MapValue:
		return 32 + fieldsSize(t.MapValue.GetFields())
	}
	return 1
}
