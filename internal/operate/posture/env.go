package posture

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// variable is a setting of a service. A value that comes from Secret Manager is not visible.
type variable struct {
	name, value string
	secret      bool
}

func variables(s *runpb.Service) []variable {
	var list []variable
	for _, container := range s.GetTemplate().GetContainers() {
		for _, e := range container.GetEnv() {
			list = append(list, variable{e.GetName(), e.GetValue(), e.GetValueSource() != nil})
		}
	}
	return list
}

// setting is the value of a variable of the first container that has it.
func setting(s *runpb.Service, name string) string {
	for _, v := range variables(s) {
		if v.name == name {
			return v.value
		}
	}
	return ""
}

var httpsOnly = eachService("a base URL with https", func(c *cloud, f *findings, id string, s *runpb.Service) {
	value := setting(s, "TOH_BASE_URL")
	u, err := url.Parse(value)
	f.expect(err == nil && u.Scheme == "https" && u.Host != "", c.service(id), "has TOH_BASE_URL "+orNone(value),
		"an address that begins with https://")
})

// redirects are variables that send Google's clients, or their credentials, elsewhere, or change whom they trust.
var redirects = regexp.MustCompile(
	`(?i)_EMULATOR_HOST(_PATH)?$|^GCE_METADATA_|^GOOGLE_CLOUD_UNIVERSE_DOMAIN$|^CLOUDSDK_API_ENDPOINT_OVERRIDES_|^TOH_.*(ENDPOINT|INSECURE)|^GOOGLE_API_USE_CLIENT_CERTIFICATE_INSECURE$|^SSL_CERT_(FILE|DIR)$|^GODEBUG$|^GRPC_DEFAULT_SSL_ROOTS|^(HTTPS?|ALL)_PROXY$|^GRPC_PROXY`)

var nothingRedirected = eachService("no emulator, proxy or other endpoint", func(c *cloud, f *findings, id string,
	s *runpb.Service) {
	var bad []string
	for _, v := range variables(s) {
		if redirects.MatchString(v.name) {
			bad = append(bad, v.name)
		}
	}
	f.expect(len(bad) == 0, c.service(id), "has variables that lead calls elsewhere: "+orNone(strings.Join(bad, ", ")),
		"none")
})

var (
	secretNamed = regexp.MustCompile(
		`(?i)PASSWORD|PASSWD|PASSPHRASE|PEPPER|API_?KEY|PRIVATE_?KEY|SIGNING_?KEY|SESSION_?KEY|CURSOR_?KEY|TOKEN|CREDENTIAL|SECRET`)
	plainName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,254}$`)
	secretValue = regexp.MustCompile(
		`-----BEGIN|"private_key"|^AIza[0-9A-Za-z_-]{30}|^(sk|rk|re|whsec|xox[abp]|gh[pousr])[_-]\w{8}|^eyJ[\w-]+\.[\w-]+\.`)
)

// noPlainSecrets looks at names and values. It never repeats a value.
var noPlainSecrets = eachService("no secret in a variable", func(c *cloud, f *findings, id string, s *runpb.Service) {
	var bad []string
	for _, v := range variables(s) {
		if holdsSecret(v) {
			bad = append(bad, v.name)
		}
	}
	f.expect(len(bad) == 0, c.service(id), "has variables that hold a secret: "+orNone(strings.Join(bad, ", ")),
		"none; secrets lie in Secret Manager")
})

func holdsSecret(v variable) bool {
	switch {
	case v.secret || v.value == "":
		return false
	case namesSecret(v.name):
		return !plainName.MatchString(v.value)
	}
	return secretNamed.MatchString(v.name) || secretValue.MatchString(v.value)
}

// namedDatabases: the databases that other checks look at are those that the services use.
var namedDatabases = eachService("the installation's databases", func(c *cloud, f *findings, id string,
	s *runpb.Service) {
	content, keys := setting(s, "TOH_FIRESTORE_DATABASE"), setting(s, "TOH_KEYS_DATABASE")
	f.expect(content == contentDatabase, c.service(id), "has TOH_FIRESTORE_DATABASE "+orNone(content), contentDatabase)
	f.expect(keys == keysDatabase, c.service(id), "has TOH_KEYS_DATABASE "+orNone(keys), keysDatabase)
})

var namedKey = eachService("the installation's key", func(c *cloud, f *findings, id string, s *runpb.Service) {
	have, want := setting(s, "TOH_KMS_KEY"), c.key(workspacesKey).name
	f.expect(have == want, c.service(id), "wraps keyrings with "+orNone(have), want)
})

const leastCost = 12

var passwordCost = eachService("bcrypt cost 12 or more", func(c *cloud, f *findings, id string, s *runpb.Service) {
	value := setting(s, "TOH_BCRYPT_COST")
	n, err := strconv.Atoi(value)
	f.expect(value == "" || err == nil && n >= leastCost, c.service(id), "has TOH_BCRYPT_COST "+orNone(value),
		fmt.Sprintf("none, which is %d, or more", leastCost))
})

// Sessions end: by the code's default, or sooner or later within what the code accepts.
const longestSession = 30 * 24 * time.Hour

var sessionsEnd = eachService("sessions that end", func(c *cloud, f *findings, id string, s *runpb.Service) {
	for _, name := range []string{"TOH_SESSION_IDLE", "TOH_SESSION_ABSOLUTE"} {
		value := setting(s, name)
		d, err := time.ParseDuration(value)
		f.expect(value == "" || err == nil && d > 0 && d <= longestSession, c.service(id), "has "+name+" "+
			orNone(value), "none, which is the default, or up to 720h")
	}
})

// secretID is the secret that a service reads for a purpose, according to its settings.
func secretID(ctx context.Context, c *cloud, f *findings, name, usual string) string {
	s, ok := runService(ctx, c, f, webService, "a service that names its secrets")
	if v := setting(s, name); ok && v != "" {
		return v
	}
	return usual
}
