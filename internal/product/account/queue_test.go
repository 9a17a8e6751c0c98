package account_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func hasherAlone() account.Hasher {
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	return account.NewHasher(peppers, bcrypt.MinCost)
}

// crowd lets so many wait for a hash, one after the other, each on its own seat, and gives how each ended. The others
// may have to give way to them.
func crowd(t *testing.T, h account.Hasher, n int, seat func(int) context.Context, others ...chan error) chan error {
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

func from(t *testing.T, address string) context.Context {
	return account.From(t.Context(), address, "")
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
	for name, address := range map[string]string{
		"one source": "203.0.113.7", "one /24": "203.0.113.%d", "one /16": "203.0.%d.9", "one /64": "2001:db8:1:2::%d",
		"one /56": "2001:db8:1:2%d::1", "one /48": "2001:db8:1:%d::1",
	} {
		h := hasherAlone()
		release := h.Hold()
		room := h.Room() - runtime.GOMAXPROCS(0)
		many := crowd(t, h, room, func(i int) context.Context {
			if at := fmt.Sprintf(address, i%80+10); address != "203.0.113.7" {
				return from(t, at)
			}
			return from(t, address)
		})
		few := crowd(t, h, 3, func(i int) context.Context { return from(t, fmt.Sprintf("198.%d.100.7", i+18)) }, many)
		release()
		if n := outcome(t, few, 3); n != 0 {
			t.Errorf("%s: %d of three from elsewhere were turned away", name, n)
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
		wait("many", from(t, "203.0.113.7"))
	}
	wait("one", from(t, "198.51.100.7"))
	release()
	for place := range many + 1 {
		if name := <-order; name == "one" && place > 1 {
			t.Errorf("the only one of its source was number %d of %d", place+1, many+1)
		}
	}
}

// TestKnownDeviceKeepsItsPlace: sixty guessers from sixty unrelated sources fill the room; who has signed in on this
// device before gets in all the same. Strangers do, too, once there is room.
func TestKnownDeviceKeepsItsPlace(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	in, _ := h.SignIn(t, "ann@example.org")
	hasher := account.HasherOf(h.Accounts)
	release := hasher.Hold()
	guesser := func(i int) context.Context { return from(t, fmt.Sprintf("%d.0.2.1", i+20)) }
	n := max(60, hasher.Room())
	room := hasher.Room() - runtime.GOMAXPROCS(0)
	guesses := crowd(t, hasher, n, guesser)
	if busy := outcome(t, guesses, n-room); busy != n-room {
		t.Fatalf("%d of %d guessers found no room, want %d", busy, n, n-room)
	}
	before, done := hasher.Waiting(), make(chan error, 2)
	go func() {
		_, err := try(t, h, account.Client{Address: "20.0.2.1", Device: in.Device}, "ann@example.org",
			accounttest.Password)
		done <- err
	}()
	for hasher.Waiting() == before && len(done) == 0 {
		runtime.Gosched()
	}
	if _, err := try(t, h, accounttest.Address("198.51.100.9"), "ann@example.org", accounttest.Password); !errors.Is(
		err, model.ErrTooMany) {
		t.Errorf("a stranger when there is no room: %v", err)
	}
	release()
	if err := <-done; err != nil {
		t.Errorf("the owner's device: %v", err)
	}
	if busy := outcome(t, guesses, room); busy != 0 {
		t.Errorf("%d guessers who waited were turned away", busy)
	}
}

// TestKnownOnesShareToo: many sign-ins of one account on its own device leave room for another's.
func TestKnownOnesShareToo(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.Hold()
	room := h.Room() - runtime.GOMAXPROCS(0)
	known := func(account_ string) context.Context { return account.From(t.Context(), "192.0.2.1", account_) }
	many := crowd(t, h, room, func(int) context.Context { return known("mal") })
	other := crowd(t, h, 1, func(int) context.Context { return account.From(t.Context(), "198.51.100.7", "ann") }, many)
	stranger := crowd(t, h, 1, func(int) context.Context { return from(t, "198.51.100.8") })
	release()
	if outcome(t, other, 1) != 0 || outcome(t, stranger, 1) != 0 || outcome(t, many, room) != 1 {
		t.Error("one account on its own device fills the queue for others")
	}
}

func TestWhoGoesAwayLeavesNoHole(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.Hold()
	ctx, cancel := context.WithCancel(from(t, "203.0.113.7"))
	gone := crowd(t, h, 5, func(int) context.Context { return ctx })
	stay := crowd(t, h, 5, func(i int) context.Context { return from(t, fmt.Sprintf("%d.0.2.1", i+20)) })
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
