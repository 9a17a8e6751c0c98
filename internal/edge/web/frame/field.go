package frame

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Kinds of field. Most are types of <input>.
const (
	KindText     = "text"
	KindEmail    = "email"
	KindPassword = "password"
	KindSearch   = "search"
	KindDate     = "date"
	kindNumber   = "number"
	KindArea     = "text-area"
	KindSelect   = "select"
	KindRadio    = "radio"
	KindCheck    = "check"  // one box: "yes" or ""
	KindChecks   = "checks" // several boxes of one name
	KindHidden   = "hidden"
)

// FieldSpec says what a field is called and what it accepts. Label and Hint are keys of the catalog.
type FieldSpec struct {
	Name, Kind, Label, Hint string
	Max                     int // characters; 0 means 200
	Optional                bool
	Autocomplete            string // what browsers may fill in, such as "new-password"
	InputMode               string
	Width                   string // "short" or "medium"
	Rows                    int
	Clock                   bool // a time of day, with a "now" button
	Plain                   bool // names and codes: no automatic capitals, no spell checking
	Zone                    bool // a time zone: suggestions, and the browser's own as a first guess
	Options                 []Option
}

// Option is a choice of a field, in words.
type Option struct {
	Value, Text, Hint string
	Chosen            bool
}

// Field is a field with what was entered and what is wrong with it, for the template.
type Field struct {
	Name, Kind, ID, Label, Hint, Value, Error string
	// its name in the summary of problems, if the label alone is not clear there
	Full                           string
	Max, Rows                      int
	Required, Optional, Plain      bool
	Autocomplete, InputMode, Width string
	Now                            string // zone of the "now" button, or ""
	Options                        []Option
	List                           []string // suggestions
	Guess                          string   // what a script may fill an empty field with: "zone"

	values []string
}

// DescribedBy are the ids of hint and error, which are read out with the field.
func (f *Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-problem")
	}
	return strings.Join(ids, " ")
}

// Words reports whether people write words into the field, in whatever script they write.
func (f *Field) Words() bool { return f.Kind == KindText || f.Kind == KindSearch }

// ChoiceType is the type of the inputs of a group.
func (f *Field) ChoiceType() string {
	if f.Kind == KindChecks {
		return "checkbox"
	}
	return "radio"
}

// FieldID carries the id of what a form creates, so that a form that is sent twice creates one thing.
var FieldID = FieldSpec{Name: "id", Kind: KindHidden, Max: 64, Optional: true}

// FieldVersion carries the version that a form was made from.
var FieldVersion = FieldSpec{Name: "version", Kind: KindHidden, Max: 20, Optional: true}

const defaultMax = 200

func (s FieldSpec) limit() int {
	if s.Max == 0 {
		return defaultMax
	}
	return s.Max
}

// clean takes white space off the ends, and unifies line breaks. Passwords stay exactly as they were typed.
func (s FieldSpec) clean(value string) string {
	if s.Kind == KindPassword {
		return value
	}
	if s.Kind == KindArea {
		return strings.TrimSpace(model.Lines(value))
	}
	return model.Line(value)
}

// problem returns the key of the text about what is wrong with a value, or "".
func (s FieldSpec) problem(value string, options []Option) string {
	switch {
	case value == "" && s.Optional:
		return ""
	case value == "":
		return "form.required"
	case !utf8.ValidString(value) || s.unprintable(value):
		return "form.characters"
	case utf8.RuneCountInString(value) > s.limit():
		return "form.too-long"
	case s.Kind == KindEmail && !isEmail(value):
		return "form.email"
	case (s.Kind == KindSelect || s.Kind == KindRadio || s.Kind == KindChecks) && !Offered(options, value):
		return "form.not-an-option"
	}
	return ""
}

// unprintable finds control characters, which nobody means to type. Passwords may hold anything.
func (s FieldSpec) unprintable(value string) bool {
	return s.Kind != KindPassword && strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) && (s.Kind != KindArea || (r != '\n' && r != '\t'))
	})
}

func isEmail(value string) bool {
	a, err := mail.ParseAddress(value)
	return err == nil && a.Address == value && a.Name == "" && strings.Contains(value[strings.LastIndex(value, "@"):],
		".")
}

// Offered reports whether a value is among options.
func Offered(options []Option, value string) bool {
	for _, o := range options {
		if o.Value == value {
			return true
		}
	}
	return false
}
