package shows

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
)

// ReportType is one kind of report that can be filed.
type ReportType struct {
	Key      string
	Label    string
	Audience access.Level // of a new report that names none
	Says     string       // what it is for, for whoever chooses a type
	Evening  bool         // its form asks for the times of the evening
	Trivial  bool         // "nothing to report" can be its whole content
}

// ReportTypes are all types, in the order of menus.
var ReportTypes = []ReportType{
	{"show", "Show report", access.Everyone, "What happened at a performance, with its times.", true, true},
	{"rehearsal", "Rehearsal report", access.Everyone, "What was rehearsed, and what it means for others.", false,
		true},
	{"front-of-house", "Front-of-house report", access.Everyone, "The audience, the building and the takings.", true,
		true},
	{"incident", "Incident record", access.Managers, "An accident, a near miss or violence. For management only.",
		false,
		false},
	{"settlement", "Settlement", access.Organizers, "What was taken, and how it is shared.", false, false},
	{"day-log", "Day log", access.Everyone, "The technical day of the venue.", false, true},
}

// TypeOf finds a report type by its key.
func TypeOf(key string) (ReportType, bool) {
	i := slices.IndexFunc(ReportTypes, func(t ReportType) bool { return t.Key == key })
	if i < 0 {
		return ReportType{}, false
	}
	return ReportTypes[i], true
}

// Choice is one value of a menu.
type Choice struct{ Key, Label string }

// PerformanceTypes are what a performance can be.
var PerformanceTypes = []Choice{
	{"evening", "Evening"},
	{"matinee", "Matinee"},
	{"preview", "Preview"},
	{"opening", "Opening"},
	{"press", "Press"},
	{"relaxed", "Relaxed"},
	{"captioned", "Captioned"},
	{"bsl", "Sign language interpreted"},
	{"audio-described", "Audio described"},
	{"school", "School"},
	{"gala", "Gala"},
	{"understudy-run", "Understudy run"},
	{"closing", "Closing"},
	{"get-out", "Get-out"},
}

func label(list []Choice, key string) (string, bool) {
	i := slices.IndexFunc(list, func(c Choice) bool { return c.Key == key })
	if i < 0 {
		return "", false
	}
	return list[i].Label, true
}

// DefaultDepartments are what a new production starts with.
func DefaultDepartments() []string {
	return []string{
		"stage management", "set, automation and fly", "props", "costume", "wigs and make-up", "lighting", "sound",
		"video",
		"effects", "music", "choreography and fights", "surtitles", "front of house", "company management", "building",
		"other",
	}
}

// Topic is what a sensitive section is about. It is withheld together with the section, and so is the department,
// because the department alone could tell others something.
type Topic struct {
	Key      string
	Label    string
	Audience access.Level // of a new section that names none
}

// Topics are the sensitive ones: a new section about one of them starts confidential.
var Topics = []Topic{
	{"injury", "Injury or illness", access.Managers},
	{"lateness", "Lateness", access.Managers},
	{"personnel", "Personnel", access.Managers},
	{"safeguarding", "Safeguarding", access.Managers},
	{"complaint", "Complaint", access.Managers},
}

// TopicOf finds a topic by its key or its label.
func TopicOf(name string) (Topic, bool) {
	for _, t := range Topics {
		if strings.EqualFold(t.Key, name) || strings.EqualFold(t.Label, name) {
			return t, true
		}
	}
	return Topic{}, false
}

// Severity is how urgent a section is.
type Severity string

// The severities.
const (
	Note      Severity = "note"
	Attention Severity = "attention"
	Urgent    Severity = "urgent"
)

// Severities are all of them with what people read, the mildest first.
var Severities = []Choice{{string(Note), "Note"}, {string(Attention), "Needs attention"}, {string(Urgent), "Urgent"}}

// Event is a moment of a performance that has a scheduled and an actual time.
type Event struct {
	Key    string
	Label  string
	Before bool // it belongs before the curtain: a call, the house
	Repeat bool // it is numbered: act 1, act 2
}

// Events are all moments, in the order of the evening.
var Events = []Event{
	{"crew-call", "Crew call", true, false},
	{"cast-call", "Cast call", true, false},
	{"warm-up", "Warm-up", true, false},
	{"fight-call", "Fight, intimacy or lift call", true, false},
	{"sound-check", "Sound check", true, false},
	{"house-open", "House open", true, false},
	{"clearance", "Front-of-house clearance", true, false},
	{ActUp, "Act up", false, true},
	{ActDown, "Act down", false, true},
	{IntervalStart, "Interval start", false, true},
	{IntervalEnd, "Interval end", false, true},
	{"stop", "Show stopped", false, true},
	{"resume", "Show resumed", false, true},
	{"curtain-call", "Curtain call", false, false},
	{FinalCurtain, "Final curtain", false, false},
	{"clear", "Building clear", false, false},
	{"crew-released", "Crew released", false, false},
}

// The moments from which run time and show time are calculated.
const (
	ActUp         = "act-up"
	ActDown       = "act-down"
	IntervalStart = "interval-start"
	IntervalEnd   = "interval-end"
	FinalCurtain  = "final-curtain"
)

// EventOf finds a moment by its key.
func EventOf(key string) (Event, bool) {
	i := slices.IndexFunc(Events, func(e Event) bool { return e.Key == key })
	if i < 0 {
		return Event{}, false
	}
	return Events[i], true
}
