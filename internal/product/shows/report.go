package shows

import (
	"fmt"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// State is the state of a report.
type State string

// The states. A report in the trash keeps the state it had.
const (
	Draft    State = "draft"    // its author only
	Filed    State = "filed"    // fixed, waiting for review
	Accepted State = "accepted" // reviewed
	Queried  State = "queried"  // back to its author, who answers by amending
)

// States are all of them with what people read.
var States = []Choice{{string(Draft), "Draft"}, {string(Filed), "Filed"}, {string(Accepted), "Accepted"},
	{string(Queried), "Queried"}}

// Person is a member, with the name at the time.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Done says who did something and when.
type Done struct {
	By Person    `json:"by"`
	At time.Time `json:"at"`
}

// Report is a report of any type as it is stored. When it is read, the gate redacts what the caller is not meant to
// read.
type Report struct {
	Type             string `json:"type"`
	Number           int    `json:"number,omitempty"` // per production and type, given at filing; 0 for a draft
	Production       string `json:"production"`
	ProductionTitle  string `json:"production_title"`
	Performance      string `json:"performance,omitempty"`
	PerformanceLabel string `json:"performance_label,omitempty"`

	Zone  string    `json:"zone"`           // of the venue
	Day   string    `json:"day"`            // the local date that it is about
	Start time.Time `json:"start,omitzero"` // scheduled start, zero if it is not about a performance
	At    time.Time `json:"at"`             // its place in lists: the start, or when the draft was started

	Title    string           `json:"title,omitempty"`
	Text     string           `json:"text,omitempty"`
	Audience access.Audience  `json:"for"`
	Values   map[string]any   `json:"values,omitempty"` // by field key
	Writers  Writers          `json:"writers,omitzero"`
	Times    []Stamp          `json:"times,omitempty"`
	Acts     int              `json:"acts,omitempty"` // for how many acts the form of a draft asks
	Sections []Section        `json:"sections,omitempty"`
	Typed    map[string]Typed `json:"typed,omitempty"` // in a draft, by field: what could not be parsed; see Unread

	Author   Person `json:"author"`
	State    State  `json:"state"`
	Revision int    `json:"revision,omitempty"` // filed versions, from 1
	Hash     string `json:"hash,omitempty"`     // of the content that was last filed
	// part of that content, so that the hash reveals nothing about withheld parts
	Salt    string    `json:"salt,omitempty"`
	FiledAt time.Time `json:"filed_at,omitzero"` // the first time
	Refiled time.Time `json:"refiled,omitzero"`  // the last time
	// the record's version that was filed first, by which a second tap is recognized
	FiledOf  int64      `json:"filed_of,omitempty"`
	Accepted *Done      `json:"accepted,omitempty"`
	Queries  []Question `json:"queries,omitempty"`
	Trashed  *Done      `json:"trashed,omitempty"`
}

// Stamp is a moment with its scheduled and its actual time; each may be zero.
type Stamp struct {
	Event     string    `json:"event"`
	N         int       `json:"n,omitempty"` // of repeated ones, from 1
	Scheduled time.Time `json:"scheduled,omitzero"`
	Actual    time.Time `json:"actual,omitzero"`
}

// Question is what a reviewer asked. It is for the author, organizers and management.
type Question struct {
	Text string    `json:"text"`
	By   Person    `json:"by"`
	At   time.Time `json:"at"`
}

// Section is a note of a department with an audience of its own.
type Section struct {
	ID         string          `json:"id,omitempty"`
	Department string          `json:"department"`
	Topic      string          `json:"topic,omitempty"`
	Audience   access.Audience `json:"for"`
	Text       string          `json:"text"`
	Severity   Severity        `json:"severity"`
	Owner      string          `json:"owner,omitempty"` // account id of who takes care of it
	Due        string          `json:"due,omitempty"`   // a date
	Cue        string          `json:"cue,omitempty"`   // scene, cue or page
	// account id of whoever wrote its current text, who may always read it
	By string `json:"by"`

	// Withheld says that this stands for a section or a value that is withheld from the caller: it exists, and nothing
	// else is here.
	Withheld bool   `json:"-"`
	withheld string // which part of the report it is, which stays inside this package
}

// reports is the kind of all reports.
var reports = records.Declare(records.Spec[Report]{
	Name: "reports",
	In:   model.WorkspaceScope,
	About: model.About{
		Heading: model.OfShows, Name: "Reports",
		Purpose: "What people report about performances, rehearsals and incidents, for the readers they choose. A " +
			"draft is for its author only.",
		Until: untilTrashed,
	},
	Label:     (*Report).Label,
	Check:     (*Report).check,
	Audience:  (*Report).audience,
	Redact:    redact,
	Search:    searchTexts,
	Unindexed: func(r *Report) bool { return r.State == Draft },
	Only:      reportConditions,
	Under: records.Under{
		records.Read: {access.ReportRead},
		records.List: {access.ReportList, access.ReportSearch, access.TrashList},
		records.Serve: {
			access.ReportSeen, access.ReportFile, access.TrashEmpty,
			access.FileAdd, access.FileRead, access.FileList, access.FileRemove,
		},
		records.Create: {access.ReportCreate},
		records.Change: {
			access.ReportUpdate, access.ReportFile, access.ReportAccept, access.ReportQuery, access.ReportAmend,
			access.ReportTrash, access.ReportRestore,
		},
		records.Remove: {access.TrashEmpty},
	},
	Fields: []records.Field{
		{Name: "at", Type: records.Time}, // absent in the trash: a document without this field is in no list
		{Name: "filed", Type: records.Time},
		{Name: "trashed", Type: records.Time},
		{Name: "production", Type: records.String},
		{Name: "performance", Type: records.String},
		{Name: "type", Type: records.String},
		{Name: "state", Type: records.String},
		{Name: "author", Type: records.String},
	},
	Index: reportIndex,
	Queries: []records.Query{
		{Name: "list", Equal: reportFilters, AnyOf: "readers", Range: "at", Order: newest("at"),
			Together: [][]string{{"production", "readers"}, {"state", "readers"}}},
		{Name: "search", Equal: reportFilters, AnyOf: "words", Range: "at", Order: newest("at")},
		{Name: "filed", Equal: []string{"production"}, AnyOf: "readers", Range: "filed", Order: newest("filed")},
		{Name: "trash", Equal: []string{"state"}, AnyOf: "readers", Range: "trashed", Order: newest("trashed")},
		{Name: "expired", Range: "trashed", Order: []records.Order{{Field: "trashed"}}},
	},
})

var reportFilters = []string{"production", "performance", "type", "state", "author"}

func newest(field string) []records.Order { return []records.Order{{Field: field, Desc: true}} }

func reportIndex(r *Report) records.Fields {
	f := records.Fields{"production": r.Production, "type": r.Type, "state": string(r.State), "author": r.Author.ID}
	if r.Performance != "" {
		f["performance"] = r.Performance
	}
	if r.Trashed != nil {
		f["trashed"] = r.Trashed.At
		return f
	}
	f["at"] = r.At
	if !r.Refiled.IsZero() {
		f["filed"] = r.Refiled
	}
	return f
}

// audience is who may read the report at all: only the author, while it is a draft; from then on also the author.
func (r *Report) audience() access.Audience {
	if r.State == Draft {
		return access.Only(r.Author.ID)
	}
	a := access.Audience{Level: r.Audience.Level, People: r.Audience.People}
	if a.Level != access.Everyone {
		a.Also = []string{r.Author.ID}
	}
	return a
}

// Label names a report without a word of what was written in it, as in "Show report 12 · Tosca".
func (r *Report) Label() string {
	name := "Report"
	if t, ok := TypeOf(r.Type); ok {
		name = t.Label
	}
	if r.Number == 0 {
		return fmt.Sprintf("%s (draft) · %s", name, r.ProductionTitle)
	}
	return fmt.Sprintf("%s %d · %s", name, r.Number, r.ProductionTitle)
}

// Heading is the title, or the label if it has none.
func (r *Report) Heading() string {
	if strings.TrimSpace(r.Title) != "" {
		return r.Title
	}
	return r.Label()
}

// Amended reports whether it was filed more than once.
func (r *Report) Amended() bool { return r.Revision > 1 }

// WithheldCount is how many sections and values are withheld from the caller.
func (r *Report) WithheldCount() int {
	n := 0
	for _, s := range r.Sections {
		if s.Withheld {
			n++
		}
	}
	return n
}

// check is the last check before the store: what no use case may write.
func (r *Report) check() error {
	if r.Author.ID == "" || r.Production == "" || r.At.IsZero() || r.WithheldCount() > 0 {
		return fmt.Errorf("a report without its parts: %w", model.ErrInvalid)
	}
	if (r.State == Draft) != (r.Number == 0) || (r.State == Draft) != (r.Hash == "") {
		return fmt.Errorf("a report in state %q with number %d: %w", r.State, r.Number, model.ErrInvalid)
	}
	return nil
}
