package telemetry

// Prefix is what the types of all our metrics begin with in Cloud Monitoring.
const Prefix = "custom.googleapis.com/toh/"

// ResourceType is the monitored resource of all our metrics. Its labels: location is the region, namespace is "toh",
// job is the service (toh-web, toh-tasks, toh), and task_id is the instance.
const ResourceType = "generic_task"

// The types of our metrics, as filters of Cloud Monitoring name them. A test holds that each is in Metrics, and that
// what is sent is so.
const (
	// Requests counts answered requests. Labels: edge (page, api, push, probe, other), method, route (its template, as
	// in /w/{ws}/reports/{id}), class (2xx, 3xx, 4xx, 5xx).
	Requests = Prefix + "requests"
	// RequestLatencies is a distribution of milliseconds until the answer was written. Labels: edge, route.
	RequestLatencies = Prefix + "request_latencies"

	// CloudCalls counts calls of Google's services. Labels: service (firestore, kms, logging, secretmanager, pubsub,
	// other), method (as in Commit), code (as in OK, UNAVAILABLE). A call that is tried again counts again.
	CloudCalls = Prefix + "cloud_calls"
	// CloudCallLatencies is a distribution of milliseconds until a call was answered. Labels: service, method.
	CloudCallLatencies = Prefix + "cloud_call_latencies"

	// AuditEntries counts entries of the trail that are durable. Label: outcome (done, denied, failed, begun).
	AuditEntries = Prefix + "audit_entries"
	// AuditOldestUnshipped is the age in seconds of the oldest entry that has not arrived in Cloud Logging, 0 if all
	// have. Every instance tells its own; who got the last tick also tells those of the others, which write down every
	// 15 s how far they are, so that up to 20 s is how it is when all is well.
	AuditOldestUnshipped = Prefix + "audit_oldest_unshipped"
	// AuditOldestUnbound is the age in seconds of the oldest entry that the last tick could not bring into a
	// checkpoint, 0 if all is well.
	AuditOldestUnbound = Prefix + "audit_oldest_unbound"
	// AuditShippingFailures counts batches of entries that Cloud Logging did not take. They are sent again.
	AuditShippingFailures = Prefix + "audit_shipping_failures"
	// Denials counts entries of the trail that say that something was refused. Label: action (as in report.read).
	Denials = Prefix + "denials"

	// JobRuns counts attempts of jobs. Labels: kind (as in mail), outcome (done, again, failed, cancelled). "again" is
	// an attempt that failed and will be repeated, "failed" is a job that was given up. Mail failures are those of the
	// kind mail.
	JobRuns = Prefix + "job_runs"
	// JobOldestDue is for how many seconds the oldest job that is due has waited, 0 if none is. It is measured by each
	// tick.
	JobOldestDue = Prefix + "job_oldest_due"

	// KeyringLookups counts uses of a keyring. Label: result (hit if it was in memory, miss if it was fetched).
	KeyringLookups = Prefix + "keyring_lookups"

	// SignInFailures counts sign-ins with a wrong password or an address that has no account.
	SignInFailures = Prefix + "signin_failures"
	// SignInLockouts counts sign-ins that were refused because there were too many before.
	SignInLockouts = Prefix + "signin_lockouts"

	// PromisesBroken and PromisesUndecided are how many promises the last attestation of the cloud found broken, and
	// could not decide. Only the instance that made it tells them.
	PromisesBroken    = Prefix + "promises_broken"
	PromisesUndecided = Prefix + "promises_undecided"
	// Attestations counts attestations. Label: state (kept, cloud-only, broken, undecided).
	Attestations = Prefix + "attestations"

	// Ready is 1 while an instance can do its work, else 0.
	Ready = Prefix + "ready"
	// ExportFailures counts batches of spans or metrics that did not arrive. Label: signal (traces, metrics).
	ExportFailures = Prefix + "export_failures"
)

// Form is what a metric's values are.
type Form int

// The forms of metrics.
const (
	Counter      Form = iota // a number that grows: CUMULATIVE, INT64
	Gauge                    // a number as it is now: GAUGE, DOUBLE
	Distribution             // how values are spread: CUMULATIVE, DISTRIBUTION
)

// Metric is what there is to know about one of our metrics.
type Metric struct {
	Type   string // as the constants
	Form   Form
	Unit   string // as UCUM writes it
	Labels []string
	Help   string
}

var metrics = []Metric{
	{Requests, Counter, "1", []string{"edge", "method", "route", "class"}, "Answered requests"},
	{RequestLatencies, Distribution, "ms", []string{"edge", "route"}, "Time until the answer was written"},
	{CloudCalls, Counter, "1", []string{"service", "method", "code"}, "Calls of Google's services"},
	{CloudCallLatencies, Distribution, "ms", []string{"service", "method"}, "Time until a call was answered"},
	{AuditEntries, Counter, "1", []string{"outcome"}, "Durable entries of the trail"},
	{AuditOldestUnshipped, Gauge, "s", nil, "Age of the oldest entry that has not arrived in Cloud Logging"},
	{AuditOldestUnbound, Gauge, "s", nil, "Age of the oldest entry that could not be brought into a checkpoint"},
	{AuditShippingFailures, Counter, "1", nil, "Batches of entries that Cloud Logging did not take"},
	{Denials, Counter, "1", []string{"action"}, "Entries of the trail that say that something was refused"},
	{JobRuns, Counter, "1", []string{"kind", "outcome"}, "Attempts of jobs"},
	{JobOldestDue, Gauge, "s", nil, "For how long the oldest job that is due has waited"},
	{KeyringLookups, Counter, "1", []string{"result"}, "Uses of a keyring"},
	{SignInFailures, Counter, "1", nil, "Sign-ins with a wrong password or an unknown address"},
	{SignInLockouts, Counter, "1", nil, "Sign-ins refused because there were too many before"},
	{PromisesBroken, Gauge, "1", nil, "Promises that the last attestation found broken"},
	{PromisesUndecided, Gauge, "1", nil, "Promises that the last attestation could not decide"},
	{Attestations, Counter, "1", []string{"state"}, "Attestations of the cloud"},
	{Ready, Gauge, "1", nil, "Whether the instance can do its work"},
	{ExportFailures, Counter, "1", []string{"signal"}, "Batches of spans or metrics that did not arrive"},
}
