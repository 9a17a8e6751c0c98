package account

import (
	"context"
	"crypto/subtle"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// DeviceLife is how long a device token is valid. A browser that has signed in keeps one, which proves that the owner
// of the account has used that browser. Attempts with it are counted separately, so failed attempts by others cannot
// lock it out. It does not replace the password.
const DeviceLife = 365 * 24 * time.Hour

// newDevice makes a device token for an account.
func (s *Service) newDevice(ctx context.Context, account string) (string, error) {
	return s.mint(ctx, "device", account)
}

// device returns the id of a device token if the token belongs to the account.
func (s *Service) device(ctx context.Context, account, token string) (id string, ok bool, err error) {
	if account == "" {
		return "", false, nil
	}
	id, age, err := s.minted(ctx, "device", account, token)
	return id, id != "" && age < DeviceLife, err
}

// KnownLife is how long a browser in which a second factor was given need not give one again, if its owner asked for
// that.
const KnownLife = 30 * 24 * time.Hour

// newKnown makes the token of such a browser. It is void after every change of the account's password or factors.
func (s *Service) newKnown(ctx context.Context, account string, f Factors) (string, error) {
	return s.mint(ctx, "known", knownTo(account, f))
}

// knows reports whether the second factor was given in this browser before, and nothing changed since.
func (s *Service) knows(ctx context.Context, c Client, p *suspect) (bool, error) {
	id, age, err := s.minted(ctx, "known", knownTo(p.account, p.body.Factors), c.Known)
	return id != "" && age < KnownLife, err
}

func knownTo(account string, f Factors) string { return account + "." + strconv.Itoa(f.Epoch) }

// mint makes a token that nobody else can make, about a subject: <id>.<issued>.<keyed hash>.
func (s *Service) mint(ctx context.Context, use, subject string) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	head := model.NewID() + "." + strconv.FormatInt(s.now().Unix(), 36)
	return head + "." + ring.Hash(use, subject+"."+head), nil
}

// minted returns the id and the age of a token about a subject, or "" if it is not one of ours.
func (s *Service) minted(ctx context.Context, use, subject, token string) (id string, age time.Duration, err error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", 0, err
	}
	parts := strings.Split(token, ".")
	if len(token) > 200 || len(parts) != 3 || !model.ValidID(parts[0]) {
		return "", 0, nil
	}
	issued, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return "", 0, nil // not one of ours
	}
	want := ring.Hash(use, subject+"."+parts[0]+"."+parts[1])
	if subtle.ConstantTimeCompare([]byte(want), []byte(parts[2])) != 1 {
		return "", 0, nil
	}
	return parts[0], s.now().Sub(time.Unix(issued, 0)), nil
}
