package crud

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Merge brings what an update mask names from src into dst, for services that keep their resources in a way of their
// own. A mask is required, and names only what is in may.
func Merge(dst, src proto.Message, mask []string, may ...string) error {
	if len(mask) == 0 {
		return status.Error(codes.InvalidArgument, "update_mask is required.")
	}
	from := proto.Clone(src).ProtoReflect()
	none := func(protoreflect.FieldDescriptor) bool { return false }
	for _, path := range mask {
		if !slices.Contains(may, path) || !copyPath(dst.ProtoReflect(), from, strings.Split(path, "."), none) {
			return cannotChange(path)
		}
	}
	return nil
}

func cannotChange(path string) error {
	return status.Errorf(codes.InvalidArgument, "update_mask: %q cannot be changed.", path)
}

// copyPath copies what a path leads to, but for fields that are to be skipped. It answers false for a path that leads
// nowhere.
func copyPath(dst, src protoreflect.Message, path []string, skip func(protoreflect.FieldDescriptor) bool) bool {
	fd := dst.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	switch {
	case fd == nil:
		return false
	case skip(fd):
		return true
	case len(path) == 1:
		copyField(dst, src, fd)
		return true
	case fd.IsMap() && len(path) == 2 && fd.MapKey().Kind() == protoreflect.StringKind:
		copyKey(dst, src, fd, path[1])
		return true
	case fd.IsMap() || fd.IsList() || fd.Message() == nil:
		return false
	}
	inner := dst.NewField(fd).Message()
	if dst.Has(fd) || src.Has(fd) {
		inner = dst.Mutable(fd).Message()
	}
	return copyPath(inner, src.Get(fd).Message(), path[1:], skip)
}

func copyField(dst, src protoreflect.Message, fd protoreflect.FieldDescriptor) {
	if src.Has(fd) {
		dst.Set(fd, src.Get(fd))
	} else {
		dst.Clear(fd)
	}
}

func copyKey(dst, src protoreflect.Message, fd protoreflect.FieldDescriptor, text string) {
	key := protoreflect.ValueOfString(text).MapKey()
	if v := src.Get(fd).Map().Get(key); v.IsValid() {
		dst.Mutable(fd).Map().Set(key, v)
	} else if dst.Has(fd) {
		dst.Mutable(fd).Map().Clear(key)
	}
}
