package records

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// carry copies those members of an old object that the type does not know into a new one. During a rollout, and after a
// rollback, they belong to a later release, and must not be lost when this one changes the document. It looks into
// nested objects, but not into lists, because there it cannot tell which element was which.
func carry(t reflect.Type, before, after []byte) ([]byte, error) {
	known := members(t)
	if known == nil {
		return after, nil
	}
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	changed := false
	for name, value := range was {
		inner, mine := known[name]
		now, there := is[name]
		switch {
		case !mine:
			is[name], changed = value, true
		case there && inner != nil && isObject(value) && isObject(now):
			merged, err := carry(inner, value, now)
			if err != nil {
				return nil, err
			}
			is[name], changed = merged, changed || len(merged) != len(now)
		}
	}
	if !changed {
		return after, nil
	}
	return json.Marshal(is)
}

func isObject(text json.RawMessage) bool { return len(text) > 0 && text[0] == '{' }

var decodes = reflect.TypeFor[json.Unmarshaler]()

// members are the names of an object's members as the type declares them, with the types of those that are objects
// themselves; nil if it declares none, or decodes itself.
func members(t reflect.Type) map[string]reflect.Type {
	if seen, ok := membersOf.Load(t); ok {
		return seen.(map[string]reflect.Type)
	}
	known := declaredMembers(t)
	membersOf.Store(t, known)
	return known
}

var membersOf sync.Map // by type: they never change

func declaredMembers(t reflect.Type) map[string]reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(decodes) {
		return nil
	}
	known := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name := memberName(f)
		if name == "" {
			continue
		}
		known[name] = nil
		if members(f.Type) != nil {
			known[name] = f.Type
		}
	}
	return known
}

// memberName is the name of a field in JSON, "" if it is not encoded.
func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported(), name == "-", f.Anonymous && name == "":
		return ""
	case name == "":
		return f.Name
	}
	return name
}
