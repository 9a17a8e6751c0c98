package provision

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// overlay puts what is wanted over what exists, and keeps the rest of what exists.
func (rs rules) overlay(have, want proto.Message) {
	rs.over("", have.ProtoReflect(), want.ProtoReflect())
}

func (rs rules) over(path string, have, want protoreflect.Message) {
	for _, fd := range rs.owned(path, want) {
		p := join(path, fd.Name())
		switch {
		case !want.Has(fd):
			have.Clear(fd)
		case fd.IsMap():
			want.Get(fd).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				have.Mutable(fd).Map().Set(k, v)
				return true
			})
		case fd.IsList():
			rs.overList(p, fd, have.Mutable(fd).List(), want.Get(fd).List())
		case isNested(fd):
			rs.over(p, have.Mutable(fd).Message(), want.Get(fd).Message())
		case rs[p].will != nil && have.Has(fd) && rs[p].will(have.Get(fd), want.Get(fd)):
		default:
			have.Set(fd, want.Get(fd))
		}
	}
}

func (rs rules) overList(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.List) {
	r := rs[path]
	if !r.more && r.key == "" && have.Len() > want.Len() {
		have.Truncate(want.Len())
	}
	for i := range want.Len() {
		at := i
		switch {
		case r.key != "":
			at = find(fd, r.key, have, want.Get(i).Message())
		case r.more && fd.Message() == nil:
			at = -1
			if contains(have, want.Get(i)) {
				continue
			}
		}
		rs.overItem(path, fd, have, at, want.Get(i))
	}
}

// overItem puts one item at its position in the list, or at the end if it has none.
func (rs rules) overItem(path string, fd protoreflect.FieldDescriptor, have protoreflect.List, at int,
	want protoreflect.Value) {
	if at < 0 || at >= have.Len() {
		have.Append(clone(fd, want))
		return
	}
	if isNested(fd) {
		rs.over(path, have.Get(at).Message(), want.Message())
		return
	}
	have.Set(at, want)
}

func clone(fd protoreflect.FieldDescriptor, v protoreflect.Value) protoreflect.Value {
	if fd.Message() == nil {
		return v
	}
	return protoreflect.ValueOfMessage(proto.Clone(v.Message().Interface()).ProtoReflect())
}
