package posture

import (
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
)

// alert is a policy that must exist, identified by its label "toh": what it watches, and the value at which it must
// fire at the latest. Operators may make one fire sooner or a little later; where it would never fire, nobody is
// watching.
type alert struct {
	id      string
	filter  string
	latest  float64 // highest threshold; for one that fires below, the lowest
	below   bool
	aligner monitoringpb.Aggregation_Aligner // 0: not checked
}

const (
	sums    = monitoringpb.Aggregation_ALIGN_SUM
	highest = monitoringpb.Aggregation_ALIGN_MAX
	grows   = monitoringpb.Aggregation_ALIGN_DELTA
	anyOne  = 0.5 // a single one is too many
)

// How long a condition may have to hold, and how long a point of it may be, before an alert is useless.
const (
	longestWait  = time.Hour
	longestPoint = time.Hour
)

const ofAudited = `resource.type=one_of("audited_resource", "datastore_database", ` +
	`"firestore.googleapis.com/Database", "gcs_bucket", "project", ` +
	`"cloudkms_keyring", "cloudkms_cryptokey", "cloudkms_cryptokeyversion", "logging_bucket", "logging_sink", "metric", ` +
	`"service_account", "iam_role", "secretmanager.googleapis.com/Secret", "cloud_run_revision", "cloud_run_job", ` +
	`"cloud_function", "gce_instance", "cloud_scheduler_job", "pubsub_topic", "pubsub_subscription")`

func counts(metric, on string) string {
	return `metric.type="logging.googleapis.com/user/` + metric + `" AND ` + on
}

func inServices(metric string) string { return counts(metric, `resource.type="cloud_run_revision"`) }

func measures(metric string) string {
	return `resource.type="generic_task" AND metric.type="custom.googleapis.com/toh/` + metric + `"`
}

func passes(check string) string {
	return `resource.type="uptime_url" AND metric.type="monitoring.googleapis.com/uptime_check/check_passed" ` +
		`AND metric.labels.check_id=starts_with("` + check + `")`
}

func waits(subscription, metric string) string {
	return `resource.type="pubsub_subscription" AND resource.labels.subscription_id="` + subscription +
		`" AND metric.type="pubsub.googleapis.com/subscription/` + metric + `"`
}

// burns begins the filter of an error budget; it continues with a name that Google chose.
const burns = "select_slo_burn_rate("

var alerts = []alert{
	{id: "not-ready", filter: passes("toh-ready-"), latest: 0.25, below: true,
		aligner: monitoringpb.Aggregation_ALIGN_FRACTION_TRUE},
	{id: "availability-fast", filter: burns, latest: 30}, {id: "availability-slow", filter: burns, latest: 15},
	{id: "latency-fast", filter: burns, latest: 30}, {id: "latency-slow", filter: burns, latest: 15},
	{id: "crash", filter: inServices("toh-crashes"), latest: 10, aligner: sums},
	{id: "trail-behind", filter: inServices("toh-trail-behind"), latest: 50, aligner: sums},
	{id: "trail-late", filter: measures("audit_oldest_unshipped"), latest: 900, aligner: highest},
	{id: "checkpoints-late", filter: measures("audit_oldest_unbound"), latest: 900, aligner: highest},
	{id: "jobs-late", filter: measures("job_oldest_due"), latest: 3600, aligner: highest},
	{id: "promise-broken", filter: measures("promises_broken"), latest: anyOne, aligner: highest},
	{id: "controls-late", filter: passes("toh-recent-"), latest: 0.25, below: true,
		aligner: monitoringpb.Aggregation_ALIGN_FRACTION_TRUE},
	{id: "history-stopped", filter: inServices("toh-history-stopped"), latest: anyOne, aligner: sums},
	{id: "history-began", filter: inServices("toh-history-began"), latest: anyOne, aligner: sums},
	{id: "mirror-failing", filter: inServices("toh-mirror-failed"), latest: 5, aligner: sums},
	{id: "jobs-failed", filter: inServices("toh-jobs-failed"), latest: 10, aligner: sums},
	{id: "guessing", filter: measures("signin_lockouts"), latest: 500, aligner: grows},
	{id: "tasks-waiting", filter: waits(tasksPush, "oldest_unacked_message_age"), latest: 3600, aligner: highest},
	{id: "ticks-missing", filter: waits(tickPush, "oldest_unacked_message_age"), latest: 1800, aligner: highest},
	{id: "ticks-failing", filter: inServices("toh-ticks-failed"), latest: 10, aligner: sums},
	{id: "dead-letters", filter: waits(deadPull, "num_undelivered_messages"), latest: 20, aligner: highest},
	{id: "secrets-stale", filter: inServices("toh-secrets-stale"), latest: 50, aligner: sums},
	{id: "pushes-refused", filter: inServices("toh-pushes-refused"), latest: 100, aligner: sums},
	{id: "denials", filter: counts("toh-denials", `resource.type="global"`), latest: 1000, aligner: sums},
	{id: "looked-at-data", filter: counts("toh-looks", ofAudited), latest: anyOne, aligner: sums},
	{id: "looked-at-secret", filter: counts("toh-secret-looks", ofAudited), latest: anyOne, aligner: sums},
	{id: "rules-changed", filter: counts("toh-rules-changed", ofAudited), latest: anyOne, aligner: sums},
	{id: "at-the-limit", filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="toh-web" ` +
		`AND metric.type="run.googleapis.com/container/instance_count"`,
		latest: 100, aligner: highest},
}

func alertIDs() []string {
	var list []string
	for _, a := range alerts {
		list = append(list, a.id)
	}
	return list
}

// sees reports whether a policy fires in time: every condition must do so where all must hold, and one where one is
// enough.
func (a alert) sees(p *monitoringpb.AlertPolicy) bool {
	n := 0
	for _, x := range p.GetConditions() {
		if a.tight(x.GetConditionThreshold()) {
			n++
		}
	}
	if p.GetCombiner() == monitoringpb.AlertPolicy_OR || len(p.GetConditions()) == 1 {
		return n > 0
	}
	return n > 0 && n == len(p.GetConditions())
}

func (a alert) tight(m *monitoringpb.AlertPolicy_Condition_MetricThreshold) bool {
	if !a.watches(m.GetFilter()) || m.GetDuration().AsDuration() > longestWait ||
		m.GetTrigger().GetCount() > 1 || m.GetTrigger().GetPercent() > 0 {
		return false
	}
	for _, g := range m.GetAggregations() {
		if g.GetAlignmentPeriod().AsDuration() > longestPoint || a.aligner != 0 &&
			g.GetPerSeriesAligner() != a.aligner {
			return false
		}
	}
	if a.below {
		return m.GetComparison() == monitoringpb.ComparisonType_COMPARISON_LT && m.GetThresholdValue() >= a.latest
	}
	return m.GetComparison() == monitoringpb.ComparisonType_COMPARISON_GT && m.GetThresholdValue() <= a.latest
}

func (a alert) watches(filter string) bool {
	if a.filter == burns {
		kind, _, _ := strings.Cut(a.id, "-")
		return strings.HasPrefix(filter, burns) && strings.Contains(filter, "/serviceLevelObjectives/"+kind)
	}
	return sameFilter(filter, a.filter)
}

// String is what is expected of it.
func (a alert) String() string {
	word := "above"
	if a.below {
		word = "below"
	}
	return fmt.Sprintf("on, and fires %s %g at the latest, within an hour, of %s", word, a.latest, a.filter)
}

// conditionsOf are a policy's conditions in one line.
func conditionsOf(p *monitoringpb.AlertPolicy) string {
	var list []string
	for _, x := range p.GetConditions() {
		m := x.GetConditionThreshold()
		if m == nil {
			list = append(list, "a condition of another kind")
			continue
		}
		word := map[monitoringpb.ComparisonType]string{
			monitoringpb.ComparisonType_COMPARISON_GT: "above", monitoringpb.ComparisonType_COMPARISON_LT: "below",
		}[m.GetComparison()]
		list = append(list, fmt.Sprintf("%s %g for %s of %s",
			orNone(word), m.GetThresholdValue(), m.GetDuration().AsDuration(), cut(m.GetFilter())))
	}
	return orNone(strings.Join(list, ", "+strings.ToLower(p.GetCombiner().String())+" "))
}
