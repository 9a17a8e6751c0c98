package passwords

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestPatienceDoesNotCountOurOwnWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := testclock.Start()
		ctx, cancel := Patient(t.Context(), 2*time.Second, 8*time.Second)
		defer cancel()
		time.Sleep(1500 * time.Millisecond)
		outer, inner := unhurried(ctx), unhurried(context.WithoutCancel(ctx))
		time.Sleep(3 * time.Second)
		inner()
		time.Sleep(time.Second)
		outer()
		if ctx.Err() != nil {
			t.Fatal("the time of hashing was counted")
		}
		<-ctx.Done()
		if took := start.Elapsed(); took != 6*time.Second {
			t.Errorf("ended after %v, not 2s and 4s of hashing", took)
		}
	})
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := testclock.Start()
		ctx, cancel := Patient(t.Context(), 2*time.Second, 8*time.Second)
		defer cancel()
		defer unhurried(ctx)()
		<-ctx.Done()
		if took := start.Elapsed(); took != 8*time.Second {
			t.Errorf("hashing for ever ended after %v", took)
		}
		late, stop := Patient(t.Context(), time.Second, 8*time.Second)
		defer stop()
		<-late.Done()
		if took := start.Elapsed(); took != 9*time.Second {
			t.Errorf("ended after %v", took)
		}
		unhurried(late)() // after the end: nothing happens
		unhurried(t.Context())()
	})
}
