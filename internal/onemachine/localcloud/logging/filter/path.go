package filter

import (
	"fmt"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

// path leads to a field of an entry: first along declared fields, then along keys of a map or of a payload.
type path struct {
	fields []protoreflect.FieldDescriptor
	keys   []string
}

// newPath resolves segments against the declaration of an entry, so that a misspelt field is an error and
// not a query that finds nothing.
func newPath(segments []string) (path, error) {
	var p path
	desc := (*loggingpb.LogEntry)(nil).ProtoReflect().Descriptor()
	for i, segment := range segments {
		fd := fieldNamed(desc, segment)
		if fd == nil {
			return path{}, fmt.Errorf("unknown field %q", strings.Join(segments[:i+1], "."))
		}
		p.fields = append(p.fields, fd)
		rest := segments[i+1:]
		if open(fd) {
			p.keys = rest
			return p, checkKeys(fd, rest)
		}
		if len(rest) > 0 && (fd.Message() == nil || isTime(fd.Message())) {
			return path{}, fmt.Errorf("field %q has no parts", strings.Join(segments[:i+1], "."))
		}
		desc = fd.Message()
	}
	return p, nil
}

func fieldNamed(desc protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	fields := desc.Fields()
	for i := range fields.Len() {
		if fd := fields.Get(i); strings.EqualFold(fd.JSONName(), name) || strings.EqualFold(string(fd.Name()), name) {
			return fd
		}
	}
	return nil
}

// open tells whether what is below the field is not declared: a map, or a payload in JSON.
func open(fd protoreflect.FieldDescriptor) bool {
	return fd.IsMap() || (fd.Message() != nil && (isStruct(fd.Message()) || isAny(fd.Message())))
}

func isStruct(d protoreflect.MessageDescriptor) bool {
	return d.FullName() == "google.protobuf.Struct"
}
func isAny(d protoreflect.MessageDescriptor) bool { return d.FullName() == "google.protobuf.Any" }
func isTime(d protoreflect.MessageDescriptor) bool {
	return d.FullName() == "google.protobuf.Timestamp"
}

func checkKeys(fd protoreflect.FieldDescriptor, keys []string) error {
	if fd.IsMap() && len(keys) > 1 {
		return fmt.Errorf("field %q takes one key; put a key with dots in quotes", fd.JSONName())
	}
	return nil
}

// of returns the value at the path. Declared fields always have one, if only their default; keys may be absent.
func (p path) of(e *loggingpb.LogEntry) (protoreflect.Value, protoreflect.FieldDescriptor, bool) {
	m := e.ProtoReflect()
	last := len(p.fields) - 1
	for _, fd := range p.fields[:last] {
		m = m.Get(fd).Message()
	}
	fd := p.fields[last]
	value := m.Get(fd)
	if len(p.keys) == 0 {
		return value, fd, true
	}
	if fd.IsMap() {
		value = value.Map().Get(protoreflect.ValueOfString(p.keys[0]).MapKey())
		return value, fd.MapValue(), value.IsValid()
	}
	return inStruct(value.Message(), fd, p.keys)
}

func inStruct(m protoreflect.Message, fd protoreflect.FieldDescriptor, keys []string) (protoreflect.Value,
	protoreflect.FieldDescriptor, bool) {
	payload, ok := m.Interface().(*structpb.Struct)
	if !ok {
		return protoreflect.Value{}, nil, false
	}
	value := structpb.NewStructValue(payload)
	for _, key := range keys {
		if value = value.GetStructValue().GetFields()[key]; value == nil {
			return protoreflect.Value{}, nil, false
		}
	}
	return protoreflect.ValueOfMessage(value.ProtoReflect()), fd, true
}

// has tells whether the field is set.
func (p path) has(e *loggingpb.LogEntry) bool {
	m := e.ProtoReflect()
	for _, fd := range p.fields {
		if !m.Has(fd) {
			return false
		}
		if fd.Message() == nil || open(fd) {
			break
		}
		m = m.Get(fd).Message()
	}
	_, _, present := p.of(e)
	return present
}

func (p path) isTimestamp() bool {
	return len(p.fields) == 1 && p.fields[0].Name() == "timestamp"
}

// target is the declared field at the end, when the path ends in one: its type says what values make sense.
func (p path) target() protoreflect.FieldDescriptor {
	fd := p.fields[len(p.fields)-1]
	if open(fd) {
		return nil
	}
	return fd
}
