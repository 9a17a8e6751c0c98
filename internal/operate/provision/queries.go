package provision

import (
	"fmt"
	"strings"
)

// Query is a query for the Logs Explorer that operators need again and again.
type Query struct{ Name, Says, Filter string }

func logged(message string) string {
	return ofServices + "jsonPayload.message=" + fmt.Sprintf("%q", message)
}

// Queries are those that the playbooks name. A part in capitals is to be filled in.
func Queries() []Query {
	return []Query{
		{"Service, errors", "What failed, newest first", ofServices + `severity>=ERROR`},
		{"Service, requests by route", "All requests; group by jsonPayload.route", logged("request")},
		{"Service, slow requests", "Requests that took a second or more, by Cloud Run's own log",
			`log_id("run.googleapis.com/requests") AND resource.labels.service_name="toh-web" AND httpRequest.latency>="1s"`},
		{"Service, crashes", "Panics, with their stacks", ofServices +
			`severity>=ERROR AND jsonPayload.message:"panic: "`},
		{"Service, one request", "Everything that the services logged about one request", ofServices +
			`jsonPayload.request="REQUEST"`},
		{"Service, jobs given up", "Jobs that failed for good", logged("job failed")},
		{"Service, one job", "The attempts of one job", ofServices + `jsonPayload.job="JOB"`},
		{"Service, pushes", "What Pub/Sub asked of the tasks service, by Cloud Run's own log",
			`log_id("run.googleapis.com/requests") AND resource.labels.service_name="toh-tasks"`},
		{"Service, pushes refused", "Pushes whose caller could not prove who it is", logged("push refused")},
		{"Service, ticks failed", "Ticks whose work failed", logged("tick failed")},
		{"Service, trail not shipped", "Batches of the trail that Cloud Logging did not accept",
			logged("audit entries not shipped, will try again")},
		{"Service, secrets", "Secrets that could not be read again", logged("secret not refreshed, using the copy")},
		{"Service, controls", "Controls of promises that failed", logged("a control of a promise failed")},
		{"Service, history", "What became of the history of the controls", ofServices +
			`jsonPayload.message=("nothing more is signed in the history" OR "a new section of the history began")`},
		{"Service, mirror", "Copies of the security page that were not written",
			logged("the copy of the security page was not written")},
		{"Trail, one workspace", "The trail of a workspace; names and titles in it are sealed",
			`log_id("audit") AND labels.scope="workspaces/WORKSPACE"`},
		{"Trail, one account", "What an account did, in all workspaces", `log_id("audit") AND labels.actor="ACCOUNT"`},
		{"Trail, one document", "Who read or changed a document", `log_id("audit") AND jsonPayload.record="RECORD"`},
		{"Trail, one request", "What a request did", `log_id("audit") AND jsonPayload.request="REQUEST"`},
		{"Trail, one session", "What happened in a session", `log_id("audit") AND jsonPayload.session="SESSION"`},
		{"Trail, denied", "Actions that were denied", `log_id("audit") AND labels.outcome="denied"`},
		{"Access, data", "Who read data past the product",
			`log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName=("firestore.googleapis.com" OR "storage.googleapis.com")`},
		{"Access, secrets", "Who read secrets",
			`log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName="secretmanager.googleapis.com"`},
		{"Access, keys", "Who used keys",
			`log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName="cloudkms.googleapis.com"`},
		{"Changes of rules", "Who changed permissions, accounts, roles, keys, databases, buckets, secrets, queues, " +
			"services, logs or alerts", counterFilter("toh-rules-changed")},
	}
}

func counterFilter(id string) string {
	for _, c := range counters {
		if c.id == id {
			return c.filter
		}
	}
	return ""
}

// QueriesPage is docs/queries.md. Google's Go clients have no interface for saved queries, so they are pasted by hand.
func QueriesPage() string {
	var b strings.Builder
	b.WriteString("# Queries for the Logs Explorer\n\nPaste one, fill in what is in capitals, and save it under its " +
		"name. The trail and the log of access to data are in the\naudit bucket: choose *Refine scope → Log view → " +
		"toh-audit* for them. This page is generated from\n`internal/operate/provision/queries.go`.\n")
	for _, q := range Queries() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```\n%s\n```\n", q.Name, q.Says, q.Filter)
	}
	return b.String()
}
