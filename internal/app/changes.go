package app

import (
	"context"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/templates"
)

// tellChanges lets the tasks service tell each workspace of another agreement and other subprocessors.
func (a *App) tellChanges(o Options) error {
	files := o.Templates
	if files == nil {
		files = templates.Embedded()
	}
	documents, err := policy.Load(files, "en", party(o.Config))
	if err != nil {
		return err
	}
	a.changes = notice.New(notice.Options{Gate: a.Gate, Queue: a.Queue, Workspaces: a.Workspaces,
		Agreement: policy.Find(documents, policy.Agreement), Subprocessors: policy.Subprocessors(uses(o.Config))})
	return nil
}

// ofDemo reports whether an address is one of those with which the demonstration is shown.
func (a *App) ofDemo(address string) bool {
	return slices.ContainsFunc(a.demoAccounts(), func(d web.DemoAccount) bool { return d.Email == address })
}

// publicChanges are what the public page of changes asks for.
type publicChanges struct{ shared[[]policy.Change] }

// Changes are what was told, the latest first.
func (p *publicChanges) Changes(ctx context.Context) ([]policy.Change, error) { return p.get(ctx) }

const (
	changesEvery = 6 * time.Hour
	// mostTelling is how long telling everybody may take: all attempts of its jobs.
	mostTelling = 2 * time.Hour
)

// changesTold is the control that looks whether every workspace was told of the last change.
func (a *App) changesTold() promise.Control {
	return promise.Control{ID: "changes-told", Kind: promise.Inside, Promises: []string{"G18", "O9"},
		Every: changesEvery,
		Says: "Looks for workspaces whose management was not told of the last change of the agreement or of the " +
			"subprocessors.",
		Try: func(ctx context.Context) promise.Finding {
			c, err := a.changes.Check(ctx)
			if err != nil {
				return failedToAsk("the notices", err)
			}
			return ofChanges(c, a.ground.clock.Now())
		}}
}

func ofChanges(c notice.Checked, now time.Time) promise.Finding {
	const day = "2 January 2006"
	switch {
	case c.Began.IsZero():
		return promise.Undecided("What this installation publishes has not been looked at yet.")
	case c.Change == nil:
		return promise.Inapplicable("Nothing has changed since this installation began to look, on %s.",
			c.Began.UTC().Format(day))
	case c.Untold > 0 && now.Sub(c.Change.Found) > mostTelling:
		return promise.Fail("%d of %d workspaces were not told of %s", c.Untold, c.Looked, c.Change.ID)
	case c.Untold > 0:
		return promise.Undecided("The change of %s is being told.", c.Change.Found.UTC().Format(day))
	}
	return promise.Pass("All %d workspaces that could be told of the change of %s were told.", c.Looked-c.Locked,
		c.Change.Found.UTC().Format(day))
}
