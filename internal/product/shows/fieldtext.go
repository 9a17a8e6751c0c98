package shows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// fieldNamed is the field of a key; a key that the program does not know, or no longer knows, is a text that is named
// by its key.
func fieldNamed(key string) Field {
	if f, ok := FieldOf(key); ok {
		return f
	}
	return Field{Key: key, Label: key, Kind: TextField}
}

// Shown is what the field of a report says to its reader, line by line; nil if it says nothing.
func (f Field) Shown(r *Report) []string {
	switch v := r.Values[f.Key].(type) {
	case nil:
		return nil
	case string:
		if name, ok := label(f.Choices, v); ok {
			return []string{name}
		}
		return []string{f.clock(r, v)}
	default:
		return strings.Split(plain(v), "\n")
	}
}

// Typed is the same in the form in which people type it: a choice is its key, a list has a line for each element.
func (f Field) Typed(r *Report) string {
	switch v := r.Values[f.Key].(type) {
	case nil:
		return ""
	case string:
		return f.clock(r, v)
	default:
		return plain(v)
	}
}

// text is the field as one text, for differences. A time has its date.
func (f Field) text(r *Report) string {
	if v, ok := r.Values[f.Key].(string); ok && f.Kind == TimeField {
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return r.local(at)
		}
	}
	return strings.Join(f.Shown(r), "\n")
}

// clock is what the venue's clocks show at an instant, with the date if that is not the report's evening. Other texts
// are returned unchanged.
func (f Field) clock(r *Report, text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || f.Kind != TimeField {
		return text
	}
	if zone, err := wallclock.LoadZone(r.Zone); err == nil {
		at = at.In(zone)
	}
	if evening, err := r.evening(); err == nil {
		if same, err := evening.InDay(at.Format("15:04")); err == nil && same.Equal(at) {
			return at.Format("15:04")
		}
	}
	return at.Format("2 Jan 2006, 15:04")
}

// plain is a stored value as a text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		return valueWords(v)
	}
	return fmt.Sprint(v)
}

// Same reports whether two given values mean the same once they are parsed.
func (f Field) Same(r *Report, a, b any) bool {
	one, errOne := f.read(r, a)
	two, errTwo := f.read(r, b)
	if errOne != nil || errTwo != nil {
		return fmt.Sprint(a) == fmt.Sprint(b)
	}
	return fmt.Sprint(one) == fmt.Sprint(two)
}
