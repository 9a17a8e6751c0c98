package lock

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a state of the table that another goroutine brings about.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for waited := testclock.Start(); !ok(); time.Sleep(time.Millisecond) {
		if waited.Elapsed() > 10*time.Second {
			t.Fatal("it does not come about")
		}
	}
}

func TestModesThatGoTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		held, wanted Mode
		together     bool
	}{
		{Intent, Intent, true}, {Intent, Shared, false}, {Intent, Exclusive, false},
		{Shared, Shared, true}, {Shared, Intent, false}, {Shared, Exclusive, false},
		{Exclusive, Intent, false}, {Exclusive, Shared, false}, {Exclusive, Exclusive, false},
	} {
		table := NewTable()
		a, b := &Owner{Age: 1}, &Owner{Age: 2}
		if err := table.Acquire(testContext(t), a, "k", c.held); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(testContext(t), 5*time.Millisecond)
		err := table.Acquire(ctx, b, "k", c.wanted)
		cancel()
		if c.together != (err == nil) || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v beside %v: %v", c.wanted, c.held, err)
		}
		table.Release(a)
		table.Release(b)
		if table.Len() != 0 {
			t.Error("keys are left")
		}
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	table := NewTable()
	ctx := testContext(t)
	first := &Owner{}
	if err := table.Acquire(ctx, first, "k", Exclusive); err != nil {
		t.Fatal(err)
	}
	var order []int
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			o := &Owner{Age: uint64(100 - i)}
			mode := Exclusive
			if i == 5 {
				mode = Shared
			}
			if err := table.Acquire(ctx, o, "k", mode); err != nil {
				t.Error(err)
			}
			order = append(order, i)
			table.Release(o)
		})
		until(t, func() bool { return table.Waiting("k") == i+1 })
	}
	table.Release(first)
	wg.Wait()
	if fmt.Sprint(order) != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Error(order)
	}
}

func TestYoungestGivesWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		a, b   Owner
		aLoses bool
	}{
		{"b is younger", Owner{Age: 1}, Owner{Age: 2}, false},
		{"a is younger", Owner{Age: 2}, Owner{Age: 1}, true},
		{"a yields", Owner{Age: 1, Yields: true}, Owner{Age: 2}, true},
		{"b yields", Owner{Age: 2}, Owner{Age: 1, Yields: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := NewTable()
			ctx := testContext(t)
			take := func(o *Owner, key string) error { return table.Acquire(ctx, o, key, Exclusive) }
			if err := errors.Join(take(&c.a, "x"), take(&c.b, "y")); err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() {
				err := take(&c.a, "y")
				if err != nil {
					table.Release(&c.a)
				}
				result <- err
			}()
			until(t, func() bool { return table.Waiting("y") == 1 })
			errB := take(&c.b, "x")
			table.Release(&c.b)
			errA := <-result
			table.Release(&c.a)
			if errors.Is(errA, ErrDeadlock) != c.aLoses || errors.Is(errB, ErrDeadlock) == c.aLoses {
				t.Errorf("a %v, b %v", errA, errB)
			}
			if table.Len() != 0 {
				t.Error("keys are left")
			}
		})
	}
}

// Two that share a key and both want it exclusively wait for each other.
func TestRaisingACommonLock(t *testing.T) {
	t.Parallel()
	table := NewTable()
	ctx := testContext(t)
	old, young := &Owner{Age: 1}, &Owner{Age: 2}
	for _, o := range []*Owner{old, young} {
		if err := table.Acquire(ctx, o, "k", Shared); err != nil {
			t.Fatal(err)
		}
	}
	result := make(chan error, 1)
	go func() { result <- table.Acquire(ctx, old, "k", Exclusive) }()
	until(t, func() bool { return table.Waiting("k") == 1 })
	if err := table.Acquire(ctx, young, "k", Exclusive); !errors.Is(err, ErrDeadlock) {
		t.Errorf("the younger: %v", err)
	}
	table.Release(young)
	if err := <-result; err != nil {
		t.Errorf("the older: %v", err)
	}
	if err := table.Acquire(ctx, old, "k", Shared); err != nil {
		t.Errorf("what is held already: %v", err)
	}
	table.Release(old)
}

func TestAWaitThatEndsLetsOthersIn(t *testing.T) {
	t.Parallel()
	table := NewTable()
	ctx := testContext(t)
	holder, impatient, next := &Owner{Age: 1}, &Owner{Age: 2}, &Owner{Age: 3}
	if err := table.Acquire(ctx, holder, "k", Shared); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	gone := make(chan error, 1)
	go func() { gone <- table.Acquire(short, impatient, "k", Exclusive) }()
	until(t, func() bool { return table.Waiting("k") == 1 })
	in := make(chan error, 1)
	go func() { in <- table.Acquire(ctx, next, "k", Shared) }()
	until(t, func() bool { return table.Waiting("k") == 2 })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-in; err != nil {
		t.Error(err)
	}
}

// Whatever many owners do, nobody holds a key exclusively together with somebody else, and everybody makes progress.
func TestManyOwners(t *testing.T) {
	t.Parallel()
	table := NewTable()
	ctx := testContext(t)
	var inside [3]int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				o := &Owner{Age: uint64(g*1000 + i), Yields: g%2 == 0}
				for range 10 {
					if work(ctx, table, o, &mu, &inside) {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	if table.Len() != 0 {
		t.Error("keys are left")
	}
	for k, n := range inside {
		if n != 0 {
			t.Errorf("key %d was held by two", k)
		}
	}
}

// work takes two keys in a random order; false when it had to give way.
func work(ctx context.Context, table *Table, o *Owner, mu *sync.Mutex, inside *[3]int) bool {
	defer table.Release(o)
	keys := rand.Perm(3)[:2]
	for _, k := range keys {
		if err := table.Acquire(ctx, o, fmt.Sprint(k), Exclusive); err != nil {
			return false
		}
	}
	enter := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, k := range keys {
			if inside[k] += n; inside[k] < 0 || inside[k] > 1 {
				inside[k] = 99
			}
		}
	}
	enter(1)
	enter(-1)
	return true
}
