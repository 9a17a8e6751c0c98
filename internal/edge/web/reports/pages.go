package reports

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// ReportsPage lists reports, filtered by the address.
type ReportsPage struct {
	frame.Base
	Form   *frame.Form
	Action string
	Active []frame.ActiveFilter
	Rows   []ReportRow
	Empty  frame.Empty
	Pager  frame.Pager
}

// Template names the page.
func (*ReportsPage) Template() string { return "reports/reports" }

// ReportRow is one report of the list.
type ReportRow struct {
	Path, Name, Title, Production, Performance, Author string
	Day                                                string
	State                                              frame.Badge
	Withheld                                           string // how many notes are withheld, or ""
	Urgent                                             bool
	Amended                                            bool
}

// ReportPage is a report as it stands, and what can be done with it.
type ReportPage struct {
	frame.Base
	Heading, Path string
	Version       int64
	Tabs          []frame.Tab
	Report        ReportView
	Questions     []QuestionView
	Allowed       shows.Allowed
	Files         stage.FilesPart
}

// Template names the page.
func (*ReportPage) Template() string { return "reports/report" }

// QuestionView is what a reviewer asked.
type QuestionView struct {
	Text, By string
	At       frame.When
}

// ReportView is a report as it is read, on a screen and on paper.
type ReportView struct {
	Number, Type, Title, Production, Performance, Day string
	Author, For                                       string
	Filed, Changed                                    frame.When
	State                                             frame.Badge
	Clock                                             []Computed
	Times                                             []TimeView
	Text                                              string
	Values                                            []ValueView
	Notes                                             []NoteView
	Withheld                                          string // how many notes are withheld, in words
	Accepted                                          string
	Revision                                          int
	Hash                                              string
}

// Computed is a duration or delay that follows from the times.
type Computed struct {
	Name, Text, Aside string
	Late              bool
}

// TimeView is a moment of the evening.
type TimeView struct{ Name, Scheduled, Actual string }

// ValueView is a further field of a report.
type ValueView struct {
	Name, Text string
	Lines      []string
	For        string // who may read it, if not all
}

// NoteView is a note of a department, as far as it is for the reader.
type NoteView struct {
	Department, Topic, Text, Cue, Due, For string
	Severity                               string
	Badge                                  *frame.Badge
}

// VersionsPage is every filed version with what changed.
type VersionsPage struct {
	frame.Base
	Heading  string
	Tabs     []frame.Tab
	Versions []VersionView
}

// Template names the page.
func (*VersionsPage) Template() string { return "reports/versions" }

// VersionView is one filed version.
type VersionView struct {
	N                int
	By, Reason, Hash string
	At               frame.When
	Latest           bool
	Changes          []shows.Change
}

// SeenPage is who opened a report.
type SeenPage struct {
	frame.Base
	Heading string
	Tabs    []frame.Tab
	Rows    []SeenRow
	Partial bool
	Empty   frame.Empty
}

// Template names the page.
func (*SeenPage) Template() string { return "reports/seen" }

// SeenRow is one person's reading.
type SeenRow struct {
	Name, Role  string
	First, Last frame.When
	Count       int
}
