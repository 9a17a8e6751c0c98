package posture_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// The result of checking the trails decides T9, if the check is requested.
func TestTrailsDecideOnT9(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	look := func(trails func(context.Context, func(posture.Trail)) error) posture.Result {
		t.Helper()
		s := spec()
		r, err := posture.Run(t.Context(), posture.Options{
			Admin: w.Clients, Project: projectID, Region: region, Content: s.Content, Keys: s.Keys,
			Clock: testclock.Moving{}, Trails: trails,
		})
		if err != nil {
			t.Fatal(err)
		}
		return *r.Of("T9")
	}
	tells := func(err error, list ...posture.Trail) func(context.Context, func(posture.Trail)) error {
		return func(_ context.Context, tell func(posture.Trail)) error {
			for _, one := range list {
				tell(one)
			}
			return err
		}
	}
	good := posture.Trail{Scope: "workspaces/a", State: posture.Kept}
	for name, c := range map[string]struct {
		trails func(context.Context, func(posture.Trail)) error
		want   posture.State
		asked  bool
	}{
		"not asked": {nil, posture.Kept, false},
		"all whole": {tells(nil, good, good), posture.Kept, true},
		"one broken": {tells(nil, good, posture.Trail{Scope: "workspaces/b", State: posture.Broken,
			Read: "has 1 findings"}), posture.Broken, true},
		"one unread": {tells(nil, good, posture.Trail{Scope: "workspaces/b", State: posture.Undecided, Read: "no key"}),
			posture.Undecided, true},
		"away": {tells(errors.New("away"), good), posture.Undecided, true},
	} {
		got := look(c.trails)
		asked := slices.ContainsFunc(got.Checks, func(f posture.Finding) bool { return f.Check == "trails whole" })
		if got.State != c.want || asked != c.asked {
			t.Errorf("%s: %s, asked %v", name, got.State, asked)
		}
	}
}
