package passwords_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// crowd lets so many wait for a hash, one after the other, each on its own seat, and gives how each ended. The others
// may have to give way to them.
func crowd(t *testing.T, h *passwords.Hasher, n int, seat func(int) context.Context, others ...chan error) chan error {
	t.Helper()
	done := make(chan error, n)
	settled := func() int {
		sum := h.Waiting() + len(done)
		for _, c := range others {
			sum += len(c)
		}
		return sum
	}
	before := settled()
	for i := range n {
		go func() {
			_, err := h.Hash(seat(i), "x")
			done <- err
		}()
		for settled() == before+i {
			runtime.Gosched()
		}
	}
	return done
}

// from is the seat of an unknown requester.
func from(t *testing.T, parties ...string) context.Context {
	return passwords.For(t.Context(), passwords.Seat{Parties: parties})
}

// known is the seat of an account, in a network of its own.
func known(t *testing.T, account string) context.Context {
	return passwords.For(t.Context(), passwords.Seat{Known: true, Parties: []string{"account/" + account,
		"network of " + account}})
}

// outcome counts who had to go.
func outcome(t *testing.T, done chan error, n int) (busy int) {
	t.Helper()
	for range n {
		if err := <-done; errors.Is(err, model.ErrTooMany) {
			busy++
		} else if err != nil {
			t.Error(err)
		}
	}
	return busy
}

// TestOneNetworkDoesNotFillTheQueue: whoever comes from elsewhere gets in, in the place of one of the many.
func TestOneNetworkDoesNotFillTheQueue(t *testing.T) {
	t.Parallel()
	for name, parties := range map[string]func(i int) []string{
		"one source":  func(int) []string { return []string{"10.1.1.1", "10.1.1", "10.1"} },
		"one network": func(i int) []string { return []string{fmt.Sprint("10.1.1.", i), "10.1.1", "10.1"} },
		"a wide network": func(i int) []string {
			return []string{fmt.Sprint("host ", i), fmt.Sprint("10.1.", i), "10.1"}
		},
	} {
		h := hasherAlone()
		release := h.Hold()
		room := h.Room() - runtime.GOMAXPROCS(0)
		many := crowd(t, h, room, func(i int) context.Context { return from(t, parties(i%80)...) })
		few := crowd(t, h, 3, func(i int) context.Context { return from(t, fmt.Sprint("elsewhere ", i)) }, many)
		release()
		if n := outcome(t, few, 3); n != 0 {
			t.Errorf("%s: %d of three from elsewhere were refused", name, n)
		}
		if n := outcome(t, many, room); n != 3 {
			t.Errorf("%s: %d of the many gave way", name, n)
		}
	}
}

// TestFirstOfEachGoesBeforeTheSecondOfOne, whenever they came. One at a time is worked on, so that the order is known.
func TestFirstOfEachGoesBeforeTheSecondOfOne(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.HoldAllButOne()
	const many = 10
	order := make(chan string, many+1)
	wait := func(name string, ctx context.Context) {
		before := h.Waiting()
		go func() {
			if err := h.Work(ctx, func() { order <- name }); err != nil {
				t.Error(err)
			}
		}()
		for h.Waiting() == before {
			runtime.Gosched()
		}
	}
	for range many {
		wait("many", from(t, "10.1.1.1", "10.1.1"))
	}
	wait("one", from(t, "10.2.1.1", "10.2.1"))
	release()
	for place := range many + 1 {
		if name := <-order; name == "one" && place > 1 {
			t.Errorf("the only one of its source was number %d of %d", place+1, many+1)
		}
	}
}

// TestKnownOnesShareToo: many sign-ins of one account on its own device leave room for another's.
func TestKnownOnesShareToo(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.Hold()
	room := h.Room() - runtime.GOMAXPROCS(0)
	many := crowd(t, h, room, func(int) context.Context { return known(t, "mal") })
	other := crowd(t, h, 1, func(int) context.Context { return known(t, "ann") }, many)
	stranger := crowd(t, h, 1, func(int) context.Context { return from(t, "10.2.1.8") })
	release()
	if outcome(t, other, 1) != 0 || outcome(t, stranger, 1) != 0 || outcome(t, many, room) != 1 {
		t.Error("one account on its own device fills the queue for others")
	}
}

func TestWhoGoesAwayLeavesNoHole(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.Hold()
	ctx, cancel := context.WithCancel(from(t, "10.1.1.1"))
	gone := crowd(t, h, 5, func(int) context.Context { return ctx })
	stay := crowd(t, h, 5, func(i int) context.Context { return from(t, fmt.Sprint("source ", i)) })
	cancel()
	for range 5 {
		if err := <-gone; !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("who went away: %v", err)
		}
	}
	release()
	if outcome(t, stay, 5) != 0 || h.Waiting() != 0 {
		t.Errorf("%d are there", h.Waiting())
	}
}
