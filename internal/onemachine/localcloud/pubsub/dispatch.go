package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrRunning is what Start returns when the dispatcher was already started.
var ErrRunning = errors.New("pubsub: dispatcher was started before")

// dispatcher runs one loop for each subscription.
type dispatcher struct {
	mu      sync.Mutex
	state   dispatchState
	loops   sync.WaitGroup
	pushes  sync.WaitGroup
	running context.Context // ends when no new pushes may begin
	stop    context.CancelFunc
	sending context.Context // ends when pushes in progress must give up
	abort   context.CancelFunc
}

type dispatchState int

const (
	idle dispatchState = iota
	started
	closed
)

// Start begins pushing. It returns at once; pushing continues until ctx ends or Close is called.
func (s *Server) Start(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.dispatch.start(ctx); err != nil {
		return err
	}
	for _, sub := range s.subs {
		s.dispatch.add(s, sub)
	}
	return nil
}

func (d *dispatcher) start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state != idle {
		return ErrRunning
	}
	d.state = started
	d.running, d.stop = context.WithCancel(ctx)
	d.sending, d.abort = context.WithCancel(context.WithoutCancel(ctx))
	return nil
}

// add starts the loop of a subscription, if the dispatcher is running.
func (d *dispatcher) add(s *Server, sub *subscription) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state != started {
		return
	}
	ctx, stop := context.WithCancel(d.running)
	sub.stop = stop
	d.loops.Go(func() { s.loop(ctx, sub) })
}

// remove ends the loop of a subscription.
func (d *dispatcher) remove(sub *subscription) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sub.stop != nil {
		sub.stop()
	}
}

// Close stops pushing: no new push begins, and those in progress have a limited time to end. What was not accepted by
// then is delivered again after the next start.
func (s *Server) Close() error {
	d := &s.dispatch
	if !d.close() {
		return nil
	}
	d.loops.Wait()
	done := make(chan struct{})
	go func() {
		d.pushes.Wait()
		close(done)
	}()
	defer d.abort()
	select {
	case <-done:
		return nil
	case <-time.After(s.opts.Drain):
	}
	d.abort()
	<-done
	return fmt.Errorf("pubsub: pushes under way did not end within %s", s.opts.Drain)
}

// close tells whether there is something to wait for.
func (d *dispatcher) close() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.state
	d.state = closed
	if was != started {
		return false
	}
	d.stop()
	return true
}

// loop passes the messages of a subscription to pushes, a limited number at a time.
func (s *Server) loop(ctx context.Context, sub *subscription) {
	slots := make(chan struct{}, s.opts.Concurrency)
	for ctx.Err() == nil {
		changes := sub.backlog.changes()
		wait := time.Hour
		if free := cap(slots) - len(slots); free > 0 && sub.get().GetPushConfig() != nil {
			s.pushSome(sub, slots, free)
			if len(slots) < cap(slots) {
				wait = s.untilNext(sub)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changes:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Server) pushSome(sub *subscription, slots chan struct{}, free int) {
	given, err := s.take(sub, free)
	if err != nil {
		s.opts.OnError(err)
	}
	for _, l := range given {
		slots <- struct{}{}
		s.dispatch.pushes.Go(func() {
			s.push(s.dispatch.sending, sub, l)
			<-slots
			sub.backlog.wake()
		})
	}
}

// push delivers one message and settles it by the answer.
func (s *Server) push(ctx context.Context, sub *subscription, l lease) {
	settle := s.reject
	if s.deliver(ctx, sub, l) {
		settle = s.accept
	}
	if err := settle(sub, l); err != nil {
		s.opts.OnError(fmt.Errorf("pubsub: settle: %w", err))
	}
}

// Wake makes every subscription look at the clock again. Code that sets a clock by hand calls it afterwards.
func (s *Server) Wake() {
	for _, sub := range s.allSubs() {
		sub.backlog.wake()
	}
}
