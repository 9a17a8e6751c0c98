package passwords_test

import (
	"context"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// peppers are fixed ones, the newest first.
type peppers []passwords.Pepper

func (p peppers) Peppers(context.Context) ([]passwords.Pepper, error) { return p, nil }

func pepper(id string) passwords.Pepper {
	return passwords.Pepper{ID: id, Key: []byte("pepper " + id + " of the tests " + strings.Repeat("x", 16))}
}

func hasherAlone() *passwords.Hasher {
	return passwords.NewHasher(peppers{pepper("1")}, bcrypt.MinCost)
}
