package web

func auditPages() []Page { return []Page{&TrailPage{}, &TrailCheckPage{}} }

// TrailPage is the audit trail as a story: by day, in sentences, with a chart of the last days.
type TrailPage struct {
	Base
	Form       *Form
	Filters    []ActiveFilter
	Chart      *Chart
	Days       []TrailDay
	CSV, Lines string // where the export is
	Pager      Pager
}

// Template names the page.
func (*TrailPage) Template() string { return "audit/trail" }

// ActiveFilter is a filter that is on, and the address without it.
type ActiveFilter struct{ Text, Without string }

// TrailDay is the entries of one day.
type TrailDay struct {
	Day     When
	Entries []TrailRow
}

// TrailRow is one entry: its sentence, how it ended if not well, and the trail of its person or record.
type TrailRow struct {
	At             When
	Sentence       string
	Badge          *Badge
	Person, Record string
	Raw            []RawField
}

// RawField is one field of an entry as it is stored.
type RawField struct{ Name, Value string }
