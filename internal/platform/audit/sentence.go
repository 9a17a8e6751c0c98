package audit

import (
	"cmp"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
)

// nouns name a record that has no title, by the first half of its name.
var nouns = map[string]string{
	"reports": "a report", "productions": "a production", "performances": "a performance",
	"members": "a member", "versions": "a version of a report",
}

// Sentence is the entry in plain words, as in "Ada Lovelace read Show report 12 · Tosca."
func (e *Entry) Sentence() string {
	if e.Altered {
		return "This entry was changed after it was written. Do not rely on what it says."
	}
	phrase := strings.ReplaceAll(cmp.Or(access.Did(e.Action), "did "+string(e.Action)), "%s", e.subject())
	return e.who() + " " + e.verb(phrase) + e.why() + "."
}

func (e *Entry) who() string {
	if person := e.Labels["person"]; person != "" && e.Actor.Role == access.System {
		return person // what the product did as a consequence of their action
	}
	if e.Actor.Role == access.System {
		return "Tiny Opera House"
	}
	if e.Actor.Name != "" {
		return e.Actor.Name
	}
	return "Somebody"
}

func (e *Entry) verb(phrase string) string {
	switch e.Outcome {
	case Denied:
		return "was refused: " + phrase
	case Failed:
		return "tried, and it failed: " + phrase
	case Begun:
		return "began: " + phrase
	}
	return phrase
}

func (e *Entry) subject() string {
	if title := e.Labels["title"]; title != "" {
		return title
	}
	kind, _, _ := strings.Cut(e.Record, "/")
	if noun, ok := nouns[kind]; ok {
		return noun
	}
	return "a record"
}

func (e *Entry) why() string {
	if reason := e.Labels["reason"]; reason != "" {
		return " (reason: " + reason + ")"
	}
	if times := e.Labels["times"]; times != "" && times != "1" {
		return ", " + times + " times"
	}
	return ""
}
