package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// controls are all controls of promises.
func (a *App) controls(o Options) ([]promise.Control, error) {
	release, err := promise.ThisRelease()
	if err != nil {
		return nil, err
	}
	live, err := outside.Controls(outside.Options{
		BaseURL: o.Config.BaseURL, Local: o.Config.Local, Contact: o.Config.Contact, Google: !o.Config.Local,
		Transport: o.Public, Now: o.Clock.Now,
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(live, a.canary.Controls(), a.insideControls(), a.cloudControls(o.Config),
		promise.BuildControls(release, o.Config.Local)), nil
}

// cloudControls say for each promise that the cloud's configuration decides what the last attestation found.
func (a *App) cloudControls(cfg config.Config) []promise.Control {
	var list []promise.Control
	for _, p := range posture.Attested() {
		list = append(list, promise.Control{
			ID: "cloud-" + strings.ToLower(p.ID), Kind: promise.Cloud, Promises: []string{p.ID}, Costly: true,
			Says:  "Reads back how Google Cloud is configured. " + p.Sees,
			Every: attestEvery,
			Try: func(ctx context.Context) promise.Finding {
				if cfg.Local {
					return promise.Inapplicable("This installation is on one machine and uses no cloud.")
				}
				return a.attested(ctx, p.ID)
			},
		})
	}
	return list
}

// attested is what the last attestation found about a promise.
func (a *App) attested(ctx context.Context, id string) promise.Finding {
	brief, err := a.LastAttestation(ctx)
	if errors.Is(err, model.ErrNotFound) {
		return promise.Undecided("The configuration has not been read back yet.")
	}
	if err != nil {
		return failedToAsk("the last attestation", err)
	}
	i := slices.IndexFunc(brief.Promises, func(p posture.BriefPromise) bool { return p.ID == id })
	if i < 0 {
		return promise.Undecided("The last attestation did not look at this.")
	}
	f := findingOf(brief.Promises[i])
	f.At = brief.At
	return f
}

func findingOf(p posture.BriefPromise) promise.Finding {
	switch p.State {
	case posture.Kept, posture.CloudOnly:
		return promise.Pass("%d settings were read back, and all are as they must be.", p.Looked)
	case posture.Broken:
		var what []string
		for _, n := range p.Notable {
			if n.State == posture.Broken {
				what = append(what, n.Check+": "+n.Kind+" "+n.Resource)
			}
		}
		return promise.Fail("%s", strings.Join(what, "; "))
	}
	return promise.Undecided("Some settings could not be read.")
}

const (
	insideEvery  = 15 * time.Minute
	mostShipping = 2 * time.Minute // that an entry of the trail may take to reach the log
	mostBinding  = 5 * time.Minute // that an entry may take to be in a checkpoint
)

// insideControls look at what is stored, by documents of the platform itself.
func (a *App) insideControls() []promise.Control {
	return []promise.Control{
		{ID: "trail-shipped", Kind: promise.Inside, Promises: []string{"T9", "O7"}, Every: insideEvery,
			Says: "Looks for entries of the trail that are not yet in the operator's log.", Try: a.trailShipped},
		{ID: "trail-whole", Kind: promise.Inside, Promises: []string{"T9", "G11", "O7"}, Every: insideEvery,
			Says: "Compares the entries of the trail that are about the service itself with their signed checkpoints.",
			Try:  a.trailWhole},
		a.changesTold(),
	}
}

// trailShipped: no entry waits for longer than it may.
func (a *App) trailShipped(ctx context.Context) promise.Finding {
	age, err := a.ground.shipper.Oldest(ctx)
	if err != nil {
		return failedToAsk("the trail", err)
	}
	return ofShipping(age)
}

func ofShipping(oldest time.Duration) promise.Finding {
	if oldest > mostShipping {
		return promise.Fail("the oldest entry that is not in the log is %v old", oldest.Round(time.Second))
	}
	return promise.Pass("No entry has waited for more than %d minutes.", int(mostShipping.Minutes()))
}

// trailWhole: nothing of the platform's own trail was changed, removed or inserted.
func (a *App) trailWhole(ctx context.Context) promise.Finding {
	report, err := a.ground.verifier.Verify(ctx, model.Platform())
	if err != nil {
		return failedToAsk("the trail", err)
	}
	return ofCheckpoints(report, a.ground.clock.Now())
}

func ofCheckpoints(r checkpoint.Report, now time.Time) promise.Finding {
	switch {
	case len(r.Findings) > 0:
		return promise.Fail("%d findings, the first: %s", len(r.Findings), r.Findings[0].Says)
	case r.Checkpoints == 0:
		return promise.Undecided("No checkpoint has been made yet.")
	case now.Sub(r.UpTo) > mostBinding:
		return promise.Fail("no checkpoint was made of what came since %s", r.UpTo.Format(time.RFC3339))
	}
	return promise.Pass("%d entries were compared with %d checkpoints, and none was changed, removed or inserted.",
		r.Covered, r.Checkpoints)
}

func failedToAsk(what string, err error) promise.Finding {
	f := promise.Undecided("It could not be read: %s.", what)
	f.Detail = err.Error()
	return f
}
