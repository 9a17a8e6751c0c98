package provision

import (
	"context"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/api/metric"
)

// counter is a metric that counts log entries.
type counter struct{ id, says, filter string }

const ofServices = `resource.type="cloud_run_revision" AND resource.labels.service_name=("toh-web" OR "toh-tasks") AND `

// counters are the log entries that are worth counting. The messages are those of the code; a test finds them there.
var counters = []counter{
	{"toh-crashes", "Requests that ended in a panic", ofServices + `severity>=ERROR AND jsonPayload.message:"panic: "`},
	{"toh-trail-behind", "Batches of the trail that Cloud Logging did not accept", ofServices +
		`jsonPayload.message="audit entries not shipped, will try again"`},
	{"toh-jobs-failed", "Jobs that were given up", ofServices + `jsonPayload.message="job failed"`},
	{"toh-ticks-failed", "Ticks that failed", ofServices + `jsonPayload.message="tick failed"`},
	{"toh-pushes-refused", "Pushes whose caller could not prove who it is", ofServices +
		`jsonPayload.message="push refused"`},
	{"toh-secrets-stale", "Secrets that could not be read again", ofServices +
		`jsonPayload.message="secret not refreshed, using the copy"`},
	{"toh-history-stopped", "Results that the history of the controls refused, because it is not what was recorded",
		ofServices + `jsonPayload.message="nothing more is signed in the history"`},
	{"toh-history-began", "New sections of the history of the controls", ofServices +
		`jsonPayload.message="a new section of the history began"`},
	{"toh-mirror-failed", "Copies of the security page that were not written", ofServices +
		`jsonPayload.message="the copy of the security page was not written"`},
	{"toh-denials", "Actions that were denied", `log_id("audit") AND labels.outcome="denied"`},
	{"toh-looks", "Access to data past the product",
		`log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName=("firestore.googleapis.com" OR "storage.googleapis.com") AND NOT protoPayload.authenticationInfo.principalEmail=~"` + everyday + `"`},
	{"toh-secret-looks", "Secrets read by somebody other than the services",
		`log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName="secretmanager.googleapis.com" AND protoPayload.methodName:"AccessSecretVersion" AND NOT protoPayload.authenticationInfo.principalEmail=~"^toh-(web|tasks)@"`},
	{"toh-rules-changed", "Changes of who may do what, and of what keeps, encrypts, runs, records or reports it",
		rulesChanged},
}

// everyday are the accounts that read and write as their normal work: the services, the build, and those of Google's
// own services. Access past the product by anybody else is counted, whether a program or a person.
const everyday = `^toh-(web|tasks|build)@|@(gcp-sa-[a-z-]+|gs-project-accounts|serverless-robot-prod)\.iam\.gserviceaccount\.com$|@(cloudbuild|cloudservices)\.gserviceaccount\.com$`

// rulesChanged finds changes by the methods of Google's admin activity log, whoever makes them. Deployments change the
// two services often, so those changes are left out for the build's account.
const rulesChanged = `log_id("cloudaudit.googleapis.com/activity") AND (protoPayload.methodName=~"` +
	`[Ss]etI(am|AM)(Policy|Permissions)` + // of projects, resources, buckets
	`|iam\.admin\.v1\.(Create|Update|Patch|Delete|Undelete|Upload|Enable|Disable)` + // accounts, their keys, roles
	`|WorkloadIdentityPools\.(Create|Update|Delete|Undelete)` +
	`|(Create|Update)KeyRing|(Create|Update|Import)CryptoKey$|(Update|Import|Destroy|Restore)CryptoKey(Version|PrimaryVersion)$` +
	`|FirestoreAdmin\.(Create|Update|Delete|Restore|Clone|Export|BulkDelete)` +
	`|storage\.buckets\.(create|update|delete)` +
	`|SecretManagerService\.(Update|Delete|Disable|Destroy|Add)` +
	`|(Publisher|Subscriber)\.(Create|Update|Modify|Delete|Detach)` +
	`|ConfigServiceV2\.(Create|Update|Delete|Undelete|Copy)|MetricsServiceV2\.(Update|Delete)` +
	`|(AlertPolicy|NotificationChannel|UptimeCheck|Snooze)Service\.(Create|Update|Delete)` +
	`|ServiceUsage\.(Enable|Disable|BatchEnable)` +
	`|CloudScheduler\.(Create|Update|Pause|Delete)` +
	`|ArtifactRegistry\.(Create|Update|Delete)Repository` +
	`|Services\.(Create|Delete)Service|Jobs\.(Create|Replace|Update|Run)Job|FunctionService\.(Create|Update)|compute\.instances\.(insert|setServiceAccount)` +
	`" OR (protoPayload.methodName=~"Services\.(Update|Replace)Service" AND NOT protoPayload.authenticationInfo.principalEmail=~"^toh-build@"))`

// metricType is the counter as Cloud Monitoring names it.
func metricType(id string) string { return "logging.googleapis.com/user/" + id }

func (s Spec) metrics() []Resource {
	var list []Resource
	for _, c := range counters {
		list = append(list, s.logMetric(c))
	}
	return list
}

func (s Spec) logMetric(m counter) Resource {
	name := s.project() + "/metrics/" + m.id
	want := &loggingpb.LogMetric{
		Name: m.id, Description: m.says, Filter: m.filter,
		MetricDescriptor: &metric.MetricDescriptor{
			MetricKind: metric.MetricDescriptor_DELTA, ValueType: metric.MetricDescriptor_INT64, Unit: "1"},
	}
	rs := rules{"disabled": {zero: true}}
	t := thing[*loggingpb.LogMetric]{
		read: func(ctx context.Context, c *session) (*loggingpb.LogMetric, error) {
			return c.LogMetrics.GetLogMetric(ctx, &loggingpb.GetLogMetricRequest{MetricName: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.LogMetrics.CreateLogMetric(ctx, &loggingpb.CreateLogMetricRequest{Parent: s.project(),
				Metric: want})
			return err
		},
		differ: func(have *loggingpb.LogMetric) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *loggingpb.LogMetric, _ []difference) error {
			rs.overlay(have, want)
			_, err := c.LogMetrics.UpdateLogMetric(ctx, &loggingpb.UpdateLogMetricRequest{MetricName: name,
				Metric: have})
			return err
		},
	}
	return Resource{
		Kind: "log metric", Name: name, api: apiLogging, look: t.look,
		block: tf("google_logging_metric", m.id, set("name", m.id), set("description", m.says), set("filter", m.filter),
			sub("metric_descriptor", set("metric_kind", "DELTA"), set("value_type", "INT64"), set("unit", "1"))),
	}
}
