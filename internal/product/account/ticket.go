package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Purpose is what a mailed link is for. A link is not valid for any other purpose.
type Purpose string

// The purposes, and how long their links are valid.
const (
	ToConfirm Purpose = "confirm" // 24 hours
	ToReset   Purpose = "reset"   // 10 minutes
	ToChange  Purpose = "change"  // 1 hour
	ToAccept  Purpose = "invite"  // 7 days
	ToFactor  Purpose = "factor"  // 1 hour
	toNothing Purpose = "nothing" // stored when no link is mailed, so that the request takes equally long
)

// InviteLife is how long an invitation is valid.
const InviteLife = 7 * 24 * time.Hour

var purposeLife = map[Purpose]time.Duration{
	ToConfirm: 24 * time.Hour, ToReset: 10 * time.Minute, ToChange: time.Hour, ToAccept: InviteLife,
	ToFactor:  time.Hour,
	toNothing: 24 * time.Hour,
}

// Ticket is the stored side of a single-use link. The link holds 256 random bits; only their hash is stored, as the
// ticket's id.
type Ticket struct {
	Purpose    Purpose   `json:"purpose"`
	Account    string    `json:"account,omitempty"`
	Address    string    `json:"address,omitempty"`
	AddressKey string    `json:"address_key,omitempty"` // keyed hash
	Issued     time.Time `json:"issued"`
	Ends       time.Time `json:"ends"`

	Name     string `json:"name,omitempty"`     // of a pending sign-up
	Password string `json:"password,omitempty"` // its hash

	Workspace string      `json:"workspace,omitempty"` // of an invitation
	Invite    string      `json:"invite,omitempty"`
	Title     string      `json:"title,omitempty"` // the workspace's name
	By        string      `json:"by,omitempty"`
	Role      access.Role `json:"role,omitempty"`
}

var errLink = &model.Error{
	Kind: model.ErrNotFound,
	Public: "This link is no longer valid: it was used, it has expired, or a newer one was sent. Please ask for a " +
		"new one.",
}

// Issue stores a ticket and returns the secret for its link, and the ticket's id.
func (s *Service) Issue(ctx context.Context, v records.Via, c Client, t Ticket) (secret, id string, err error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret = base64.RawURLEncoding.EncodeToString(raw)
	t.Issued = s.now()
	t.Ends = t.Issued.Add(purposeLife[t.Purpose])
	id = ticketID(t.Purpose, secret)
	_, err = tickets.Create(ctx, v, records.By(system(model.Platform(), "links", c), access.TicketIssue).On(id), t)
	return secret, id, err
}

func ticketID(p Purpose, secret string) string {
	sum := sha256.Sum256([]byte("toh ticket " + string(p) + " " + secret))
	return lower32.EncodeToString(sum[:])
}

// Peek returns what a link would do, without using it.
func (s *Service) Peek(ctx context.Context, c Client, p Purpose, secret string) (Ticket, error) {
	t, err := s.ticket(ctx, s.gate, c, p, secret)
	t.Password = ""
	return t, err
}

// ticket reads a ticket that is still valid.
func (s *Service) ticket(ctx context.Context, v records.Via, c Client, p Purpose, secret string) (Ticket, error) {
	if len(secret) != base64.RawURLEncoding.EncodedLen(32) {
		return Ticket{}, errLink
	}
	r, err := tickets.Get(ctx, v, records.By(system(model.Platform(), "links", c), access.TicketUse).
		On(ticketID(p, secret)))
	if errors.Is(err, model.ErrNotFound) || (err == nil && (r.Body.Purpose != p || !s.now().Before(r.Body.Ends))) {
		return Ticket{}, errLink
	}
	return r.Body, err
}

// Use reads a ticket and deletes it, within a transaction, so that a link works once.
func (s *Service) Use(ctx context.Context, tx *records.Tx, c Client, p Purpose, secret string) (Ticket, error) {
	t, err := s.ticket(ctx, tx, c, p, secret)
	if err != nil {
		return t, err
	}
	return t, s.Drop(ctx, tx, c, ticketID(p, secret))
}

// Drop makes a link void. It is no error if the ticket does not exist.
func (s *Service) Drop(ctx context.Context, v records.Via, c Client, id string) error {
	err := tickets.Delete(ctx, v, records.By(system(model.Platform(), "links", c), access.TicketUse).On(id))
	return ignore(err, model.ErrNotFound)
}

// InvitePath is the path of an invitation's link, and how long the link is valid.
func (s *Service) InvitePath(secret string) (path string, life time.Duration) {
	return s.links.Invite + secret, purposeLife[ToAccept]
}
