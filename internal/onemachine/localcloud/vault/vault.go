// Package vault encrypts what the local cloud keeps secret on disk (key material, secret payloads, the key that signs
// push tokens) under one master key in a file of its own beside the data.
//
// It must never write the master key anywhere but to that file, never log it, and never make a new key for data that
// was encrypted with another one.
package vault

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
)

const bringBack = `bring the folder back from a copy, see "One machine" in docs/operations.md`

// The errors of Open that a person can do something about.
var (
	// ErrKeyMissing: the folder holds sealed data, and the file of the key that opens it is gone.
	ErrKeyMissing = errors.New("the master key is missing, but the folder holds data that nothing else opens; " +
		bringBack)
	// ErrKeyMode: users other than the file's owner can read it.
	ErrKeyMode = errors.New("the master key may be read by others; make its mode 0600")
	// ErrKeyWrong: the file holds a key, but not the one of this folder.
	ErrKeyWrong = errors.New("the master key does not belong to this folder; " + bringBack)
	// ErrKeyDamaged: the file does not hold a key.
	ErrKeyDamaged = errors.New("the master key is damaged: the file does not hold a key; " + bringBack)
	// ErrDataGone: the key file exists, but nothing that the key opens. Starting from scratch would hide that
	// everything is lost.
	ErrDataGone = errors.New("the master key is here, but the data that it opens is gone; " + bringBack +
		", or name an empty folder to begin anew")
)

const (
	markerKey  = "vault/marker"
	markerText = "tiny opera house local cloud"
)

// Vault seals and opens small secrets.
type Vault struct{ aead tink.AEAD }

// Open reads the master key from path. For a store in which nothing was ever encrypted, it first makes the key.
func Open(path string, store table.Store) (*Vault, error) {
	return OpenWith(wholefile.Writer{}, path, store)
}

// OpenWith is Open with a writer of its own, for tests of a failing disk.
func OpenWith(w wholefile.Writer, path string, store table.Store) (*Vault, error) {
	marker, err := store.Get([]byte(markerKey))
	switch {
	case errors.Is(err, table.ErrNotFound):
		return begin(w, path, store)
	case err != nil:
		return nil, fmt.Errorf("read vault marker: %w", err)
	}
	if !there(path) && there(firstKey(path)) { // the first start ended between the marker and the key's own name
		if _, err := open(firstKey(path), marker); err != nil {
			return nil, err
		}
		if err := w.Rename(firstKey(path), path); err != nil {
			return nil, fmt.Errorf("master key: %w", err)
		}
	}
	v, err := open(path, marker)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyMissing)
	}
	return v, err
}

// begin makes the key of a store without data.
func begin(w wholefile.Writer, path string, store table.Store) (*Vault, error) {
	if err := mustNotBe(path); err != nil {
		return nil, err
	}
	handle, raw, err := newKey()
	if err != nil {
		return nil, err
	}
	if err := w.Write(firstKey(path), raw); err != nil {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	v, err := of(handle)
	if err != nil {
		return nil, err
	}
	if err := v.mark(store); err != nil {
		return nil, err
	}
	if err := w.Rename(firstKey(path), path); err != nil {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	return v, nil
}

func of(handle *keyset.Handle) (*Vault, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return &Vault{aead: primitive}, nil
}

// open reads the key of a store with data.
func open(path string, marker []byte) (*Vault, error) {
	handle, err := load(path)
	if err != nil {
		return nil, err
	}
	v, err := of(handle)
	if err != nil {
		return nil, err
	}
	if _, err := v.Open(marker, markerKey); err != nil {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyWrong)
	}
	return v, nil
}

func (v *Vault) mark(store table.Store) error {
	sealed, err := v.Seal([]byte(markerText), markerKey)
	if err != nil {
		return err
	}
	b := store.Batch()
	b.Set([]byte(markerKey), sealed)
	return store.Apply(b)
}

// Seal encrypts secret and binds it to name: it cannot be opened under another name.
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
