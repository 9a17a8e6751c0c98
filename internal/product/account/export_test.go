package account

import (
	"context"

	"golang.org/x/crypto/bcrypt"
)

// For tests of what is inside.
var (
	TicketID        = ticketID
	JoinToken       = joinToken
	MaxHandle       = maxHandle
	ErrBusy   error = errBusy
)

// Hasher is a hasher alone.
type Hasher struct{ h *hasher }

// NewHasher makes one.
func NewHasher(p Peppers, cost int) Hasher { return Hasher{newHasher(p, cost)} }

// Hash hashes.
func (h Hasher) Hash(ctx context.Context, password string) (string, error) {
	return h.h.hash(ctx, password)
}

// HashRaw hashes as it was done before passwords were prepared.
func (h Hasher) HashRaw(t interface{ Fatal(...any) }, password string) string {
	pepper, _, err := h.h.newest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out, err := bcrypt.GenerateFromPassword(peppered(pepper, password), h.h.cost)
	if err != nil {
		t.Fatal(err)
	}
	return "v1$" + pepper.ID + string(out)
}

// Check checks.
func (h Hasher) Check(ctx context.Context, form, password string) (bool, bool, error) {
	return h.h.check(ctx, form, password)
}

// Decoy is a form that no password has.
func (h Hasher) Decoy(ctx context.Context) (string, error) { return h.h.decoy(ctx) }

// Hold keeps all cores busy until the returned function is called.
func (h Hasher) Hold() (release func()) { return h.h.hold() }

func (h *hasher) hold() (release func()) {
	for range h.queue.size {
		if err := h.queue.enter(context.Background(), seat{}); err != nil {
			panic(err)
		}
	}
	return func() {
		for range h.queue.size {
			h.queue.leave()
		}
	}
}

// HoldAllButOne is Hold whose function frees one core only, so that one at a time is worked on.
func (h Hasher) HoldAllButOne() (release func()) { h.h.hold(); return h.h.queue.leave }

// Work does f when it is its turn.
func (h Hasher) Work(ctx context.Context, f func()) error { return h.h.work(ctx, f) }

// Room is how many strangers may run and wait.
func (h Hasher) Room() int { return h.h.queue.size + h.h.queue.most }

// Waiting is how many run or wait.
func (h Hasher) Waiting() int { return h.h.queue.there() }

// HasherOf is a service's own.
func HasherOf(s *Service) Hasher { return Hasher{s.hasher} }

// Prefixes are the networks around an address.
func Prefixes(address string) []string { return prefixes(Client{Address: address}) }

// From gives a context in which passwords are hashed for a stranger from an address, or for an account that is known.
func From(ctx context.Context, address, known string) context.Context {
	if known != "" {
		return seated(ctx, familiar(Client{Address: address}, known))
	}
	return seated(ctx, stranger(Client{Address: address}))
}

// CountSignIns pretends failed sign-ins from a network.
func CountSignIns(ctx context.Context, s *Service, network string, n int) error {
	for range n {
		if err := s.allow(ctx, Client{}, limit{"source/" + network, 0, perPairIn}); err != nil {
			return err
		}
	}
	return nil
}
