package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// good is an environment that Load accepts.
func good() []string {
	return []string{
		"PATH=/bin", "PORT=8080", "K_SERVICE=toh",
		"TOH_BASE_URL=https://Opera.teatro.org/",
		"TOH_PROJECT=opera-house-1", "TOH_REGION=europe-west1",
		"TOH_FIRESTORE_DATABASE=toh-main", "TOH_KEYS_DATABASE=toh-keys",
		"TOH_KMS_KEY=projects/opera-house-1/locations/europe-west1/keyRings/toh/cryptoKeys/workspaces",
		"TOH_PUSH_SERVICE_ACCOUNT=push@opera-house-1.iam.gserviceaccount.com",
		"TOH_PUSH_AUDIENCE=https://tasks.teatro.org",
		"TOH_MAIL_FROM=Tiny Opera House <house@teatro.org>",
	}
}

// with replaces or adds settings; a name without a value removes the setting.
func with(changes ...string) []string {
	env := good()
	for _, change := range changes {
		name, _, set := strings.Cut(change, "=")
		env = slices.DeleteFunc(env, func(l string) bool { return strings.HasPrefix(l, name+"=") })
		if set {
			env = append(env, change)
		}
	}
	return env
}

func TestProductionDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load(good())
	if err != nil {
		t.Fatal(err)
	}
	if c.BaseURL != "https://opera.teatro.org" {
		t.Errorf("base URL %q", c.BaseURL)
	}
	if c.Session.Idle != 12*time.Hour || c.Session.Absolute != 168*time.Hour || c.BcryptCost != 12 || c.Role != All ||
		c.Local || c.API != (API{25, 250}) || c.Telemetry != (Telemetry{true, 0.05}) {
		t.Errorf("defaults: %+v", c)
	}
	if c.Mirror != "" || c.CopyURL() != "" {
		t.Errorf("a copy in %q", c.CopyURL())
	}
	if c, err := Load(with("TOH_MIRROR=opera-house-1-toh-mirror")); err != nil ||
		c.CopyURL() != "https://storage.googleapis.com/opera-house-1-toh-mirror" {
		t.Errorf("a copy in %q, %v", c.CopyURL(), err)
	}
	if c.TopicName() != "projects/opera-house-1/topics/toh-tasks" || c.Secrets.Pepper != "toh-pepper" ||
		c.Mail.Vendor != Resend {
		t.Errorf("defaults: %+v", c)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, change, line string }{
		{"http", "TOH_BASE_URL=http://opera.teatro.org", "TOH_BASE_URL: must start with https://"},
		{"no base", "TOH_BASE_URL", "TOH_BASE_URL: is missing"},
		{"path", "TOH_BASE_URL=https://opera.teatro.org/app", "TOH_BASE_URL: must be only a scheme and a host"},
		{"query", "TOH_BASE_URL=https://opera.teatro.org/?a=b", "TOH_BASE_URL: must be only a scheme and a host"},
		{"user", "TOH_BASE_URL=https://a:b@opera.teatro.org", "TOH_BASE_URL: must be only a scheme and a host"},
		{"loopback", "TOH_BASE_URL=https://127.0.0.1:8080", "TOH_BASE_URL: names this machine"},
		{"not a URL", "TOH_BASE_URL=opera", "TOH_BASE_URL: is not a URL"},
		{"default database", "TOH_FIRESTORE_DATABASE=(default)", "TOH_FIRESTORE_DATABASE: is not valid"},
		{"same databases", "TOH_KEYS_DATABASE=toh-main", "TOH_KEYS_DATABASE: must not be the same"},
		{"short key name", "TOH_KMS_KEY=workspaces", "TOH_KMS_KEY: is not valid"},
		{"firestore emulator", "FIRESTORE_EMULATOR_HOST=127.0.0.1:1", "FIRESTORE_EMULATOR_HOST: is set: unset it"},
		{"empty emulator", "PUBSUB_EMULATOR_HOST=", "PUBSUB_EMULATOR_HOST: is set: unset it"},
		{"storage emulator", "STORAGE_EMULATOR_HOST=x", "STORAGE_EMULATOR_HOST: is set: unset it"},
		{"any emulator", "SPANNER_EMULATOR_HOST=x", "SPANNER_EMULATOR_HOST: is set: unset it"},
		{"metadata", "GCE_METADATA_HOST=10.0.0.1", "GCE_METADATA_HOST: is set: unset it"},
		{"endpoint", "TOH_FIRESTORE_ENDPOINT=http://10.0.0.1", "TOH_FIRESTORE_ENDPOINT: is set: unset it"},
		{"insecure", "TOH_INSECURE=1", "TOH_INSECURE: is set: unset it"},
		{"sdk endpoint", "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB=http://x",
			"CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB: is set"},
		{"a path of a bucket", "TOH_MIRROR=opera/mirror", "TOH_MIRROR: is not valid"},
		{"plain pepper", "TOH_PEPPER=hushhushhushhush", "TOH_PEPPER: holds a secret in a plain variable"},
		{"plain key", "RESEND_API_KEY=re_hushhush", "RESEND_API_KEY: holds a secret in a plain variable"},
		{"plain password", "TOH_SMTP_PASSWORD=hushhush", "TOH_SMTP_PASSWORD: holds a secret in a plain variable"},
		{"value as name", "TOH_SECRET_MAIL=re_hushhush_1234567", "TOH_SECRET_MAIL: must be the name of a secret"},
		{"value as name 2", "TOH_SECRET_PEPPER=aGVsbG8+hush/==", "TOH_SECRET_PEPPER: must be the name of a secret"},
		{"placeholder name", "TOH_SECRET_PEPPER=changeme", "TOH_SECRET_PEPPER: is a placeholder"},
		{"misspelt", "TOH_SESION_IDLE=1h", "TOH_SESION_IDLE: is not a setting"},
		{"idle short", "TOH_SESSION_IDLE=4m59s", "TOH_SESSION_IDLE: is not valid"},
		{"idle zero", "TOH_SESSION_IDLE=0s", "TOH_SESSION_IDLE: is not valid"},
		{"idle negative", "TOH_SESSION_IDLE=-1h", "TOH_SESSION_IDLE: is not valid"},
		{"idle over absolute", "TOH_SESSION_ABSOLUTE=2h", "TOH_SESSION_IDLE: must not be longer"},
		{"absolute long", "TOH_SESSION_ABSOLUTE=721h", "TOH_SESSION_ABSOLUTE: is not valid"},
		{"cheap bcrypt", "TOH_BCRYPT_COST=11", "TOH_BCRYPT_COST: is not valid"},
		{"slow bcrypt", "TOH_BCRYPT_COST=17", "TOH_BCRYPT_COST: is not valid"},
		{"port", "PORT=65536", "PORT: is not valid"},
		{"role", "TOH_ROLE=god", "TOH_ROLE: is not valid"},
		{"no audience", "TOH_PUSH_AUDIENCE", "TOH_PUSH_AUDIENCE: is missing"},
		{"http audience", "TOH_PUSH_AUDIENCE=http://x.org", "TOH_PUSH_AUDIENCE: is not valid"},
		{"person pushes", "TOH_PUSH_SERVICE_ACCOUNT=me@gmail.com", "TOH_PUSH_SERVICE_ACCOUNT: is not valid"},
		{"from", "TOH_MAIL_FROM=house@example.org", "TOH_MAIL_FROM: is a placeholder"},
		{"no from", "TOH_MAIL_FROM", "TOH_MAIL_FROM: is missing"},
		{"catcher", "TOH_MAIL=catch", "TOH_MAIL: is not valid"},
		{"smtp host", "TOH_MAIL=smtp", "TOH_SMTP_HOST: is missing"},
		{"api rate", "TOH_API_PER_SECOND=-1", "TOH_API_PER_SECOND: is not valid"},
		{"api burst", "TOH_API_BURST=24", "TOH_API_BURST: must not be less than TOH_API_PER_SECOND (25)"},
		{"no api burst", "TOH_API_BURST=0", "TOH_API_BURST: is not valid"},
		{"telemetry", "TOH_TELEMETRY=yes", "TOH_TELEMETRY: is not valid"},
		{"trace ratio", "TOH_TRACE_RATIO=1.01", "TOH_TRACE_RATIO: is not valid"},
		{"negative trace ratio", "TOH_TRACE_RATIO=-0.1", "TOH_TRACE_RATIO: is not valid"},
		{"no number as trace ratio", "TOH_TRACE_RATIO=NaN", "TOH_TRACE_RATIO: is not valid"},
		{"level", "TOH_LOG_LEVEL=loud", "TOH_LOG_LEVEL: is not valid"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(with(c.change))
			var p *Problems
			if !errors.As(err, &p) {
				t.Fatalf("accepted: %v", err)
			}
			if !slices.ContainsFunc(p.Lines, func(l string) bool { return strings.HasPrefix(l, c.line) }) {
				t.Fatalf("no line %q in:\n%v", c.line, err)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Fatalf("the value is quoted: %v", err)
			}
			if c.name != "smtp host" && len(p.Lines) != 1 {
				t.Fatalf("not one clear line:\n%v", err)
			}
		})
	}
}

func TestAllProblemsTogether(t *testing.T) {
	t.Parallel()
	_, err := Load([]string{"TOH_BASE_URL=http://a.org", "FIRESTORE_EMULATOR_HOST=x", "TOH_BCRYPT_COST=4"})
	if err == nil || strings.Count(err.Error(), "\n") < 8 {
		t.Fatalf("not all problems: %v", err)
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		if name, rest, ok := strings.Cut(line, ": "); !ok || name == "" || rest == "" {
			t.Errorf("unclear line %q", line)
		}
	}
}

func TestEdgesAccepted(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"TOH_SESSION_IDLE=5m", "TOH_SESSION_IDLE=168h", "TOH_SESSION_ABSOLUTE=720h", "TOH_BCRYPT_COST=16", "PORT=1",
		"PORT=65535",
		"TOH_SECRET_PEPPER=house-pepper-2", "TOH_LOG_LEVEL=debug", "TOH_PROXY_HOPS=4", "TOH_ROLE=tasks",
	} {
		if _, err := Load(with(change)); err != nil {
			t.Errorf("%s refused: %v", change, err)
		}
	}
	if _, err := Load(with("TOH_ROLE=web", "TOH_PUSH_AUDIENCE", "TOH_PUSH_SERVICE_ACCOUNT")); err != nil {
		t.Errorf("a web process needs no push settings: %v", err)
	}
	if _, err := Load(with("TOH_MAIL=smtp", "TOH_SMTP_HOST=smtp.teatro.org", "TOH_SMTP_USER=house")); err != nil {
		t.Errorf("smtp: %v", err)
	}
}

func TestCheckSecret(t *testing.T) {
	t.Parallel()
	bad := []string{"", "   \n", "short-secret-15", "changeme-changeme-changeme", "xxxxxxxxxxxxxxxxxxxxxxxx",
		"aaaaaaaaaaaaaaaaaaaaaaaaa",
		"abcdefgabcdefgabcdefgabcdefg", "<your secret goes here>", "PLACEHOLDER_0a9f8b7c6d5e", "re_your_api_key_123456",
		"password1234567890",
		"put your own key here,\nand replace me", "{\n\t\"keys\": \"changeme\"\n}"}
	for _, v := range bad {
		err := CheckSecret("toh-pepper", []byte(v))
		if !errors.Is(err, ErrPlaceholder) || !strings.Contains(err.Error(), "toh-pepper") {
			t.Errorf("%q: %v", v, err)
		}
		if trimmed := strings.TrimSpace(v); trimmed != "" && err != nil && strings.Contains(err.Error(), trimmed) {
			t.Errorf("the error quotes the value %q", v)
		}
	}
	for _, v := range []string{"sixteen-bytes-ok", "re_Jk3v9QwX_7fhRz2LmNpTb8YdCsA4",
		`{"keys":[{"kid":"k1","seed":"3q2-7w8x"}]}`,
		"\x00\x01\x7f\x80\x99\xfe\x03\x11\x22\x13\x44\x55\x66\x77\x88\x90"} {
		if err := CheckSecret("s", []byte(v)); err != nil {
			t.Errorf("%q refused: %v", v, err)
		}
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	c, err := Local("127.0.0.1:8093")
	if err != nil || c.BaseURL != "http://localhost:8093" || !c.Local || c.Port != 8093 || c.Mail.Vendor != Catch {
		t.Fatalf("%+v %v", c, err)
	}
	if c.ContentDatabase == c.KeysDatabase || c.BcryptCost < 12 {
		t.Errorf("%+v", c)
	}
	for _, addr := range []string{"0.0.0.0:8080", "10.0.0.3:8080", "opera.org:80", ":8080", "127.0.0.1", "127.0.0.1:0",
		"127.0.0.1:x", "[::]:80"} {
		if _, err := Local(addr); err == nil {
			t.Errorf("%q accepted", addr)
		}
	}
	if _, err := Local("[::1]:8080"); err != nil {
		t.Errorf("IPv6 loopback: %v", err)
	}
}

func TestWhoRunsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ operator, contact, wantOperator, wantContact string }{
		"unsaid": {"", "", "the operator of this installation", "house@teatro.org"},
		"said":   {"Teatro Minimo", "safety@teatro.org", "Teatro Minimo", "safety@teatro.org"},
		"long":   {strings.Repeat("é", 100), "", strings.Repeat("é", 100), "house@teatro.org"},
	} {
		cfg, err := Load(with("TOH_MAIL_FROM=Opera <house@teatro.org>", "TOH_OPERATOR="+c.operator,
			"TOH_CONTACT="+c.contact))
		if err != nil || cfg.Operator != c.wantOperator || cfg.Contact != c.wantContact {
			t.Errorf("%s: %q %q %v", name, cfg.Operator, cfg.Contact, err)
		}
	}
	for _, bad := range []string{"TOH_OPERATOR=" + strings.Repeat("x", 101), "TOH_OPERATOR=a\nb", "TOH_CONTACT=nobody",
		"TOH_CONTACT=A <a@teatro.org>", "TOH_CONTACT=a@teatro.org?bcc=b@teatro.org", "TOH_CONTACT=security@example.com",
		"TOH_CONTACT=a@teatro.org\r\nExpires: never"} {
		if _, err := Load(with(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
