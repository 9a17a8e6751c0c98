package mail

import (
	"context"
	"errors"
	"strings"

	"github.com/tinyoperahouse/toh/internal/platform/secret"
)

// Keys returns the vendor's key, and previous keys that may still be the accepted one during a rotation, newest first.
type Keys func(ctx context.Context) ([]string, error)

// FromSecret reads the keys from Secret Manager, again for every mail.
func FromSecret(source *secret.Source, name string) Keys {
	return func(ctx context.Context) ([]string, error) {
		value, err := source.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		keys := make([]string, 0, len(value.Versions))
		for _, v := range value.Versions {
			keys = append(keys, strings.TrimSpace(string(v.Data)))
		}
		return keys, nil
	}
}

// errKey says that the vendor does not accept the key; the previous one may be right.
var errKey = errors.New("the vendor does not accept the key")

// maxKeyTries limits how many versions of the key are tried for one mail.
const maxKeyTries = 2

// withKey sends with the newest key that the vendor accepts.
func (k Keys) withKey(ctx context.Context, send func(key string) (string, error)) (string, error) {
	keys, err := k(ctx)
	if err != nil {
		return "", err
	}
	err = errKey
	for _, key := range keys[:min(len(keys), maxKeyTries)] {
		var id string
		if id, err = send(key); !errors.Is(err, errKey) {
			return id, err
		}
	}
	return "", err
}
