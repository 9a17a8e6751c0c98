package crud

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// shape is the meaning of the fields of a message.
type shape struct {
	output, fixed map[protoreflect.FullName]bool
}

// shapeOf panics when a name is not that of a field, because that is a mistake in a Spec.
func shapeOf(d protoreflect.MessageDescriptor, output, fixed []string) shape {
	named := func(names []string) map[protoreflect.FullName]bool {
		out := map[protoreflect.FullName]bool{}
		for _, name := range names {
			out[d.Fields().ByName(protoreflect.Name(name)).FullName()] = true
		}
		return out
	}
	return shape{output: named(output), fixed: named(fixed)}
}

func behaves(fd protoreflect.FieldDescriptor, as annotations.FieldBehavior) bool {
	list, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(list, as)
}

func (s shape) outputOnly(fd protoreflect.FieldDescriptor) bool {
	return s.output[fd.FullName()] || behaves(fd, annotations.FieldBehavior_OUTPUT_ONLY)
}

func (s shape) immutable(fd protoreflect.FieldDescriptor) bool {
	return s.fixed[fd.FullName()] || behaves(fd, annotations.FieldBehavior_IMMUTABLE)
}

// ours tells what stays as it is when a caller replaces the whole resource.
func (s shape) ours(fd protoreflect.FieldDescriptor) bool {
	return fd.Name() == "name" || s.outputOnly(fd) || behaves(fd, annotations.FieldBehavior_IDENTIFIER)
}

// dropOutput removes what a caller may not set, at every depth.
func (s shape) dropOutput(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if s.outputOnly(fd) {
			m.Clear(fd)
			return true
		}
		each(fd, v, func(_ string, inner protoreflect.Message) { s.dropOutput(inner) })
		return true
	})
}

// checkRequired finds a required field that is not set, at any depth of what is set.
func checkRequired(m protoreflect.Message, at string) (err error) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if behaves(fd, annotations.FieldBehavior_REQUIRED) && !m.Has(fd) && canMiss(fd) {
			return status.Errorf(codes.InvalidArgument, "Field %s%s is required.", at, fd.Name())
		}
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		each(fd, v, func(key string, inner protoreflect.Message) {
			if err == nil {
				err = checkRequired(inner, at+string(fd.Name())+key+".")
			}
		})
		return err == nil
	})
	return err
}

// canMiss excludes numbers and flags, because a zero one looks like one that is not set.
func canMiss(fd protoreflect.FieldDescriptor) bool {
	if fd.ContainingOneof() != nil {
		return false
	}
	kind := fd.Kind()
	return fd.HasPresence() || fd.IsList() || kind == protoreflect.StringKind || kind == protoreflect.BytesKind ||
		kind == protoreflect.EnumKind
}

// each visits the messages that a field holds.
func each(fd protoreflect.FieldDescriptor, v protoreflect.Value, visit func(key string, m protoreflect.Message)) {
	switch {
	case fd.IsMap():
		if fd.MapValue().Message() == nil {
			return
		}
		v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			visit("["+k.String()+"]", v.Message())
			return true
		})
	case fd.Message() == nil:
	case fd.IsList():
		for i := range v.List().Len() {
			visit("[]", v.List().Get(i).Message())
		}
	default:
		visit("", v.Message())
	}
}

// checkFixed refuses a change of what cannot be changed.
func (s shape) checkFixed(next, old protoreflect.Message) error {
	fields := next.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if s.immutable(fd) && !next.Get(fd).Equal(old.Get(fd)) {
			return status.Errorf(codes.InvalidArgument, "Field %s cannot be changed.", fd.Name())
		}
	}
	return nil
}

// merge copies what the paths name from src to dst.
func (s shape) merge(dst, src protoreflect.Message, paths []string) error {
	if len(paths) == 0 || slices.Equal(paths, []string{"*"}) {
		s.replace(dst, src)
		return nil
	}
	for _, path := range paths {
		// what is the service's is skipped, as Google's guidelines want it
		if !copyPath(dst, src, strings.Split(path, "."), s.ours) {
			return cannotChange(path)
		}
	}
	return nil
}

// replace keeps in dst only what is the service's, and immutable fields that src does not have.
func (s shape) replace(dst, src protoreflect.Message) {
	fields := dst.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if s.ours(fd) || s.immutable(fd) && !src.Has(fd) {
			continue
		}
		copyField(dst, src, fd)
	}
}

// stamp sets the times, the id and the etag, where the message has them.
func (s shape) stamp(m proto.Message, now time.Time, created bool) {
	if created {
		s.setTime(m, "create_time", now)
		s.setText(m, "uid", rand.Text())
	}
	s.setTime(m, "update_time", now)
	s.setText(m, "etag", `"`+rand.Text()[:16]+`"`)
}

func (s shape) setTime(m proto.Message, name protoreflect.Name, now time.Time) {
	r := m.ProtoReflect()
	fd := r.Descriptor().Fields().ByName(name)
	if fd != nil && fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Timestamp" {
		r.Set(fd, protoreflect.ValueOfMessage(timestamppb.New(now).ProtoReflect()))
	}
}

func (s shape) setText(m proto.Message, name protoreflect.Name, text string) {
	r := m.ProtoReflect()
	if fd := textField(r, name); fd != nil {
		r.Set(fd, protoreflect.ValueOfString(text))
	}
}

func textField(m protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	fd := m.Descriptor().Fields().ByName(name)
	if fd == nil || fd.Kind() != protoreflect.StringKind || fd.IsList() {
		return nil
	}
	return fd
}

func (s shape) checkEtag(given, stored proto.Message) error {
	fd := textField(given.ProtoReflect(), "etag")
	if fd == nil {
		return nil
	}
	return s.compareEtag(given.ProtoReflect().Get(fd).String(), stored)
}

func (s shape) compareEtag(given string, stored proto.Message) error {
	fd := textField(stored.ProtoReflect(), "etag")
	if given == "" || fd == nil || stored.ProtoReflect().Get(fd).String() == given {
		return nil
	}
	return status.Error(codes.Aborted, "The etag is not the present one: the resource was changed meanwhile.")
}
