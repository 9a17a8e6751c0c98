package overview

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// HomePage is where a member lands: what matters to their role first.
type HomePage struct {
	frame.Base
	Name, Lead string
	Notices    []frame.Notice // what the management was told, until somebody acknowledges it
	Checklist  *Checklist
	Sections   []HomeSection
	Promises   *PromiseLine // for the management; nil if nothing is known

	agenda *agenda
}

// Template names the page.
func (*HomePage) Template() string { return "overview/home" }

// PromiseLine is what the public page of promises says, in short.
type PromiseLine struct {
	State    frame.Badge
	Sentence string
}

// Checklist is the first steps in a new workspace.
type Checklist struct {
	Done, Total int
	Steps       []Step
	Dismiss     frame.Button
}

// Step is one of them.
type Step struct {
	Text, Why, Path string
	Done            bool
}

// HomeSection is a short list, or why it is empty.
type HomeSection struct {
	Title string
	Rows  []HomeRow
	Empty frame.Empty
	More  *frame.TextLink
	Rest  string // that there are more rows than these, or ""
}

// HomeRow is something to open, and perhaps the one thing to do about it.
type HomeRow struct {
	Path, Title, Meta string
	Label             string // what the time is of, if that is not plain
	When              frame.When
	Badges            []frame.Badge
	Action            *frame.TextLink
}
