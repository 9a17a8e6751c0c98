package provision

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// rule says how one field of a wanted message is compared. A field without a rule must be equal where the wanted
// message has it, and everything else in the message is left alone.
type rule struct {
	zero  bool                                     // ours even where the wanted value is zero
	first bool                                     // set only at creation; afterwards somebody else's
	more  bool                                     // a list that may hold more than ours
	key   string                                   // a list that may hold more than ours, matched by this field
	will  func(have, want protoreflect.Value) bool // accepts an operator's own value
	// if not empty, it cannot be changed from there in place; says what to do
	advice func(have string) string
}

// always is the advice for a field that can never be changed in place.
func always(text string) func(string) string { return func(string) string { return text } }

// rules are by path, without positions in lists.
type rules map[string]rule

// differences compares what exists with what is wanted.
func (rs rules) differences(have, want proto.Message) []difference {
	c := comparison{rules: rs}
	c.message("", have.ProtoReflect(), want.ProtoReflect())
	return c.found
}

// comparison walks through two messages.
type comparison struct {
	rules rules
	found []difference
}

func join(path string, name protoreflect.Name) string {
	if path == "" {
		return string(name)
	}
	return path + "." + string(name)
}

// owned lists the fields of a wanted message that are ours, in order of their numbers.
func (rs rules) owned(path string, want protoreflect.Message) []protoreflect.FieldDescriptor {
	var list []protoreflect.FieldDescriptor
	fields := want.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		r := rs[join(path, fd.Name())]
		if (want.Has(fd) || r.zero) && !r.first {
			list = append(list, fd)
		}
	}
	slices.SortFunc(list, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	return list
}

func (c *comparison) message(path string, have, want protoreflect.Message) {
	for _, fd := range c.rules.owned(path, want) {
		p := join(path, fd.Name())
		switch {
		case fd.IsMap():
			c.entries(p, fd, have.Get(fd).Map(), want.Get(fd).Map())
		case fd.IsList():
			c.list(p, fd, have.Get(fd).List(), want.Get(fd).List())
		case isNested(fd) && have.Has(fd) && want.Has(fd):
			c.message(p, have.Get(fd).Message(), want.Get(fd).Message())
		default:
			c.leaf(p, fd, have, want)
		}
	}
}

// isNested reports whether a field holds a message whose fields are compared, rather than one that is a single value.
func isNested(fd protoreflect.FieldDescriptor) bool {
	return fd.Message() != nil && !strings.HasPrefix(string(fd.Message().FullName()), "google.protobuf.")
}

func (c *comparison) leaf(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.Message) {
	same := have.Has(fd) == want.Has(fd) && have.Get(fd).Equal(want.Get(fd))
	r := c.rules[path]
	if same || r.will != nil && have.Has(fd) && r.will(have.Get(fd), want.Get(fd)) {
		return
	}
	c.note(path, show(fd, have), show(fd, want))
}

func (c *comparison) note(path, from, to string) {
	d := difference{field: path, from: from, to: to}
	if advice := c.rules[path].advice; advice != nil {
		d.advice = advice(from)
	}
	c.found = append(c.found, d)
}

func (c *comparison) entries(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.Map) {
	want.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		if !have.Has(k) || !have.Get(k).Equal(v) {
			from := "none"
			if have.Has(k) {
				from = showOne(fd.MapValue(), have.Get(k))
			}
			c.note(path+"["+k.String()+"]", from, showOne(fd.MapValue(), v))
		}
		return true
	})
}

func (c *comparison) list(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.List) {
	r := c.rules[path]
	switch {
	case r.key != "":
		c.keyed(path, fd, have, want)
	case r.more && fd.Message() == nil:
		for i := range want.Len() {
			if !contains(have, want.Get(i)) {
				c.note(path, showList(fd, have), "also "+showOne(fd, want.Get(i)))
			}
		}
	case have.Len() == want.Len() || r.more && have.Len() > want.Len():
		for i := range want.Len() {
			c.item(path, fd, have.Get(i), want.Get(i))
		}
	default:
		c.note(path, showList(fd, have), showList(fd, want))
	}
}

func (c *comparison) item(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.Value) {
	switch {
	case isNested(fd):
		c.message(path, have.Message(), want.Message())
	case !have.Equal(want):
		c.note(path, showOne(fd, have), showOne(fd, want))
	}
}

func (c *comparison) keyed(path string, fd protoreflect.FieldDescriptor, have, want protoreflect.List) {
	for i := range want.Len() {
		w := want.Get(i).Message()
		at := find(fd, c.rules[path].key, have, w)
		if at < 0 {
			c.note(path, "none", showOne(fd, want.Get(i)))
			continue
		}
		before := len(c.found)
		c.message(path, have.Get(at).Message(), w)
		for j := before; j < len(c.found); j++ {
			c.found[j].field = fmt.Sprintf("%s[%s]%s", path, keyOf(fd, c.rules[path].key, w),
				strings.TrimPrefix(c.found[j].field, path))
		}
	}
}

func keyOf(fd protoreflect.FieldDescriptor, key string, m protoreflect.Message) string {
	return m.Get(fd.Message().Fields().ByName(protoreflect.Name(key))).String()
}

func find(fd protoreflect.FieldDescriptor, key string, in protoreflect.List, m protoreflect.Message) int {
	for i := range in.Len() {
		if keyOf(fd, key, in.Get(i).Message()) == keyOf(fd, key, m) {
			return i
		}
	}
	return -1
}

func contains(list protoreflect.List, v protoreflect.Value) bool {
	for i := range list.Len() {
		if list.Get(i).Equal(v) {
			return true
		}
	}
	return false
}

// mask names the top-level fields of the message in which something differs.
func mask(found []difference) *fieldmaskpb.FieldMask {
	var paths []string
	for _, d := range found {
		top := d.field[:strings.IndexAny(d.field+".", ".[")]
		if !slices.Contains(paths, top) {
			paths = append(paths, top)
		}
	}
	return &fieldmaskpb.FieldMask{Paths: paths}
}
