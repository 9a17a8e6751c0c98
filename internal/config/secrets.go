package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// Secrets are names in Secret Manager.
type Secrets struct {
	SessionKeys string // signing keys of session tokens
	Pepper      string // key of the password hash
	CursorKey   string // key of list cursors
	Mail        string // the mail vendor's key or password
	MailWebhook string // with which the mail vendor signs its webhook messages
}

// secretSetting is the name of a setting, the name of the secret if it is not set, and the field that gets the name.
type secretSetting struct {
	setting, usual string
	field          func(*Secrets) *string
}

// secretSettings are the settings that name secrets, with their defaults. A secret has a field above and a row here.
var secretSettings = []secretSetting{
	{"TOH_SECRET_SESSION_KEYS", "toh-session-keys", func(s *Secrets) *string { return &s.SessionKeys }},
	{"TOH_SECRET_PEPPER", "toh-pepper", func(s *Secrets) *string { return &s.Pepper }},
	{"TOH_SECRET_CURSOR_KEY", "toh-cursor-key", func(s *Secrets) *string { return &s.CursorKey }},
	{"TOH_SECRET_MAIL", "toh-mail", func(s *Secrets) *string { return &s.Mail }},
	{"TOH_SECRET_MAIL_WEBHOOK", "toh-mail-webhook", func(s *Secrets) *string { return &s.MailWebhook }},
}

// usualSecrets are the default names.
func usualSecrets() (s Secrets) {
	for _, x := range secretSettings {
		*x.field(&s) = x.usual
	}
	return s
}

var (
	secretIDForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{2,254}$`)
	// vendorKeys are the prefixes of vendors' keys. Some of these keys would also be valid names.
	vendorKeys = regexp.MustCompile(`^(re_|sk_|rk_|pk_|whsec_|shp[a-z]{2}_|access-|AIza|GOCSPX-|SG\.|key-|eyJ|toh_)`)
)

func (r *reader) secrets() (s Secrets) {
	for _, x := range secretSettings {
		*x.field(&s) = r.secretName(x.setting, x.usual)
	}
	return s
}

func (r *reader) secretName(setting, usual string) string {
	v := r.optional(setting)
	switch {
	case v == "":
		return usual
	case vendorKeys.MatchString(v) || !secretIDForm.MatchString(v):
		r.problem(setting, "must be the name of a secret in Secret Manager, as in %s, never its value", usual)
	case isPlaceholder(v):
		r.problem(setting, "is a placeholder: set it to the name of a secret in Secret Manager, as in %s", usual)
	}
	return v
}

// MinSecret is the minimum length of a secret's value in bytes.
const MinSecret = 16

// ErrPlaceholder says that a secret's value is not a secret.
var ErrPlaceholder = errors.New("is a placeholder")

// CheckSecret refuses a value that cannot have been meant as a secret. The error says which secret, never its value.
func CheckSecret(name string, value []byte) error {
	v := bytes.TrimSpace(value)
	switch {
	case len(v) == 0:
		return fmt.Errorf("secret %s is empty: add a version with a real value: %w", name, ErrPlaceholder)
	case len(v) < MinSecret:
		return fmt.Errorf("secret %s has fewer than %d bytes: add a version with a longer value: %w", name, MinSecret,
			ErrPlaceholder)
	case distinctBytes(v) < 6:
		return fmt.Errorf("secret %s repeats a few characters: add a version with a random value: %w", name,
			ErrPlaceholder)
	case isPlaceholder(string(v)) || repeats(v):
		return fmt.Errorf("secret %s is an example, not a secret: add a version with a random value: %w", name,
			ErrPlaceholder)
	}
	return nil
}

func distinctBytes(v []byte) int {
	var seen [256]bool
	n := 0
	for _, b := range v {
		if !seen[b] {
			seen[b] = true
			n++
		}
	}
	return n
}

// repeats reports whether v is one short piece over and over.
func repeats(v []byte) bool {
	for size := 1; size <= 8 && size*2 <= len(v); size++ {
		if bytes.Equal(v[size:], v[:len(v)-size]) {
			return true
		}
	}
	return false
}
