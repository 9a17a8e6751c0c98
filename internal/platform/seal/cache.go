package seal

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// cache holds rings until their time is up, at most a number of them, the least used dropped first. Of those who ask
// for one at the same time a single one fetches it. Failures are not kept.
//
// It is not golang-lru's expirable, which has one lifetime for all entries, the machine's clock and a goroutine that
// never ends; and with that or with singleflight, a ring that was forgotten while it was fetched would still be kept.
type cache struct {
	mu      sync.Mutex
	max     int
	rings   map[model.Scope]*list.Element // of *held
	used    *list.List                    // most recently used first
	flights map[model.Scope]*flight

	hits, misses int64
}

// held is a ring in the cache.
type held struct {
	ring  *Ring
	until time.Time
}

// flight is a fetch that others can wait for.
type flight struct {
	done chan struct{}
	ring *Ring
	err  error
}

type fetch func(context.Context) (*Ring, time.Time, error)

func newCache(most int) *cache {
	return &cache{
		max: most, rings: map[model.Scope]*list.Element{}, used: list.New(), flights: map[model.Scope]*flight{},
	}
}

func (c *cache) get(ctx context.Context, scope model.Scope, now time.Time, load fetch) (*Ring, error) {
	ring, f := c.look(ctx, scope, now, load)
	if ring != nil {
		return ring, nil
	}
	select {
	case <-f.done:
		return f.ring, f.err
	case <-ctx.Done():
		return nil, model.Unavailable(fmt.Errorf("seal: wait for a keyring: %w", ctx.Err()))
	}
}

// look gives the ring, or the flight that fetches it.
func (c *cache) look(ctx context.Context, scope model.Scope, now time.Time, load fetch) (*Ring, *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.rings[scope]; e != nil {
		h := e.Value.(*held)
		if now.Before(h.until) {
			c.used.MoveToFront(e)
			c.hits++
			return h.ring, nil
		}
		c.drop(scope)
	}
	c.misses++
	f := c.flights[scope]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		c.flights[scope] = f
		// Others may wait for it: it must not end with the one who asked first. Its own timeout ends it.
		go c.fly(context.WithoutCancel(ctx), scope, f, load)
	}
	return nil, f
}

func (c *cache) fly(ctx context.Context, scope model.Scope, f *flight, load fetch) {
	ring, until, err := load(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	f.ring, f.err = ring, err
	close(f.done)
	if c.flights[scope] != f {
		return // forgotten while it was under way
	}
	delete(c.flights, scope)
	if err == nil {
		c.keep(&held{ring, until})
	}
}

func (c *cache) lookups() (hits, misses int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, c.misses
}

// keep must be called with the lock held, as must drop.
func (c *cache) keep(h *held) {
	c.rings[h.ring.scope] = c.used.PushFront(h)
	if c.used.Len() > c.max {
		c.drop(c.used.Back().Value.(*held).ring.scope)
	}
}

func (c *cache) drop(scope model.Scope) {
	if e := c.rings[scope]; e != nil {
		c.used.Remove(e)
		delete(c.rings, scope)
	}
}

func (c *cache) forget(scope model.Scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(scope)
	delete(c.flights, scope)
}
