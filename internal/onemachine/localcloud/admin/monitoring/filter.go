package monitoring

import (
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// termPattern is one comparison at the beginning of a filter: the part of Google's language that is served here.
var termPattern = regexp.MustCompile(
	`^\s*([a-zA-Z_][a-zA-Z0-9_.-]*)\s*=\s*(?:"([^"\\]*)"|starts_with\(\s*"([^"\\]*)"\s*\)|([a-zA-Z0-9_./-]+))\s*(?:$|AND\s+)`)

type term struct {
	path   []string
	value  string
	prefix bool
}

type filter []term

// parseFilter reads comparisons joined by AND.
func parseFilter(text string) (filter, error) {
	var out filter
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := termPattern.FindStringSubmatch(rest)
		if m == nil {
			return nil, status.Errorf(codes.InvalidArgument, "The filter cannot be read here: %q is not a comparison "+
				"like name = \"value\".", rest)
		}
		out = append(out, term{path: strings.Split(m[1], "."), value: m[2] + m[3] + m[4], prefix: m[3] != ""})
		rest = rest[len(m[0]):]
	}
	return out, nil
}

// has tells whether the filter says something about a field.
func (f filter) has(path string) bool {
	for _, t := range f {
		if strings.Join(t.path, ".") == path {
			return true
		}
	}
	return false
}

func (f filter) match(m proto.Message) bool {
	for _, t := range f {
		got, ok := lookUp(m.ProtoReflect(), t.path)
		if !ok || got != t.value && (!t.prefix || !strings.HasPrefix(got, t.value)) {
			return false
		}
	}
	return true
}

// lookUp finds the text of a field. A map may be named in the singular, as Google allows for labels.
func lookUp(m protoreflect.Message, path []string) (string, bool) {
	fields := m.Descriptor().Fields()
	fd := fields.ByName(protoreflect.Name(path[0]))
	if fd == nil {
		fd = fields.ByName(protoreflect.Name(path[0] + "s"))
	}
	switch {
	case fd == nil:
		return "", false
	case fd.IsMap() && len(path) == 2 && fd.MapValue().Kind() == protoreflect.StringKind:
		v := m.Get(fd).Map().Get(protoreflect.ValueOfString(path[1]).MapKey())
		if !v.IsValid() {
			return "", false
		}
		return v.String(), true
	case fd.Message() != nil && !fd.IsList() && !fd.IsMap() && len(path) > 1:
		return lookUp(m.Get(fd).Message(), path[1:])
	case fd.Kind() == protoreflect.StringKind && !fd.IsList() && len(path) == 1:
		return m.Get(fd).String(), true
	}
	return "", false
}
