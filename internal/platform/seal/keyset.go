package seal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/streamingaead/aesgcmhkdf"

	"github.com/tinyoperahouse/toh/internal/model"
)

// keysets are the three keysets of a scope, before they are set up as a Ring.
type keysets struct{ text, index, files *keyset.Handle }

// segment is how much of a file is sealed at a time, which is what a reader must hold before it may return the first
// byte.
const segment = 64 << 10

func fileParameters() (*aesgcmhkdf.Parameters, error) {
	return aesgcmhkdf.NewParameters(aesgcmhkdf.ParametersOpts{
		KeySizeInBytes:        32,
		DerivedKeySizeInBytes: 32,
		HKDFHashType:          aesgcmhkdf.SHA256,
		SegmentSizeInBytes:    segment,
	})
}

func newKeysets() (keysets, error) {
	var k keysets
	var err error
	if k.text, err = keyset.NewHandle(aead.AES256GCMKeyTemplate()); err != nil {
		return k, fmt.Errorf("seal: new text keys: %w", err)
	}
	if k.index, err = keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate()); err != nil {
		return k, fmt.Errorf("seal: new index keys: %w", err)
	}
	m := keyset.NewManager()
	id, err := addFileKey(m)
	if err == nil {
		k.files, err = primary(m, id)
	}
	if err != nil {
		return k, fmt.Errorf("seal: new file keys: %w", err)
	}
	return k, nil
}

func addFileKey(m *keyset.Manager) (uint32, error) {
	p, err := fileParameters()
	if err != nil {
		return 0, err
	}
	return m.AddNewKeyFromParameters(p)
}

func primary(m *keyset.Manager, id uint32) (*keyset.Handle, error) {
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	return m.Handle()
}

// maxKeysets limits the keysets of a scope, in bytes: keys in hardware wrap 8 KiB at most, including the associated
// data.
const maxKeysets = 7 << 10

// errFull says that a scope has as many keys as a key-encryption key can wrap: some thirty, which is one a year for
// thirty years.
var errFull = model.Conflict("The keys here were changed so often that no further change fits.")

// grow adds new keys for texts and files. They are secondary until promote. The index keys never change, because
// entries made with other keys would no longer be found.
func (k keysets) grow() (keysets, error) {
	text, files := keyset.NewManagerFromHandle(k.text), keyset.NewManagerFromHandle(k.files)
	if _, err := text.Add(aead.AES256GCMKeyTemplate()); err != nil {
		return k, fmt.Errorf("seal: add a text key: %w", err)
	}
	if _, err := addFileKey(files); err != nil {
		return k, fmt.Errorf("seal: add a file key: %w", err)
	}
	var errs [2]error
	k.text, errs[0] = text.Handle()
	k.files, errs[1] = files.Handle()
	if err := errors.Join(errs[:]...); err != nil {
		return k, err
	}
	if raw, err := k.marshal(); err != nil || len(raw) > maxKeysets {
		return k, cmp.Or(err, errFull)
	}
	return k, nil
}

// promote makes the newest keys the ones that seal.
func (k keysets) promote() (keysets, error) {
	var errs [2]error
	k.text, errs[0] = newest(k.text)
	k.files, errs[1] = newest(k.files)
	return k, errors.Join(errs[:]...)
}

func newest(h *keyset.Handle) (*keyset.Handle, error) {
	last, err := h.Entry(h.Len() - 1)
	if err != nil {
		return nil, fmt.Errorf("seal: the newest key: %w", err)
	}
	return primary(keyset.NewManagerFromHandle(h), last.KeyID())
}

// ring sets the keysets up for use.
func (k keysets) ring(scope model.Scope) (*Ring, error) {
	text, err := aead.New(k.text)
	if err != nil {
		return nil, fmt.Errorf("seal: set up text keys: %w", err)
	}
	index, err := newHasher(k.index)
	if err != nil {
		return nil, err
	}
	files, err := marshalKeyset(k.files)
	if err != nil {
		return nil, err
	}
	return &Ring{scope: scope, text: text, index: index, files: files}, nil
}

// marshal writes the keysets one after another. The result is secret.
func (k keysets) marshal() ([]byte, error) {
	var out []byte
	for _, h := range []*keyset.Handle{k.text, k.index, k.files} {
		raw, err := marshalKeyset(h)
		if err != nil {
			return nil, err
		}
		out = appendPart(out, string(raw))
	}
	return out, nil
}

func marshalKeyset(h *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewBinaryWriter(&b)); err != nil {
		return nil, fmt.Errorf("seal: write a keyset: %w", err)
	}
	return b.Bytes(), nil
}

func unmarshalKeyset(raw []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("seal: read a keyset: %w", err)
	}
	return h, nil
}

// unmarshal reads what marshal wrote.
func unmarshal(raw []byte) (keysets, error) {
	var k keysets
	for _, place := range []**keyset.Handle{&k.text, &k.index, &k.files} {
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw[n:])) {
			return k, errors.New("seal: the keyring is truncated")
		}
		end := n + int(size) // #nosec G115 -- at most len(raw)
		h, err := unmarshalKeyset(raw[n:end])
		if err != nil {
			return k, err
		}
		*place, raw = h, raw[end:]
	}
	if len(raw) > 0 {
		return k, errors.New("seal: the keyring has surplus bytes at its end")
	}
	return k, nil
}
