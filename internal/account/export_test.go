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
func (h Hasher) Hold() (release func()) {
	for range cap(h.h.slots) {
		h.h.slots <- struct{}{}
	}
	return func() {
		for range cap(h.h.slots) {
			<-h.h.slots
		}
	}
}

// Room is how many may run and wait.
func (h Hasher) Room() int { return int(h.h.most) + cap(h.h.slots) }

// Waiting is how many run or wait.
func (h Hasher) Waiting() int { return int(h.h.waiting.Load()) }
