package config

import (
	"slices"
	"strings"
)

// redirects are variables that send Google's clients, or the credentials they carry, to somewhere else.
var redirects = []string{"GCE_METADATA_HOST", "GCE_METADATA_IP", "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
	"GOOGLE_API_USE_CLIENT_CERTIFICATE_INSECURE"}

// refuseEmulators refuses what would make the official clients talk to anything but Google over TLS.
func (r *reader) refuseEmulators() {
	for _, name := range r.names {
		switch {
		case strings.HasSuffix(name, "_EMULATOR_HOST"), strings.HasSuffix(name, "_EMULATOR_HOST_PATH"):
			r.problem(name, "is set: unset it, because an emulator stores nothing durably and encrypts nothing")
		case isRedirect(name):
			r.problem(name, "is set: unset it, Google's services are reached only at their own addresses over TLS")
		}
	}
}

func isRedirect(name string) bool {
	for _, n := range redirects {
		if name == n {
			return true
		}
	}
	return strings.HasPrefix(name, "CLOUDSDK_API_ENDPOINT_OVERRIDES_") ||
		(strings.HasPrefix(name, "TOH_") && strings.Contains(name, "ENDPOINT")) ||
		(strings.HasPrefix(name, "TOH_") && strings.Contains(name, "INSECURE"))
}

// secretWords are parts of variable names that hold a secret's value, in our own names and in those of well-known
// vendors.
var (
	secretWords = []string{"PASSWORD", "PASSWD", "PASSPHRASE", "PEPPER", "API_KEY", "APIKEY", "PRIVATE_KEY",
		"SIGNING_KEY", "SESSION_KEY", "CURSOR_KEY", "TOKEN", "CREDENTIAL", "SECRET"}
	secretVendors = []string{"TOH_", "RESEND_", "SMTP_", "MAIL_", "SHOPIFY_", "PLAID_", "STRIPE_"}
)

// refusePlainSecrets refuses secrets in plain variables (O4), because everybody who may look at the service's
// configuration can read them.
func (r *reader) refusePlainSecrets() {
	for _, name := range r.names {
		if holdsSecret(name) {
			r.known[name] = true
			r.problem(name, "holds a secret in a plain variable: put the value into Secret Manager and give its name "+
				"in TOH_SECRET_…")
		}
	}
}

func holdsSecret(name string) bool {
	if slices.ContainsFunc(secretSettings, func(s secretSetting) bool { return s.setting == name }) {
		return false
	}
	return hasAny(strings.HasPrefix, name, secretVendors) && hasAny(strings.Contains, name, secretWords)
}

func hasAny(test func(s, part string) bool, s string, parts []string) bool {
	for _, part := range parts {
		if test(s, part) {
			return true
		}
	}
	return false
}

// refuseUnknown refuses TOH_ settings that do not exist: a misspelt limit must not silently become no limit.
func (r *reader) refuseUnknown() {
	for _, name := range r.names {
		if strings.HasPrefix(name, "TOH_") && !r.known[name] && !isRedirect(name) &&
			!strings.HasSuffix(name, "_EMULATOR_HOST") {
			r.problem(name, "is not a setting of this service: check the spelling or unset it")
		}
	}
}
