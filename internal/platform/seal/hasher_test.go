package seal

import (
	"encoding/binary"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkmac "github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/prf"

	"github.com/tinyoperahouse/toh/internal/model"
)

// TestHashesAreThoseOfTink: existing hashes were made by Tink's PRF and must be found by every later version.
func TestHashesAreThoseOfTink(t *testing.T) {
	t.Parallel()
	keys, err := newKeysets()
	if err != nil {
		t.Fatal(err)
	}
	set, err := prf.NewPRFSet(keys.index)
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.ring(model.Workspace("tosca"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, text := range []string{"tenor", "", "é", strings.Repeat("long ", 500), "tenor", "\x00"} {
				in := appendPart(appendPart(appendPart(nil, "token"), "reports/words"), text)
				want, err := set.ComputePrimaryPRF(in, 8)
				if err != nil {
					t.Error(err)
				}
				if got := r.Token("reports/words", text); got != int64(binary.BigEndian.Uint64(want)) {
					t.Errorf("%.10q: token %x, not %x", text, got, want)
				}
				want, err = set.ComputePrimaryPRF(appendPart(appendPart(appendPart(nil, "hash"), "mail"), text), 32)
				if err != nil {
					t.Error(err)
				}
				if got := r.Hash("mail", text); got != idText.EncodeToString(want) {
					t.Errorf("%.10q: hash %s, not %x", text, got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestOtherKeysAreNoIndexKeys(t *testing.T) {
	t.Parallel()
	for name, template := range map[string]func() (*keyset.Handle, error){
		"mac":    func() (*keyset.Handle, error) { return keyset.NewHandle(tinkmac.HMACSHA256Tag128KeyTemplate()) },
		"sha512": func() (*keyset.Handle, error) { return keyset.NewHandle(prf.HMACSHA512PRFKeyTemplate()) },
	} {
		h, err := template()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newHasher(h); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
