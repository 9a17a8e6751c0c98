package web

import "github.com/tinyoperahouse/toh/internal/product/shows"

func stagePages() []Page {
	return []Page{
		&ProductionsPage{}, &ProductionPage{}, &PerformancePage{}, &ReportsPage{}, &ReportPage{}, &VersionsPage{},
		&SeenPage{},
		&StartPage{}, &DraftPage{}, &CheckPage{}, &FiledPage{}, &TrashPage{},
	}
}

// Fact is something that is known, by name.
type Fact struct{ Name, Text string }

// ReportLink leads to a report.
type ReportLink struct {
	Path, Text string
	State      Badge
}

// ProductionsPage lists the productions.
type ProductionsPage struct {
	Base
	Rows  []ProductionRow
	Empty Empty
	Pager Pager
}

// Template names the page.
func (*ProductionsPage) Template() string { return "stage/productions" }

// ProductionRow is one of them.
type ProductionRow struct{ Path, Title, Venue, Run string }

// ProductionPage is a production with its run.
type ProductionPage struct {
	Base
	Title, Path    string
	Facts          []Fact
	Rows           []RunRow
	Empty          Empty
	Reports, Start string
	Pager          Pager
}

// Template names the page.
func (*ProductionPage) Template() string { return "stage/production" }

// RunRow is a performance of the run with what was reported of it.
type RunRow struct {
	Path, Type string
	Number     int
	Day, Clock When
	State      Badge
	Reports    []ReportLink
	Due        bool   // it has no report, and could have one
	Start      string // where its report is begun; "" if there is one, or none is wanted
}

// PerformancePage is one performance.
type PerformancePage struct {
	Base
	Title, Path, Notes string
	Day                When
	State              Badge
	Cancelled          bool
	Facts              []Fact
	Reports            []ReportLink
	Start              string
	Empty              Empty
}

// Template names the page.
func (*PerformancePage) Template() string { return "stage/performance" }

// ReportsPage lists reports, filtered by the address.
type ReportsPage struct {
	Base
	Form   *Form
	Action string
	Active []ActiveFilter
	Rows   []ReportRow
	Empty  Empty
	Pager  Pager
}

// Template names the page.
func (*ReportsPage) Template() string { return "stage/reports" }

// ReportRow is one report of the list.
type ReportRow struct {
	Path, Name, Title, Production, Performance, Author string
	Day                                                string
	State                                              Badge
	Sealed                                             string // "1 sealed note", or ""
	Urgent                                             bool
	Amended                                            bool
}

// ReportPage is a report as it stands, and what can be done with it.
type ReportPage struct {
	Base
	Heading, Path string
	Version       int64
	Tabs          []Tab
	Leaf          Leaf
	Questions     []QuestionView
	Allowed       shows.Allowed
}

// Template names the page.
func (*ReportPage) Template() string { return "stage/report" }

// QuestionView is what a reviewer asked.
type QuestionView struct {
	Text, By string
	At       When
}

// Leaf is a report as it is read, on a screen and on paper.
type Leaf struct {
	Number, Type, Title, Production, Performance, Day string
	Author, For                                       string
	Filed, Changed                                    When
	State                                             Badge
	Clock                                             []Computed
	Times                                             []TimeView
	Text                                              string
	Values                                            []ValueView
	Notes                                             []NoteView
	Sealed                                            string // how many notes are not for the reader, in words
	Accepted                                          string
	Revision                                          int
	Hash                                              string
}

// Computed is a length or a lateness that follows from the times.
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
	Badge                                  *Badge
}

// VersionsPage is every filed version with what changed.
type VersionsPage struct {
	Base
	Heading  string
	Tabs     []Tab
	Versions []VersionView
}

// Template names the page.
func (*VersionsPage) Template() string { return "stage/versions" }

// VersionView is one filed version.
type VersionView struct {
	N                int
	By, Reason, Hash string
	At               When
	Latest           bool
	Changes          []shows.Change
}

// SeenPage is who opened a report.
type SeenPage struct {
	Base
	Heading string
	Tabs    []Tab
	Rows    []SeenRow
	Partial bool
	Empty   Empty
}

// Template names the page.
func (*SeenPage) Template() string { return "stage/seen" }

// SeenRow is one person's reading.
type SeenRow struct {
	Name, Role  string
	First, Last When
	Count       int
}

// TrashPage is what was thrown away and can still be taken out.
type TrashPage struct {
	Base
	Groups []TrashGroup
	Empty  *Empty
}

// Template names the page.
func (*TrashPage) Template() string { return "stage/trash" }

// TrashGroup is what is in the trash of one kind.
type TrashGroup struct {
	Title string
	Rows  []TrashRow
	Pager Pager
}

// TrashRow is one thing in the trash.
type TrashRow struct {
	Name, By    string
	Since, Gone When
	Restore     *Button // nil: something in it is sealed from the reader
}
