package promise

import (
	"bufio"
	"context"
	_ "embed" // what the release proved
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Release is what was proved before a program was made: which tests passed, on which state of the source. A release
// writes it into release.json before it builds the program; in the source it is empty.
type Release struct {
	Revision string    `json:"revision"`
	Made     time.Time `json:"made,omitzero"`
	Passed   []string  `json:"passed"` // tests, as in Promise.ShownBy
}

//go:embed release.json
var releaseFile []byte

// ThisRelease is what this program was made with.
func ThisRelease() (Release, error) {
	var r Release
	if err := json.Unmarshal(releaseFile, &r); err != nil {
		return r, fmt.Errorf("promise: release.json: %w", err)
	}
	return r, nil
}

// module is how names of packages begin in the output of tests.
const module = "github.com/tinyoperahouse/toh/"

// longestLine is more than the longest line of output in an event.
const longestLine = 1 << 20

// NewRelease reads the output of "go test -json ./..." and keeps which of the tests that promises rest on have passed.
// A failed test, or one of them that did not run or was skipped, is an error: such a program must not be made.
func NewRelease(revision string, made time.Time, output io.Reader) (Release, error) {
	if revision == "" {
		return Release{}, errors.New("promise: the revision is not given")
	}
	passed := map[string]bool{}
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return Release{}, fmt.Errorf("promise: the output of the tests is not that of go test -json: %w", err)
		}
		name := strings.TrimPrefix(e.Package, module) + " " + e.Test
		switch e.Action {
		case "fail":
			return Release{}, fmt.Errorf("promise: %s failed", strings.TrimSpace(name))
		case "pass":
			passed[name] = true
		}
	}
	if err := lines.Err(); err != nil {
		return Release{}, fmt.Errorf("promise: read the output of the tests: %w", err)
	}
	r := Release{Revision: revision, Made: made.UTC().Truncate(time.Second)}
	for _, p := range All() {
		for _, test := range p.ShownBy {
			if !passed[test] {
				return Release{}, fmt.Errorf("promise: %s rests on %s, which did not pass", p.ID, test)
			}
			r.Passed = append(r.Passed, test)
		}
	}
	slices.Sort(r.Passed)
	r.Passed = slices.Compact(r.Passed)
	return r, nil
}

// BuildControls say for each promise whether the tests that show it passed before the program was made.
func BuildControls(r Release, local bool) []Control {
	var list []Control
	for _, p := range All() {
		if len(p.ShownBy) == 0 {
			continue
		}
		list = append(list, Control{
			ID: "build-" + strings.ToLower(p.ID), Kind: Build, Promises: []string{p.ID}, Costly: true,
			Says:  "Looks up whether the tests that show this passed when the program was made.",
			Every: 24 * time.Hour, Try: func(context.Context) Finding { return r.finding(p, local) },
		})
	}
	return list
}

func (r Release) finding(p Promise, local bool) Finding {
	if r.Revision == "" && local {
		return Inapplicable("This program was not made by a release, so there is no record of its tests.")
	}
	if r.Revision == "" {
		return Undecided("This program was not made by a release, so there is no record of its tests.")
	}
	for _, test := range p.ShownBy {
		if !slices.Contains(r.Passed, test) {
			return Fail("%s is not among the tests that passed when %s was made", test, r.Revision)
		}
	}
	tests := "tests"
	if len(p.ShownBy) == 1 {
		tests = "test"
	}
	return Pass("%d %s passed when release %s was made on %s.", len(p.ShownBy), tests, r.Revision,
		r.Made.Format("2 January 2006"))
}
