package localcloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// sweepEvery is how often outdated data is removed.
const sweepEvery = time.Minute

// ErrClosed is what Start and Serve return on a closed cloud.
var ErrClosed = errors.New("localcloud: closed")

// Start begins background work: pushing messages, the work of further services, and each minute removing expired
// documents and old log entries, making backups, and destroying and rotating keys and secrets that are due. It
// continues until ctx ends or Close is called.
func (c *Cloud) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	if c.started {
		return errors.New("localcloud: started before")
	}
	c.started = true
	ctx, c.stop = context.WithCancel(ctx)
	if err := c.pubsub.Start(ctx); err != nil {
		return fmt.Errorf("localcloud: %w", err)
	}
	c.running.Go(func() { c.sweepLoop(ctx) })
	c.running.Go(func() { c.further.Run(ctx, c.failed) })
	return nil
}

func (c *Cloud) sweepLoop(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			c.failed("sweep", err)
		}
	}
}

// Sweep removes what is outdated now, and does what is due. Start calls it each minute.
func (c *Cloud) Sweep(ctx context.Context) error {
	_, err := c.firestore.Sweep(ctx)
	return errors.Join(err, c.logging.Sweep(ctx), c.kms.Sweep(ctx), c.secrets.Sweep(ctx), c.pubsub.Sweep(ctx))
}

// Settle waits until the disk has finished with what was written: for measurements.
func (c *Cloud) Settle(ctx context.Context) error { return c.db.Settle(ctx) }

// Close ends everything in order: no new pushes begin, those in progress get a few seconds, listeners stop, the folder
// is released. A second call does nothing.
func (c *Cloud) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	servers := slices.Collect(maps.Keys(c.servers))
	c.mu.Unlock()
	c.stop()
	for _, s := range servers {
		s.Stop()
	}
	return c.closeServices()
}

// closeServices closes what was opened, which after a failed Open may be only a part.
func (c *Cloud) closeServices() error {
	var failed []error
	if c.pubsub != nil {
		failed = append(failed, c.pubsub.Close())
	}
	c.running.Wait()
	if c.firestore != nil {
		failed = append(failed, c.firestore.Close())
	}
	return errors.Join(append(failed, c.db.Close())...)
}
