package shows

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	maxNumber   = 1e12
	maxElements = 100
	maxElement  = 500 // characters
	maxValue    = 20 << 10
)

// putValues merges given values into the report's: nil or "" removes one. A value that the caller may not read cannot
// be written either; the refusal is the same when there is none, so that it reveals nothing.
func (p problems) putValues(c access.Caller, r *Report, given map[string]any) {
	if len(given) == 0 {
		return
	}
	values := maps.Clone(r.Values)
	if values == nil {
		values = map[string]any{}
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		p.putValue(c, r, values, key, given[key])
	}
	r.Values = values
}

func (p problems) putValue(c access.Caller, r *Report, values map[string]any, key string, given any) {
	name := "values." + key
	f, ok := FieldOf(key)
	if !ok || !slices.Contains(f.Types, r.Type) {
		p.add("values", "A report of this type has no field of this name.")
		return
	}
	if !r.valueAudience(key).Admits(c) {
		p.add(name, "What stands in this field is not for you, so you cannot change it. Write a note for those whom "+
			"it concerns.")
		return
	}
	v, err := f.read(r, given)
	switch {
	case err != nil:
		p.note(name, err)
	case v == nil:
		delete(values, key)
	default:
		values[key] = v
		p.plain(name, valueWords(v))
	}
}

// read converts a given value to its stored form; nil is none.
func (f Field) read(r *Report, given any) (any, error) {
	if s, ok := given.(string); ok {
		given = strings.TrimSpace(model.Lines(s))
	}
	if given == nil || given == "" {
		return nil, nil
	}
	switch f.Kind {
	case NumberField, CountField:
		return f.readNumber(given)
	case ListField, PeopleField:
		return readList(given)
	}
	text, ok := given.(string)
	if !ok || len(text) > maxValue {
		return nil, model.Invalid("Give this as a text of at most %d kB.", maxValue>>10)
	}
	return f.readText(r, text)
}

func (f Field) readText(r *Report, text string) (any, error) {
	switch f.Kind {
	case TimeField:
		return readTime(r, text)
	case MoneyField:
		return readMoney(text)
	case ChoiceField:
		if _, ok := label(f.Choices, text); !ok {
			return nil, model.Invalid("Choose one from the list.")
		}
	}
	return text, nil
}

func (f Field) readNumber(given any) (any, error) {
	n, ok := number(given)
	if !ok || math.IsNaN(n) || math.Abs(n) > maxNumber {
		return nil, model.Invalid("Give a number.")
	}
	if f.Kind == CountField && (n < 0 || n != math.Trunc(n)) {
		return nil, model.Invalid("Give a whole number, 0 or more.")
	}
	return n, nil
}

func number(given any) (float64, bool) {
	switch n := given.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case string:
		f, err := strconv.ParseFloat(strings.Replace(n, ",", ".", 1), 64)
		return f, err == nil
	}
	return 0, false
}

// readList takes a list of texts, or a text with one element per line.
func readList(given any) (any, error) {
	var elements []any
	switch g := given.(type) {
	case string:
		for line := range strings.SplitSeq(g, "\n") {
			elements = append(elements, line)
		}
	case []string:
		for _, e := range g {
			elements = append(elements, e)
		}
	case []any:
		elements = g
	default:
		return nil, model.Invalid("Give a list of texts.")
	}
	if len(elements) > maxElements {
		return nil, model.Invalid("At most %d lines.", maxElements)
	}
	return cleanList(elements)
}

func cleanList(elements []any) (any, error) {
	list := []any{}
	for _, e := range elements {
		text, ok := e.(string)
		if !ok || len([]rune(text)) > maxElement {
			return nil, model.Invalid("Each line is a text of at most %d characters.", maxElement)
		}
		if text = model.Line(text); text != "" {
			list = append(list, text)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

func readTime(r *Report, text string) (any, error) {
	e, err := r.evening()
	if err != nil {
		return nil, err
	}
	at, err := e.InDay(text)
	if err != nil {
		return nil, err
	}
	return at.In(e.Zone).Format(time.RFC3339), nil
}

var moneyForm = regexp.MustCompile(`^(-?[0-9]{1,12})(?:[.,]([0-9]{1,2}))? ?([A-Za-z]{3})$`)

// readMoney takes an amount with its currency, as in "12.50 EUR".
func readMoney(text string) (any, error) {
	m := moneyForm.FindStringSubmatch(text)
	if m == nil {
		return nil, model.Invalid("Give an amount with its currency, like 12.50 EUR.")
	}
	return m[1] + "." + (m[2] + "00")[:2] + " " + strings.ToUpper(m[3]), nil
}
