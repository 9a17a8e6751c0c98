package app

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

const (
	attestJob      = "attest"
	attestEvery    = time.Hour
	attestPatience = 40 * time.Second // an attempt of a job has 50
	lastAttested   = "last"
)

// attestations holds the result of the last attestation, under one id, for the operator of the installation.
var attestations = records.Declare(records.Spec[posture.Brief]{
	Name: "attestations", In: model.PlatformScope,
	About: model.About{
		Heading: model.OfService, Name: "Attestation",
		Purpose: "How our Google Cloud project was found to be configured, for the public pages. Nothing of yours.",
		Until:   "Until the next one, an hour later. Only the last is kept.",
	},
	Under: records.Under{
		records.Read:   {access.AttestRead},
		records.Create: {access.AttestKeep},
		records.Change: {access.AttestKeep},
	},
	Check: func(b *posture.Brief) error {
		if b.At.IsZero() || len(b.Promises) == 0 {
			return fmt.Errorf("an attestation of nothing: %w", model.ErrInvalid)
		}
		return nil
	},
})

// attesting is what an instance knows about attestations.
type attesting struct {
	open    func(context.Context) (*operator.Clients, error) // nil: this process makes none
	options posture.Options
	delay   time.Duration // within the hour, so that not all installations call Google at the same time
	counted func(state string)
	added   atomic.Pointer[string]        // the last job
	found   atomic.Pointer[posture.Brief] // by this instance
}

// attest makes the tasks service attest its own cloud once an hour.
func (a *App) attest(o Options) {
	a.attesting.counted = o.Telemetry.Attested
	a.attesting.options = posture.Options{
		Project: o.Config.Project, Region: o.Config.Region, Content: ContentCollections(), Keys: KeysCollections(),
		Clock: o.Clock, Patience: attestPatience,
	}
	if o.Config.Role != config.Web {
		a.attesting.open = o.Admin
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.Config.Project)) // never fails
	a.attesting.delay = time.Duration(h.Sum32()%60) * time.Minute
	a.Queue.Handle(attestJob, a.attestNow, task.Attempts(3))
}

// attestHourly adds the job of this hour, once for all instances.
func (a *App) attestHourly(ctx context.Context) error {
	slot := a.ground.clock.Now().UTC().Add(-a.attesting.delay).Truncate(attestEvery)
	id := attestJob + "-" + slot.Format("2006-01-02-15")
	if last := a.attesting.added.Load(); last != nil && *last == id {
		return nil
	}
	if _, err := a.Queue.Add(ctx, a.Gate, task.NewJob{ID: id, Kind: attestJob, Payload: id}); err != nil {
		return err
	}
	a.attesting.added.Store(&id)
	a.Queue.Wake(ctx, id)
	return nil
}

// attestNow is the job.
func (a *App) attestNow(ctx context.Context, job task.Job) error {
	if a.attesting.open == nil {
		return task.Because("this process cannot look at the cloud", nil)
	}
	report, err := a.lookAtCloud(ctx)
	if err != nil {
		a.attesting.counted(string(posture.Undecided))
		return task.Because("the project cannot be looked at", err)
	}
	brief := report.Brief()
	if err := a.keepAttestation(ctx, brief); err != nil {
		return err
	}
	a.attesting.found.Store(&brief)
	a.attesting.counted(string(report.State))
	tellAttestation(ctx, report)
	job.SetResult(report.Summary())
	return nil
}

func (a *App) lookAtCloud(ctx context.Context) (posture.Report, error) {
	admin, err := a.attesting.open(ctx)
	if err != nil {
		return posture.Report{}, err
	}
	options := a.attesting.options
	options.Admin = admin
	report, err := posture.Run(ctx, options)
	return report, errors.Join(err, admin.Close())
}

func (a *App) keepAttestation(ctx context.Context, b posture.Brief) error {
	caller := access.SystemCaller(model.Platform(), "task:"+attestJob, "")
	_, err := attestations.Update(ctx, a.Gate, records.By(caller, access.AttestKeep).On(lastAttested),
		func(have *posture.Brief) error {
			*have = b
			return nil
		})
	if errors.Is(err, model.ErrNotFound) {
		_, err = attestations.Create(ctx, a.Gate, records.By(caller, access.AttestKeep).On(lastAttested), b)
	}
	return err
}

// LastAttestation is the result of the last attestation by any instance. Until there was one it is model.ErrNotFound.
func (a *App) LastAttestation(ctx context.Context) (posture.Brief, error) {
	r, err := attestations.Get(ctx, a.Gate, records.By(access.SystemCaller(model.Platform(), "attestation", ""),
		access.AttestRead).On(lastAttested))
	return r.Body, err
}

// tellAttestation logs what is not kept: where, and never who, since what was read may name people.
func tellAttestation(ctx context.Context, r posture.Report) {
	log := logging.From(ctx)
	for _, p := range r.Promises {
		for _, f := range p.Checks {
			switch f.State {
			case posture.Broken:
				log.ErrorContext(ctx, "promise broken", "promise", p.ID, "check", f.Check, "resource", f.Resource)
			case posture.Undecided:
				log.WarnContext(ctx, "promise undecided", "promise", p.ID, "check", f.Check, "resource", f.Resource)
			}
		}
	}
	log.InfoContext(ctx, "promises attested", "state", string(r.State), "kept", r.Count(posture.Kept), "cloud_only",
		r.Count(posture.CloudOnly), "broken", r.Count(posture.Broken), "undecided", r.Count(posture.Undecided))
}

// last is this instance's last result.
func (a *attesting) last() (broken, undecided int, at time.Time) {
	b := a.found.Load()
	if b == nil {
		return 0, 0, time.Time{}
	}
	for _, p := range b.Promises {
		switch p.State {
		case posture.Broken:
			broken++
		case posture.Undecided:
			undecided++
		}
	}
	return broken, undecided, b.At
}
