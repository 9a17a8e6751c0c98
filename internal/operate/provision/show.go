package provision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

const maxShown = 160

// show is a field's value in one line.
func show(fd protoreflect.FieldDescriptor, m protoreflect.Message) string {
	if !m.Has(fd) && (fd.HasPresence() || fd.Kind() == protoreflect.StringKind || fd.Kind() == protoreflect.BytesKind) {
		return "none"
	}
	return showOne(fd, m.Get(fd))
}

func showOne(fd protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		if e := fd.Enum().Values().ByNumber(v.Enum()); e != nil {
			return string(e.Name())
		}
	case protoreflect.BytesKind:
		return fmt.Sprintf("%q", v.Bytes())
	case protoreflect.StringKind:
		return cut(strings.Join(strings.Fields(v.String()), " "))
	case protoreflect.MessageKind:
		return showMessage(v.Message())
	}
	return v.String()
}

func showMessage(m protoreflect.Message) string {
	if d, ok := m.Interface().(*durationpb.Duration); ok {
		return days(d.AsDuration())
	}
	text, err := protojson.Marshal(m.Interface())
	if err != nil {
		return "something"
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil { // the library inserts blanks at random
		return "something"
	}
	return cut(b.String())
}

func showList(fd protoreflect.FieldDescriptor, list protoreflect.List) string {
	if list.Len() == 0 {
		return "none"
	}
	parts := make([]string, list.Len())
	for i := range parts {
		parts[i] = showOne(fd, list.Get(i))
	}
	return cut(strings.Join(parts, ", "))
}

// days writes a duration in days where it is a whole number of them.
func days(d time.Duration) string {
	if d >= 24*time.Hour && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown-1]) + "…"
	}
	return text
}
