package secret

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	defaultRefresh = time.Minute
	defaultTimeout = 1200 * time.Millisecond
	retryAfter     = 5 * time.Second // between refreshes that fail
)

// Options are what a Source needs. Client and Project are required.
type Options struct {
	Client  *secretmanager.Client
	Project string
	Refresh time.Duration                         // how old a copy may be before it is refreshed; 0 means one minute
	Timeout time.Duration                         // of one load; 0 means 1.2 s
	Clock   model.Clock                           // nil means the machine's
	Check   func(name string, value []byte) error // refuses placeholders; nil accepts everything
	Failed  func(name string, err error)          // called when a refresh fails and the old copy is kept; may be nil
}

// Version is one enabled version of a secret.
type Version struct {
	Number  int
	Data    []byte // shared: never change it
	Created time.Time
}

// Value is the enabled versions of a secret, newest first. There is at least one.
type Value struct {
	Versions []Version
	loaded   *int // identity of this load, so that derived values can be cached
}

// Newest is the data of the newest version.
func (v Value) Newest() []byte { return v.Versions[0].Data }

// Source reads secrets and keeps copies.
type Source struct {
	opts    Options
	mu      sync.Mutex
	entries map[string]*entry
}

// entry is the copy of one secret.
type entry struct {
	value   Value
	have    bool
	next    time.Time // when to refresh
	loaded  time.Time
	err     error         // of the last load
	pending chan struct{} // closed when the running load ends; nil if none runs
}

// New makes a Source.
func New(opts Options) *Source {
	if opts.Refresh <= 0 {
		opts.Refresh = defaultRefresh
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Clock == nil {
		opts.Clock = model.SystemClock{}
	}
	return &Source{opts: opts, entries: map[string]*entry{}}
}

// Get returns the enabled versions of a secret. It waits only while there is no copy, and never longer than the
// timeout.
func (s *Source) Get(ctx context.Context, name string) (Value, error) {
	s.mu.Lock()
	e := s.entries[name]
	if e == nil {
		e = &entry{}
		s.entries[name] = e
	}
	if e.pending == nil && !s.opts.Clock.Now().Before(e.next) {
		s.start(ctx, name, e)
	}
	value, have, pending, err := e.value, e.have, e.pending, e.err
	s.mu.Unlock()
	switch {
	case have:
		return value, nil
	case pending == nil:
		return Value{}, err
	}
	return s.wait(ctx, e, pending)
}

func (s *Source) wait(ctx context.Context, e *entry, pending chan struct{}) (Value, error) {
	select {
	case <-pending:
	case <-ctx.Done():
		return Value{}, model.Unavailable(context.Cause(ctx))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.have {
		return e.value, nil
	}
	return Value{}, e.err
}

// start loads in the background, one load at a time. The caller holds the lock. The load outlives the request that
// caused it.
func (s *Source) start(ctx context.Context, name string, e *entry) {
	e.pending = make(chan struct{})
	old := slices.Clone(e.value.Versions)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Timeout)
	go func() {
		defer cancel()
		versions, err := s.load(ctx, name, old)
		s.finish(name, e, versions, err)
	}()
}

func (s *Source) finish(name string, e *entry, versions []Version, err error) {
	s.mu.Lock()
	keeps := err != nil && !isGone(err) && e.have // nothing else changes it while this load runs
	s.mu.Unlock()
	if keeps && s.opts.Failed != nil {
		s.opts.Failed(name, err) // before the load ends: whoever waited for it finds it reported
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Clock.Now()
	e.err = err
	switch {
	case err == nil:
		e.value, e.have = Value{versions, new(int)}, true
		e.loaded, e.next = now, now.Add(s.opts.Refresh)
	case isGone(err):
		e.value, e.have = Value{}, false
		e.next = now
	default:
		e.next = now.Add(min(retryAfter, s.opts.Refresh))
		if !e.have {
			e.next = now
		}
	}
	close(e.pending)
	e.pending = nil
}

// Preload reads all named secrets, at the start of a process: it fails if one is missing or a placeholder.
func (s *Source) Preload(ctx context.Context, names ...string) error {
	for _, name := range names {
		if _, err := s.Get(ctx, name); err != nil {
			return fmt.Errorf("secret %s: %w", name, err)
		}
	}
	return nil
}

// Status says when a secret was last read, and, if the last refresh failed, why.
func (s *Source) Status(name string) (loaded time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[name]; e != nil {
		return e.loaded, e.err
	}
	return time.Time{}, nil
}
