package shows

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
)

// FieldKind is what a field of a report holds.
type FieldKind string

// The kinds of field, with the Go type of a stored value.
const (
	TextField   FieldKind = "text"   // string
	NumberField FieldKind = "number" // float64
	TimeField   FieldKind = "time"   // string, RFC 3339 in the venue's zone
	ChoiceField FieldKind = "choice" // string, one of the choices
	CountField  FieldKind = "count"  // float64 without a fraction, not negative
	MoneyField  FieldKind = "money"  // string, as in "12.50 EUR"
	ListField   FieldKind = "list"   // []any of string
	PeopleField FieldKind = "people" // []any of string: names as typed
)

// Field is one field of a report besides its title, text, times and sections. To add one, add a row below: forms, the
// page that checks a draft, reading, print, differences, search, the API and its document are derived from it.
type Field struct {
	Key      string
	Label    string
	Kind     FieldKind
	Types    []string     // report types that have it
	Audience access.Level // who may read it, besides the report's author; Everyone: whoever may read the report
	Choices  []Choice
}

var (
	show       = []string{"show"}
	rehearsal  = []string{"rehearsal"}
	house      = []string{"front-of-house"}
	incident   = []string{"incident"}
	settlement = []string{"settlement"}
	dayLog     = []string{"day-log"}
	onStage    = []string{"show", "rehearsal"}
	inHouse    = []string{"show", "front-of-house"}

	yesNo = []Choice{{"yes", "Yes"}, {"no", "No"}}
)

const (
	open      = access.Everyone
	sensitive = access.Managers
)

// FieldGroup is what belongs together on a form.
type FieldGroup struct {
	Key    string
	Label  string
	Fields []Field
}

// FieldGroups are all fields of all types of report, in the order of forms and of what is read.
var FieldGroups = []FieldGroup{
	{"happened", "The incident", []Field{
		{"category", "Category", ChoiceField, incident, sensitive, []Choice{
			{"accident", "Accident"}, {"near-miss", "Near miss"}, {"dangerous-occurrence", "Dangerous occurrence"},
			{"ill-health", "Ill health"}, {"violence", "Violence or abuse"}, {"safeguarding", "Safeguarding"},
			{"damage", "Property damage"}, {"security", "Security"}}},
		{"happened-at", "When", TimeField, incident, sensitive, nil},
		{"location", "Exact location", TextField, incident, sensitive, nil},
		{"activity", "Activity at the time", TextField, incident, sensitive, nil},
		{"facts", "What happened", TextField, incident, sensitive, nil},
		{"cause", "Cause", TextField, incident, sensitive, nil},
		{"equipment", "Equipment and conditions", TextField, incident, sensitive, nil},
	}},
	{"affected", "Whom it concerns", []Field{
		{"affected", "People affected", PeopleField, incident, sensitive, nil},
		{"injury", "Injury: body part, kind, severity", TextField, incident, sensitive, nil},
		{"treatment", "Treatment", TextField, incident, sensitive, nil},
		{"witnesses", "Witnesses", PeopleField, incident, sensitive, nil},
		{"statements", "Statements", ListField, incident, sensitive, nil},
	}},
	{"response", "What was done", []Field{
		{"immediate-action", "Immediate action", TextField, incident, sensitive, nil},
		{"reported-to", "Reported to", ListField, incident, sensitive, nil},
		{"reportable", "Reportable by law", ChoiceField, incident, sensitive, append(slices.Clone(yesNo),
			Choice{"unclear", "Not clear yet"})},
		{"corrective", "Corrective actions", ListField, incident, sensitive, nil},
	}},
	{"rehearsal", "Rehearsal", []Field{
		{"rehearsal-type", "Kind of rehearsal", ChoiceField, rehearsal, open, []Choice{
			{"read-through", "Read-through"}, {"blocking", "Blocking"}, {"music", "Music"},
			{"choreography", "Choreography"},
			{"run", "Run"}, {"stumble-through", "Stumble-through"}, {"tech", "Technical"}, {"dress", "Dress"},
			{"sitzprobe", "Sitzprobe or wandelprobe"}, {"understudy", "Understudy"}}},
		{"room", "Room", TextField, rehearsal, open, nil},
		{"started", "Started", TimeField, rehearsal, open, nil},
		{"ended", "Ended", TimeField, rehearsal, open, nil},
		{"breaks", "Breaks", ListField, rehearsal, open, nil},
		{"worked", "Scenes, pages or numbers worked", ListField, rehearsal, open, nil},
		{"script-changes", "Script changes and cuts", ListField, rehearsal, open, nil},
		{"questions", "Questions to designers", ListField, rehearsal, open, nil},
		{"fittings", "Fittings", ListField, rehearsal, open, nil},
		{"conflicts", "Conflicts", ListField, rehearsal, open, nil},
	}},
	{"day", "The day", []Field{
		{"get-in", "Get-in", TimeField, dayLog, open, nil},
		{"get-out", "Get-out", TimeField, dayLog, open, nil},
		{"faults", "Faults and damage", ListField, dayLog, open, nil},
		{"hires", "Hires in and out", ListField, dayLog, open, nil},
		{"rig-changes", "Rig changes", ListField, dayLog, open, nil},
		{"permits", "Isolations and permits", ListField, dayLog, open, nil},
		{"handover", "Handover note", TextField, dayLog, open, nil},
	}},
	{"delays", "Delays and weather", []Field{
		{"late-reason", "Reason for a late start", TextField, inHouse, open, nil},
		{"house-hold-reason", "Reason the house was held", TextField, inHouse, open, nil},
		{"interval-overrun", "Reason an interval ran over", TextField, show, open, nil},
		{"weather", "Weather and transport", TextField, inHouse, open, nil},
	}},
	{"house", "House and audience", []Field{
		{"total-house", "Total house", CountField, inHouse, open, nil},
		{"capacity", "Capacity", CountField, inHouse, open, nil},
		{"paid", "Paid", CountField, inHouse, open, nil},
		{"comps", "Complimentary", CountField, inHouse, open, nil},
		{"sold", "Sold", CountField, house, open, nil},
		{"scanned", "Scanned", CountField, house, open, nil},
		{"uncollected", "Reserved and not collected", CountField, house, open, nil},
		{"seats-killed", "Seats not on sale", CountField, house, open, nil},
		{"no-shows", "No-shows", CountField, inHouse, open, nil},
		{"standing", "Standing", CountField, inHouse, open, nil},
		{"walk-ups", "Walk-ups", CountField, inHouse, open, nil},
		{"latecomers", "Latecomers seated", CountField, inHouse, open, nil},
		{"latecomers-when", "Latecomers seated at", TextField, inHouse, open, nil},
		{"refused", "Latecomers refused", CountField, house, open, nil},
		{"response", "Audience response", TextField, inHouse, open, nil},
		{"guests", "Notable guests and press", ListField, []string{"show", "rehearsal", "front-of-house"}, open, nil},
		{"access-users", "Access: wheelchairs, loop, captions, animals", TextField, house, open, nil},
		{"post-show", "Post-show event", TextField, inHouse, open, nil},
	}},
	{"people", "People", []Field{
		{"duty", "On duty", PeopleField, []string{"show", "rehearsal", "front-of-house", "day-log"}, open, nil},
		{"conductor", "Conductor or musical director", TextField, onStage, open, nil},
		{"deputies", "Deputies in the orchestra", ListField, onStage, open, nil},
		{"covers", "Understudies, swings and covers on", ListField, show, open, nil},
		{"covers-reason", "Reason a cover was on", TextField, show, sensitive, nil},
		{"called", "Called", PeopleField, rehearsal, open, nil},
		{"late", "Late", ListField, rehearsal, sensitive, nil},
		{"absent", "Absent", ListField, rehearsal, sensitive, nil},
		{"late-sign-ins", "Late sign-ins", ListField, show, sensitive, nil},
		{"crew", "Crew and tracks", ListField, []string{"show", "day-log"}, open, nil},
		{"crew-absences", "Crew absences", ListField, []string{"show", "day-log"}, sensitive, nil},
		{"crew-hours", "Crew hours", NumberField, []string{"show", "day-log"}, open, nil},
		{"overtime", "Overtime in minutes", CountField, onStage, open, nil},
		{"ushers", "Ushers and posts", PeopleField, house, open, nil},
		{"first-aider", "First-aider", TextField, house, open, nil},
	}},
	{"stage", "On stage", []Field{
		{"illness", "Illness and injury", TextField, onStage, sensitive, nil},
		{"performance-notes", "Notes on performance and pace", TextField, show, sensitive, nil},
		{"line-notes", "Line notes", ListField, onStage, sensitive, nil},
		{"missed-cues", "Missed or late cues", ListField, show, open, nil},
		{"announcement", "Announcement made", TextField, show, open, nil},
		{"risk-assessed", "Risk assessment completed", ChoiceField, show, open, yesNo},
		{"quote", "Quote of the night", TextField, onStage, open, nil},
	}},
	{"checks", "Checks and occurrences", []Field{
		{"briefed", "Briefing held", ChoiceField, house, open, yesNo},
		{"checks", "Checks before the house opened", ListField, house, open, nil},
		{"notices", "Content notices posted", ListField, house, open, nil},
		{"medical", "Medical", ListField, house, sensitive, nil},
		{"safeguarding", "Safeguarding", ListField, house, sensitive, nil},
		{"evacuation", "Evacuation and alarms", TextField, house, open, nil},
		{"complaints", "Complaints", ListField, house, sensitive, nil},
		{"compliments", "Compliments", ListField, house, open, nil},
		{"ejections", "Ejections", ListField, house, sensitive, nil},
		{"lost-property", "Lost property", ListField, house, open, nil},
		{"stock", "Stock running low", ListField, house, open, nil},
		{"locked", "Building locked", TimeField, []string{"front-of-house", "day-log"}, open, nil},
	}},
	{"receipts", "Receipts and shares", []Field{
		{"gross", "Gross receipts", MoneyField, settlement, access.Organizers, nil},
		{"deductions", "Taxes, fees and commissions", MoneyField, settlement, access.Organizers, nil},
		{"net", "Net adjusted gross", MoneyField, settlement, access.Organizers, nil},
		{"guarantee", "Guarantee or hire", MoneyField, settlement, access.Organizers, nil},
		{"split", "Split in percent", NumberField, settlement, access.Organizers, nil},
		{"contra", "Contra and expenses", ListField, settlement, access.Organizers, nil},
		{"royalties", "Royalties", MoneyField, settlement, access.Organizers, nil},
	}},
	{"takings", "Takings", []Field{
		{"door-cash", "Door sales, cash", MoneyField, house, access.Organizers, nil},
		{"door-card", "Door sales, card", MoneyField, house, access.Organizers, nil},
		{"refunds", "Refunds and exchanges", ListField, house, open, nil},
		{"programmes-sold", "Programmes sold", CountField, inHouse, open, nil},
		{"bar", "Bar takings", MoneyField, []string{"front-of-house", "settlement"}, access.Organizers, nil},
		{"merchandise", "Merchandise", MoneyField, []string{"front-of-house", "settlement"}, access.Organizers, nil},
		{"donations", "Donations", MoneyField, []string{"front-of-house", "settlement"}, access.Organizers, nil},
		{"float-in", "Float in", MoneyField, house, access.Organizers, nil},
		{"float-out", "Float out", MoneyField, house, access.Organizers, nil},
		{"banked", "Cash banked", MoneyField, []string{"front-of-house", "settlement"}, access.Organizers, nil},
		{"banked-by", "Banked by, and witness", TextField, house, access.Organizers, nil},
		{"cash-counted", "Cash counted", MoneyField, settlement, access.Organizers, nil},
		{"expected", "Expected", MoneyField, settlement, access.Organizers, nil},
		{"variance-reason", "Reason for a variance", TextField, settlement, access.Organizers, nil},
		{"payouts", "Payout ids", ListField, settlement, access.Organizers, nil},
		{"parties", "Both parties", PeopleField, settlement, access.Organizers, nil},
		{"declaration", "Declared accurate by", TextField, []string{"front-of-house", "settlement"}, open, nil},
	}},
	{"next", "What comes next", []Field{
		{"actions", "Maintenance and actions", ListField, []string{"show", "rehearsal", "front-of-house", "day-log"},
			open,
			nil},
		{"schedule-changes", "Schedule changes", ListField, onStage, open, nil},
		{"next", "Next performance", TextField, show, open, nil},
		{"next-rehearsal", "Next rehearsal", TextField, rehearsal, open, nil},
		{"tour", "Arrival, get-in and venue", TextField, show, open, nil},
	}},
}

// Fields are all fields in one list.
var Fields = allFields()

func allFields() []Field {
	var all []Field
	for _, g := range FieldGroups {
		all = append(all, g.Fields...)
	}
	return all
}

// GroupsOf are the groups of a type of report, with its fields only.
func GroupsOf(kind string) []FieldGroup {
	var groups []FieldGroup
	for _, g := range FieldGroups {
		g.Fields = slices.DeleteFunc(slices.Clone(g.Fields), func(f Field) bool {
			return !slices.Contains(f.Types, kind)
		})
		if len(g.Fields) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// FieldsFor are the groups of the report's type with those fields that the caller may write, in a report that the gate
// has redacted for the caller.
func (r *Report) FieldsFor(c access.Caller) []FieldGroup {
	groups := GroupsOf(r.Type)
	for i := range groups {
		groups[i].Fields = slices.DeleteFunc(groups[i].Fields, func(f Field) bool {
			return !r.valueAudience(f.Key).Admits(c)
		})
	}
	return slices.DeleteFunc(groups, func(g FieldGroup) bool { return len(g.Fields) == 0 })
}

// IsList reports whether a value is a list of texts.
func (f Field) IsList() bool { return f.Kind == ListField || f.Kind == PeopleField }

// FieldOf finds a field by its key.
func FieldOf(key string) (Field, bool) {
	i := slices.IndexFunc(Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return Fields[i], true
}
