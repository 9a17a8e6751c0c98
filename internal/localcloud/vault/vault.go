// Package vault seals what the local cloud keeps secret on disk — key material, secret payloads, the key that
// signs push tokens — under one master key that lives in a file of its own beside the data.
//
// It must never write the master key anywhere but to that file, never log it, and never make a new key for data
// that was sealed by another one.
package vault

import (
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tinyoperahouse/toh/internal/localcloud/table"
)

// The errors of Open that a person can do something about.
var (
	// ErrKeyMissing: the folder holds sealed data, and the file of the key that opens it is gone.
	ErrKeyMissing = errors.New("master key file is missing but the folder holds data sealed by it; restore the file from a backup")
	// ErrKeyMode: the file can be read by others than its owner.
	ErrKeyMode = errors.New("master key file may be read by others; make its mode 0600")
	// ErrKeyWrong: the file holds a key, but not the one of this folder.
	ErrKeyWrong = errors.New("master key file does not belong to this folder")
)

const (
	markerKey  = "vault/marker"
	markerText = "tiny opera house local cloud"
)

// Vault seals and opens small secrets.
type Vault struct{ aead tink.AEAD }

// Open reads the master key from path. On a store that nothing was ever sealed for, it makes the key first.
func Open(path string, store table.Store) (*Vault, error) {
	marker, err := store.Get([]byte(markerKey))
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return nil, fmt.Errorf("read vault marker: %w", err)
	}
	handle, err := loadOrCreate(path, marker == nil)
	if err != nil {
		return nil, err
	}
	return open(handle, store, marker)
}

func open(handle *keyset.Handle, store table.Store, marker []byte) (*Vault, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	v := &Vault{aead: primitive}
	if marker == nil {
		return v, v.mark(store)
	}
	if _, err := v.Open(marker, markerKey); err != nil {
		return nil, ErrKeyWrong
	}
	return v, nil
}

func (v *Vault) mark(store table.Store) error {
	sealed, err := v.Seal([]byte(markerText), markerKey)
	if err != nil {
		return err
	}
	var b table.Batch
	b.Set([]byte(markerKey), sealed)
	return store.Apply(&b)
}

// Seal encrypts secret and binds it to name: it opens under no other name.
func (v *Vault) Seal(secret []byte, name string) ([]byte, error) {
	sealed, err := v.aead.Encrypt(secret, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", name, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same name.
func (v *Vault) Open(sealed []byte, name string) ([]byte, error) {
	secret, err := v.aead.Decrypt(sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return secret, nil
}
