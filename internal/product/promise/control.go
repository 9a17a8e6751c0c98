package promise

import (
	"context"
	"fmt"
	"time"
)

// Kind is from where a control looks.
type Kind string

// The kinds of controls.
const (
	Live   Kind = "live"   // an outside client acts on the running service, over its public address
	Inside Kind = "inside" // the tasks service looks at what is stored
	Cloud  Kind = "cloud"  // how the cloud is configured, as attestation read it back
	Build  Kind = "build"  // what the release proved before it was made
)

// Control tries whether promises hold.
type Control struct {
	ID       string
	Kind     Kind
	Promises []string
	Says     string        // what it does, as a sentence for the public
	Every    time.Duration // how often it runs by itself
	// Costly controls run by themselves only; nobody can ask for another run.
	Costly bool
	// Partial controls try a part of what is promised: where no other control can be tried, nothing counts as kept.
	Partial bool
	Try     func(ctx context.Context) Finding
}

// Fresh is for how long a result counts: two runs may be missed, and no more.
func (c Control) Fresh() time.Duration { return 2*c.Every + 5*time.Minute }

// Outcome is what came of one try.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Unknown Outcome = "unknown"  // it could not be tried
	NotHere Outcome = "not-here" // it cannot be tried in this sort of installation
)

// Finding is the outcome of one try, and what it rests on.
type Finding struct {
	Outcome  Outcome
	Evidence string // for the public; of a failure it is not shown
	// Detail says how a control failed. It is for the operator until the control passes again, and public from then on.
	Detail string
	At     time.Time // of what was found, if that is older than the run
}

// Pass says that a promise holds, and on what that rests.
func Pass(format string, args ...any) Finding {
	return Finding{Outcome: Passed, Evidence: fmt.Sprintf(format, args...)}
}

// Fail says how a promise does not hold.
func Fail(format string, args ...any) Finding {
	return Finding{Outcome: Failed, Detail: fmt.Sprintf(format, args...)}
}

// Undecided says why nothing could be found out.
func Undecided(format string, args ...any) Finding {
	return Finding{Outcome: Unknown, Evidence: fmt.Sprintf(format, args...)}
}

// Inapplicable says why there is nothing to find out in this sort of installation.
func Inapplicable(format string, args ...any) Finding {
	return Finding{Outcome: NotHere, Evidence: fmt.Sprintf(format, args...)}
}

// tryTime is how long one control may take.
const tryTime = 15 * time.Second

// try runs a control. One that crashes or takes too long has found out nothing.
func (c Control) try(ctx context.Context) (f Finding) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			f = Finding{Outcome: Unknown, Evidence: "The control itself failed.", Detail: fmt.Sprint(r)}
		}
	}()
	return c.Try(ctx)
}
