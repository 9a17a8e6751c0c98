package shows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// Venue is where a production plays.
type Venue struct {
	Name string `json:"name"`
	City string `json:"city,omitempty"`
	Zone string `json:"zone"` // IANA time zone
}

// Production is a show that the company puts on, as it is stored.
type Production struct {
	Title       string    `json:"title"`
	Company     string    `json:"company,omitempty"`
	Venue       Venue     `json:"venue"`
	FirstDay    string    `json:"first_day,omitempty"` // dates of the run
	LastDay     string    `json:"last_day,omitempty"`
	Departments []string  `json:"departments"`
	At          time.Time `json:"at"` // when it was added
	Trashed     *Done     `json:"trashed,omitempty"`
	Made        string    `json:"made,omitempty"` // the fingerprint of the input that it was made from
}

func (to *Production) madeOf() string { return to.Made }

// productions is the kind of all productions.
var productions = records.Declare(records.Spec[Production]{
	Name: "productions",
	In:   model.WorkspaceScope,
	About: model.About{
		Heading: model.OfShows, Name: "Productions",
		Purpose: "The shows of a company: titles, venues and dates, to which everything else belongs.",
		Until:   untilTrashed,
	},
	Label: func(p *Production) string { return p.Title },
	Only:  productionConditions,
	Under: records.Under{
		records.Read: {access.ProductionRead},
		records.List: {access.ProductionList, access.TrashList},
		records.Serve: {
			access.ProductionCreate, access.PerformanceCreate, access.ReportCreate, access.ReportUpdate,
			access.ReportFile, access.TrashEmpty,
			access.FileAdd, access.FileRead, access.FileList, access.FileRemove,
		},
		records.Create: {access.ProductionCreate},
		records.Change: {access.ProductionUpdate, access.ProductionTrash},
		records.Remove: {access.TrashEmpty},
	},
	Fields: []records.Field{
		{Name: "at", Type: records.Time}, // absent in the trash
		{Name: "trashed", Type: records.Time},
	},
	Index: func(p *Production) records.Fields { return lively(p.At, p.Trashed) },
	Queries: []records.Query{
		{Name: "list", Range: "at", Order: newest("at")},
		{Name: "trash", Range: "trashed", Order: newest("trashed")},
		{Name: "expired", Range: "trashed", Order: []records.Order{{Field: "trashed"}}},
	},
})

// lively puts a document either into the lists or into the trash.
func lively(at time.Time, trashed *Done) records.Fields {
	if trashed != nil {
		return records.Fields{"trashed": trashed.At}
	}
	return records.Fields{"at": at}
}

// ProductionInput is what can be set in a production. What is nil stays as it is.
type ProductionInput struct {
	ID          string // of a new one, if the edge wants to choose it
	Title       *string
	Company     *string
	VenueName   *string
	City        *string
	Zone        *string
	FirstDay    *string
	LastDay     *string
	Departments []string
	Coming      Coming // what happens to upcoming performances when the zone changes; "" asks if there are any
}

// Validate reports what is wrong with the input of a new production.
func (in ProductionInput) Validate() error { return in.put(&Production{}) }

// put applies the input to a production.
func (in ProductionInput) put(to *Production) error {
	p := problems{}
	set := func(field string, to *string, given *string, limit int) {
		if given != nil {
			*to = p.line(field, *given, limit)
		}
	}
	set("title", &to.Title, in.Title, maxTitle)
	set("company", &to.Company, in.Company, maxTitle)
	set("venue", &to.Venue.Name, in.VenueName, maxTitle)
	set("city", &to.Venue.City, in.City, maxName)
	set("zone", &to.Venue.Zone, in.Zone, maxName)
	set("first_day", &to.FirstDay, in.FirstDay, maxName)
	set("last_day", &to.LastDay, in.LastDay, maxName)
	if in.Departments != nil {
		to.Departments = p.departments(in.Departments)
	}
	to.check(p)
	return p.err()
}

func (to *Production) check(p problems) {
	p.need("title", to.Title, maxTitle)
	_, err := wallclock.LoadZone(to.Venue.Zone)
	p.note("zone", err)
	p.readDay("first_day", to.FirstDay)
	p.readDay("last_day", to.LastDay)
	if to.FirstDay != "" && to.LastDay != "" && to.LastDay < to.FirstDay {
		p.add("last_day", "The run cannot end before it begins.")
	}
}

// departments are names, each once; an empty list is the default.
func (p problems) departments(given []string) []string {
	var list []string
	for _, d := range given {
		d = p.line("departments", d, maxWord)
		known := slices.ContainsFunc(list, func(k string) bool { return strings.EqualFold(k, d) })
		if d != "" && !known {
			list = append(list, d)
		}
	}
	if len(list) > maxPeople {
		p.add("departments", "At most %d departments.", maxPeople)
	}
	if len(list) == 0 {
		return DefaultDepartments()
	}
	return list
}

// tally counts what gets numbers in a production: its reports by type, and its performances.
type tally struct {
	Last map[string]int `json:"last"`
}

// counters is the kind of a production's tally, under the production's id. It is separate from the production so that
// filing a report does not change the production.
var counters = records.Declare(records.Spec[tally]{
	Name: "counters", In: model.WorkspaceScope, Quiet: true,
	About: model.About{
		Heading: model.OfShows, Name: "Numbers",
		Purpose: "The last number that was given to a performance or a report of a production, so that none is " +
			"given twice.",
		Until: "As long as the production.",
	},
	Under: records.Under{
		records.Create: {access.ProductionCreate},
		records.Change: {access.PerformanceCreate, access.PerformanceUpdate, access.ReportFile},
		records.Remove: {access.TrashEmpty},
	},
})

// performanceNumbers is the tally's key for performances; all others are report types.
const performanceNumbers = "performance"

func (t *tally) next(key string) int {
	if t.Last == nil {
		t.Last = map[string]int{}
	}
	t.Last[key]++
	return t.Last[key]
}

func productionGone() error {
	return model.InvalidFields(map[string]string{"production": "There is no such production."})
}

// PerformanceLabelOf names a performance, as in "No. 3, Sat 14 Mar 2026, 19:30".
func PerformanceLabelOf(p *Performance) string {
	zone, err := wallclock.LoadZone(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	return fmt.Sprintf("No. %d, %s", p.Number, p.Start.In(zone).Format("Mon 2 Jan 2006, 15:04"))
}
