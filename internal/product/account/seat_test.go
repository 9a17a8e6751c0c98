package account_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// TestKnownDeviceKeepsItsPlace: guessers from unrelated sources fill all places for unknown requesters. A person who
// has signed in on this device before gets in all the same.
func TestKnownDeviceKeepsItsPlace(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	in, _ := h.SignIn(t, "ann@example.org")
	hasher := account.HasherOf(h.Accounts)
	_, most := hasher.Load()
	release, guesses := make(chan struct{}), make(chan error, most)
	guess := func(i int) error {
		ctx := passwords.For(t.Context(), passwords.Seat{Parties: []string{fmt.Sprint("guesser ", i)}})
		return hasher.Work(ctx, func() { <-release })
	}
	for i := range most {
		go func() { guesses <- guess(i) }()
	}
	reaches(hasher, most)
	if err := guess(most); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("one guesser too many: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := try(t, h, account.Client{Address: "20.0.2.1", Device: in.Device}, "ann@example.org",
			accounttest.Password)
		done <- err
	}()
	reaches(hasher, most+1)
	if _, err := try(t, h, accounttest.Address("198.51.100.9"), "ann@example.org", accounttest.Password); !errors.Is(
		err, model.ErrTooMany) {
		t.Errorf("an unknown requester when there is no room: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Errorf("the owner's device: %v", err)
	}
	for range most {
		if err := <-guesses; err != nil {
			t.Errorf("a guesser who waited: %v", err)
		}
	}
}

// reaches waits until so many run or wait.
func reaches(h *passwords.Hasher, want int) {
	for now := 0; now < want; now, _ = h.Load() {
		runtime.Gosched()
	}
}
