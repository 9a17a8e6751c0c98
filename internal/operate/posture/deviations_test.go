package posture_test

import (
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iamadmin "cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// deviation is something that is changed by hand after a full apply.
type deviation struct {
	plant  func(*world)
	undo   func(*world) // nil: another apply corrects it
	breaks string       // the promises that it breaks, all of them
	says   []string     // parts of one line of evidence: the resource, what was read, what was expected
}

// trailDeviations are about the route and the storage of the trail.
var trailDeviations = map[string]deviation{
	"trail kept 13 days": {bucketDays(13), nil, "T9 O7", []string{"log bucket " + location +
		"/buckets/toh-audit keeps entries 13 days; locked: no", "exactly 14 days"}},
	"trail kept 15 days": {bucketDays(15), nil, "T9 O7", []string{"buckets/toh-audit keeps entries 15 days"}},
	"trail kept 30 days": {bucketDays(30), nil, "T9 O7", []string{"buckets/toh-audit keeps entries 30 days"}},
	"sink removed": {func(w *world) {
		w.must(w.LogConfig.DeleteSink(w.t.Context(), &loggingpb.DeleteSinkRequest{SinkName: project +
			"/sinks/toh-audit"}))
	}, nil, "T9 O7", []string{"log sink " + project + "/sinks/toh-audit does not exist"}},
	"sink off": {changeSink("toh-audit", func(s *loggingpb.LogSink) {
		s.Disabled = true
	}, "disabled"), nil, "T9 O7", []string{"sinks/toh-audit is switched off: yes"}},
	"sink narrowed": {changeSink("toh-audit", func(s *loggingpb.LogSink) {
		s.Filter = `log_id("audit")`
	}, "filter"), nil, "T9 O7", []string{`sinks/toh-audit has the filter log_id("audit");`}},
	"sink misled": {changeSink("toh-audit", func(s *loggingpb.LogSink) {
		s.Destination = "logging.googleapis.com/" + project + "/locations/global/buckets/_Default"
	}, "destination"), nil, "T9 O7", []string{"sinks/toh-audit writes to", "_Default"}},
	"sink with holes": {changeSink("toh-audit", func(s *loggingpb.LogSink) {
		s.Exclusions = []*loggingpb.LogExclusion{{Name: "some", Filter: `labels.scope="x"`}}
	}, "exclusions"), changeSink("toh-audit", func(s *loggingpb.LogSink) {
		s.Exclusions = nil
	}, "exclusions"), "T9 O7", []string{"sinks/toh-audit leaves entries out by 1 exclusion"}},
	"not excluded": {changeSink("_Default", func(s *loggingpb.LogSink) {
		s.Exclusions = nil
	}, "exclusions"), nil, "T9", []string{"sinks/_Default leaves the trail out: no"}},
	"exclusion off": {changeSink("_Default", func(s *loggingpb.LogSink) {
		s.Exclusions[0].Disabled = true
	}, "exclusions"), nil, "T9", []string{"sinks/_Default leaves the trail out: no"}},
	"exclusion narrow": {changeSink("_Default", func(s *loggingpb.LogSink) {
		s.Exclusions[0].Filter = `log_id("other")`
	}, "exclusions"), nil, "T9",
		[]string{"sinks/_Default leaves the trail out: no"}},
	"looks at documents not logged": {audit(unlogged("datastore.googleapis.com")), nil, "T9 G19 O7",
		[]string{"auditConfigs/datastore.googleapis.com DATA_READ is logged: no"}},
	"looks at keys not logged": {audit(unlogged("cloudkms.googleapis.com")), nil, "T9 G19 O7",
		[]string{"auditConfigs/cloudkms.googleapis.com DATA_READ is logged: no"}},
	"looks at secrets not logged": {audit(unlogged("secretmanager.googleapis.com")), nil, "T9 G19 O7",
		[]string{"auditConfigs/secretmanager.googleapis.com DATA_WRITE is logged: no"}},
	"looks at files not logged": {audit(unlogged("storage.googleapis.com")), nil, "T9 G19 O7",
		[]string{"auditConfigs/storage.googleapis.com DATA_READ is logged: no"}},
	"only writes logged": {audit(func(p *iampb.Policy) {
		for _, a := range p.GetAuditConfigs() {
			a.AuditLogConfigs = a.AuditLogConfigs[1:]
		}
	}), nil, "T9 G19 O7", []string{"auditConfigs/storage.googleapis.com DATA_READ is logged: no"}},
	"a person exempt": {audit(exempted("cloudkms.googleapis.com", human)), nil, "T9 G19 O7",
		[]string{"auditConfigs/cloudkms.googleapis.com DATA_READ leaves out " + human}},
	"a service exempt where it is not in the trail": {audit(exempted("secretmanager.googleapis.com", webMember)), nil,
		"T9 G19 O7",
		[]string{"auditConfigs/secretmanager.googleapis.com DATA_READ leaves out " + webMember}},
	"a person exempt everywhere": {audit(func(p *iampb.Policy) {
		p.AuditConfigs = append(p.AuditConfigs, &iampb.AuditConfig{Service: "allServices",
			AuditLogConfigs: []*iampb.AuditLogConfig{{LogType: iampb.AuditLogConfig_DATA_READ,
				ExemptedMembers: []string{human}}}})
	}), audit(unlogged("allServices")), "T9 G19 O7", []string{
		"auditConfigs/datastore.googleapis.com DATA_READ leaves out " + human}},
	"trail not writable": {take(project, "roles/logging.logWriter", webMember), nil, "T9",
		[]string{"toh-web@opera-house-1.iam.gserviceaccount.com may write to Cloud Logging: no"}},
}

var databaseDeviations = map[string]deviation{
	"no recovery": {changeDatabase("toh-content",
		&adminpb.Database{PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED},
		"point_in_time_recovery_enablement"), nil, "G16",
		[]string{"databases/toh-content has recovery POINT_IN_TIME_RECOVERY_DISABLED"}},
	"old states of keys": {changeDatabase("toh-keys",
		&adminpb.Database{PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED},
		"point_in_time_recovery_enablement"), nil, "T13",
		[]string{"databases/toh-keys has recovery POINT_IN_TIME_RECOVERY_ENABLED"}},
	"content unprotected": {changeDatabase("toh-content",
		&adminpb.Database{DeleteProtectionState: adminpb.Database_DELETE_PROTECTION_DISABLED},
		"delete_protection_state"), nil, "G16",
		[]string{"databases/toh-content has protection against deletion DELETE_PROTECTION_DISABLED"}},
	"keys unprotected": {changeDatabase("toh-keys",
		&adminpb.Database{DeleteProtectionState: adminpb.Database_DELETE_PROTECTION_DISABLED},
		"delete_protection_state"), nil, "G16",
		[]string{"databases/toh-keys has protection against deletion DELETE_PROTECTION_DISABLED"}},
	"no daily backup": {changeSchedules("toh-content", true, 0), nil, "G16",
		[]string{"databases/toh-content has daily backups not at all"}},
	"no weekly backup": {changeSchedules("toh-content", false, 0), nil, "G16",
		[]string{"databases/toh-content has weekly backups not at all"}},
	"no backup of keys": {changeSchedules("toh-keys", true, 0), nil, "G16",
		[]string{"databases/toh-keys has daily backups not at all"}},
	"backups too short": {changeSchedules("toh-content", true, 3*days), nil, "G16",
		[]string{"databases/toh-content has daily backups kept 3 days"}},
	"weekly backups too short": {changeSchedules("toh-content", false, 28*days), nil, "G16",
		[]string{"databases/toh-content has weekly backups kept 28 days"}},
	"backups of keys too long": {changeSchedules("toh-keys", true, 8*days), nil, "T13",
		[]string{"databases/toh-keys has backups kept 8 days", "7 days at most"}},
	"weekly backups of keys": {func(w *world) {
		_, err := w.Databases.CreateBackupSchedule(w.t.Context(), &adminpb.CreateBackupScheduleRequest{Parent: project +
			"/databases/toh-keys", BackupSchedule: &adminpb.BackupSchedule{
			Retention:  durationpb.New(98 * days),
			Recurrence: &adminpb.BackupSchedule_WeeklyRecurrence{WeeklyRecurrence: &adminpb.WeeklyRecurrence{Day: 1}}}})
		w.must(err)
	}, changeSchedules("toh-keys", false, 0), "T13", []string{"databases/toh-keys has backups kept 98 days"}},
	"default database used": {variable("toh-tasks", "TOH_FIRESTORE_DATABASE", "(default)"), nil,
		"T1 T7 G2 G14 G15 O2 O3",
		[]string{"services/toh-tasks has TOH_FIRESTORE_DATABASE (default)"}},
	"keys beside documents": {variable("toh-web", "TOH_KEYS_DATABASE", "toh-content"), nil, "T1 T7 G2 G14 G15 O2 O3",
		[]string{"services/toh-web has TOH_KEYS_DATABASE toh-content"}},
	"time to live where none is declared": {changeField("toh-content/collectionGroups/reports/fields/state",
		&adminpb.Field{TtlConfig: &adminpb.Field_TtlConfig{}}, "ttl_config"),
		changeField("toh-content/collectionGroups/reports/fields/state", &adminpb.Field{}, "ttl_config"), "T9 T13",
		nil},
}

var keyDeviations = map[string]deviation{
	"key never rotated": {changeKey("workspaces", rotated(0, 0), "rotation_period", "next_rotation_time"), nil,
		"T7 G15 O2", []string{"cryptoKeys/workspaces gets a new version never"}},
	"key rotated rarely": {changeKey("data", rotated(91*days, 80*days), "rotation_period", "next_rotation_time"), nil,
		"T7 G15 O2", []string{"cryptoKeys/data gets a new version every 91 days"}},
	"key rotated one day": {changeKey("data", rotated(90*days, 300*days), "rotation_period", "next_rotation_time"),
		changeKey("data", rotated(90*days, 90*days), "rotation_period", "next_rotation_time"), "T7 G15 O2",
		[]string{"cryptoKeys/data is rotated next on", "within 90 days"}},
	"key disabled": {changeVersion("workspaces", kmspb.CryptoKeyVersion_DISABLED), changeVersion("workspaces",
		kmspb.CryptoKeyVersion_ENABLED), "T7 G15 O2",
		[]string{"cryptoKeys/workspaces has a primary version that is DISABLED"}},
	"signing disabled": {changeVersion("audit-signing", kmspb.CryptoKeyVersion_DISABLED),
		changeVersion("audit-signing", kmspb.CryptoKeyVersion_ENABLED), "T9",
		[]string{"cryptoKeys/audit-signing has a version 1 that is DISABLED"}},
	"another algorithm": {changeKey("audit-signing", algorithm(kmspb.CryptoKeyVersion_EC_SIGN_ED25519),
		"version_template.algorithm"), nil, "T9",
		[]string{"cryptoKeys/audit-signing makes versions for EC_SIGN_ED25519"}},
	"tasks cannot sign": {take(key+"audit-signing", "roles/cloudkms.signer", tasksMember), nil, "T9",
		[]string{"cryptoKeys/audit-signing lets " + tasksMember + " sign: no"}},
	"another key wraps": {variable("toh-web", "TOH_KMS_KEY", keyRing+"/cryptoKeys/data"), nil, "T7",
		[]string{"services/toh-web wraps keyrings with " + keyRing + "/cryptoKeys/data"}},
	"topic without key": {changeTopic("toh-tasks", &pubsubpb.Topic{}, "kms_key_name"), nil, "T7",
		[]string{"topics/toh-tasks is encrypted under Google's own key"}},
	"files without key": {changeFiles(&storage.Bucket{NullFields: []string{"Encryption"}}), nil, "T7 G3 O2",
		[]string{"buckets/opera-house-1-toh-files is encrypted under Google's own key"}},
	"secret disabled": {secretVersion(false), secretVersion(true), "T4 T8 G9 G12 O4",
		[]string{"secrets/toh-pepper has 0 values in use"}},
}

func algorithm(a kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm) func(*kmspb.CryptoKey) {
	return func(k *kmspb.CryptoKey) { k.VersionTemplate.Algorithm = a }
}

// signer is somebody besides the tasks service who can sign checkpoints of the trail.
func signer(on, role, member, breaks string) deviation {
	d := granted(on, role, member, breaks)
	d.says = []string{"lets " + member + " sign by " + role}
	if on == project {
		d.says = []string{"let " + member + " sign by " + role}
	}
	return d
}

func secretVersion(on bool) func(*world) {
	return func(w *world) {
		name := project + "/secrets/toh-pepper/versions/1"
		var err error
		if on {
			_, err = w.Secrets.EnableSecretVersion(w.t.Context(),
				&secretmanagerpb.EnableSecretVersionRequest{Name: name})
		} else {
			_, err = w.Secrets.DisableSecretVersion(w.t.Context(),
				&secretmanagerpb.DisableSecretVersionRequest{Name: name})
		}
		w.must(err)
	}
}

var fileDeviations = map[string]deviation{
	"files may be public": {changeFiles(&storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
		PublicAccessPrevention: "inherited"}}), nil, "G3 G5", []string{
		"toh-files has public access prevention inherited"}},
	"files one by one": {changeFiles(&storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
		UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: false,
			ForceSendFields: []string{"Enabled"}}}}), nil, "G3 G5",
		[]string{"toh-files has uniform access: no"}},
	"old files kept": {changeFiles(&storage.Bucket{Versioning: &storage.BucketVersioning{Enabled: true}}), nil,
		"T13", []string{"toh-files keeps old versions: yes"}},
	"deleted files kept": {changeFiles(&storage.Bucket{SoftDeletePolicy: &storage.BucketSoftDeletePolicy{
		RetentionDurationSeconds: 30 * 86400}}), nil, "T13", []string{"toh-files keeps deleted files 30 days"}},
	"files deleted by rule": {func(w *world) {
		age := int64(3)
		changeFiles(&storage.Bucket{Lifecycle: &storage.BucketLifecycle{Rule: []*storage.BucketLifecycleRule{
			{Action: &storage.BucketLifecycleRuleAction{Type: "Delete"},
				Condition: &storage.BucketLifecycleRuleCondition{Age: &age}}}}})(w)
	}, nil, "G3 G16", []string{"toh-files has 1 rules that delete"}},
	"bucket removed": {func(w *world) {
		w.must(w.Storage.Buckets.Delete("opera-house-1-toh-files").Context(w.t.Context()).Do())
	}, nil, "T6 T7 T13 G3 G5 G9 G12 G16 O2 O4",
		[]string{"file bucket projects/_/buckets/opera-house-1-toh-files does not exist"}},
}

var serviceDeviations = map[string]deviation{
	"tasks open": {changeService("toh-tasks", func(s *runpb.Service) {
		s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_ALL
	}), nil, "G1 G5", []string{"services/toh-tasks has ingress INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY"}},
	"tasks behind a balancer": {changeService("toh-tasks", func(s *runpb.Service) {
		s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER
	}), nil, "G1 G5", []string{"services/toh-tasks has ingress"}},
	"pages closed": {changeService("toh-web", func(s *runpb.Service) {
		s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY
	}), nil, "G1 G5", []string{"services/toh-web has ingress INGRESS_TRAFFIC_INTERNAL_ONLY"}},
	"callers not checked": {changeService("toh-tasks", func(s *runpb.Service) {
		s.InvokerIamDisabled = true
	}), changeService("toh-tasks", func(s *runpb.Service) {
		s.InvokerIamDisabled = false
	}), "G1 G5", []string{"services/toh-tasks checks who calls: no"}},
	"default compute account": {func(w *world) {
		w.compute()
		changeService("toh-web", func(s *runpb.Service) { s.Template.ServiceAccount = "" })(w)
	}, nil, "T6", []string{"services/toh-web runs as", "default compute account"}},
	"another account": {changeService("toh-web", func(s *runpb.Service) {
		s.Template.ServiceAccount = "toh-tasks@opera-house-1.iam.gserviceaccount.com"
	}), nil, "T6", []string{"services/toh-web runs as toh-tasks@"}},
	"plain http": {variable("toh-web", "TOH_BASE_URL", "http://house.opera.dev"), nil,
		"T2 T7 G13 G19 O1 O12", []string{"services/toh-web has TOH_BASE_URL http://house.opera.dev"}},
	"plain http in tasks": {variable("toh-tasks", "TOH_BASE_URL", "http://house.opera.dev"), nil, "T2 T7 G13 O1",
		[]string{"services/toh-tasks has TOH_BASE_URL http://house.opera.dev"}},
	"no address": {variable("toh-tasks", "TOH_BASE_URL", ""), nil, "T2 T7 G13 O1",
		[]string{"services/toh-tasks has TOH_BASE_URL none"}},
	"database emulator":         redirect("toh-web", "FIRESTORE_EMULATOR_HOST", "localhost:8080"),
	"queue emulator":            redirect("toh-tasks", "PUBSUB_EMULATOR_HOST", "localhost:8085"),
	"proxy":                     redirect("toh-web", "HTTPS_PROXY", "http://proxy.example"),
	"other roots":               redirect("toh-web", "SSL_CERT_FILE", "/etc/mine.pem"),
	"other endpoint":            redirect("toh-tasks", "CLOUDSDK_API_ENDPOINT_OVERRIDES_FIRESTORE", "http://x.example"),
	"other metadata":            redirect("toh-tasks", "GCE_METADATA_HOST", "x.example"),
	"secret by name":            plain("toh-web", "RESEND_API_KEY", "do-not-print-me"),
	"secret by our name":        plain("toh-tasks", "TOH_SMTP_PASSWORD", "do-not-print-me"),
	"secret in place of a name": plain("toh-tasks", "TOH_SECRET_PEPPER", "do-not-print-me/+=="),
	"secret by its look":        plain("toh-web", "BANNER", "-----BEGIN PRIVATE KEY----- do-not-print-me"),
	"vendor's key by its look":  plain("toh-web", "THEME", "sk_live_x1y2z3a4_do-not-print-me"),
	"credentials in a variable": plain("toh-web", "GOOGLE_APPLICATION_CREDENTIALS", "/secrets/do-not-print-me.json"),
	"weak passwords": {variable("toh-web", "TOH_BCRYPT_COST", "10"), variable("toh-web", "TOH_BCRYPT_COST",
		""), "T4 G9", []string{"services/toh-web has TOH_BCRYPT_COST 10"}},
	"endless sessions": {variable("toh-web", "TOH_SESSION_ABSOLUTE", "9000h"),
		variable("toh-web", "TOH_SESSION_ABSOLUTE", ""), "G12",
		[]string{"services/toh-web has TOH_SESSION_ABSOLUTE 9000h"}},
	"image from elsewhere": {image("toh-web", "docker.io/somebody/toh@sha256:"+strings.Repeat("a", 64)),
		image("toh-web", "us-docker.pkg.dev/cloudrun/container/hello"), "T1 G1",
		[]string{"services/toh-web runs docker.io/somebody/toh"}},
	"image of another project": {image("toh-web", "europe-west1-docker.pkg.dev/opera-house-2/toh/toh@sha256:"+
		strings.Repeat("a", 64)), image("toh-web", "us-docker.pkg.dev/cloudrun/container/hello"), "T1 G1",
		[]string{"services/toh-web runs europe-west1-docker.pkg.dev/opera-house-2/"}},
	"image by tag": {image("toh-web", "europe-west1-docker.pkg.dev/opera-house-1/toh/toh:latest"),
		image("toh-web", "us-docker.pkg.dev/cloudrun/container/hello"), "T1 G1",
		[]string{"services/toh-web runs europe-west1-docker.pkg.dev/opera-house-1/toh/toh:latest",
			"by digest, not by tag"}},
	"a disk": {changeService("toh-web", func(s *runpb.Service) {
		s.Template.Volumes = []*runpb.Volume{{Name: "disk",
			VolumeType: &runpb.Volume_Nfs{Nfs: &runpb.NFSVolumeSource{Server: "10.0.0.2", Path: "/data"}}}}
	}), changeService("toh-web", func(s *runpb.Service) {
		s.Template.Volumes = nil
	}), "T1 G2", []string{"services/toh-web mounts disk of disks"}},
	"service removed": {func(w *world) {
		op, err := w.Run.DeleteService(w.t.Context(), &runpb.DeleteServiceRequest{Name: location +
			"/services/toh-tasks"})
		waited(w, op, err)
	}, nil, "T1 T2 T4 T6 T7 G1 G2 G5 G9 G12 G13 G14 G15 O1 O2 O3 O4", []string{"Cloud Run service " + location +
		"/services/toh-tasks does not exist"}},
	"API off": {func(w *world) {
		op, err := w.Services.DisableService(w.t.Context(), &serviceusagepb.DisableServiceRequest{Name: project +
			"/services/cloudkms.googleapis.com", DisableDependentServices: true})
		waited(w, op, err)
	}, nil, "T1", []string{"API " + project + "/services/cloudkms.googleapis.com is DISABLED"}},
}

// redirect is a variable that sends calls elsewhere.
func redirect(id, name, value string) deviation {
	return deviation{variable(id, name, value), variable(id, name, ""), "T2 T7 G14 O1 O3",
		[]string{"services/" + id + " has variables that lead calls elsewhere: " + name}}
}

// plain is a variable that holds a secret.
func plain(id, name, value string) deviation {
	return deviation{variable(id, name, value), variable(id, name, ""), "G12 O4",
		[]string{"services/" + id + " has variables that hold a secret: " + name}}
}

// compute creates the default account that Google creates with its Compute API.
func (w *world) compute() {
	_, err := w.Accounts.CreateServiceAccount(w.t.Context(), &iamadmin.CreateServiceAccountRequest{Name: project,
		AccountId: "compute-stand-in"})
	if err != nil && !strings.Contains(err.Error(), "exist") {
		w.must(err)
	}
}

var deliveryDeviations = map[string]deviation{
	"push without token": {changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
		s.PushConfig.AuthenticationMethod = nil
	}, "push_config"), nil, "T7 G5 O1",
		[]string{"subscriptions/toh-tasks-push pushes as none"}},
	"push for another audience": {changeSubscription("toh-tick-push", func(s *pubsubpb.Subscription) {
		s.PushConfig.GetOidcToken().Audience = "https://other.example"
	}, "push_config"), nil, "T7 G5 O1",
		[]string{"subscriptions/toh-tick-push pushes for the audience https://other.example"}},
	"push as another account": {changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
		s.PushConfig.GetOidcToken().ServiceAccountEmail = "toh-web@opera-house-1.iam.gserviceaccount.com"
	}, "push_config"), nil, "T7 G5 O1", []string{"subscriptions/toh-tasks-push pushes as toh-web@"}},
	"push to elsewhere": {changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
		s.PushConfig.PushEndpoint = "https://evil.example/push/tasks"
	}, "push_config"), nil, "T7 G5 O1",
		[]string{"subscriptions/toh-tasks-push pushes to https://evil.example/"}},
	"pushes of another account accepted": {variable("toh-tasks", "TOH_PUSH_SERVICE_ACCOUNT",
		"other@opera-house-1.iam.gserviceaccount.com"), nil, "T7 G5 O1",
		[]string{"services/toh-tasks accepts pushes of other@"}},
	"no dead letters": {changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy = nil
	}, "dead_letter_policy"), nil, "T8 T13 O10",
		[]string{"subscriptions/toh-tasks-push puts what fails aside to none"}},
	"dead letters to elsewhere": {changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy.DeadLetterTopic = project + "/topics/toh-tick"
	}, "dead_letter_policy"), nil, "T8 T13 O10",
		[]string{"subscriptions/toh-tasks-push puts what fails aside to " + project + "/topics/toh-tick"}},
	"dead letters lost": {deleteSubscription("toh-dead-letters-pull"), nil, "T6 T8 T13 G5 G9 G12 O4 O10",
		[]string{"subscription " + project + "/subscriptions/toh-dead-letters-pull does not exist"}},
	"dead letters too soon": {changeSubscription("toh-dead-letters-pull", func(s *pubsubpb.Subscription) {
		s.MessageRetentionDuration = durationpb.New(hour)
	}, "message_retention_duration"), nil, "T8 T13 O10", []string{"toh-dead-letters-pull keeps messages 1h0m0s"}},
	"subscription lapses": {changeSubscription("toh-tick-push", func(s *pubsubpb.Subscription) {
		s.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(31 * days)}
	}, "expiration_policy"), nil, "T8 T13 O10", []string{"toh-tick-push lapses after 31 days"}},
	"ticks not delivered": {deleteSubscription("toh-tick-push"), nil, "T6 T7 T8 T13 G5 G9 G12 O1 O4 O10",
		[]string{"subscription " + project + "/subscriptions/toh-tick-push does not exist"}},
	"ticks paused": {func(w *world) {
		_, err := w.Scheduler.PauseJob(w.t.Context(), &schedulerpb.PauseJobRequest{Name: location + "/jobs/toh-tick"})
		w.must(err)
	}, func(w *world) {
		_, err := w.Scheduler.ResumeJob(w.t.Context(), &schedulerpb.ResumeJobRequest{Name: location + "/jobs/toh-tick"})
		w.must(err)
	}, "T8 T13 O10", []string{"scheduler job " + location + "/jobs/toh-tick is PAUSED"}},
	"ticks too rare": {changeJob(func(j *schedulerpb.Job) {
		j.Schedule = "0 * * * *"
	}, "schedule"), nil, "T8 T13 O10", []string{"jobs/toh-tick runs at 0 * * * *"}},
	"ticks to elsewhere": {changeJob(func(j *schedulerpb.Job) {
		j.GetPubsubTarget().TopicName = project + "/topics/toh-tasks"
	}, "pubsub_target"), nil, "T8 T13 O10",
		[]string{"jobs/toh-tick publishes to " + project + "/topics/toh-tasks"}},
	"no ticks": {func(w *world) {
		w.must(w.Scheduler.DeleteJob(w.t.Context(), &schedulerpb.DeleteJobRequest{Name: location + "/jobs/toh-tick"}))
	}, nil, "T8 T13 O10", []string{"scheduler job " + location + "/jobs/toh-tick does not exist"}},
}

var alertDeviations = map[string]deviation{
	"alert off": {changeAlert("looked-at-data", func(p *monitoringpb.AlertPolicy) {
		p.Enabled = wrapperspb.Bool(false)
	}), nil, "G19 O7 O12", []string{"alertPolicies/toh=looked-at-data is switched off"}},
	"alert gone": {func(w *world) {
		w.must(w.Alerts.DeleteAlertPolicy(w.t.Context(),
			&monitoringpb.DeleteAlertPolicyRequest{Name: w.alert("trail-behind").GetName()}))
	}, nil, "G19 O7 O12", []string{"alert " + project + "/alertPolicies/toh=trail-behind does not exist"}},
	"alert tells nobody": {changeAlert("rules-changed", func(p *monitoringpb.AlertPolicy) {
		p.NotificationChannels = nil
	}), nil, "G19 O12", []string{"alertPolicies/toh=rules-changed tells by 0 channels"}},
	"channel gone": {func(w *world) {
		w.must(w.Channels.DeleteNotificationChannel(w.t.Context(),
			&monitoringpb.DeleteNotificationChannelRequest{Name: w.channel().GetName(), Force: true}))
	}, nil, "G19 O12", []string{"alertPolicies/toh=not-ready tells by 0 channels"}},
	"channel off": {switchChannel(false), switchChannel(true), "G19 O12",
		[]string{"alertPolicies/toh=not-ready tells by 0 channels;", "is switched off"}},
	"metric off": {func(w *world) {
		m := got[*loggingpb.LogMetric](w)(w.LogMetrics.GetLogMetric(w.t.Context(),
			&loggingpb.GetLogMetricRequest{MetricName: project + "/metrics/toh-looks"}))
		m.Disabled = true
		_, err := w.LogMetrics.UpdateLogMetric(w.t.Context(), &loggingpb.UpdateLogMetricRequest{MetricName: project +
			"/metrics/toh-looks", Metric: m})
		w.must(err)
	}, nil, "G19 O12", []string{"metrics/toh-looks is switched off: yes"}},
	"metric gone": {func(w *world) {
		w.must(w.LogMetrics.DeleteLogMetric(w.t.Context(), &loggingpb.DeleteLogMetricRequest{MetricName: project +
			"/metrics/toh-denials"}))
	}, nil, "G19 O12", []string{"log metric " + project + "/metrics/toh-denials does not exist"}},
	"check gone": {dropCheck("ready"), nil, "T2 G13 G19 O1 O12",
		[]string{"uptime check " + project + "/uptimeCheckConfigs/toh=ready does not exist"}},
	"check without certificate": {changeCheck("ready", func(c *monitoringpb.UptimeCheckConfig) {
		c.GetHttpCheck().ValidateSsl = false
	}, "http_check"), nil, "T2 G13 G19 O1 O12",
		[]string{"uptimeCheckConfigs/toh=ready asks over TLS: yes, and looks at the certificate: no"}},
	"check of another page": {changeCheck("ready", func(c *monitoringpb.UptimeCheckConfig) {
		c.GetHttpCheck().Path = "/"
	}, "http_check"), nil, "T2 G13 G19 O1 O12",
		[]string{"uptimeCheckConfigs/toh=ready asks for /;"}},
	"controls not watched": {dropCheck("recent"), nil, "G19 O12",
		[]string{"uptime check " + project + "/uptimeCheckConfigs/toh=recent does not exist"}},
	"controls watched by a page that always answers": {changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) {
		c.GetHttpCheck().Path = "/security"
	}, "http_check"), nil, "G19 O12", []string{"uptimeCheckConfigs/toh=recent asks for /security;"}},
	"an error of the controls accepted": {changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) {
		c.GetHttpCheck().AcceptedResponseStatusCodes = []*statusCode{{StatusCode: &monitoringpb.
			UptimeCheckConfig_HttpCheck_ResponseStatusCode_StatusClass_{
			StatusClass: monitoringpb.UptimeCheckConfig_HttpCheck_ResponseStatusCode_STATUS_CLASS_ANY}}}
	}, "http_check"), nil, "G19 O12", []string{"uptimeCheckConfigs/toh=recent takes an error for a good answer: yes"}},
	"one error of the controls accepted": {changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) {
		c.GetHttpCheck().AcceptedResponseStatusCodes = []*statusCode{{StatusCode: &monitoringpb.
			UptimeCheckConfig_HttpCheck_ResponseStatusCode_StatusValue{StatusValue: 503}}}
	}, "http_check"), nil, "G19 O12", []string{"uptimeCheckConfigs/toh=recent takes an error for a good answer: yes"}},
}

type statusCode = monitoringpb.UptimeCheckConfig_HttpCheck_ResponseStatusCode

func dropCheck(label string) func(*world) {
	return func(w *world) {
		w.must(w.Uptime.DeleteUptimeCheckConfig(w.t.Context(),
			&monitoringpb.DeleteUptimeCheckConfigRequest{Name: w.uptimeCheck(label).GetName()}))
	}
}

func switchChannel(on bool) func(*world) {
	return func(w *world) {
		c := w.channel()
		c.Enabled = wrapperspb.Bool(on)
		_, err := w.Channels.UpdateNotificationChannel(w.t.Context(),
			&monitoringpb.UpdateNotificationChannelRequest{NotificationChannel: c, UpdateMask: fields("enabled")})
		w.must(err)
	}
}

// granted is a surplus grant, with what it breaks and what is said about it.
func granted(name, role, member, breaks string) deviation {
	says := "gives " + role + " to " + member
	if name == project {
		says = "permissions on " + project + " give " + role + " to " + member
	}
	return deviation{give(name, role, member), take(name, role, member), breaks, []string{says}}
}

const (
	key      = keyRing + "/cryptoKeys/"
	secret   = project + "/secrets/"
	account  = project + "/serviceAccounts/"
	mine     = "@opera-house-1.iam.gserviceaccount.com"
	files    = "projects/_/buckets/opera-house-1-toh-files"
	guarded  = "T6 G9 G12 O4"    // what depends on who may use a resource
	signing  = "T6 T9 G9 G12 O4" // and on who may sign
	exposed  = "T6 G5 G9 G12 O4" // and on what is open to everybody
	everyone = "allUsers"
	anybody  = "allAuthenticatedUsers"
)

var roleDeviations = map[string]deviation{
	"key for everybody":      granted(key+"workspaces", "roles/cloudkms.cryptoKeyDecrypter", everyone, exposed),
	"data key for everybody": granted(key+"data", "roles/cloudkms.cryptoKeyEncrypterDecrypter", everyone, exposed),
	"key ring for anybody":   granted(keyRing, "roles/cloudkms.viewer", anybody, exposed),
	"secret for everybody": granted(secret+"toh-pepper", "roles/secretmanager.secretAccessor", everyone,
		exposed),
	"files for everybody": {func(w *world) {
		loosen(w)
		give(files, "roles/storage.objectViewer", everyone)(w)
	}, func(w *world) {
		take(files, "roles/storage.objectViewer", everyone)(w)
		w.apply(spec())
	}, "T6 G3 G5 G9 G12 O4", []string{"gives roles/storage.objectViewer to allUsers"}},
	"topic for everybody": granted(project+"/topics/toh-tasks", "roles/pubsub.publisher", everyone, exposed),
	"subscription for anybody": granted(project+"/subscriptions/toh-dead-letters-pull", "roles/pubsub.subscriber",
		anybody, exposed),
	"tasks for everybody":        granted(location+"/services/toh-tasks", "roles/run.invoker", everyone, exposed),
	"tasks for anybody":          granted(location+"/services/toh-tasks", "roles/run.invoker", anybody, exposed),
	"pages changed by everybody": granted(location+"/services/toh-web", "roles/run.developer", everyone, exposed),
	"images for everybody": granted(location+"/repositories/toh", "roles/artifactregistry.reader", everyone,
		exposed),
	"account for everybody": granted(account+"toh-web"+mine, "roles/iam.serviceAccountTokenCreator", everyone,
		exposed),
	"project for anybody": granted(project, "roles/viewer", anybody, "T6 G5 O3"),
	"tasks called by the web": granted(location+"/services/toh-tasks", "roles/run.invoker", webMember,
		"T6 G5 G9 G12 O4"),
	"tasks called by a person": granted(location+"/services/toh-tasks", "roles/run.invoker", human,
		"T6 G5 G9 G12 O4"),
	"key for a person":        granted(key+"workspaces", "roles/cloudkms.cryptoKeyDecrypter", human, guarded),
	"key for another program": granted(key+"workspaces", "roles/cloudkms.cryptoKeyDecrypter", otherMember, guarded),
	"key ring for the build":  granted(keyRing, "roles/cloudkms.admin", "serviceAccount:toh-build"+mine, guarded),
	"data key for the web": granted(key+"data", "roles/cloudkms.cryptoKeyEncrypterDecrypter", webMember,
		guarded),
	"signing by the web":         signer(key+"audit-signing", "roles/cloudkms.signer", webMember, signing),
	"signing by a person":        signer(key+"audit-signing", "roles/cloudkms.signerVerifier", human, signing),
	"signing by everybody":       signer(key+"audit-signing", "roles/cloudkms.signer", everyone, "T6 T9 G5 G9 G12 O4"),
	"signing by another program": signer(keyRing, "roles/cloudkms.cryptoOperator", otherMember, signing),
	"signing by an agent": signer(key+"audit-signing", "roles/cloudkms.signer",
		"serviceAccount:service-1@gcp-sa-firestore.iam.gserviceaccount.com", signing),
	"signing with all keys": signer(project, "roles/cloudkms.signer", human, "T6 T9"),
	"operator of all keys": signer(project, "roles/cloudkms.cryptoOperator", "serviceAccount:toh-build"+mine,
		"T6 T9"),
	"public key for everybody": granted(key+"audit-signing", "roles/cloudkms.publicKeyViewer", everyone, exposed),
	"secret for a person":      granted(secret+"toh-pepper", "roles/secretmanager.secretAccessor", human, guarded),
	"secret for the build": granted(secret+"toh-session-keys", "roles/secretmanager.secretAccessor",
		"serviceAccount:toh-build"+mine, guarded),
	"secret changed by the web": granted(secret+"toh-session-keys", "roles/secretmanager.admin", webMember, guarded),
	"files for the web":         granted(files, "roles/storage.objectUser", webMember, guarded),
	"files for a person":        granted(files, "roles/storage.objectViewer", human, guarded),
	"files ruled by the web":    granted(files, "roles/storage.admin", webMember, guarded),
	"topic for another program": granted(project+"/topics/toh-tasks", "roles/pubsub.publisher", otherMember, guarded),
	"images by another program": granted(location+"/repositories/toh", "roles/artifactregistry.writer", otherMember,
		guarded),
	"a person in the web's place": granted(account+"toh-web"+mine, "roles/iam.serviceAccountTokenCreator", human,
		guarded),
	"the web in the push's place": granted(account+"toh-push"+mine, "roles/iam.serviceAccountTokenCreator", webMember,
		guarded),
	"owner":  granted(project, "roles/owner", webMember, "T6 T9 G5 O3"),
	"editor": granted(project, "roles/editor", "serviceAccount:toh-tasks"+mine, "T6 G5 O3"),
	"viewer": granted(project, "roles/viewer", "serviceAccount:toh-build"+mine, "T6 G5 O3"),
	"default compute as editor": granted(project, "roles/editor",
		"serviceAccount:123456789012-compute@developer.gserviceaccount.com", "T6 G5 O3"),
	"other program as owner": granted(project, "roles/owner", otherMember, "T6 T9 G5 O3"),
	"program of another project": granted(project, "roles/datastore.viewer",
		"serviceAccount:reader@opera-house-2.iam.gserviceaccount.com", "T6 G5 O3"),
	"agent of another project": granted(project, "roles/datastore.user",
		"serviceAccount:service-1@gcp-sa-firestore.iam.gserviceaccount.com", "T6 G5 O3"),
	"false agent": granted(project, "roles/datastore.user",
		"serviceAccount:service-1@gcp-sa-firestore.iam.gserviceaccount.com.evil", "T6 G5 O3"),
	"federated program": granted(project, "roles/datastore.user",
		"principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*", "T6 G5 O3"),
	"datastore admin":    granted(project, "roles/datastore.owner", webMember, "T6 G5 O3"),
	"storage admin":      granted(project, "roles/storage.admin", webMember, "T6"),
	"object admin":       granted(project, "roles/storage.objectAdmin", otherMember, "T6"),
	"KMS admin":          granted(project, "roles/cloudkms.admin", otherMember, "T6"),
	"KMS decrypter":      granted(project, "roles/cloudkms.cryptoKeyDecrypter", webMember, "T6"),
	"secret accessor":    granted(project, "roles/secretmanager.secretAccessor", webMember, "T6"),
	"secret admin":       granted(project, "roles/secretmanager.admin", otherMember, "T6"),
	"pubsub admin":       granted(project, "roles/pubsub.admin", otherMember, "T6"),
	"publisher":          granted(project, "roles/pubsub.publisher", webMember, "T6"),
	"run admin":          granted(project, "roles/run.admin", otherMember, "T6"),
	"run invoker on all": granted(project, "roles/run.invoker", otherMember, "T6"),
	"logging admin":      granted(project, "roles/logging.admin", otherMember, "T6"),
	"log viewer":         granted(project, "roles/logging.privateLogViewer", otherMember, "T6"),
	"project IAM admin":  granted(project, "roles/resourcemanager.projectIamAdmin", otherMember, "T6"),
	"security admin":     granted(project, "roles/iam.securityAdmin", otherMember, "T6"),
	"account user": granted(project, "roles/iam.serviceAccountUser", "serviceAccount:toh-build"+mine,
		"T6"),
	"token creator":            granted(project, "roles/iam.serviceAccountTokenCreator", otherMember, "T6"),
	"key admin of accounts":    granted(project, "roles/iam.serviceAccountKeyAdmin", otherMember, "T6"),
	"logs by the push account": granted(project, "roles/logging.logWriter", "serviceAccount:toh-push"+mine, "T6"),
	"own role widened": {func(w *world) {
		_, err := w.Accounts.UpdateRole(w.t.Context(), &iamadmin.UpdateRoleRequest{Name: project + "/roles/tohAttest",
			UpdateMask: fields("included_permissions"),
			Role:       &iamadmin.Role{IncludedPermissions: []string{"datastore.entities.get", "run.services.get"}}})
		w.must(err)
	}, nil, "T6 G5 O3", []string{"role " + project + "/roles/tohAttest allows beyond settings: " +
		"datastore.entities.get"}},
	"own role for the web": granted(project, project+"/roles/tohAttest", webMember, "T6"),
	"databases without a condition": {dataCondition(""), dataCondition(ours), "T6 G5 O3",
		[]string{"permissions on " + project + " give roles/datastore.user to " + webMember + " if none"}},
	"databases, a third one": {dataCondition(ours +
		` || resource.name == "projects/opera-house-1/databases/other"`), dataCondition(ours), "T6 G5 O3",
		[]string{"databases/other"}},
	"all logs for the tasks": {condition("roles/logging.viewAccessor", ""), condition("roles/logging.viewAccessor",
		`resource.name == "`+location+`/buckets/toh-audit/views/controls"`), "T6",
		[]string{" give roles/logging.viewAccessor to serviceAccount:toh-tasks" + mine + " if none"}},
	"a key in a file": {func(w *world) {
		_, err := w.Accounts.UploadServiceAccountKey(w.t.Context(),
			&iamadmin.UploadServiceAccountKeyRequest{Name: account + "toh-web" + mine, PublicKeyData: certificate(w)})
		w.must(err)
	}, func(w *world) {
		list := got[*iamadmin.ListServiceAccountKeysResponse](w)(w.Accounts.ListServiceAccountKeys(w.t.Context(),
			&iamadmin.ListServiceAccountKeysRequest{
				Name: account + "toh-web" + mine, KeyTypes: []iamadmin.ListServiceAccountKeysRequest_KeyType{
					iamadmin.ListServiceAccountKeysRequest_USER_MANAGED}}))
		for _, k := range list.GetKeys() {
			w.must(w.Accounts.DeleteServiceAccountKey(w.t.Context(),
				&iamadmin.DeleteServiceAccountKeyRequest{Name: k.GetName()}))
		}
	}, "T6 O4", []string{"toh-web" + mine + " has 1 key that somebody may hold"}},
}

const ours = `resource.name == "projects/opera-house-1/databases/toh-content" || resource.name == "projects/opera-house-1/databases/toh-keys"`

// loosen allows the file bucket to be public.
func loosen(w *world) {
	changeFiles(&storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
		PublicAccessPrevention: "inherited"}})(w)
}
