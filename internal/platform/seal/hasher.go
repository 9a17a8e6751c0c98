package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
)

// hasher computes the keyed hashes of the index keyset's primary key. The results equal those of Tink's PRF, without
// setting the key up again for every word.
type hasher struct {
	idle sync.Pool // of *mac
}

// mac is a key that is set up, with its buffers. One goroutine uses it at a time.
type mac struct {
	hash.Hash
	in, out []byte
}

func newHasher(h *keyset.Handle) (*hasher, error) {
	e, err := h.Primary()
	if err != nil {
		return nil, fmt.Errorf("seal: the index key: %w", err)
	}
	k, ok := e.Key().(*hmacprf.Key)
	if !ok {
		return nil, errors.New("seal: the index key is of another type")
	}
	if p, ok := k.Parameters().(*hmacprf.Parameters); !ok || p.HashType() != hmacprf.SHA256 {
		return nil, errors.New("seal: the index key is for another hash")
	}
	key := k.KeyBytes().Data(insecuresecretdataaccess.Token{})
	return &hasher{idle: sync.Pool{New: func() any {
		return &mac{Hash: hmac.New(sha256.New, key), in: make([]byte, 0, 128), out: make([]byte, 0, sha256.Size)}
	}}}, nil
}

// keyed hashes a text for a use and a domain.
func (h *hasher) keyed(use, domain, text string) (sum [sha256.Size]byte) {
	m := h.idle.Get().(*mac)
	m.Reset()
	m.in = appendPart(appendPart(appendPart(m.in[:0], use), domain), text)
	_, _ = m.Write(m.in) // never fails
	m.out = m.Sum(m.out[:0])
	copy(sum[:], m.out)
	clear(m.in)
	h.idle.Put(m)
	return sum
}
