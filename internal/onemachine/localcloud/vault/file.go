package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// firstKey is where a new key is stored until the store holds what only that key opens, so that a key under its own
// name always belongs to data.
func firstKey(path string) string { return path + ".first" }

// load reads a key.
func load(path string) (*keyset.Handle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyMode)
	}
	raw, err := os.ReadFile(path) // #nosec G304 -- the path is the operator's own data folder
	if err != nil {
		return nil, err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyDamaged)
	}
	return handle, nil
}

// mustNotBe refuses a store without data when there is a key for data.
func mustNotBe(path string) error {
	switch _, err := os.Stat(path); {
	case err == nil:
		return fmt.Errorf("%s: %w", path, ErrDataGone)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// newKey makes a key, and the content of its file.
func newKey() (*keyset.Handle, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make master key: %w", err)
	}
	var raw bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&raw)); err != nil {
		return nil, nil, fmt.Errorf("encode master key: %w", err)
	}
	return handle, raw.Bytes(), nil
}
