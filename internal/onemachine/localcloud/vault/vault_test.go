package vault_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

func TestSealedOpensUnderItsNameOnly(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	path := filepath.Join(t.TempDir(), "master.key")
	v, err := vault.Open(path, store)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal([]byte("secret"), "one")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("secret")) {
		t.Error("sealed text holds the secret")
	}
	again, err := vault.Open(path, store)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed, "one"); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := again.Open(sealed, "two"); err == nil {
		t.Error("opens under another name")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := again.Open(sealed, "one"); err == nil {
		t.Error("opens after a bit was changed")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  error
	}{
		"missing":         {os.Remove, vault.ErrKeyMissing},
		"group may read":  {func(p string) error { return os.Chmod(p, 0o640) }, vault.ErrKeyMode},
		"others may read": {func(p string) error { return os.Chmod(p, 0o604) }, vault.ErrKeyMode},
		"of another folder": {func(p string) error {
			if err := os.Remove(p); err != nil {
				return err
			}
			_, err := vault.Open(p, tabletest.Open(t))
			return err
		}, vault.ErrKeyWrong},
	} {
		t.Run(name, func(t *testing.T) {
			store := tabletest.Open(t)
			path := filepath.Join(t.TempDir(), "master.key")
			if _, err := vault.Open(path, store); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(path); err != nil {
				t.Fatal(err)
			}
			if _, err := vault.Open(path, store); !errors.Is(err, c.want) {
				t.Errorf("Open = %v, want %v", err, c.want)
			}
		})
	}
}

func TestGarbageKeyFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(path, store); err == nil {
		t.Fatal("opens with a file that holds no key")
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "not a key" {
		t.Errorf("file is now %q, %v", raw, err)
	}
}
