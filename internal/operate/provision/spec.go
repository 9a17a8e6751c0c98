package provision

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Clients are the operator's clients.
type Clients = operator.Clients

// Spec is an installation. Project and Region are needed, and the collections whose indexes the databases get.
type Spec struct {
	Project, Region string

	// BaseURL is the public address of the service. Empty means the address that Cloud Run gives it, and leaves an
	// address alone that is already configured.
	BaseURL string
	// MailFrom is the sender of mail. Empty means a sender at the host of BaseURL, and leaves a configured one alone.
	MailFrom string
	// Operator and Contact are who runs the installation, as public pages and mails say it: a name, and an address for
	// security, privacy and abuse. Empty leaves what is configured alone.
	Operator, Contact string
	// AlertMail is who is told of alerts. Empty means nobody, and leaves channels alone.
	AlertMail string
	// Image is what the services start with. Afterwards deployments set the image.
	Image string
	// BehindBalancer says that people reach the service through a load balancer only.
	BehindBalancer bool
	// NoInvokerCheck lets everybody reach the pages by switching off Cloud Run's invoker check, and not by a role for
	// allUsers, which domain-restricted sharing forbids. False does not switch the check on again.
	NoInvokerCheck bool

	// NoMirror makes no public bucket for a copy of the security page, and leaves one alone that exists. There is none
	// with NoInvokerCheck either, because an organization that forbids roles for everybody forbids this one, too.
	NoMirror bool

	// Content and Keys are the collections of the two databases.
	Content, Keys []store.Collection

	// Clock tells the time; nil means the machine's.
	Clock model.Clock

	number    string  // of the project; a placeholder until it is known
	impatient bool    // does not wait for what was created to take effect
	sleep     sleeper // nil means to really wait
}

// Names within the project.
const (
	ContentDatabase = "toh-content"
	KeysDatabase    = "toh-keys"
	KeyRing         = "toh"
	WorkspacesKey   = "workspaces"    // wraps keyrings
	DataKey         = "data"          // under which Google's services encrypt what they store for us
	SigningKey      = "audit-signing" // signs checkpoints of the trail
	TasksTopic      = "toh-tasks"
	TickTopic       = "toh-tick"
	DeadTopic       = "toh-dead-letters"
	TasksPush       = "toh-tasks-push"
	TickPush        = "toh-tick-push"
	DeadPull        = "toh-dead-letters-pull"
	AuditBucket     = "toh-audit"
	AuditSink       = "toh-audit"
	WebService      = "toh-web"
	TasksService    = "toh-tasks"
	WebAccount      = "toh-web"
	TasksAccount    = "toh-tasks"
	PushAccount     = "toh-push"
	BuildAccount    = "toh-build"
	Repository      = "toh"
	TickJob         = "toh-tick"
)

// PlaceholderImage is what runs until the first deployment.
const PlaceholderImage = "us-docker.pkg.dev/cloudrun/container/hello"

// numberMark stands for the project's number where it is not known.
const numberMark = "{number}"

var (
	projectForm = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	regionForm  = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
)

// Check says what is wrong with the specification.
func (s Spec) Check() error {
	var wrong []error
	if !projectForm.MatchString(s.Project) {
		wrong = append(wrong, fmt.Errorf("%q is not a project id", s.Project))
	}
	if !regionForm.MatchString(s.Region) {
		wrong = append(wrong, fmt.Errorf("%q is not a region, as in europe-west1", s.Region))
	}
	if u, err := url.Parse(s.BaseURL); s.BaseURL != "" && (err != nil || u.Scheme != "https" || u.Host == "" ||
		strings.Trim(u.Path, "/") != "") {
		wrong = append(wrong, fmt.Errorf("%q is not a base URL, as in https://opera.example.org", s.BaseURL))
	}
	for _, address := range []string{s.MailFrom, s.AlertMail, s.Contact} {
		if _, err := mail.ParseAddress(address); address != "" && err != nil {
			wrong = append(wrong, fmt.Errorf("%q is not a mail address", address))
		}
	}
	if len(s.Content) == 0 || len(s.Keys) == 0 {
		wrong = append(wrong, errors.New("the collections of the databases are not given"))
	}
	return errors.Join(wrong...)
}

// The full names that other resources refer to.

func (s Spec) project() string               { return "projects/" + s.Project }
func (s Spec) location() string              { return s.project() + "/locations/" + s.Region }
func (s Spec) ring() string                  { return s.location() + "/keyRings/" + KeyRing }
func (s Spec) key(id string) string          { return s.ring() + "/cryptoKeys/" + id }
func (s Spec) database(id string) string     { return s.project() + "/databases/" + id }
func (s Spec) topic(id string) string        { return s.project() + "/topics/" + id }
func (s Spec) subscription(id string) string { return s.project() + "/subscriptions/" + id }
func (s Spec) secret(id string) string       { return s.project() + "/secrets/" + id }
func (s Spec) logBucket() string             { return s.location() + "/buckets/" + AuditBucket }
func (s Spec) sink() string                  { return s.project() + "/sinks/" + AuditSink }
func (s Spec) service(id string) string      { return s.location() + "/services/" + id }
func (s Spec) repository() string            { return s.location() + "/repositories/" + Repository }
func (s Spec) fileBucket() string            { return s.Project + "-toh-files" }
func (s Spec) mirrorBucket() string          { return s.Project + "-toh-mirror" }
func (s Spec) email(account string) string {
	return account + "@" + s.Project + ".iam.gserviceaccount.com"
}
func (s Spec) account(id string) string     { return s.project() + "/serviceAccounts/" + s.email(id) }
func (s Spec) member(account string) string { return "serviceAccount:" + s.email(account) }

// agent is the account with which one of Google's services works for the project.
func (s Spec) agent(service string) string {
	return "serviceAccount:service-" + s.projectNumber() + "@" + service + ".iam.gserviceaccount.com"
}

func (s Spec) projectNumber() string { return cmp.Or(s.number, numberMark) }

// address is the address at which Cloud Run serves a service.
func (s Spec) address(service string) string {
	return "https://" + service + "-" + s.projectNumber() + "." + s.Region + ".run.app"
}

func (s Spec) baseURL() string {
	return strings.TrimSuffix(cmp.Or(s.BaseURL, s.address(WebService)), "/")
}

func (s Spec) host() string { return strings.TrimPrefix(s.baseURL(), "https://") }

func (s Spec) mailFrom() string {
	return cmp.Or(s.MailFrom, "Tiny Opera House <house@"+s.host()+">")
}

func (s Spec) image() string { return cmp.Or(s.Image, PlaceholderImage) }

// Resources are everything that must exist, in the order of creation.
func (s Spec) Resources() []Resource {
	groups := [][]Resource{
		s.apis(), s.accounts(), s.keys(), s.agentGrants(),
		s.databases(), s.indexes(), s.fields(), s.backups(),
		s.secrets(), s.topics(), s.files(), s.mirror(), s.registry(),
		s.auditLog(), s.grants(), s.services(), s.serviceGrants(), s.deliveries(),
		s.metrics(), s.descriptors(), s.objectives(), s.channels(), s.alerts(), s.dashboards(),
	}
	var all []Resource
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
