package posture

import "strings"

// names are those of an installation. A test compares them with the names under which resources are created.
type names struct{ projectID, region string }

// The parts of an installation.
const (
	contentDatabase = "toh-content"
	keysDatabase    = "toh-keys"
	dataKey         = "data"
	workspacesKey   = "workspaces"
	signingKey      = "audit-signing"
	webService      = "toh-web"
	tasksService    = "toh-tasks"
	webAccount      = "toh-web"
	tasksAccount    = "toh-tasks"
	pushAccount     = "toh-push"
	buildAccount    = "toh-build"
	tasksTopic      = "toh-tasks"
	tickTopic       = "toh-tick"
	deadTopic       = "toh-dead-letters"
	tasksPush       = "toh-tasks-push"
	tickPush        = "toh-tick-push"
	deadPull        = "toh-dead-letters-pull"
)

var (
	databases = []string{contentDatabase, keysDatabase}
	services  = []string{webService, tasksService}
	accounts  = []string{webAccount, tasksAccount, pushAccount, buildAccount}
	topics    = []string{tasksTopic, tickTopic, deadTopic}
	pulls     = []string{tasksPush, tickPush, deadPull}
)

func (n names) project() thing   { return thing{"project", "projects/" + n.projectID} }
func (n names) location() string { return "projects/" + n.projectID + "/locations/" + n.region }
func (n names) ring() thing      { return thing{"KMS key ring", n.location() + "/keyRings/toh"} }
func (n names) key(id string) thing {
	return thing{"KMS key", n.ring().name + "/cryptoKeys/" + id}
}
func (n names) database(id string) thing {
	return thing{"Firestore database", n.project().name + "/databases/" + id}
}

// service is a service, or a revision of one if the id names it.
func (n names) service(id string) thing {
	kind := "Cloud Run service"
	if strings.Contains(id, revisionsOf) {
		kind = "Cloud Run revision"
	}
	return thing{kind, n.location() + "/services/" + id}
}

const revisionsOf = "/revisions/"

func (n names) topic(id string) thing { return thing{"topic", n.project().name + "/topics/" + id} }
func (n names) subscription(id string) thing {
	return thing{"subscription", n.project().name + "/subscriptions/" + id}
}
func (n names) secret(id string) thing { return thing{"secret", n.project().name + "/secrets/" + id} }
func (n names) files() thing {
	return thing{"file bucket", "projects/_/buckets/" + n.projectID + "-toh-files"}
}
func (n names) mirror() thing {
	return thing{"mirror bucket", "projects/_/buckets/" + n.projectID + "-toh-mirror"}
}
func (n names) logBucket() thing { return thing{"log bucket", n.location() + "/buckets/toh-audit"} }

// controlsView is the view of that bucket in which the controls of promises look for entries.
func (n names) controlsView() string { return n.logBucket().name + "/views/controls" }
func (n names) sink(id string) thing {
	return thing{"log sink", n.project().name + "/sinks/" + id}
}
func (n names) repository() thing {
	return thing{"image repository", n.location() + "/repositories/toh"}
}
func (n names) tick() thing { return thing{"scheduler job", n.location() + "/jobs/toh-tick"} }
func (n names) email(account string) string {
	return account + "@" + n.projectID + ".iam.gserviceaccount.com"
}
func (n names) account(id string) thing {
	return thing{"service account", n.project().name + "/serviceAccounts/" + n.email(id)}
}
func (n names) member(account string) string { return "serviceAccount:" + n.email(account) }

// short is the last part of a full name.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
