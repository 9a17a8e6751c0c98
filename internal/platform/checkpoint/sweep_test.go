package checkpoint_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

func TestEveryEntryIsCoveredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, quiet := w.Workspace(t), w.Account(t), w.Workspace(t)
	one, two := w.instance(t), w.instance(t)
	if r := w.verify(t, a); r.State != checkpoint.Undecided {
		t.Errorf("before the first checkpoint: %s", r.State)
	}
	for range 3 {
		w.write(t, one, a, 5)
		w.write(t, two, a, 4)
		w.write(t, two, b, 2)
		w.tick(t, one, two)
	}
	w.tick(t, one, two) // nothing new, so nothing is made
	if r := w.well(t, a); r.Entries != 27 || r.Covered != 27 || r.Open != 0 || r.Checkpoints != 3 || r.Rounds != 3 ||
		r.LastRound != 3 || !r.UpTo.Equal(w.Clock.Now()) {
		t.Errorf("%+v", r)
	}
	if r := w.well(t, b); r.Covered != 6 || r.Checkpoints != 3 {
		t.Errorf("%+v", r)
	}
	if r := w.well(t, quiet); r.Checkpoints != 0 || r.Entries != 0 {
		t.Errorf("%+v", r)
	}
	c, err := checkpoint.Read(w.checkpointsOf(t, a)[1])
	must(t, err)
	var sum int64
	for _, n := range c.Tallies {
		sum += n.Count
		if n.Outcome != "done" || n.Day == "" {
			t.Errorf("tally %+v", n)
		}
	}
	if c.Count != 9 || sum != 9 || len(c.Tallies) != 3 || c.Number != 2 || c.Before == nil || c.Before.Number != 1 {
		t.Errorf("%+v", c)
	}
	rounds, _, err := w.verifier.Rounds(t.Context())
	must(t, err)
	if rounds.State != checkpoint.Well || rounds.Rounds != 3 || rounds.Checkpoints != 6 {
		t.Errorf("%+v", rounds)
	}
}

func TestOpenEntriesAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one := w.Workspace(t), w.instance(t)
	w.write(t, one, a, 1)
	w.tick(t, one)
	w.Clock.Advance(10 * time.Second)
	first := w.write(t, one, a, 3)[0]
	r := w.well(t, a)
	if r.Open != 3 || !r.OpenSince.Equal(first.At) || !r.UpTo.Equal(first.At) {
		t.Errorf("%+v", r)
	}
	w.Clock.Advance(11 * time.Minute) // nobody sweeps
	if r := w.verify(t, a); r.State != checkpoint.Undecided || len(r.Findings) > 0 {
		t.Errorf("%+v", r)
	}
	w.tick(t, one)
	if r := w.well(t, a); r.Open != 0 || r.Covered != 4 {
		t.Errorf("%+v", r)
	}
}

func TestInstancesThatDieOrLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Workspace(t)
	stays := w.instance(t)
	killed, left := w.mortal(t), w.mortal(t)
	w.write(t, killed, a, 3)
	w.write(t, left, a, 2)
	left.leave(t)
	w.tick(t, stays) // the killed one writes nothing more, and is not known to be gone yet
	if r := w.well(t, a); r.Covered != 2 {
		t.Errorf("of one that left before the first sweep: %+v", r)
	}
	w.pass(t, 3*time.Minute, stays)
	w.tick(t, stays)
	if r := w.well(t, a); r.Covered != 5 || r.Open != 0 {
		t.Errorf("of one that was killed: %+v", r)
	}
	// It was only frozen, and wakes up.
	killed.clock.Advance(w.Clock.Now().Sub(killed.clock.Now()))
	w.write(t, killed, a, 4)
	w.tick(t, stays, killed)
	w.tick(t, stays, killed)
	if r := w.well(t, a); r.Covered != 9 || r.Open != 0 {
		t.Errorf("of one that came back: %+v", r)
	}
}

func TestLateCommitsComeNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one, two := w.Workspace(t), w.instance(t), w.instance(t)
	w.write(t, one, a, 1)
	w.tick(t, one, two)
	// An entry is prepared, and its commit is in progress while others are bound together.
	e := audit.Of(caller(a), "report.read", "reports/late", audit.Done, nil)
	prepared, err := one.trail.Prepare(t.Context(), e)
	must(t, err)
	w.Clock.Advance(time.Second)
	w.write(t, one, a, 2)
	w.write(t, two, a, 3)
	w.tick(t, one, two)
	if r := w.well(t, a); r.Covered != 4 || r.Open != 2 {
		t.Errorf("while it is under way: %+v", r)
	}
	_, err = w.Store.Commit(t.Context(), prepared.Write)
	must(t, err)
	one.trail.Settle(err, prepared)
	w.tick(t, one, two)
	if r := w.well(t, a); r.Covered != 7 || r.Open != 0 {
		t.Errorf("after it: %+v", r)
	}
}

func TestMoreThanFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, one := w.Workspace(t), w.Workspace(t), w.instance(t)
	w.write(t, one, a, 1)
	w.tick(t, one)
	w.sweeper = w.another(t, 7)
	for range 10 {
		w.write(t, one, a, 3)
		w.write(t, one, b, 2)
	}
	w.tick(t, one)
	r := w.well(t, a)
	if r.Covered+r.Open != 31 || r.Checkpoints < 3 {
		t.Errorf("%+v", r)
	}
	for _, d := range w.checkpointsOf(t, a) {
		if c, err := checkpoint.Read(d); err != nil || c.Count > 7+16 {
			t.Errorf("%d entries in one that is full at seven, %v", c.Count, err)
		}
	}
	w.tick(t, one)
	if r := w.well(t, a); r.Covered != 31 {
		t.Errorf("%+v", r)
	}
	if r := w.well(t, b); r.Covered != 20 {
		t.Errorf("%+v", r)
	}
}

func TestTwoSweepersMakeOneChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, one := w.Workspace(t), w.Workspace(t), w.instance(t)
	sweepers := []*checkpoint.Sweeper{w.sweeper, w.another(t, 0), w.another(t, 0)}
	for range 8 {
		w.write(t, one, a, 3)
		w.write(t, one, b, 1)
		w.pass(t, time.Minute, one)
		var all sync.WaitGroup
		for _, s := range sweepers {
			all.Go(func() {
				if err := s.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if r := w.well(t, a); r.Covered != 24 || r.Checkpoints != 8 {
		t.Errorf("%+v", r)
	}
	if r := w.well(t, b); r.Covered != 8 {
		t.Errorf("%+v", r)
	}
	rounds, _, err := w.verifier.Rounds(t.Context())
	if must(t, err); rounds.State != checkpoint.Well || rounds.LastRound != rounds.Rounds {
		t.Errorf("%+v", rounds)
	}
}

func TestWithoutKMSTheNextRoundIsLarger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one := w.Workspace(t), w.instance(t)
	w.write(t, one, a, 1)
	w.tick(t, one)
	w.Intercept(func(_ context.Context, m string) error {
		if strings.HasSuffix(m, "/AsymmetricSign") {
			return status.Error(codes.Unavailable, "away")
		}
		return nil
	})
	for range 3 {
		w.write(t, one, a, 2)
		w.pass(t, time.Minute, one)
		if err := w.sweeper.Sweep(t.Context()); err == nil {
			t.Fatal("nobody is told that nothing was signed")
		}
	}
	if age, at := w.sweeper.Behind(); age < 2*time.Minute || at.IsZero() {
		t.Errorf("it is said to be %s behind", age)
	}
	if r := w.well(t, a); r.Open != 6 || r.Checkpoints != 1 {
		t.Errorf("%+v", r)
	}
	w.Intercept(nil)
	w.tick(t, one)
	if r := w.well(t, a); r.Covered != 7 || r.Checkpoints != 2 {
		t.Errorf("%+v", r)
	}
	if age, _ := w.sweeper.Behind(); age != 0 {
		t.Errorf("it is said to be %s behind", age)
	}
}

func TestACommitThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one := w.Workspace(t), w.instance(t)
	w.write(t, one, a, 3)
	w.pass(t, time.Minute, one)
	var signed atomic.Bool // calls run side by side
	w.Intercept(func(_ context.Context, m string) error {
		if strings.HasSuffix(m, "/AsymmetricSign") {
			signed.Store(true)
		}
		if signed.Load() && strings.HasSuffix(m, "/Commit") {
			return status.Error(codes.ResourceExhausted, "quota")
		}
		return nil
	})
	if err := w.sweeper.Sweep(t.Context()); err == nil {
		t.Fatal("no error")
	}
	w.Intercept(nil)
	if n := len(w.checkpointsOf(t, a)); n != 0 {
		t.Errorf("%d checkpoints without a round", n)
	}
	w.tick(t, one)
	if r := w.well(t, a); r.Covered != 3 || r.Rounds != 1 {
		t.Errorf("%+v", r)
	}
}

func TestRoundsAreShippedOnceTheLogIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, one := w.Workspace(t), w.Workspace(t), w.instance(t)
	w.log.fails = errors.New("away")
	w.write(t, one, a, 2)
	w.write(t, one, b, 2)
	w.pass(t, time.Minute, one)
	if err := w.sweeper.Sweep(t.Context()); err == nil {
		t.Error("nobody is told that it was not shipped")
	}
	w.well(t, a) // made nevertheless
	w.log.fails = nil
	w.write(t, one, a, 1)
	w.tick(t, one)
	w.tick(t, one)
	var ids []string
	for _, n := range w.log.notes {
		ids = append(ids, n.ID)
		if n.Action == checkpoint.CheckpointMade && (n.Fields["hash"] == "" || n.Fields["count"] == "" ||
			n.Fields["root"] == "" || n.Scope == model.Platform()) {
			t.Errorf("%+v", n)
		}
		if n.Action == checkpoint.RoundMade && (n.Fields["statement"] == "" || n.Fields["signature"] == "") {
			t.Errorf("%+v", n)
		}
	}
	slices.Sort(ids)
	want := []string{"round/1", "round/2", a.String() + "/checkpoints/000000000001", a.String() +
		"/checkpoints/000000000002", b.String() + "/checkpoints/000000000001"}
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("shipped %q, want %q", ids, want)
	}
}

func TestClockSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one := w.Workspace(t), w.instance(t)
	for _, step := range []time.Duration{0, 2 * time.Hour, -time.Hour, 30 * time.Minute, -3 * time.Hour, time.Minute} {
		w.Clock.Advance(step)
		w.write(t, one, a, 3)
		w.tick(t, one)
		w.write(t, one, a, 1)
		w.tick(t, one)
	}
	w.tick(t, one)
	if r := w.verify(t, a); len(r.Findings) > 0 || r.Covered != 24 || r.Open != 0 {
		t.Errorf("%+v", r)
	}
}

func TestANewVersionOfTheKeySigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one := w.Workspace(t), w.instance(t)
	w.write(t, one, a, 1)
	w.tick(t, one)
	newVersion(t, w)
	w.Clock.Advance(2 * time.Hour)
	w.write(t, one, a, 1)
	w.tick(t, one)
	r, err := checkpoint.ReadRound(w.get(t, checkpoint.RoundRef(2)))
	if must(t, err); !strings.HasSuffix(r.Key, "/cryptoKeyVersions/2") {
		t.Errorf("signed by %s", r.Key)
	}
	w.well(t, a)
	disable(t, w, 2)
	newVersion(t, w)
	w.write(t, one, a, 1)
	w.tick(t, one)
	r, err = checkpoint.ReadRound(w.get(t, checkpoint.RoundRef(3)))
	if must(t, err); !strings.HasSuffix(r.Key, "/cryptoKeyVersions/3") {
		t.Errorf("signed by %s", r.Key)
	}
	fresh := *w.verifier
	fresh.Keys = &signing.Keys{Client: w.Clients.KMS, Name: w.Config.SigningKey(), Clock: w.Clock}
	if rep, err := fresh.Verify(t.Context(), a); err != nil || rep.State != checkpoint.Undecided ||
		len(rep.Findings) > 0 {
		t.Errorf("with a version that is disabled: %+v, %v", rep, err)
	}
}

func TestHashCoversEveryField(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, f := range audit.Collections()[0].Fields {
		declared = append(declared, f.Name)
	}
	slices.Sort(declared)
	if !slices.Equal(declared, checkpoint.EntryFields) {
		t.Errorf("entries have the fields %q, and %q are hashed: a new one needs a domain of its own", declared,
			checkpoint.EntryFields)
	}
}
