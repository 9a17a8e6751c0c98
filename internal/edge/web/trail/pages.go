package trail

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// TrailPage is the audit trail as a story: by day, in sentences, with a chart of the last days.
type TrailPage struct {
	frame.Base
	Form       *frame.Form
	Filters    []frame.ActiveFilter
	Chart      *Chart
	Days       []TrailDay
	CSV, Lines string // where the export is
	Pager      frame.Pager
}

// Template names the page.
func (*TrailPage) Template() string { return "trail/trail" }

// TrailDay is the entries of one day.
type TrailDay struct {
	Day     frame.When
	Entries []TrailRow
}

// TrailRow is one entry: its sentence, how it ended if not well, and the trail of its person or record.
type TrailRow struct {
	At             frame.When
	Sentence       string
	Badge          *frame.Badge
	Person, Record string
	Raw            []RawField
}

// RawField is one field of an entry as it is stored.
type RawField struct{ Name, Value string }
