package posture

import (
	"slices"
	"time"
)

// mostNotable limits what is kept about one promise.
const mostNotable = 10

// Brief is a report in the form in which it is stored: what is as expected is only counted.
type Brief struct {
	At       time.Time      `json:"at"`
	State    State          `json:"state"`
	Promises []BriefPromise `json:"promises"`
	Access   *Access        `json:"access,omitempty"` // nil in one of an older release
}

// BriefPromise is what is stored about one promise.
type BriefPromise struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	Looked  int       `json:"looked"` // how many things were looked at
	Notable []Finding `json:"notable,omitempty"`
	More    int       `json:"more,omitempty"` // notable findings that were left out
}

// Brief leaves out what is as expected, and limits the rest; what is worse comes first.
func (r Report) Brief() Brief {
	b := Brief{At: r.At, State: r.State, Access: &r.Access}
	for _, p := range r.Promises {
		one := BriefPromise{ID: p.ID, State: p.State, Looked: len(p.Checks)}
		for _, s := range []State{Broken, Undecided, Remark} {
			one.Notable = append(one.Notable, slices.DeleteFunc(slices.Clone(p.Checks), func(f Finding) bool {
				return f.State != s
			})...)
		}
		if n := len(one.Notable); n > mostNotable {
			one.Notable, one.More = one.Notable[:mostNotable], n-mostNotable
		}
		for i := range one.Notable {
			one.Notable[i].Read, one.Notable[i].Expected = cut(one.Notable[i].Read), cut(one.Notable[i].Expected)
		}
		b.Promises = append(b.Promises, one)
	}
	return b
}

const maxText = 500

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}
