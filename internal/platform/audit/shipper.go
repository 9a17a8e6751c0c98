package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	shipEvery   = 200 * time.Millisecond // the longest that a lone entry waits to be shipped with others
	shipEntries = 500                    // in one request to Cloud Logging
	shipBacklog = 20_000                 // entries held in memory while Cloud Logging is away; the sweep finds the rest
	shipTimeout = 10 * time.Second
	markEvery   = 15 * time.Second
	askAgain    = 20 * time.Second // between two looks for an entry whose commit was not answered
	giveUpAfter = 90 * time.Second // then a commit that was not answered did not happen: its deadline is long past
	deadAfter   = 2 * time.Minute  // an instance that has not written its mark for so long is gone
	lanes       = 4                // spread of one instance's entries over the time index
)

// Log is where entries are shipped to: Cloud Logging. Write returns when they are accepted; the same entry again is
// dropped there.
type Log interface {
	Write(ctx context.Context, entries []Shipment) error
}

// Shipment is an entry as it is shipped: its labels stay sealed.
type Shipment struct {
	*Entry
	Sealed []byte
}

// ShipperOptions are what a Shipper stands on.
type ShipperOptions struct {
	Store    *store.Store
	Log      Log
	Clock    model.Clock
	Instance string // unique per process start; "" makes one
	Alone    bool   // no other instance runs: whatever another one left can be swept at once
	Logger   *slog.Logger
	Durable  func(*Entry) // told of each entry that is durable, once; it must be quick. Nil is not told.
}

// Shipper writes committed entries on to Cloud Logging: at once from memory, and by a sweep what a crash left behind.
// It keeps a mark in the store: everything of this instance before it has arrived.
type Shipper struct {
	o     ShipperOptions
	board board

	mu     sync.Mutex
	ready  []cargo
	behind bool // entries were dropped from memory; they are between the mark and now
	lane   int
	wake   chan struct{}
	marked time.Time
	stop   context.CancelFunc
	ended  chan struct{}
}

type cargo struct {
	shipment Shipment
	flight   *flight
}

// NewShipper makes a shipper. Start must be called before the first entry is prepared.
func NewShipper(o ShipperOptions) *Shipper {
	if o.Instance == "" {
		o.Instance = model.NewID()
	}
	if o.Durable == nil {
		o.Durable = func(*Entry) {}
	}
	return &Shipper{o: o, wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// Start writes the first mark, so that whatever this instance commits from now on will be found, and begins to ship.
func (s *Shipper) Start(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.run(ctx)
	return nil
}

// Close ships what is ready, within ctx, and takes the mark away if nothing is left.
func (s *Shipper) Close(ctx context.Context) error {
	s.stop()
	<-s.ended
	half, cancel := firstHalf(ctx)
	defer cancel()
	for s.ship(half) {
	}
	s.lookForLost(half)
	return s.leave(ctx)
}

// firstHalf ends halfway to the deadline, so that there is time to write down what could not be shipped.
func firstHalf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

func (s *Shipper) run(ctx context.Context) {
	defer close(s.ended)
	ticker := time.NewTicker(shipEvery)
	defer ticker.Stop()
	pause := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
		if !s.round(ctx) {
			pause = min(max(2*pause, shipEvery), shipTimeout)
			sleep(ctx, pause)
			continue
		}
		pause = 0
	}
}

// round ships all that is ready and keeps the mark. It reports whether Cloud Logging took everything.
func (s *Shipper) round(ctx context.Context) bool {
	ok := true
	for ok && s.waiting() {
		ok = s.ship(ctx)
	}
	s.lookForLost(ctx)
	if s.o.Clock.Now().Sub(s.lastMark()) >= markEvery {
		if err := s.KeepMark(ctx); err != nil {
			s.o.Logger.WarnContext(ctx, "audit mark not kept", "error", err)
		}
	}
	return ok
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (s *Shipper) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ready) > 0
}

// ship sends one batch. It reports whether the batch arrived and there may be more.
func (s *Shipper) ship(ctx context.Context) bool {
	s.mu.Lock()
	n := min(len(s.ready), shipEntries)
	batch := s.ready[:n:n]
	s.mu.Unlock()
	if n == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, shipTimeout)
	defer cancel()
	if err := s.o.Log.Write(ctx, shipments(batch)); err != nil {
		s.o.Logger.WarnContext(ctx, "audit entries not shipped, will try again", "entries", n, "error", err)
		return false
	}
	s.unload(n, batch)
	return true
}

func shipments(batch []cargo) []Shipment {
	out := make([]Shipment, len(batch))
	for i, c := range batch {
		out[i] = c.shipment
	}
	return out
}

func (s *Shipper) unload(n int, batch []cargo) {
	flights := make([]*flight, len(batch))
	for i, c := range batch {
		flights[i] = c.flight
	}
	s.board.set(shipped, flights...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = s.ready[n:]
	if len(s.ready) == 0 {
		s.ready = nil
	}
}

// depart registers an entry before its commit.
func (s *Shipper) depart(e *Entry, now time.Time) *flight {
	s.mu.Lock()
	s.lane = (s.lane + 1) % lanes
	e.by = laneName(s.o.Instance, s.lane)
	s.mu.Unlock()
	return s.board.depart(e, now)
}

// arrive hands a durable entry over for shipping.
func (s *Shipper) arrive(f *flight, e *Entry, body []byte) {
	s.board.set(landed, f)
	s.o.Durable(e)
	s.mu.Lock()
	if len(s.ready) >= shipBacklog {
		s.behind = true // the flight stays on the board and holds the mark; the sweep ships it
	} else {
		s.ready = append(s.ready, cargo{Shipment{e, body}, f})
	}
	full := len(s.ready) >= shipEntries
	s.mu.Unlock()
	if full {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

func (s *Shipper) settle(f *flight, to state) { s.board.set(to, f) }

// lookForLost finds out what became of entries whose commit was not answered.
func (s *Shipper) lookForLost(ctx context.Context) {
	now := s.o.Clock.Now()
	for _, f := range s.board.lost(now.Add(-askAgain)) {
		e := f.ref
		d, err := s.o.Store.Get(ctx, ref(e.Scope, e.ID))
		switch {
		case err == nil:
			s.arrive(f, e, d.Body)
		case errors.Is(err, model.ErrNotFound) && now.Sub(f.at) > giveUpAfter:
			s.board.set(aborted, f)
		default:
			f.asked = now
		}
	}
}
