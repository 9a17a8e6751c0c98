package posture

import (
	"strings"
	"time"
)

// State is the result of a check or for a promise.
type State string

// The states. A remark is a finding that an operator should know about and that breaks nothing; no promise has that
// state. Only a promise can have the state that the cloud's half of it holds while the product's half is not built.
const (
	Kept      State = "kept"
	CloudOnly State = "cloud-only"
	Broken    State = "broken"
	Undecided State = "undecided" // something could not be read
	Remark    State = "remark"
)

// Finding is one thing that was looked at.
type Finding struct {
	State    State  `json:"state"`
	Check    string `json:"check"`
	Kind     string `json:"kind"`     // of the resource, for people
	Resource string `json:"resource"` // its full name
	Read     string `json:"read"`     // what was read there
	Expected string `json:"expected"`
}

// String is the finding as a line of evidence.
func (f Finding) String() string {
	line := f.Kind + " " + f.Resource + " " + f.Read
	if f.State == Kept {
		return line
	}
	return line + "; expected: " + f.Expected
}

// Result is what was found about one promise.
type Result struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Kept     *bool     `json:"kept"` // the promise as a whole; null if it could not be decided
	State    State     `json:"state"`
	Product  Product   `json:"product"`
	Evidence string    `json:"evidence"` // a line for each finding, the worst first
	Sees     string    `json:"sees"`     // which aspects of the promise are checked here
	Beyond   string    `json:"beyond"`   // which are not, and where they are ensured
	Checks   []Finding `json:"checks"`
}

// Elsewhere is a promise of which the cloud's configuration decides nothing.
type Elsewhere struct {
	ID      string  `json:"id"`
	Why     string  `json:"why"`
	Product Product `json:"product"`
}

// Report is one attestation.
type Report struct {
	Project     string      `json:"project"`
	Region      string      `json:"region"`
	At          time.Time   `json:"at"`
	State       State       `json:"state"`
	Promises    []Result    `json:"promises"`
	NotAttested []Elsewhere `json:"not_attested"`
	Access      Access      `json:"access"`
}

// Count is how many promises are in a state.
func (r Report) Count(s State) int {
	n := 0
	for _, p := range r.Promises {
		if p.State == s {
			n++
		}
	}
	return n
}

// Sound reports whether everything that could be checked is as it must be. The product's half of a promise may still be
// missing.
func (r Report) Sound() bool { return r.State == Kept || r.State == CloudOnly }

// Of is the result of one promise, nil if it is not attested.
func (r Report) Of(id string) *Result {
	for i := range r.Promises {
		if r.Promises[i].ID == id {
			return &r.Promises[i]
		}
	}
	return nil
}

// ranks orders states: the worst one decides.
var ranks = []State{Broken, Undecided, Remark, Kept}

// settle fills in what follows from the findings. Without findings, nothing is decided.
func (r *Result) settle() {
	r.State = Undecided
	counts := map[State]int{}
	var lines []string
	for _, s := range ranks {
		for _, f := range r.Checks {
			if f.State == s {
				counts[s]++
				lines = append(lines, string(s)+": "+f.String())
			}
		}
	}
	switch {
	case counts[Broken] > 0:
		r.State = Broken
	case counts[Undecided] == 0 && counts[Kept] > 0 && !r.Product.Built:
		r.State = CloudOnly
	case counts[Undecided] == 0 && counts[Kept] > 0:
		r.State = Kept
	}
	if r.State != Undecided {
		kept := r.State == Kept
		r.Kept = &kept
	}
	r.Evidence = strings.Join(lines, "\n")
}

// settle determines the state of the whole report.
func (r *Report) settle() {
	r.State = Kept
	for _, s := range []State{CloudOnly, Undecided, Broken} {
		if r.Count(s) > 0 || len(r.Promises) == 0 {
			r.State = s
		}
	}
}
