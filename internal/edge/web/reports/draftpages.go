package reports

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// StartPage asks what a report is about.
type StartPage struct {
	frame.Base
	Kind         shows.ReportType
	Kinds        []frame.Tab // the same page for each type
	Performances []StartRow
	Productions  []StartRow
	Empty        frame.Empty
	Pager        frame.Pager
}

// StartRow is something that a report can be about.
type StartRow struct{ Path, Title, Meta string }

// Template names the page.
func (*StartPage) Template() string { return "reports/start" }

// DraftPage is the form of a report, as a draft or for an amendment.
type DraftPage struct {
	frame.Base
	Title, Lead, Path, Zone string
	Kind                    shows.ReportType
	Kinds                   []frame.Tab // of a report that is not begun yet: the same form for each type
	As                      string      // whose form it is
	Quick                   bool        // nothing is written yet: "nothing to report" is offered
	Autosave                string      // "" for an amendment, which is never saved half done
	Unsaved                 bool        // what the form holds has not been saved: the script does that at once
	Version                 int64
	Draft                   *DraftForm
	Blank                   *NoteLine // a note to come, for the script that adds one
	Department              string    // of the next new note
	Notices                 []frame.Notice
	Questions               []QuestionView
	Conflict                *Conflict
	Preview                 *Preview
	Trash                   string
}

// Template names the page.
func (*DraftPage) Template() string { return "reports/draft" }

// SetWriter puts the mark of the writer's account into the form.
func (p *DraftPage) SetWriter(mark string) { p.As = mark }

// Conflict is the version that somebody else, or another device, saved in between.
type Conflict struct {
	Report ReportView
	At     frame.When
	Path   string // where it can be taken instead
}

// Preview is what an amendment would change.
type Preview struct{ Changes []shows.Change }

// CheckPage shows a draft as it will be filed.
type CheckPage struct {
	frame.Base
	Heading, Path string
	Version       int64
	Report        ReportView
	Warnings      []frame.Notice
	Asks          []string // what looks like a slip
	Confirm       string   // what a tick beside them sends back
	Readers       []ReaderLine
}

// Template names the page.
func (*CheckPage) Template() string { return "reports/check" }

// ReaderLine says who will read what.
type ReaderLine struct {
	What, Who string
	Closed    bool
}

// FiledPage says that a report is filed.
type FiledPage struct {
	frame.Base
	Title, Lead, Path, Hash string
}

// Template names the page.
func (*FiledPage) Template() string { return "reports/filed" }
