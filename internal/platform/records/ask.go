package records

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// Ask is what the gate is asked: by whom, under which action, and what the entry says besides. By makes it. The zero
// value asks for nothing, and is refused.
type Ask struct {
	caller access.Caller
	action access.Action
	notes  []Note
}

// By is a caller who performs an action.
func By(c access.Caller, a access.Action) Ask { return Ask{caller: c, action: a} }

// With adds notes to the entry.
func (a Ask) With(notes ...Note) Ask {
	a.notes = append(slices.Clip(a.notes), notes...)
	return a
}

// Note adds one note to the entry.
func (a Ask) Note(key, value string) Ask { return a.With(Note{key, value}) }

// On says which document is meant.
func (a Ask) On(id string) Target { return Target{Ask: a, id: id} }

// Target is an Ask about one document.
type Target struct {
	Ask
	id      string
	version int64
}

// At says which version of the document is to be changed or removed: if the stored version is another one, the error is
// ErrStale. 0 means any version.
func (t Target) At(version int64) Target {
	t.version = version
	return t
}

// entry is the entry of what was asked.
func (a Ask) entry(record string, outcome audit.Outcome, title string) *audit.Entry {
	return audit.Of(a.caller, a.action, record, outcome, labels(title, a.notes))
}

func labels(title string, notes []Note) map[string]string {
	if title == "" && len(notes) == 0 {
		return nil
	}
	l := make(map[string]string, len(notes)+1)
	if title != "" {
		l["title"] = title
	}
	for _, n := range notes {
		if n.Value != "" {
			l[n.Key] = n.Value
		}
	}
	return l
}
