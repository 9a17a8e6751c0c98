package checkpoint

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// State is the result of checking a trail.
type State string

// The states.
const (
	// every entry is bound into a checkpoint, and everything that was bound into one exists
	Well      State = "well"
	Found     State = "found"     // something is not as it was written
	Undecided State = "undecided" // something could not be checked
)

// Kind is what a finding is about.
type Kind string

// The kinds of findings.
const (
	EntryChanged      Kind = "entry-changed"
	EntryRemoved      Kind = "entry-removed"
	EntryInserted     Kind = "entry-inserted"
	EntryTwice        Kind = "entry-twice"
	CheckpointChanged Kind = "checkpoint-changed"
	CheckpointRemoved Kind = "checkpoint-removed"
	ChainBroken       Kind = "chain-broken"
	RoundChanged      Kind = "round-changed"
	RoundRemoved      Kind = "round-removed"
	BadSignature      Kind = "bad-signature"
	ForeignKey        Kind = "foreign-key"
)

// mostFindings limits a report; further findings are only counted.
const mostFindings = 500

// Finding is something that is not as it was written. Which of its members are set depends on its kind.
type Finding struct {
	Kind       Kind      `json:"kind"`
	Says       string    `json:"says"`
	Scope      string    `json:"scope"`
	Entry      string    `json:"entry,omitempty"`
	At         time.Time `json:"at,omitzero"`          // of the entry, or when the checkpoint or round was made
	Checkpoint int64     `json:"checkpoint,omitempty"` // its number within the scope
	Round      int64     `json:"round,omitempty"`
}

// Report is what was found in the trail of a scope, or, with the scope "rounds", in the rounds of all scopes.
type Report struct {
	Scope string    `json:"scope"`
	State State     `json:"state"`
	At    time.Time `json:"at"` // when it was checked
	// UpTo is the instant up to which everything is bound together: a change, removal or insertion before it is
	// detected.
	UpTo time.Time `json:"up_to,omitzero"`

	Entries     int64     `json:"entries"`             // that exist
	Covered     int64     `json:"covered"`             // of these, in a checkpoint and unchanged
	Expired     int64     `json:"expired"`             // in a checkpoint, and gone because they expired
	Open        int64     `json:"open"`                // not yet in a checkpoint
	OpenSince   time.Time `json:"open_since,omitzero"` // the oldest of these
	Before      int64     `json:"before"`              // from before checkpoints were made
	Since       time.Time `json:"since,omitzero"`      // when checkpoints began
	Checkpoints int64     `json:"checkpoints"`
	Rounds      int64     `json:"rounds"`
	LastRound   int64     `json:"last_round,omitempty"`

	Findings  []Finding `json:"findings"`
	More      int64     `json:"more_findings,omitempty"`
	Undecided []string  `json:"undecided,omitempty"`
}

func (r *Report) find(f Finding) {
	if f.Scope == "" {
		f.Scope = r.Scope
	}
	if len(r.Findings) >= mostFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, f)
}

// once adds a finding unless it was found before.
func (r *Report) once(f Finding) {
	f.Scope = r.Scope
	if !slices.Contains(r.Findings, f) {
		r.find(f)
	}
}

func (r *Report) doubt(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.Undecided, text) {
		r.Undecided = append(r.Undecided, text)
	}
}

// end determines the state and sorts the findings.
func (r *Report) end() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Kind, b.Kind))
	})
	switch {
	case len(r.Findings) > 0:
		r.State = Found
	case len(r.Undecided) > 0:
		r.State = Undecided
	default:
		r.State = Well
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
}

// Worst is the worst of two states.
func Worst(a, b State) State {
	order := []State{Well, Undecided, Found}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
