package posture

const ofOurs = `resource.type="cloud_run_revision" AND resource.labels.service_name=("toh-web" OR "toh-tasks") AND `

// counters are the log metrics that alerts depend on, with the entries that each must count. Any other filter, even one
// that is only a little narrower, may miss what the alert is for.
var counters = map[string]string{
	"toh-crashes":         ofOurs + `severity>=ERROR AND jsonPayload.message:"panic: "`,
	"toh-trail-behind":    ofOurs + `jsonPayload.message="audit entries not shipped, will try again"`,
	"toh-jobs-failed":     ofOurs + `jsonPayload.message="job failed"`,
	"toh-ticks-failed":    ofOurs + `jsonPayload.message="tick failed"`,
	"toh-pushes-refused":  ofOurs + `jsonPayload.message="push refused"`,
	"toh-secrets-stale":   ofOurs + `jsonPayload.message="secret not refreshed, using the copy"`,
	"toh-history-stopped": ofOurs + `jsonPayload.message="nothing more is signed in the history"`,
	"toh-history-began":   ofOurs + `jsonPayload.message="a new section of the history began"`,
	"toh-mirror-failed":   ofOurs + `jsonPayload.message="the copy of the security page was not written"`,
	"toh-denials":         `log_id("audit") AND labels.outcome="denied"`,
	"toh-looks":           `log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName=("firestore.googleapis.com" OR "storage.googleapis.com") AND NOT protoPayload.authenticationInfo.principalEmail=~"` + everyday + `"`,
	"toh-secret-looks":    `log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName="secretmanager.googleapis.com" AND protoPayload.methodName:"AccessSecretVersion" AND NOT protoPayload.authenticationInfo.principalEmail=~"^toh-(web|tasks)@"`,
	"toh-rules-changed":   rulesChanged,
}

// everyday are the accounts that read and write as their normal work: the services, the build, and those of Google's
// own services. Access past the product by anybody else is counted, whether a program or a person.
const everyday = `^toh-(web|tasks|build)@|@(gcp-sa-[a-z-]+|gs-project-accounts|serverless-robot-prod)\.iam\.gserviceaccount\.com$|@(cloudbuild|cloudservices)\.gserviceaccount\.com$`

// rulesChanged are changes of who may do what, and of what stores, encrypts, runs, logs or alerts.
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
