package telemetry

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Watched is what is observed whenever metrics are sent. None of the functions may make a remote call; a nil one is
// left out.
type Watched struct {
	Clock           model.Clock // by which the measures below were made; nil means the machine's
	Ready           func(context.Context) bool
	OldestUnshipped func() time.Duration // of this instance
	Left            func() (time.Duration, time.Time)
	OldestUnbound   func() (time.Duration, time.Time)
	OldestDue       func() (time.Duration, time.Time)
	Keyrings        func() (hits, misses int64)
	Attested        func() (broken, undecided int, at time.Time)
}

// stale is the age up to which a value measured by ticks counts: another instance may have had the last one.
const stale = 3 * time.Minute

// staleAttestation is the same for attestations, of which there is one an hour.
const staleAttestation = 65 * time.Minute

// Watch sets what to observe.
func (t *Telemetry) Watch(w Watched) error {
	if t == nil {
		return nil
	}
	if w.Clock == nil {
		w.Clock = model.SystemClock{}
	}
	lookups, err := t.counts.meter.Int64ObservableCounter(KeyringLookups, metric.WithUnit("1"))
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	watched := []metric.Observable{lookups}
	for _, g := range t.counts.gauge {
		watched = append(watched, g)
	}
	_, err = t.counts.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		t.observe(ctx, o, w)
		if w.Keyrings != nil {
			hits, misses := w.Keyrings()
			o.ObserveInt64(lookups, hits, t.counts.with(KeyringLookups, "hit"))
			o.ObserveInt64(lookups, misses, t.counts.with(KeyringLookups, "miss"))
		}
		return nil
	}, watched...)
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

func (t *Telemetry) observe(ctx context.Context, o metric.Observer, w Watched) {
	if w.Ready != nil {
		ready := 0.0
		if w.Ready(ctx) {
			ready = 1
		}
		o.ObserveFloat64(t.counts.gauge[Ready], ready)
	}
	if w.OldestUnshipped != nil {
		oldest := max(w.OldestUnshipped(), fresh(w.Clock, w.Left))
		o.ObserveFloat64(t.counts.gauge[AuditOldestUnshipped], oldest.Seconds())
	}
	if w.OldestUnbound != nil {
		if oldest, at := w.OldestUnbound(); age(w.Clock, at) < stale {
			o.ObserveFloat64(t.counts.gauge[AuditOldestUnbound], oldest.Seconds())
		}
	}
	if w.OldestDue != nil {
		if waited, at := w.OldestDue(); age(w.Clock, at) < stale {
			o.ObserveFloat64(t.counts.gauge[JobOldestDue], waited.Seconds())
		}
	}
	if w.Attested != nil {
		if broken, undecided, at := w.Attested(); age(w.Clock, at) < staleAttestation {
			o.ObserveFloat64(t.counts.gauge[PromisesBroken], float64(broken))
			o.ObserveFloat64(t.counts.gauge[PromisesUndecided], float64(undecided))
		}
	}
}

func fresh(clock model.Clock, measure func() (time.Duration, time.Time)) time.Duration {
	if measure == nil {
		return 0
	}
	if oldest, at := measure(); age(clock, at) < stale {
		return oldest
	}
	return 0
}

func age(clock model.Clock, at time.Time) time.Duration { return clock.Now().Sub(at) }
