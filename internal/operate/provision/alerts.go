package provision

import (
	"fmt"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"

	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// Playbooks is the folder with instructions for each alert; each policy has a file named after its id there.
const Playbooks = "docs/playbooks"

// alert is a policy: something that a person should look at.
type alert struct {
	id, title string
	severity  monitoringpb.AlertPolicy_Severity
	all       bool // every condition must hold; otherwise any
	when      []condition
}

// condition is a threshold over a time series.
type condition struct {
	title, filter string
	aligner       monitoringpb.Aggregation_Aligner
	reducer       monitoringpb.Aggregation_Reducer // none: each series by itself
	period        time.Duration                    // of one point
	above         float64
	below         bool // fires below the threshold instead of above
	lasts         time.Duration
}

const (
	critical = monitoringpb.AlertPolicy_CRITICAL
	severe   = monitoringpb.AlertPolicy_ERROR
	warning  = monitoringpb.AlertPolicy_WARNING
)

// counted is more than a number of entries of a log metric within a period.
func counted(id string, more float64, period time.Duration) []condition {
	kind := `resource.type="cloud_run_revision"`
	switch id {
	case "toh-denials":
		kind = `resource.type="global"`
	case "toh-looks", "toh-secret-looks", "toh-rules-changed":
		kind = `resource.type=one_of("audited_resource", "datastore_database", "firestore.googleapis.com/Database", "gcs_bucket", "project", "cloudkms_keyring", "cloudkms_cryptokey", "cloudkms_cryptokeyversion", "logging_bucket", "logging_sink", "metric", "service_account", "iam_role", "secretmanager.googleapis.com/Secret", "cloud_run_revision", "cloud_run_job", "cloud_function", "gce_instance", "cloud_scheduler_job", "pubsub_topic", "pubsub_subscription")`
	}
	return []condition{{
		title: "more than expected", filter: fmt.Sprintf(`metric.type=%q AND %s`, metricType(id), kind), above: more,
		period:  period,
		aligner: monitoringpb.Aggregation_ALIGN_SUM, reducer: monitoringpb.Aggregation_REDUCE_SUM,
	}}
}

// burning is an error budget that is used up a number of times too fast, now and over a longer time.
func (s Spec) burning(objective string, times float64, long, short time.Duration) []condition {
	var list []condition
	for _, d := range []time.Duration{long, short} {
		list = append(list, condition{
			title: fmt.Sprintf("%g times too fast over %s", times, d), above: times,
			filter: fmt.Sprintf(`select_slo_burn_rate(%q, %q)`, s.objective(objective), seconds(d)),
		})
	}
	return list
}

// measured is one of the service's own metrics above a value. Counters are summed within a period; gauges are compared
// directly.
func measured(metric string, above float64, period, lasts time.Duration) []condition {
	c := condition{
		title: "more than expected", filter: fmt.Sprintf(`resource.type=%q AND metric.type=%q`, telemetry.ResourceType,
			metric),
		above: above, period: period, lasts: lasts, aligner: monitoringpb.Aggregation_ALIGN_MAX,
		reducer: monitoringpb.Aggregation_REDUCE_MAX,
	}
	if lasts == 0 {
		c.aligner, c.reducer = monitoringpb.Aggregation_ALIGN_DELTA, monitoringpb.Aggregation_REDUCE_SUM
	}
	return []condition{c}
}

func waiting(subscription, metric string, above float64) []condition {
	return []condition{{
		title: "messages wait",
		filter: fmt.Sprintf(`resource.type="pubsub_subscription" AND resource.labels.subscription_id=%q AND metric.type="pubsub.googleapis.com/subscription/%s"`,
			subscription, metric),
		above: above, period: time.Minute, aligner: monitoringpb.Aggregation_ALIGN_MAX, lasts: 2 * time.Minute,
	}}
}

// policies are the alerts, the most urgent first.
func (s Spec) policies() []alert {
	hour := time.Hour
	return []alert{
		{"not-ready", "The service does not answer", critical, false, visits[0].fails(2 * time.Minute)},
		{"availability-fast", "Many requests fail", critical, true, s.burning("availability", 14.4, hour,
			5*time.Minute)},
		{"availability-slow", "Some requests keep failing", severe, true, s.burning("availability", 6, 6*hour,
			30*time.Minute)},
		{"latency-fast", "Requests are slow", severe, true, s.burning("latency", 14.4, hour, 5*time.Minute)},
		{"latency-slow", "Requests are getting slower", warning, true, s.burning("latency", 6, 6*hour, 30*time.Minute)},
		{"crash", "A request ended in a panic", severe, false, counted("toh-crashes", 0, 5*time.Minute)},
		{"trail-behind", "The trail does not reach Cloud Logging", critical, false, counted("toh-trail-behind", 5,
			5*time.Minute)},
		{"trail-late", "Entries of the trail are late in Cloud Logging", severe, false,
			measured(telemetry.AuditOldestUnshipped, 180, time.Minute, 2*time.Minute)},
		{"checkpoints-late", "No checkpoints of the trail are made", severe, false,
			measured(telemetry.AuditOldestUnbound, 300, time.Minute, 2*time.Minute)},
		{"jobs-late", "Jobs are overdue", severe, false, measured(telemetry.JobOldestDue, 900, time.Minute,
			2*time.Minute)},
		{"guessing", "Somebody is guessing passwords", warning, false, measured(telemetry.SignInLockouts, 50,
			10*time.Minute, 0)},
		{"promise-broken", "A promise is broken", critical, false,
			measured(telemetry.PromisesBroken, 0, time.Minute, 2*time.Minute)},
		{"controls-late", "The controls of the promises have stopped", severe, false,
			visits[1].fails(10 * time.Minute)},
		{"history-stopped", "The history of the controls was changed", critical, false,
			counted("toh-history-stopped", 0, 5*time.Minute)},
		{"history-began", "A new section of the history began", severe, false, counted("toh-history-began", 0,
			5*time.Minute)},
		{"mirror-failing", "The copy of the security page is not written", warning, false,
			counted("toh-mirror-failed", 2, 30*time.Minute)},
		{"jobs-failed", "A job was given up", severe, false, counted("toh-jobs-failed", 0, 5*time.Minute)},
		{"tasks-waiting", "Tasks are not done", severe, false, waiting(TasksPush, "oldest_unacked_message_age", 900)},
		{"ticks-missing", "Ticks do not arrive", severe, false, waiting(TickPush, "oldest_unacked_message_age", 300)},
		{"ticks-failing", "Ticks fail", severe, false, counted("toh-ticks-failed", 3, 10*time.Minute)},
		{"dead-letters", "Messages were put aside", severe, false, waiting(DeadPull, "num_undelivered_messages", 0)},
		{"secrets-stale", "Secrets cannot be read", warning, false, counted("toh-secrets-stale", 5, 10*time.Minute)},
		{"pushes-refused", "Pushes from an unauthorized caller", warning, false, counted("toh-pushes-refused", 10,
			10*time.Minute)},
		{"denials", "Many actions are denied", warning, false, counted("toh-denials", 200, 10*time.Minute)},
		{"looked-at-data", "Somebody accessed data past the product", severe, false,
			counted("toh-looks", 0, 5*time.Minute)},
		{"looked-at-secret", "A secret was read past the product", critical, false, counted("toh-secret-looks", 0,
			5*time.Minute)},
		{"rules-changed", "Permissions, keys or logs were changed", severe, false, counted("toh-rules-changed", 0,
			5*time.Minute)},
		{"at-the-limit", "The number of instances is at its limit", warning, false, s.crowded()},
	}
}

// crowded is a service near its maximum number of instances.
func (s Spec) crowded() []condition {
	return []condition{{
		title:  "instances",
		filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="toh-web" AND metric.type="run.googleapis.com/container/instance_count"`,
		above:  17, period: time.Minute, lasts: 10 * time.Minute,
		aligner: monitoringpb.Aggregation_ALIGN_MAX, reducer: monitoringpb.Aggregation_REDUCE_SUM,
	}}
}
