package reports

import (
	"net/url"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// ValueGroup is fields of a type of report that belong together.
type ValueGroup struct {
	Label  string
	Filled int // fields with something in them
	Open   bool
	Fields []ValueField
}

// ValueField is a field with its exact value when the form was made, because a time is shown with less than it holds.
type ValueField struct {
	*frame.Field
	Exact, Shown string

	of shows.Field
}

// valueName is what the form calls a field of a report.
func valueName(f shows.Field) string { return "v." + f.Key }

func valueSpecs(groups []shows.FieldGroup) frame.FormSpec {
	var spec frame.FormSpec
	for _, g := range groups {
		for _, f := range g.Fields {
			spec = append(spec, valueSpec(f))
		}
	}
	return spec
}

// valueSpec is the field that fits a kind.
func valueSpec(f shows.Field) frame.FieldSpec {
	spec := frame.FieldSpec{Name: valueName(f), Kind: frame.KindText, Max: 20 << 10, Optional: true}
	switch f.Kind {
	case shows.CountField:
		spec.Width, spec.InputMode, spec.Max = "short", "numeric", 12
	case shows.NumberField:
		spec.Width, spec.InputMode, spec.Max = "short", "decimal", 20
	case shows.MoneyField:
		spec.Width, spec.Hint, spec.Max, spec.Plain = "medium", "value.money", 30, true
	case shows.TimeField:
		spec.Width, spec.InputMode, spec.Max, spec.Plain, spec.Clock = "short", "numeric", 40, true, true
	case shows.ChoiceField:
		spec.Kind, spec.Width = frame.KindSelect, "medium"
	case shows.ListField:
		spec.Kind, spec.Rows, spec.Hint, spec.Max = frame.KindArea, 2, "value.list", 60<<10
	case shows.PeopleField:
		spec.Kind, spec.Rows, spec.Hint, spec.Max = frame.KindArea, 2, "value.people", 60<<10
	case shows.TextField:
		spec.Kind, spec.Rows = frame.KindArea, 2
	}
	return spec
}

// bindValues finds the fields of the groups in the form, and names them.
func (d *DraftForm) bindValues(kind shows.ReportType, groups []shows.FieldGroup) {
	for _, g := range groups {
		group := ValueGroup{Label: g.Label}
		for _, f := range g.Fields {
			field := d.Field(valueName(f))
			field.Label, field.Optional = f.Label, false
			if f.Kind == shows.TimeField {
				field.Now = d.zone
			}
			if f.Audience != access.Everyone && f.Audience != kind.Audience {
				field.Hint = strings.TrimSpace(field.Hint + " " + d.T("value.for", levelText(d, f.Audience)))
			}
			group.Fields = append(group.Fields, ValueField{Field: field, of: f})
		}
		d.Groups = append(d.Groups, group)
	}
}

func levelText(d *DraftForm, level access.Level) string {
	if level == access.Organizers {
		return d.T("audience.organizers")
	}
	return d.T("audience.management")
}

// offerValues sets the choices of the fields that have some.
func offerValues(groups []shows.FieldGroup, to map[string][]frame.Option) {
	for _, g := range groups {
		for _, f := range g.Fields {
			if f.Kind != shows.ChoiceField {
				continue
			}
			options := []frame.Option{{}}
			for _, c := range f.Choices {
				options = append(options, frame.Option{Value: c.Key, Text: c.Label})
			}
			to[valueName(f)] = options
		}
	}
}

// fillValues shows what the report says.
func (d *DraftForm) fillValues(r *shows.Report) {
	for _, g := range d.Groups {
		for i := range g.Fields {
			f := &g.Fields[i]
			f.Shown = f.of.Typed(r)
			if text, isText := r.Values[f.of.Key].(string); isText && f.of.Kind == shows.TimeField {
				f.Exact = text
			}
			d.Set(f.Name, f.Shown)
		}
	}
}

// postedGroups are the groups of a type, with only the fields that were posted.
func postedGroups(kind shows.ReportType, posted url.Values) []shows.FieldGroup {
	groups := shows.GroupsOf(kind.Key)
	for i := range groups {
		groups[i].Fields = slices.DeleteFunc(groups[i].Fields, func(f shows.Field) bool {
			return !posted.Has(valueName(f))
		})
	}
	return slices.DeleteFunc(groups, func(g shows.FieldGroup) bool { return len(g.Fields) == 0 })
}

// postedExact reads the exact values that the fields had when the form was made.
func (d *DraftForm) postedExact(posted url.Values) {
	for _, g := range d.Groups {
		for i := range g.Fields {
			f := &g.Fields[i]
			f.Exact, f.Shown = posted.Get(f.Name+".exact"), posted.Get(f.Name+".shown")
		}
	}
}

// values are the texts that were typed, or the exact value of a time if its text was not changed.
func (d *DraftForm) values() map[string]any {
	values := map[string]any{}
	for _, g := range d.Groups {
		for _, f := range g.Fields {
			values[f.of.Key] = f.Value
			if f.Exact != "" && f.Value == f.Shown {
				values[f.of.Key] = f.Exact
			}
		}
	}
	return values
}

// openGroups opens the groups that have values or problems. It also opens all groups of a type that consists of little
// else, and the first group of a type without times.
func (d *DraftForm) openGroups(kind shows.ReportType) {
	for i := range d.Groups {
		g := &d.Groups[i]
		g.Open, g.Filled = !kind.Trivial || !kind.Evening && i == 0, 0
		for _, f := range g.Fields {
			if f.Value != "" {
				g.Filled++
			}
			g.Open = g.Open || telling(f.Field)
		}
	}
}
