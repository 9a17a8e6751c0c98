package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// State is the result of a check.
type State string

// The states.
const (
	Well      State = "well"      // everything that was published is under a head of a known key
	Found     State = "found"     // something is not as it was recorded
	Undecided State = "undecided" // nothing wrong was found, and not everything could be checked
)

// What a finding is about.
const (
	EntryChanged      = "entry-changed"
	EntryMissing      = "entry-missing"
	EntryTwice        = "entry-twice"
	EntryOrder        = "entry-order"
	BackDated         = "back-dated"
	HashChanged       = "hash-changed"
	HeadDoesNotFit    = "head-does-not-fit"
	HeadsContradict   = "heads-contradict"
	HeadMalformed     = "head-malformed"
	BadSignature      = "bad-signature"
	OtherSigner       = "other-signer"
	WrongOrigin       = "wrong-origin"
	TooManySignatures = "too-many-signatures"
	SizeTooLarge      = "size-too-large"
	SectionUnfounded  = "section-unfounded"
	SectionMissing    = "section-missing"
	BadKey            = "bad-key"
)

// Finding is something that is not as it was recorded.
type Finding struct {
	Kind    string `json:"kind"`
	Section int64  `json:"section"`        // 0 if that is not known
	Number  int64  `json:"number"`         // of the entry, or of the first entry that it can be; -1 if it is about none
	Size    int64  `json:"size,omitempty"` // of the head that it is about
	Says    string `json:"says"`
}

const mostFindings = 500

// Report is what a check found.
type Report struct {
	Origin   string    `json:"origin"`
	State    State     `json:"state"`
	Sections int64     `json:"sections"`
	Entries  int64     `json:"entries"`
	Covered  int64     `json:"covered"`        // entries under a head of a known key that fits them
	Open     int64     `json:"open"`           // entries of the newest section that are younger than the newest head
	UpTo     time.Time `json:"up_to,omitzero"` // the time of the newest head that fits

	Findings  []Finding `json:"findings"`
	More      int64     `json:"more_findings,omitempty"`
	Undecided []string  `json:"undecided,omitempty"`
}

func (r *Report) find(kind string, section, number, size int64, format string, args ...any) {
	f := Finding{kind, section, number, size, fmt.Sprintf(format, args...)}
	switch {
	case slices.Contains(r.Findings, f):
	case len(r.Findings) >= mostFindings:
		r.More++
	default:
		r.Findings = append(r.Findings, f)
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
		return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Size, b.Size))
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
