package store

import (
	"context"
	"math/rand/v2"
	"time"
)

// Waits between attempts: short, since contention within one workspace is short; doubled and jittered, so that waiters
// do not collide again.
const (
	maxTries  = 8
	firstWait = 5 * time.Millisecond
	longWait  = 160 * time.Millisecond
)

// retry calls until it succeeds, fails for good, has tried often enough, or has no time left to wait and try again.
func retry(ctx context.Context, again func(error) bool, call func() error) error {
	for try := 1; ; try++ {
		err := call()
		if err == nil || try == maxTries || !again(err) || !pause(ctx, try) {
			return err
		}
	}
}

// pause waits after the given attempt. It reports false when the time is up.
func pause(ctx context.Context, try int) bool {
	wait := min(firstWait<<(try-1), longWait)
	wait = wait/2 + rand.N(wait/2) // #nosec G404 -- jitter need not be secret
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
