package provision

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What must be created before a resource whose block does not refer to it. Apply goes through the resources in their
// order and waits. Terraform creates everything at once that refers to nothing missing, so it has to be told. Sleeps
// stand for the time that Google needs, see wait.go.
const (
	agentsOfAPIs   = "google_project_service_identity.agents"
	agentOfStorage = "data.google_storage_project_service_account.this"
	apisAnswer     = "time_sleep.apis"
	keysOpen       = "time_sleep.key_grants"
	metricsKnown   = "time_sleep.log_metrics"
)

const (
	apiSleep    = 3 * time.Minute
	roleSleep   = 3 * time.Minute
	metricSleep = 11 * time.Minute
)

// order knows all resources, to determine what comes before one of them.
type order struct {
	Spec
	all []Resource
}

// sleep is a pause of Terraform after some resources.
type sleep struct {
	address string
	lasts   time.Duration
	after   []string
}

func (o order) sleeps() []sleep {
	return []sleep{
		{apisAnswer, apiSleep, o.where(func(r Resource) bool { return r.Kind == "API" })},
		{keysOpen, roleSleep, o.where(func(r Resource) bool {
			return r.Kind == "grant" && strings.HasPrefix(r.Name, o.key(DataKey)+" ")
		})},
		{metricsKnown, metricSleep, o.where(func(r Resource) bool { return r.Kind == "log metric" })},
	}
}

// before lists what must exist before a resource, besides what it refers to.
func (o order) before(r Resource) []string {
	var list []string
	switch r.Kind {
	case "API":
		return nil
	case "index", "field": // they refer to their database
		return nil
	case "grant":
		list = o.beforeGrant(r)
	case "Cloud Run service":
		list = o.beforeService(r)
	case "subscription":
		list = o.grantsTo(o.serviceGrants(), o.member(PushAccount), o.agent("gcp-sa-pubsub"))
	case "scheduler job":
		list = o.grantsTo(o.serviceGrants(), o.agent("gcp-sa-cloudscheduler"))
	case "alert":
		list = o.beforeAlert(r)
	}
	if r.Kind != "grant" && slices.Contains(texts(r.block.body), o.key(DataKey)) {
		list = append(list, keysOpen)
	}
	return append(list, apisAnswer)
}

// beforeGrant makes sure that Google's accounts exist before they are granted something.
func (o order) beforeGrant(r Resource) []string {
	switch {
	case strings.Contains(r.Name, "@gs-project-accounts."):
		return []string{agentOfStorage}
	case strings.Contains(r.Name, "@gcp-sa-"):
		return []string{agentsOfAPIs}
	}
	return nil
}

// beforeService is what a service needs to start: its account's permissions, the databases, and a value in each secret.
func (o order) beforeService(r Resource) []string {
	account := o.member(WebAccount)
	if strings.HasSuffix(r.Name, "/"+TasksService) {
		account = o.member(TasksAccount)
	}
	return append(o.grantsTo(o.grants(), account), o.where(func(r Resource) bool {
		return r.Kind == "Firestore database" || r.Kind == "secret value"
	})...)
}

// beforeAlert is what the conditions of an alert measure.
func (o order) beforeAlert(r Resource) []string {
	filters := strings.Join(texts(r.block.body), "\n")
	list := o.where(func(r Resource) bool {
		switch r.Kind {
		case "metric":
			_, metric, _ := strings.Cut(r.Name, "/metricDescriptors/")
			return strings.Contains(filters, fmt.Sprintf("%q", metric))
		case "objective":
			return strings.Contains(filters, r.Name)
		case "uptime check":
			return strings.Contains(filters, "uptime_check/")
		}
		return false
	})
	if strings.Contains(filters, metricType("")) {
		list = append(list, metricsKnown)
	}
	return list
}

// grantsTo are the addresses of the grants to some members.
func (o order) grantsTo(grants []Resource, members ...string) []string {
	var list []string
	for _, g := range grants {
		if slices.ContainsFunc(members, func(m string) bool { return strings.HasSuffix(g.Name, " "+m) }) {
			list = append(list, g.block.address())
		}
	}
	return list
}

func (o order) where(fits func(Resource) bool) []string {
	var list []string
	for _, r := range o.all {
		if fits(r) {
			list = append(list, r.block.address())
		}
	}
	return list
}

// texts are all strings in a block.
func texts(args []arg) []string {
	var list []string
	for _, a := range args {
		if text, ok := a.value.(string); ok {
			list = append(list, text)
		}
		list = append(list, texts(a.body)...)
	}
	return list
}

// dependsOn is the Terraform argument for that.
func dependsOn(addresses []string) []arg {
	if len(addresses) == 0 {
		return nil
	}
	return []arg{set("depends_on", ref("[\n"+strings.Join(addresses, ",\n")+",\n]"))}
}
