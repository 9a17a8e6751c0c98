package app

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// watched tells telemetry what to observe.
func (a *App) watched(t *telemetry.Telemetry) error {
	return t.Watch(telemetry.Watched{
		Clock:           a.ground.clock,
		Ready:           func(ctx context.Context) bool { return a.isReady(ctx) == nil },
		OldestUnshipped: a.ground.shipper.Behind,
		Left:            a.ground.left.last,
		OldestUnbound:   a.ground.sweeper.Behind,
		OldestDue:       a.Queue.OldestDue,
		Keyrings:        a.ground.keyrings.Lookups,
		Attested:        a.brokenPromises,
	})
}

// entered counts an entry of the trail.
func entered(t *telemetry.Telemetry) func(*audit.Entry) {
	return func(e *audit.Entry) {
		t.Entry(string(e.Action), string(e.Outcome))
		if e.Action == access.SignIn && e.Outcome == audit.Denied {
			t.SignInFailed()
		}
	}
}

// shipping is the trail's connection to Cloud Logging, observed.
type shipping struct {
	audit.Log
	telemetry *telemetry.Telemetry
}

// Write sends a batch.
func (s shipping) Write(ctx context.Context, entries []audit.SealedEntry) error {
	ctx, end := s.telemetry.Start(ctx, "ship the trail")
	err := s.Log.Write(ctx, entries)
	end(err)
	if err != nil {
		s.telemetry.ShippingFailed()
	}
	return err
}

// measure is an age and when it was measured.
type measure struct {
	age atomic.Int64
	at  atomic.Pointer[time.Time]
}

func (m *measure) keep(age time.Duration, at time.Time) {
	m.age.Store(int64(age))
	m.at.Store(&at)
}

func (m *measure) last() (time.Duration, time.Time) {
	at := m.at.Load()
	if at == nil {
		return 0, time.Time{}
	}
	return time.Duration(m.age.Load()), *at
}

// sweepTrail ships what was left behind, and measures what is left after that.
func (a *App) sweepTrail(ctx context.Context) error {
	if _, err := a.ground.shipper.Sweep(ctx); err != nil {
		return err
	}
	age, err := a.ground.shipper.Oldest(ctx)
	if err != nil {
		return fmt.Errorf("measure the trail: %w", err)
	}
	a.ground.left.keep(age, a.ground.clock.Now())
	return nil
}

// logged gives requests that do not come through the pages' frame an id, a logger and a line in the log.
func (a *App) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, line := logging.Arrive(r, a.log)
		defer func() { line.Log(ctx, r.Method, time.Since(began)) }()
		next.ServeHTTP(logging.Record(w, line), r.WithContext(ctx))
	})
}

// nowhere answers requests for what a process does not serve.
func nowhere(w http.ResponseWriter, r *http.Request) {
	logging.LineOf(r.Context()).Route = "nothing"
	http.NotFound(w, r)
}
