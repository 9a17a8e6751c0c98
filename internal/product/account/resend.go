package account

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// ResendConfirmation mails the link of a pending sign-up again. If there is none, the mail says instead whether the
// address has an account. The answer to the request is the same in all cases, in words and time.
func (s *Service) ResendConfirmation(ctx context.Context, c Client, email string) error {
	a, err := ParseAddress(email)
	if err != nil {
		return model.InvalidFields(map[string]string{"email": model.PublicText(err)})
	}
	start := time.Now()
	return s.even(ctx, start, s.resendTo(ctx, c, a))
}

func (s *Service) resendTo(ctx context.Context, c Client, a Address) error {
	if err := s.allow(ctx, c, around("forgot", c, signUpsPerSource, time.Hour)...); err != nil {
		return err
	}
	id, err := s.addressID(ctx, a.key)
	if err != nil {
		return err
	}
	p := &suspect{address: id}
	owner, taken, err := s.lookup(ctx, s.gate, c, id)
	if err != nil {
		return err
	}
	if err := s.look(ctx, c, p); err != nil {
		return err
	}
	switch {
	case taken:
		return s.mailLink(ctx, c, a, Ticket{Purpose: toNothing}, Letter{Kind: AlreadyRegistered, To: owner.Address})
	case p.pending != nil:
		return s.again(ctx, c, *p.pending)
	}
	return s.mailLink(ctx, c, a, Ticket{Purpose: toNothing}, Letter{Kind: ResetUnknown, To: a.Text})
}
