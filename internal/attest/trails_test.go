package attest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/attest"
	"github.com/tinyoperahouse/toh/internal/testclock"
)

// What checking the trails came to decides on T9, if it is asked for.
func TestTrailsDecideOnT9(t *testing.T) {
	w := installed(t, spec())
	look := func(trails func(context.Context, func(attest.Trail)) error) attest.Result {
		t.Helper()
		s := spec()
		r, err := attest.Run(t.Context(), attest.Options{
			Admin: w.Admin, Project: projectID, Region: region, Content: s.Content, Keys: s.Keys, Clock: testclock.Moving{}, Trails: trails,
		})
		if err != nil {
			t.Fatal(err)
		}
		return *r.Of("T9")
	}
	tells := func(err error, list ...attest.Trail) func(context.Context, func(attest.Trail)) error {
		return func(_ context.Context, tell func(attest.Trail)) error {
			for _, one := range list {
				tell(one)
			}
			return err
		}
	}
	good := attest.Trail{Scope: "workspaces/a", State: attest.Kept}
	for name, c := range map[string]struct {
		trails func(context.Context, func(attest.Trail)) error
		want   attest.State
		asked  bool
	}{
		"not asked":  {nil, attest.Kept, false},
		"all whole":  {tells(nil, good, good), attest.Kept, true},
		"one broken": {tells(nil, good, attest.Trail{Scope: "workspaces/b", State: attest.Broken, Read: "has 1 findings"}), attest.Broken, true},
		"one unread": {tells(nil, good, attest.Trail{Scope: "workspaces/b", State: attest.Undecided, Read: "no key"}), attest.Undecided, true},
		"away":       {tells(errors.New("away"), good), attest.Undecided, true},
	} {
		got := look(c.trails)
		asked := slices.ContainsFunc(got.Checks, func(f attest.Finding) bool { return f.Check == "trails whole" })
		if got.State != c.want || asked != c.asked {
			t.Errorf("%s: %s, asked %v", name, got.State, asked)
		}
	}
}
