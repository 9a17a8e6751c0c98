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

// newDevice makes a device token for an account: <id>.<issued>.<keyed hash>.
func (s *Service) newDevice(ctx context.Context, account string) (string, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", err
	}
	head := model.NewID() + "." + strconv.FormatInt(s.now().Unix(), 36)
	return head + "." + ring.Hash("device", account+"."+head), nil
}

// device returns the id of a device token if the token belongs to the account.
func (s *Service) device(ctx context.Context, account, token string) (id string, ok bool, err error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", false, err
	}
	parts := strings.Split(token, ".")
	if account == "" || len(token) > 200 || len(parts) != 3 || !model.ValidID(parts[0]) {
		return "", false, nil
	}
	issued, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return "", false, nil // not one of ours
	}
	want := ring.Hash("device", account+"."+parts[0]+"."+parts[1])
	if subtle.ConstantTimeCompare([]byte(want), []byte(parts[2])) != 1 {
		return "", false, nil
	}
	age := s.now().Sub(time.Unix(issued, 0))
	return parts[0], age < DeviceLife, nil
}
