package account

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// limit bounds the attempts within a window. key says what is counted; only a keyed hash of it is stored.
type limit struct {
	key    string
	most   int // 0 means no limit
	window time.Duration
}

// The limits of attempts.
const (
	perPair   = 10 // sign-ins by one source for one address
	perPairIn = 15 * time.Minute
	slowPair  = 2 // the same, while an address has had more than slowFrom attempts within slowIn
	slowFrom  = 50
	slowIn    = time.Hour
	perSource = 100 // failed sign-ins by one source
	perWider  = 4   // each wider network around a source may have this many times more than the network inside it

	signUpsPerSource  = 60 // within an hour
	mailsPerPair      = 4  // mails that one source may cause for one address within an hour
	mailsPerAddress   = 20 // the same, for all sources together
	guessesPerTicket  = 10
	checksPerAccount  = 10 // of one's own password while signed in, within a quarter of an hour
	noticesPerAccount = 24 * time.Hour

	challengesPerSource = 100 // of passkeys, within a quarter of an hour
	longestWindow       = max(perPairIn, slowIn, noticesPerAccount)
)

var errTooMany = &model.Error{
	Kind:   model.ErrTooMany,
	Public: "There were too many attempts. Please wait 15 minutes, or set a new password by e-mail.",
}

// count records one attempt before it is made, so that parallel attempts cannot exceed the limit. It returns the number
// of attempts so far. If the limit is reached, the attempt is not recorded, and the error is ErrTooMany.
func (s *Service) count(ctx context.Context, v records.Via, c access.Caller, l limit) (int, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return 0, err
	}
	id, now, n := ring.Hash("limit", l.key), s.now(), 1
	add := func(b *counter) error {
		if !now.Before(b.Ends) {
			*b = counter{Ends: now.Add(l.window)}
		}
		if l.most > 0 && b.Count >= l.most {
			return errTooMany
		}
		b.Count++
		n = b.Count
		return nil
	}
	_, err = limits.Update(ctx, v, records.By(c, access.LimitCount).On(id), add)
	if !errors.Is(err, model.ErrNotFound) {
		return n, err
	}
	_, err = limits.Create(ctx, v, records.By(c, access.LimitCount).On(id), counter{Count: 1, Ends: now.Add(l.window)})
	// another attempt created the counter in the meantime
	if _, alone := v.(*records.Gate); alone && errors.Is(err, model.ErrConflict) {
		_, err = limits.Update(ctx, v, records.By(c, access.LimitCount).On(id), add)
	}
	return n, err
}

// forgive deletes a counter.
func (s *Service) forgive(ctx context.Context, v records.Via, c access.Caller, key string) error {
	ring, err := s.ring(ctx)
	if err != nil {
		return err
	}
	return ignore(limits.Delete(ctx, v, records.By(c, access.LimitCount).On(ring.Hash("limit", key))),
		model.ErrNotFound)
}

// refund takes one attempt off a counter.
func (s *Service) refund(ctx context.Context, v records.Via, c access.Caller, key string) error {
	ring, err := s.ring(ctx)
	if err != nil {
		return err
	}
	_, err = limits.Update(ctx, v, records.By(c, access.LimitCount).On(ring.Hash("limit", key)),
		func(b *counter) error {
			b.Count = max(b.Count-1, 0)
			return nil
		})
	return ignore(err, model.ErrNotFound)
}

// allow records one attempt under several limits: under all of them, or under none.
func (s *Service) allow(ctx context.Context, c Client, all ...limit) error {
	sys := system(model.Platform(), "limits", c)
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		for _, l := range all {
			if _, err := s.count(ctx, tx, sys, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// Limit records one attempt of another use case. If there were too many, the error is ErrTooMany with a public text.
func (s *Service) Limit(ctx context.Context, v records.Via, c Client, key string, most int,
	window time.Duration) error {
	_, err := s.count(ctx, v, system(model.Platform(), "limits", c), limit{"use/" + key, most, window})
	if errors.Is(err, model.ErrTooMany) {
		return &model.Error{Kind: model.ErrTooMany, Public: "This was done too often in a short time. Please try " +
			"again later."}
	}
	return err
}

// LimitMail records one mail to an address, whichever client caused it.
func (s *Service) LimitMail(ctx context.Context, v records.Via, c Client, a Address) error {
	_, err := s.count(ctx, v, system(model.Platform(), "limits", c), limit{"mail/" + a.key, mailsPerAddress, time.Hour})
	if errors.Is(err, model.ErrTooMany) {
		return &model.Error{Kind: model.ErrTooMany, Public: "Too many e-mails were sent to this address within the " +
			"last hour. Please try again later."}
	}
	return err
}

// around gives the limits for a source and for the networks around it. A network is shared by many sources, but one
// attacker may control all of it.
func around(what string, c Client, most int, window time.Duration) []limit {
	var all []limit
	for _, network := range prefixes(c) {
		all = append(all, limit{what + "/" + network, most, window})
		most *= perWider
	}
	return all
}

// unlimited gives limits that count the same and refuse nothing.
func unlimited(all []limit) []limit {
	all = slices.Clone(all)
	for i := range all {
		all[i].most = 0
	}
	return all
}

// full reports whether one of the limits is reached, without recording an attempt.
func (s *Service) full(ctx context.Context, c Client, all []limit) (bool, error) {
	for _, l := range all {
		n, err := s.counted(ctx, c, l.key)
		if err != nil || n >= l.most {
			return n >= l.most, err
		}
	}
	return false, nil
}

// counted returns the number of attempts so far.
func (s *Service) counted(ctx context.Context, c Client, key string) (int, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return 0, err
	}
	r, err := limits.Get(ctx, s.gate, records.By(system(model.Platform(), "limits", c), access.LimitCount).
		On(ring.Hash("limit", key)))
	if err != nil || !s.now().Before(r.Body.Ends) {
		return 0, ignore(err, model.ErrNotFound)
	}
	return r.Body.Count, nil
}

// The prefix lengths of the networks that are counted together. The first is one source: an IPv4 address, or the IPv6
// network of one customer. The others are networks of larger customers and of providers.
var (
	bits4 = []int{32, 24, 16}
	bits6 = []int{64, 56, 48}
)

// source is the smallest network of a client, which is counted as one source.
func source(c Client) string { return prefixes(c)[0] }

// prefixes are the networks that contain a client, the smallest first. All clients without a known address are counted
// as one.
func prefixes(c Client) []string {
	addr, err := netip.ParseAddr(c.Address)
	if err != nil {
		return []string{"unknown"}
	}
	addr = addr.Unmap().WithZone("")
	all, lengths := []string{}, bits6
	if addr.Is4() {
		all, lengths = []string{addr.String()}, bits4[1:]
	}
	for _, bits := range lengths {
		all = append(all, netip.PrefixFrom(addr, bits).Masked().String())
	}
	return all
}
