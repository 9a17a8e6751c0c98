package api

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// drawn is an instance's limiter on an account that all share.
type drawn struct {
	*limiter
	account *allowance
	draws   int
}

func (d *drawn) allow(token string) bool {
	due, ok := d.pass(token)
	if !ok || due == 0 {
		return ok
	}
	d.draws++
	d.refill(d.account)
	d.account.Left -= float64(due)
	return d.settle(token, d.account.Left)
}

// TestLimitHoldsOverInstances: whatever the number of instances, and however requests are spread, no more pass than is
// stated.
func TestLimitHoldsOverInstances(t *testing.T) {
	t.Parallel()
	for _, instances := range []int{1, 2, 10, 60} {
		clock := modeltest.NewClock(testclock.Now())
		account := &allowance{Left: 50, At: clock.Now()}
		all := make([]*drawn, instances)
		for i := range all {
			all[i] = &drawn{limiter: newLimiter(10, 50, clock), account: account}
		}
		passed := 0
		const seconds = 300
		for step := range seconds * 100 { // ten times too fast
			clock.Advance(10 * time.Millisecond)
			if all[step%instances].allow("token") {
				passed++
			}
		}
		most := 50 + 10*seconds + float64(instances*10)*(1+seconds/60.0)
		if float64(passed) > most || float64(passed) < 0.9*10*seconds {
			t.Errorf("%d instances: %d passed, want %v to %v", instances, passed, 0.9*10*seconds, most)
		}
	}
}

func TestLightUseCostsNothing(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	d := &drawn{limiter: newLimiter(25, 250, clock), account: &allowance{Left: 250, At: clock.Now()}}
	for range 1000 {
		clock.Advance(3 * time.Second)
		if !d.allow("token") {
			t.Fatal("refused")
		}
	}
	if d.draws != 0 {
		t.Errorf("%d draws", d.draws)
	}
}

func TestLimiterEdges(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	d := &drawn{limiter: newLimiter(1, 1, clock), account: &allowance{Left: 1, At: clock.Now()}}
	if !d.allow("a") {
		t.Error("the first is refused")
	}
	if d.allow("a") {
		t.Error("the second at once is let pass")
	}
	if _, ok := d.pass("b"); !ok {
		t.Error("another token pays")
	}
	clock.Advance(time.Minute)
	if !d.allow("a") {
		t.Error("still refused after a minute")
	}
	due, _ := d.pass("c")
	d.owe("c", due)
	if again, _ := d.pass("c"); again != due+1 {
		t.Errorf("%d are due after %d could not be taken", again, due)
	}
	if even := d.even(&allowance{Left: -9, At: clock.Now()}); !even.Equal(clock.Now().Add(10 * time.Second)) {
		t.Errorf("even at %v", even)
	}
	early := &allowance{Left: 0.5, At: clock.Now().Add(time.Second)} // another instance's clock
	if d.refill(early); early.Left != 0.5 {
		t.Errorf("a clock that is behind took away: %v", early.Left)
	}
}

func TestTalliesAreForgotten(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	l := newLimiter(2, 10, clock)
	for range 3 * maxTallies {
		l.pass(model.NewID())
	}
	if n := len(l.tallies); n > maxTallies {
		t.Errorf("%d tallies", n)
	}
}
