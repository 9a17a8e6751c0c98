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
	shipEvery   = 200 * time.Millisecond // the longest that a single entry waits to be shipped with others
	shipEntries = 500                    // in one request to Cloud Logging
	// entries held in memory while Cloud Logging is unavailable; the sweep finds the rest
	shipBacklog = 20_000
	shipTimeout = 10 * time.Second
	markEvery   = 15 * time.Second
	askAgain    = 20 * time.Second // between two searches for an entry whose commit was not answered
	giveUpAfter = 90 * time.Second // after which a commit without an answer did not happen: its deadline is long past
	deadAfter   = 2 * time.Minute  // an instance that has not written its mark for this long is gone
	shards      = 4                // over how many shards of the time index one instance's entries are spread
)

// Log is where entries are shipped to: Cloud Logging. Write returns when they are accepted; an entry that is sent again
// is dropped there.
type Log interface {
	Write(ctx context.Context, entries []SealedEntry) error
}

// SealedEntry is an entry in the form in which it is shipped: its labels stay sealed.
type SealedEntry struct {
	*Entry
	Sealed []byte
}

// ShipperOptions are what a Shipper needs.
type ShipperOptions struct {
	Store    *store.Store
	Log      Log
	Clock    model.Clock
	Instance string // unique per process start; "" makes one
	Alone    bool   // no other instance runs, so whatever another one left can be swept at once
	Logger   *slog.Logger
	Durable  func(*Entry) // called once with each durable entry; it must be quick. It may be nil.
}

// Shipper ships committed entries to Cloud Logging: at once from memory, and by a sweep those that a crash left behind.
// It keeps a mark in the store: everything that this instance wrote before the mark has arrived.
type Shipper struct {
	o       ShipperOptions
	tracker tracker

	mu     sync.Mutex
	ready  []item
	behind bool // entries were dropped from memory; their times are between the mark and now
	shard  int
	wake   chan struct{}
	marked time.Time
	stop   context.CancelFunc
	ended  chan struct{}
}

type item struct {
	sealed SealedEntry
	entry  *tracked
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

// Start writes the first mark, so that whatever this instance commits from now on will be found, and begins shipping.
func (s *Shipper) Start(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.run(ctx)
	return nil
}

// Close ships what is ready, within ctx, and removes the mark if nothing is left.
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

// firstHalf ends halfway to the deadline, so that there is time to record what could not be shipped.
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

// round ships everything that is ready and stores the mark. It reports whether Cloud Logging accepted everything.
func (s *Shipper) round(ctx context.Context) bool {
	ok := true
	for ok && s.waiting() {
		ok = s.ship(ctx)
	}
	s.lookForLost(ctx)
	if s.o.Clock.Now().Sub(s.lastMark()) >= markEvery {
		if err := s.KeepMark(ctx); err != nil {
			s.o.Logger.WarnContext(ctx, "audit mark not stored", "error", err)
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
	if err := s.o.Log.Write(ctx, sealedEntries(batch)); err != nil {
		s.o.Logger.WarnContext(ctx, "audit entries not shipped, will try again", "entries", n, "error", err)
		return false
	}
	s.release(n, batch)
	return true
}

func sealedEntries(batch []item) []SealedEntry {
	out := make([]SealedEntry, len(batch))
	for i, c := range batch {
		out[i] = c.sealed
	}
	return out
}

func (s *Shipper) release(n int, batch []item) {
	entries := make([]*tracked, len(batch))
	for i, c := range batch {
		entries[i] = c.entry
	}
	s.tracker.set(shipped, entries...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = s.ready[n:]
	if len(s.ready) == 0 {
		s.ready = nil
	}
}

// track registers an entry before its commit.
func (s *Shipper) track(e *Entry, now time.Time) *tracked {
	s.mu.Lock()
	s.shard = (s.shard + 1) % shards
	e.by = shardName(s.o.Instance, s.shard)
	s.mu.Unlock()
	return s.tracker.track(e, now)
}

// queue queues a durable entry for shipping.
func (s *Shipper) queue(f *tracked, e *Entry, body []byte) {
	s.tracker.set(durable, f)
	s.o.Durable(e)
	s.mu.Lock()
	if len(s.ready) >= shipBacklog {
		s.behind = true // the entry stays pending and holds back the mark; the sweep ships it
	} else {
		s.ready = append(s.ready, item{SealedEntry{e, body}, f})
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

func (s *Shipper) settle(f *tracked, to state) { s.tracker.set(to, f) }

// lookForLost finds out what happened to entries whose commit was not answered.
func (s *Shipper) lookForLost(ctx context.Context) {
	now := s.o.Clock.Now()
	for _, f := range s.tracker.lost(now.Add(-askAgain)) {
		e := f.ref
		d, err := s.o.Store.Get(ctx, ref(e.Scope, e.ID))
		switch {
		case err == nil:
			s.queue(f, e, d.Body)
		case errors.Is(err, model.ErrNotFound) && now.Sub(f.at) > giveUpAfter:
			s.tracker.set(aborted, f)
		default:
			f.asked = now
		}
	}
}
