package posture

import (
	"regexp"
	"slices"
	"strings"
)

// sort is the kind of member that a binding names.
type sort int

const (
	public  sort = iota // everybody, or everybody with a Google account
	program             // a service account that somebody made, or a federated identity
	agent               // an account of Google's own services
	person              // people and groups
	gone                // deleted
)

// agentDomain are Google's own projects, which its services' accounts belong to.
var agentDomain = regexp.MustCompile(
	`^(gcp-sa-[a-z0-9-]+|gs-project-accounts|compute-system|serverless-robot-prod|containerregistry|container-engine-robot|cloud-filer|dataflow-service-producer-prod|sourcerepo-service-accounts|firebase-rules)\.iam\.gserviceaccount\.com$`)

// sortOf decides by the form of a member. Google's agents carry the number of the project that they work for; those of
// other projects count as programs.
func (c *cloud) sortOf(member string) sort {
	kind, rest, _ := strings.Cut(member, ":")
	name, domain, _ := strings.Cut(rest, "@")
	switch kind {
	case "allUsers", "allAuthenticatedUsers":
		return public
	case "deleted":
		return gone
	case "user", "group", "domain":
		return person
	case "serviceAccount":
		if c.isAgent(name, domain) {
			return agent
		}
	}
	return program
}

func (c *cloud) isAgent(name, domain string) bool {
	if domain == "cloudservices.gserviceaccount.com" || domain == "cloudbuild.gserviceaccount.com" {
		return name == c.number
	}
	return agentDomain.MatchString(domain) && strings.HasSuffix(strings.TrimPrefix(name, "cmek-p"), c.number)
}

// harmless are roles that show how things are configured, and nothing of the data in them.
var harmless = []string{
	"roles/browser", "roles/iam.securityReviewer", "roles/iam.roleViewer", "roles/cloudkms.viewer",
	"roles/cloudkms.publicKeyViewer", "roles/secretmanager.viewer",
	"roles/pubsub.viewer", "roles/run.viewer", "roles/artifactregistry.reader", "roles/monitoring.viewer",
	"roles/cloudscheduler.viewer",
	"roles/serviceusage.serviceUsageViewer", "roles/serviceusage.serviceUsageConsumer", "roles/cloudtrace.user",
	"roles/monitoring.metricWriter", "roles/cloudtrace.agent",
	"roles/logging.logWriter", "roles/datastore.backupSchedulesViewer", "roles/iam.serviceAccountViewer",
	"roles/cloudbuild.builds.viewer",
	"roles/errorreporting.viewer", "roles/errorreporting.writer", "roles/containeranalysis.occurrences.viewer",
	"roles/storage.bucketViewer",
}

func isHarmless(role string) bool { return slices.Contains(harmless, role) }

func isBasic(role string) bool {
	return role == "roles/owner" || role == "roles/editor" || role == "roles/viewer"
}

// wideRole are roles that give a program access to what is in the databases, keys, secrets, files and logs, or to the
// rules about them.
var wideRole = regexp.MustCompile(`(?i)^roles/(owner|editor|viewer|writer|reader|admin)$|admin$|\.owner$|\.editor$|` +
	`^roles/(datastore\.|firebase|cloudkms\.(crypto|signer|admin)|secretmanager\.|storage\.|run\.|logging\.(view|privateLog|configWriter|field)|` +
	`iam\.serviceAccount|iam\.workloadIdentity|pubsub\.(publisher|subscriber)|resourcemanager\.|cloudbuild\.builds\.(editor|builder))`)

func isWide(role string) bool { return !isHarmless(role) && wideRole.MatchString(role) }

// isCustom reports whether a role was made by the project or its organization, so that its permissions are not known
// here.
func isCustom(role string) bool { return !strings.HasPrefix(role, "roles/") }
