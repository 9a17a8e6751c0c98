package faults

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestRateLimitOverInstances sends many requests with one token to two instances: together they let pass what one may,
// within the stated factor.
func TestRateLimitOverInstances(t *testing.T) {
	const (
		rate, burst = 20, 40
		instances   = 2
		batch       = 20 // one second's worth, at most half the burst
		seconds     = 4
	)
	f := newFleet(t)
	for n := range instances {
		f.start(t, fmt.Sprintf("web-%d", n), config.Web, func(i *instance) {
			i.spec.API = config.API{PerSecond: rate, Burst: burst}
		})
	}
	greedy, other := memberOf(f.sheet, 0, "organizer"), memberOf(f.sheet, 0, "reporter")
	var passed, refused atomic.Int64
	var wg sync.WaitGroup
	lasted := testclock.Start()
	for n := range 4 {
		wg.Go(func() {
			c := newClient(f.cfg.BaseURL, false)
			for lasted.Elapsed() < seconds*time.Second {
				switch r := c.ask(t.Context(), "GET", "/api/v1/me", greedy.Token, "", wanted,
					fmt.Sprintf("web-%d", n%instances)); r.status {
				case http.StatusOK:
					passed.Add(1)
				case http.StatusTooManyRequests:
					refused.Add(1)
					time.Sleep(5 * time.Millisecond)
				default:
					t.Errorf("status %d: %v", r.status, r.err)
					return
				}
			}
		})
	}
	time.Sleep(time.Second)
	must(t, f.ask(t, "web-0", "/api/v1/me", other.Token), http.StatusOK) // nobody is limited by another's token
	wg.Wait()
	most := int64(burst + rate*seconds + instances*batch*2)
	least := int64(burst + rate*(seconds-2))
	t.Logf("%d passed, %d refused; at most %d", passed.Load(), refused.Load(), most)
	if n := passed.Load(); n > most || n < least || refused.Load() == 0 {
		t.Errorf("%d requests passed on %d instances, %d were refused: want %d to %d and some", n, instances,
			refused.Load(), least, most)
	}
	f.recovers(t, memberOf(f.sheet, 0, "organizer").Token)
}

// recovers: a token that pauses is served again, on every instance.
func (f *fleet) recovers(t *testing.T, token string) {
	t.Helper()
	f.advance(time.Minute)
	time.Sleep(50 * time.Millisecond)
	for n := range 10 {
		must(t, f.ask(t, fmt.Sprintf("web-%d", n%2), "/api/v1/me", token), http.StatusOK)
	}
}
