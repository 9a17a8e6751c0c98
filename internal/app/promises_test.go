package app_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/security"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// elsewhere are the controls of which there is nothing to try on one machine, besides those of the cloud and of the
// release.
var elsewhere = []string{"plain-http", "tls", "api-description", "contact", "insiders",
	"changes-told"}

// later are the controls that look for entries of a certain age, which do not exist at first.
var later = []string{"fourteen-days", "trail-in-log"}

// TestControlsAnswerOnARunningService: soon after a first start every control has answered; those that can be tried on
// one machine pass, and the others say why they cannot.
func TestControlsAnswerOnARunningService(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{Controls: true})
	o := answered(t, house)
	looked := map[string]bool{}
	for _, p := range slices.Concat(o.Promises, o.Words) {
		for _, c := range p.Controls {
			want, why := promise.Kept, promise.Why("")
			switch {
			case c.Kind == promise.Cloud, c.Kind == promise.Build, slices.Contains(elsewhere, c.ID):
				want, why = promise.Unchecked, promise.NotThere
			case slices.Contains(later, c.ID):
				want, why = promise.Unchecked, promise.NoAnswer
			case c.ID == "trail-whole" && c.Why == promise.NoAnswer:
				continue // there may be no checkpoint yet
			}
			if looked[c.ID] = true; c.State != want || c.Why != why {
				t.Errorf("%s: %s is %s (%s): %s", p.ID, c.ID, c.State, c.Why, c.Evidence)
			}
		}
	}
	if len(looked) < 30 || o.Broken > 0 {
		t.Errorf("%d controls were looked at; %d promises are broken\n%s", len(looked), o.Broken, house.Logs)
	}
	for _, id := range []string{"T3", "T4", "T5", "T6", "G5", "G8", "G9", "G10", "G12"} {
		i := slices.IndexFunc(o.Promises, func(p promise.Standing) bool { return p.ID == id })
		if p := o.Promises[i]; p.State != promise.Kept {
			t.Errorf("%s is %s (%s): %s", id, p.State, p.Why, p.Reason)
		}
	}
}

// TestEachControlShowsAPartOfTheService: the status page is made of all controls that act on the running service.
func TestEachControlShowsAPartOfTheService(t *testing.T) {
	t.Parallel()
	o, err := servetest.Start(t, servetest.Options{}).App.Promises.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Concat(o.Promises, o.Words) {
		for _, c := range p.Controls {
			acts := c.Kind == promise.Live || c.Kind == promise.Inside
			if part := security.PartOf(c.ID); (part != "") != acts {
				t.Errorf("%s, a control of kind %s, shows part %q", c.ID, c.Kind, part)
			}
		}
	}
}

// answered waits until all controls have answered.
func answered(t *testing.T, house *servetest.Installation) *promise.Overview {
	t.Helper()
	for range 400 {
		o, err := house.App.Promises.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !o.LastRun.IsZero() {
			return o
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("no control has run\n%s", house.Logs)
	return nil
}

// TestCanariesAreMadeOnce: what was begun is continued, and made once; nothing is mailed.
func TestCanariesAreMadeOnce(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{})
	for range 3 {
		if err := house.App.MakeCanaries(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := house.App.Promises.Run(t.Context(), "neighbours", "withheld-sections", "roles", "trail-entries",
			"password-hash", "stored-form", "session-end", "token-end", "new-password",
			"second-factor"); err != nil {
			t.Fatal(err)
		}
	}
	o, err := house.App.Promises.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range o.Promises {
		for _, c := range p.Controls {
			if c.State == promise.Broken || !c.Last.IsZero() && c.State != promise.Kept {
				t.Errorf("%s is %s: %s %s", c.ID, c.State, c.Evidence, house.Logs)
			}
		}
	}
}

// TestRunAgain: a control that costs little runs when somebody asks, others do not, and asking twice is one run.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{Clock: modeltest.NewClock(testclock.Now())})
	for range 2 {
		if err := house.App.RunAgain(t.Context(), "documents"); err != nil {
			t.Fatal(err)
		}
	}
	slot := house.App.Gate.Clock().Now().Truncate(5 * time.Minute).Format("2006-01-02-15-04")
	if _, err := house.App.Queue.Get(t.Context(), "again-documents-"+slot); err != nil {
		t.Errorf("the run that both asked for: %v", err)
	}
	if err := house.App.RunAgain(t.Context(), "build-t5"); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("a control that runs by itself only: %v", err)
	}
	if err := house.App.RunAgain(t.Context(), "no-such-control"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("an unknown control: %v", err)
	}
}
