package telemetry

// Prefix is the beginning of the types of all our metrics in Cloud Monitoring.
const Prefix = "custom.googleapis.com/toh/"

// ResourceType is the monitored resource of all our metrics. Its labels: location is the region, namespace is "toh",
// job is the service (toh-web, toh-tasks, toh), and task_id is the instance.
const ResourceType = "generic_task"

// The types of our metrics, as filters in Cloud Monitoring name them. A test checks that each is in Metrics, and that
// what is sent matches.
const (
	// Requests counts answered requests. Labels: edge (page, api, push, probe, other), method, route (its template, as
	// in /w/{ws}/reports/{id}), class (2xx, 3xx, 4xx, 5xx).
	Requests = Prefix + "requests"
	// RequestLatencies is a distribution of milliseconds until the answer was written. Labels: edge, route.
	RequestLatencies = Prefix + "request_latencies"

	// CloudCalls counts calls of Google's services. Labels: service (firestore, kms, logging, secretmanager, pubsub,
	// other), method (as in Commit), code (as in OK, UNAVAILABLE). A call that is repeated counts again.
	CloudCalls = Prefix + "cloud_calls"
	// CloudCallLatencies is a distribution of milliseconds until a call was answered. Labels: service, method.
	CloudCallLatencies = Prefix + "cloud_call_latencies"

	// AuditEntries counts durable entries of the trail. Label: outcome (done, denied, failed, begun).
	AuditEntries = Prefix + "audit_entries"
	// AuditOldestUnshipped is the age in seconds of the oldest entry that has not arrived in Cloud Logging, 0 if all
	// have. Every instance reports its own. The instance that got the last tick also reports those of the others, which
	// record every 15 s how far they are, so that up to 20 s is normal.
	AuditOldestUnshipped = Prefix + "audit_oldest_unshipped"
	// AuditOldestUnbound is the age in seconds of the oldest entry that the last tick could not bring into a
	// checkpoint, normally 0.
	AuditOldestUnbound = Prefix + "audit_oldest_unbound"
	// AuditShippingFailures counts batches of entries that Cloud Logging did not accept. They are sent again.
	AuditShippingFailures = Prefix + "audit_shipping_failures"
	// Denials counts entries of the trail whose action was denied. Label: action (as in report.read).
	Denials = Prefix + "denials"

	// JobRuns counts attempts of jobs. Labels: kind (as in mail), outcome (done, again, failed, cancelled). "again" is
	// an attempt that failed and will be repeated, "failed" is a job that was given up. Mail failures are those of the
	// kind mail.
	JobRuns = Prefix + "job_runs"
	// JobOldestDue is for how many seconds the oldest due job has waited, 0 if none is due. It is measured at each
	// tick.
	JobOldestDue = Prefix + "job_oldest_due"

	// KeyringLookups counts uses of a keyring. Label: result (hit if it was in memory, miss if it was fetched).
	KeyringLookups = Prefix + "keyring_lookups"

	// SignInFailures counts sign-ins with a wrong password or an address that has no account.
	SignInFailures = Prefix + "signin_failures"
	// SignInLockouts counts sign-ins that were refused because there were too many failures before.
	SignInLockouts = Prefix + "signin_lockouts"

	// PromisesBroken and PromisesUndecided are how many promises the last attestation of the cloud found broken, and
	// could not decide. Only the instance that made the attestation reports them.
	PromisesBroken    = Prefix + "promises_broken"
	PromisesUndecided = Prefix + "promises_undecided"
	// Attestations counts attestations. Label: state (kept, cloud-only, broken, undecided).
	Attestations = Prefix + "attestations"

	// Ready is 1 while an instance can do its work, otherwise 0.
	Ready = Prefix + "ready"
	// ExportFailures counts batches of spans or metrics that did not arrive. Label: signal (traces, metrics).
	ExportFailures = Prefix + "export_failures"
)

// Form is the form of a metric's values.
type Form int

// The forms of metrics.
const (
	Counter      Form = iota // a number that grows: CUMULATIVE, INT64
	Gauge                    // a current value: GAUGE, DOUBLE
	Distribution             // a distribution of values: CUMULATIVE, DISTRIBUTION
)

// Metric describes one of our metrics.
type Metric struct {
	Type   string // one of the constants
	Form   Form
	Unit   string // in UCUM notation
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
	{Denials, Counter, "1", []string{"action"}, "Entries of the trail whose action was denied"},
	{JobRuns, Counter, "1", []string{"kind", "outcome"}, "Attempts of jobs"},
	{JobOldestDue, Gauge, "s", nil, "How long the oldest due job has waited"},
	{KeyringLookups, Counter, "1", []string{"result"}, "Uses of a keyring"},
	{SignInFailures, Counter, "1", nil, "Sign-ins with a wrong password or an unknown address"},
	{SignInLockouts, Counter, "1", nil, "Sign-ins refused because there were too many failures before"},
	{PromisesBroken, Gauge, "1", nil, "Promises that the last attestation found broken"},
	{PromisesUndecided, Gauge, "1", nil, "Promises that the last attestation could not decide"},
	{Attestations, Counter, "1", []string{"state"}, "Attestations of the cloud"},
	{Ready, Gauge, "1", nil, "Whether the instance can do its work"},
	{ExportFailures, Counter, "1", []string{"signal"}, "Batches of spans or metrics that did not arrive"},
}
