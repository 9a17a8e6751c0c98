package productions

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
)

// Fact is something that is known, by name.
type Fact struct{ Name, Text string }

// ReportLink leads to a report.
type ReportLink struct {
	Path, Text string
	State      frame.Badge
}

// ProductionsPage lists the productions.
type ProductionsPage struct {
	frame.Base
	Rows  []ProductionRow
	Empty frame.Empty
	Pager frame.Pager
}

// Template names the page.
func (*ProductionsPage) Template() string { return "productions/productions" }

// ProductionRow is one of them.
type ProductionRow struct{ Path, Title, Venue, Run string }

// ProductionPage is a production with its run.
type ProductionPage struct {
	frame.Base
	Title, Path    string
	Facts          []Fact
	Rows           []RunRow
	Empty          frame.Empty
	Reports, Start string
	Pager          frame.Pager
	Files          stage.FilesPart
}

// Template names the page.
func (*ProductionPage) Template() string { return "productions/production" }

// RunRow is a performance of the run with what was reported of it.
type RunRow struct {
	Path, Type string
	Number     int
	Day, Clock frame.When
	State      frame.Badge
	Reports    []ReportLink
	Due        bool   // it has no report, and could have one
	Start      string // the path that starts its report; "" if there is one, or none is wanted
}

// PerformancePage is one performance.
type PerformancePage struct {
	frame.Base
	Title, Path, Notes string
	Day                frame.When
	State              frame.Badge
	Cancelled          bool
	Facts              []Fact
	Reports            []ReportLink
	Start              string
	Empty              frame.Empty
}

// Template names the page.
func (*PerformancePage) Template() string { return "productions/performance" }
