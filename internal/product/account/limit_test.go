package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestPrefixes(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"203.0.113.7":                  {"203.0.113.7", "203.0.113.0/24", "203.0.0.0/16"},
		"::ffff:203.0.113.7":           {"203.0.113.7", "203.0.113.0/24", "203.0.0.0/16"},
		"2001:db8:1:2fff:a:b:c:d":      {"2001:db8:1:2fff::/64", "2001:db8:1:2f00::/56", "2001:db8:1::/48"},
		"fe80::1%eth0":                 {"fe80::/64", "fe80::/56", "fe80::/48"},
		"":                             {"unknown"},
		"nonsense":                     {"unknown"},
		"2001:db8:1:2fff:ffff:ffff::1": {"2001:db8:1:2fff::/64", "2001:db8:1:2f00::/56", "2001:db8:1::/48"},
	} {
		if got := account.Prefixes(address); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestWidthOfASource: all addresses of one customer are one source, those of the neighbour are not.
func TestWidthOfASource(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	for i := range 10 {
		if _, err := try(t, h, accounttest.Address(fmt.Sprintf("2001:db8:1:2:%x::1", i*0x1999)), "ann@example.org",
			wrong); !errors.Is(err, model.ErrUnauthenticated) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if _, err := try(t, h, accounttest.Address("2001:db8:1:2:ffff:ffff:ffff:ffff"), "ann@example.org",
		accounttest.Password); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("the eleventh attempt of one customer: %v", err)
	}
	if _, err := try(t, h, accounttest.Address("2001:db8:1:3::1"), "ann@example.org",
		accounttest.Password); err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	for i := range 10 {
		_, _ = try(t, h, accounttest.Address("203.0.113.6"), "ann@example.org", fmt.Sprint(wrong, i))
	}
	if _, err := try(t, h, accounttest.Address("203.0.113.7"), "ann@example.org", accounttest.Password); err != nil {
		t.Errorf("the neighbour with an address of the older kind: %v", err)
	}
}

// TestLimitPerSource: a hundred failures, at whatever addresses, and no more; a success is none.
func TestLimitPerSource(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	c := accounttest.Address("203.0.113.7")
	for i := range 100 {
		if _, err := try(t, h, c, fmt.Sprintf("nobody%d@example.org", i), wrong); !errors.Is(err,
			model.ErrUnauthenticated) {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
		if i == 50 || i == 98 {
			if _, err := try(t, h, c, "ann@example.org", accounttest.Password); err != nil {
				t.Fatalf("a good sign-in after %d attempts: %v", i+1, err)
			}
		}
	}
	if _, err := try(t, h, c, "ann@example.org", accounttest.Password); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("after a hundred: %v", err)
	}
	h.Clock.Advance(15 * time.Minute)
	if _, err := try(t, h, c, "ann@example.org", accounttest.Password); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

// TestWiderNetworksAreCounted: who has a whole network gets more attempts than one address, but not one for each.
func TestWiderNetworksAreCounted(t *testing.T) {
	t.Parallel()
	for network, c := range map[string]struct {
		most            int
		inside, outside string
	}{
		"203.0.113.0/24":       {400, "203.0.113.%d", "203.0.112.%d"},
		"198.51.0.0/16":        {1600, "198.51.%d.1", "198.52.%d.1"},
		"2001:db8:1:2f00::/56": {400, "2001:db8:1:2f%x::1", "2001:db8:1:30%x::1"},
		"2001:db8:2::/48":      {1600, "2001:db8:2:%x00::1", "2001:db8:3:%x00::1"},
	} {
		h := accounttest.New(t)
		h.Person(t, "ann@example.org", "Ann")
		known, _ := h.SignIn(t, "ann@example.org")
		at := func(form string, i int) account.Client { return accounttest.Address(fmt.Sprintf(form, i)) }
		if err := account.CountSignIns(t.Context(), h.Accounts, network, c.most-2); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if _, err := try(t, h, at(c.inside, i+16), "ann@example.org", accounttest.Password); err != nil {
				t.Fatalf("%s: a good sign-in is counted: %v", network, err)
			}
			if _, err := try(t, h, at(c.inside, i+16), "nobody@example.org", wrong); !errors.Is(err,
				model.ErrUnauthenticated) {
				t.Fatalf("%s: attempt %d before the limit: %v", network, i, err)
			}
		}
		if _, err := try(t, h, at(c.inside, 20), "ann@example.org", accounttest.Password); !errors.Is(err,
			model.ErrTooMany) {
			t.Errorf("%s: after %d: %v", network, c.most, err)
		}
		if _, err := try(t, h, at(c.outside, 20), "ann@example.org", accounttest.Password); err != nil {
			t.Errorf("%s: outside: %v", network, err)
		}
		own := at(c.inside, 21)
		own.Device = known.Device
		if _, err := try(t, h, own, "ann@example.org", accounttest.Password); err != nil {
			t.Errorf("%s: the owner's device inside: %v", network, err)
		}
		h.Clock.Advance(15 * time.Minute)
		if _, err := try(t, h, at(c.inside, 22), "ann@example.org", accounttest.Password); err != nil {
			t.Errorf("%s: a quarter of an hour later: %v", network, err)
		}
	}
}

// TestMailsAskedForPerSource: sixty an hour from one address, and four times as many from its network.
func TestMailsAskedForPerSource(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	ask := func(address string, i int) error {
		return h.Accounts.Forgot(t.Context(), accounttest.Address(address), fmt.Sprintf("n%d@example.org", i))
	}
	for i := range 240 {
		if err := ask(fmt.Sprintf("203.0.113.%d", i/60), i); err != nil {
			t.Fatalf("number %d: %v", i+1, err)
		}
		if i == 59 {
			if err := ask("203.0.113.0", i); !errors.Is(err, model.ErrTooMany) {
				t.Errorf("the sixty-first of one address: %v", err)
			}
		}
	}
	if err := ask("203.0.113.9", 240); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("one more from the network: %v", err)
	}
	if err := ask("203.0.112.9", 241); err != nil {
		t.Errorf("from the network beside: %v", err)
	}
}

// TestFirstAttemptsAtOnce: that nobody was counted before must not make two collide who come together.
func TestFirstAttemptsAtOnce(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	limit := func() error {
		return h.Accounts.Limit(t.Context(), h.Gate, account.Client{}, "one thing", 3, time.Hour)
	}
	var at sync.WaitGroup // both have found nothing when either writes
	at.Add(2)
	var commits atomic.Int32
	h.Intercept(func(_ context.Context, method string) error {
		if strings.HasSuffix(method, "/Commit") && commits.Add(1) <= 2 {
			at.Done()
			at.Wait()
		}
		return nil
	})
	parallel(2, func(int) {
		if err := limit(); err != nil {
			t.Error(err)
		}
	})
	if err := limit(); err != nil {
		t.Errorf("the third: %v", err)
	}
	if err := limit(); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("the fourth of three: %v", err)
	}
}
