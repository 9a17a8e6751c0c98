package passwords

import (
	"context"

	"golang.org/x/crypto/bcrypt"
)

// HashRaw hashes as it was done before passwords were normalized.
func (h *Hasher) HashRaw(t interface{ Fatal(...any) }, password string) string {
	pepper, _, err := h.newest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out, err := bcrypt.GenerateFromPassword(peppered(pepper, password), h.cost)
	if err != nil {
		t.Fatal(err)
	}
	return "v1$" + pepper.ID + string(out)
}

// Hold keeps all cores busy until the returned function is called.
func (h *Hasher) Hold() (release func()) {
	for range h.queue.size {
		if err := h.queue.enter(context.Background(), Seat{}); err != nil {
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
func (h *Hasher) HoldAllButOne() (release func()) { h.Hold(); return h.queue.leave }

// Room is how many unknown requesters may run and wait.
func (h *Hasher) Room() int { _, most := h.Load(); return most }

// Waiting is how many run or wait.
func (h *Hasher) Waiting() int { now, _ := h.Load(); return now }
