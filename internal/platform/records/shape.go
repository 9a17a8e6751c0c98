package records

import (
	"fmt"
	"reflect"
	"slices"
)

// Shape describes how documents of the kind are stored, a line for each part: the schema, the fields, and the members
// of the body with their types. Whatever the previous release relies on must stay in it.
func (k *Kind[T]) Shape() []string {
	lines := []string{fmt.Sprintf("in %s", k.spec.In)}
	for _, f := range k.collection.Fields {
		lines = append(lines, fmt.Sprintf("field %s: %d", f.Name, f.Type))
	}
	lines = append(lines, shapeOf(reflect.TypeFor[T](), "body", nil)...)
	slices.Sort(lines)
	return lines
}

// shapeOf lists the members of a type, including those of its own members.
func shapeOf(t reflect.Type, path string, above []reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem(), path, above)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return []string{path + ": bytes"}
		}
		return shapeOf(t.Elem(), path+"[]", above)
	case reflect.Map:
		return shapeOf(t.Elem(), path+"{}", above)
	}
	known := members(t)
	if known == nil || slices.Contains(above, t) {
		return []string{path + ": " + basic(t)}
	}
	var lines []string
	for _, f := range reflect.VisibleFields(t) {
		if name := memberName(f); name != "" {
			lines = append(lines, shapeOf(f.Type, path+"."+name, append(above, t))...)
		}
	}
	return lines
}

// basic is a value's type in JSON, because names of Go types may change.
func basic(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	}
	return t.String()
}
