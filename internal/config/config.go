package config

import (
	"log/slog"
	"os"
	"time"
)

// Role is which part of the service a process is.
type Role string

// The roles of a process. The same container image serves all of them.
const (
	Web   Role = "web"   // pages and API
	Tasks Role = "tasks" // Pub/Sub pushes only; internal ingress
	All   Role = "all"
)

// Config is everything that a process is told from outside. Load or Local makes it, and it does not change afterwards.
type Config struct {
	Local   bool   // one machine, loopback only, the cloud in the same process
	BaseURL string // scheme and host, without a slash at the end; every link starts with it
	Role    Role
	Port    int

	Project         string
	Region          string
	ContentDatabase string // Firestore database of documents
	KeysDatabase    string // Firestore database of wrapped keys
	KMSKey          string // projects/…/cryptoKeys/…
	Topic           string // Pub/Sub topic that wakes tasks
	Mirror          string // public bucket for a copy of the security page; "" for none
	Files           string // bucket of the objects of files
	TrailView       string // of the log bucket of the trail, through which the controls look for entries

	// Operator and Contact are who runs the installation, as public pages and mails name them: a name, and an e-mail
	// address for security, privacy and abuse. On one machine there is no address.
	Operator string
	Contact  string

	Secrets Secrets
	Push    Push
	Mail    Mail
	Session Session

	BcryptCost int
	API        API
	Telemetry  Telemetry
	ProxyHops  int // how many entries at the end of X-Forwarded-For our own front end adds; 0 trusts none of them
	LogLevel   slog.Level
}

// Push is who may push tasks: the subscription's service account, for this audience.
type Push struct {
	ServiceAccount string
	Audience       string
}

// Session is how long a session lasts. A workspace can shorten it.
type Session struct {
	Idle     time.Duration
	Absolute time.Duration
}

// API is how many requests one API token may make, over all instances together.
type API struct {
	PerSecond int // in the long run; 0 means no limit
	Burst     int // at once
}

// Telemetry is whether traces and metrics are sent, and the share of requests that is traced.
type Telemetry struct {
	On    bool
	Ratio float64
}

// Service is the name of the process in logs, traces and metrics.
func (c Config) Service() string {
	if c.Role == All || c.Role == "" {
		return "toh"
	}
	return "toh-" + string(c.Role)
}

// TopicName is the topic as Pub/Sub names it.
func (c Config) TopicName() string { return "projects/" + c.Project + "/topics/" + c.Topic }

// trailView is the one view that an installation has of the log bucket of its trail.
func trailView(project, region, bucket string) string {
	return "projects/" + project + "/locations/" + region + "/buckets/" + bucket + "/views/controls"
}

// CopyURL is the address of the folder with the copy of the security page, "" if there is none.
func (c Config) CopyURL() string {
	if c.Mirror == "" {
		return ""
	}
	return "https://storage.googleapis.com/" + c.Mirror
}

// FromEnvironment is Load of the process's own environment.
func FromEnvironment() (Config, error) { return Load(os.Environ()) }

// Load reads the settings of cmd/toh from lines of the form NAME=value. The error, if any, is a *Problems.
func Load(environ []string) (Config, error) {
	r := newReader(environ)
	r.refuseEmulators()
	r.refusePlainSecrets()
	c := Config{
		BaseURL: r.baseURL("TOH_BASE_URL"),
		Role:    Role(r.choice("TOH_ROLE", string(All), string(Web), string(Tasks), string(All))),
		Port:    r.number("PORT", 8080, 1, 65535),
		Project: r.matching("TOH_PROJECT", projectForm,
			"the id of the Google Cloud project, as in opera-house-1"),
		Region: r.matching("TOH_REGION", regionForm, "a Google Cloud region, as in europe-west1"),
		ContentDatabase: r.matching("TOH_FIRESTORE_DATABASE", databaseForm,
			"the name of the Firestore database of documents, as in toh-content (not the default database)"),
		KeysDatabase: r.matching("TOH_KEYS_DATABASE", databaseForm, "the name of the Firestore database of keys, "+
			"as in toh-keys"),
		KMSKey: r.matching("TOH_KMS_KEY", kmsForm, "projects/P/locations/L/keyRings/R/cryptoKeys/K"),
		Topic: r.matchingOr("TOH_TOPIC", "toh-tasks", topicForm,
			"the id of a Pub/Sub topic, as in toh-tasks"),
		Mirror: r.matchingOr("TOH_MIRROR", "", bucketForm,
			"the name of a bucket of Cloud Storage, as in opera-house-1-toh-mirror"),
		Files: r.matchingOr("TOH_FILES", "", bucketForm,
			"the name of a bucket of Cloud Storage, as in opera-house-1-toh-files"),
		Secrets:    r.secrets(),
		Session:    r.session(),
		BcryptCost: r.number("TOH_BCRYPT_COST", 12, 12, 16),
		API:        r.api(),
		Telemetry: Telemetry{On: r.choice("TOH_TELEMETRY", "on", "on", "off") == "on",
			Ratio: r.ratio("TOH_TRACE_RATIO", 0.05)},
		ProxyHops: r.number("TOH_PROXY_HOPS", 1, 1, 4),
		LogLevel:  r.level("TOH_LOG_LEVEL"),
	}
	c.TrailView = trailView(c.Project, c.Region, "toh-audit")
	c.Push = r.push(c.Role)
	c.Mail = r.mail()
	c.Operator, c.Contact = r.operator(), r.contact(c.Mail.From)
	r.distinct("TOH_FIRESTORE_DATABASE", "TOH_KEYS_DATABASE")
	r.refuseUnknown()
	return c, r.problems.err()
}

func (r *reader) session() Session {
	s := Session{
		Idle:     r.duration("TOH_SESSION_IDLE", 12*time.Hour, 5*time.Minute, 7*24*time.Hour),
		Absolute: r.duration("TOH_SESSION_ABSOLUTE", 7*24*time.Hour, time.Hour, 30*24*time.Hour),
	}
	if s.Idle > s.Absolute {
		r.problem("TOH_SESSION_IDLE", "must not be longer than TOH_SESSION_ABSOLUTE (%s)", s.Absolute)
	}
	return s
}

func (r *reader) api() API {
	a := API{PerSecond: r.number("TOH_API_PER_SECOND", 25, 0, 10_000), Burst: r.number("TOH_API_BURST", 250, 1,
		100_000)}
	if a.PerSecond > a.Burst {
		r.problem("TOH_API_BURST", "must not be less than TOH_API_PER_SECOND (%d)", a.PerSecond)
	}
	return a
}

func (r *reader) push(role Role) Push {
	if role == Web {
		return Push{r.optional("TOH_PUSH_SERVICE_ACCOUNT"), r.optional("TOH_PUSH_AUDIENCE")}
	}
	return Push{
		ServiceAccount: r.matching("TOH_PUSH_SERVICE_ACCOUNT", serviceAccountForm,
			"the e-mail of the service account that pushes tasks, as in push@opera-house-1.iam.gserviceaccount.com"),
		Audience: r.audience("TOH_PUSH_AUDIENCE"),
	}
}
