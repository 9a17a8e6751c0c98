package workspace

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Key says which key protects a workspace.
type Key struct {
	records.Lock
	Workspace string     // the id that the name of a key of its own must contain
	Place     string     // the location that such a key must have, such as "europe-west1"
	Accounts  []string   // service accounts that must be able to use it
	Pending   *KeyChange // a requested change; nil if there is none
}

const (
	keyTriesPerHour = 30
	maxKeyName      = 400
)

var keyForm = regexp.MustCompile(
	`^projects/([a-z0-9:.-]{4,60})/locations/([a-z0-9-]{2,40})/keyRings/([A-Za-z0-9_-]{1,63})/cryptoKeys/([A-Za-z0-9_-]{1,63})$`)

// KeyName are the parts of a key's name.
type KeyName struct{ Project, Location, Ring, Key string }

// ParseKey reads the name of a key.
func ParseKey(name string) (KeyName, bool) {
	m := keyForm.FindStringSubmatch(name)
	if m == nil || len(name) > maxKeyName {
		return KeyName{}, false
	}
	return KeyName{m[1], m[2], m[3], m[4]}, true
}

// Key says what protects the workspace of the caller.
func (s *Service) Key(ctx context.Context, c access.Caller) (Key, error) {
	if err := s.gate.May(ctx, records.By(c, access.KeyRead), ""); err != nil {
		return Key{}, err
	}
	lock, err := s.gate.Keyrings().LockOf(ctx, c.Scope)
	if err != nil {
		return Key{}, err
	}
	k := Key{Lock: lock, Workspace: c.Scope.ID, Place: s.keyPlace(), Accounts: s.keyUsers}
	if change, err := keyChanges.Get(ctx, s.gate, records.By(c, access.KeyRead).On(main)); err == nil {
		k.Pending = &change.Body
	} else if !errors.Is(err, model.ErrNotFound) {
		return Key{}, err
	}
	return k, s.gate.Note(ctx, s.gate, records.By(c, access.KeyRead), "", audit.Done)
}

func (s *Service) keyPlace() string {
	key, _ := ParseKey(s.gate.Keyrings().InstallationKey())
	return key.Location
}

// checkKey checks the name alone. Our service accounts may use the keys of many companies, so somebody could name the
// key of another company. Requiring the workspace's id in the name prevents that: only people who can create keys in
// that place can have put it there.
func (s *Service) checkKey(scope model.Scope, name string) error {
	if name == "" {
		return nil
	}
	if name == s.gate.Keyrings().InstallationKey() {
		return wrongKey("This is the key of the installation. To return to it, use the choice above.")
	}
	key, ok := ParseKey(name)
	if !ok {
		return wrongKey("A key's name looks like projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version.")
	}
	if place := s.keyPlace(); key.Location != place {
		return wrongKey("The key must be in " + place + ", where this workspace is kept.")
	}
	if !strings.Contains(key.Ring, scope.ID) && !strings.Contains(key.Key, scope.ID) {
		return wrongKey("The name of the key, or of its key ring, must contain the id of this workspace: " + scope.ID +
			". This way nobody can use a key that was created for another workspace.")
	}
	return nil
}

func wrongKey(text string) error { return model.InvalidFields(map[string]string{"key": text}) }

// tryKey wraps and unwraps something with the key. A failure is recorded in the trail.
func (s *Service) tryKey(ctx context.Context, c access.Caller, name string, notes ...records.Note) error {
	err := s.gate.Keyrings().Try(ctx, name, c.Scope)
	if err == nil || errors.Is(err, model.ErrUnavailable) {
		return err
	}
	if failure := s.gate.Note(ctx, s.gate, records.By(c, access.KeyUpdate).With(notes...), "",
		audit.Failed); failure != nil {
		return failure
	}
	told := "We cannot use this key yet: it does not exist, is disabled, is not for encryption, or our service " +
		"accounts may not use it. See below what is needed."
	return &model.Error{
		Kind: model.ErrInvalid, Public: told, Fields: map[string]string{"key": told},
		Cause: errors.New(err.Error()), // without its kind: the workspace itself is not locked
	}
}

// changeKey wraps the keyring under another key. If the answer is lost, it looks up whether the change took place.
func (s *Service) changeKey(ctx context.Context, scope model.Scope, name string) error {
	keyrings := s.gate.Keyrings()
	err := keyrings.RewrapUnder(ctx, scope, name)
	if err == nil || errors.Is(err, model.ErrLocked) {
		return err
	}
	want := name
	if want == "" {
		want = keyrings.InstallationKey()
	}
	if lock, failure := keyrings.LockOf(ctx, scope); failure == nil && lock.Key == want {
		return nil
	}
	return err
}

// Grants are the commands that allow our service accounts to use a key.
func (k Key) Grants(name string) []string {
	key, ok := ParseKey(name)
	if !ok {
		key = KeyName{"PROJECT", k.Place, "KEY_RING", "toh-" + k.Workspace}
	}
	lines := make([]string, len(k.Accounts))
	for i, account := range k.Accounts {
		lines[i] = strings.Join([]string{
			"gcloud kms keys add-iam-policy-binding " + key.Key, "--project=" + key.Project, "--location=" +
				key.Location, "--keyring=" + key.Ring,
			"--member=serviceAccount:" + account, "--role=roles/cloudkms.cryptoKeyEncrypterDecrypter",
		}, " ")
	}
	return lines
}
