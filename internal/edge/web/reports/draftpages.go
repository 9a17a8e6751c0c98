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
	Kinds                   []frame.Tab // for a report that is not stored yet: the same form for each type
	As                      string      // the mark of the account that the form is made for
	Quick                   bool        // nothing is written yet, so "nothing to report" is offered
	Autosave                string      // the path for the script; "" for amendments, which it never saves
	Unsaved                 bool        // the form holds changes that are not saved: the script saves them at once
	Version                 int64
	Draft                   *DraftForm
	Blank                   *NoteLine // an empty note, for the script that adds notes
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

// Conflict is the version that somebody else, or another device, saved in the meantime.
type Conflict struct {
	Report ReportView
	At     frame.When
	Path   string // of the form with that version
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
	Asks          []string // questions about what looks like a mistake
	Confirm       string   // the value of the tick box that confirms them
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
