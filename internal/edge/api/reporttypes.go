package api

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// ReportType is a type of report with its further fields.
type ReportType struct {
	Key      string        `json:"key" doc:"The value of a report's type."`
	Label    string        `json:"label"`
	Says     string        `json:"says" doc:"What it is for."`
	Audience string        `json:"audience" enum:"everyone,organizers,management" doc:"The default audience."`
	Fields   []ReportField `json:"fields"`
}

// ReportField is a field of a type of report.
type ReportField struct {
	Key      string   `json:"key" doc:"Its key in the report's values."`
	Label    string   `json:"label"`
	Group    string   `json:"group" doc:"The group of fields on the form that it belongs to."`
	Kind     string   `json:"kind" enum:"text,number,time,choice,count,money,list,people"`
	Form     string   `json:"form" doc:"How a value is sent."`
	Audience string   `json:"audience" enum:"everyone,organizers,management" doc:"Who may read it, besides its writer."`
	Choices  []Choice `json:"choices,omitempty"`
}

// Choice is one value of a field with its name.
type Choice struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// forms say how a value of each kind is sent.
var forms = map[shows.FieldKind]string{
	shows.TextField:   "A text of at most 20 kB.",
	shows.NumberField: "A number.",
	shows.TimeField:   "A local time such as 19:32, or RFC 3339; you get RFC 3339.",
	shows.ChoiceField: "The key of a choice.",
	shows.CountField:  "A whole number, 0 or more.",
	shows.MoneyField:  "A text with amount and currency, such as 12.50 EUR.",
	shows.ListField:   "A list of texts.",
	shows.PeopleField: "A list of names.",
}

type reportTypesOut struct {
	Body List[ReportType]
}

func (a *API) listReportTypes(context.Context, *visit, *struct{}) (*reportTypesOut, error) {
	out := &reportTypesOut{}
	for _, t := range shows.ReportTypes {
		out.Body.Items = append(out.Body.Items, ReportType{Key: t.Key, Label: t.Label, Says: t.Says,
			Audience: string(t.Audience), Fields: reportFields(t.Key)})
	}
	return out, nil
}

func reportFields(kind string) []ReportField {
	var list []ReportField
	for _, g := range shows.GroupsOf(kind) {
		for _, f := range g.Fields {
			field := ReportField{Key: f.Key, Label: f.Label, Group: g.Label, Kind: string(f.Kind), Form: forms[f.Kind],
				Audience: string(f.Audience)}
			for _, c := range f.Choices {
				field.Choices = append(field.Choices, Choice(c))
			}
			list = append(list, field)
		}
	}
	return list
}
