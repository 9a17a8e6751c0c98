package provision_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

// changes are methods as Google's admin activity log names them, with the kind of resource under which it files them.
var changes = map[string]string{
	"SetIamPolicy": "project", "storage.setIamPermissions": "gcs_bucket",
	"google.iam.admin.v1.SetIAMPolicy":                                          "service_account",
	"google.cloud.run.v1.Services.SetIamPolicy":                                 "cloud_run_revision",
	"google.cloud.secretmanager.v1.SecretManagerService.SetIamPolicy":           "audited_resource",
	"google.iam.admin.v1.CreateServiceAccount":                                  "service_account",
	"google.iam.admin.v1.CreateServiceAccountKey":                               "service_account",
	"google.iam.admin.v1.UploadServiceAccountKey":                               "service_account",
	"google.iam.admin.v1.CreateRole":                                            "iam_role",
	"google.iam.admin.v1.UpdateRole":                                            "iam_role",
	"google.iam.admin.v1.DeleteRole":                                            "iam_role",
	"google.iam.v1.WorkloadIdentityPools.CreateWorkloadIdentityPoolProvider":    "audited_resource",
	"google.cloud.run.v2.Services.CreateService":                                "cloud_run_revision",
	"google.cloud.run.v1.Services.CreateService":                                "cloud_run_revision",
	"google.cloud.run.v2.Jobs.CreateJob":                                        "cloud_run_job",
	"google.cloud.functions.v2.FunctionService.CreateFunction":                  "cloud_function",
	"v1.compute.instances.insert":                                               "gce_instance",
	"google.monitoring.v3.AlertPolicyService.UpdateAlertPolicy":                 "audited_resource",
	"google.monitoring.v3.AlertPolicyService.DeleteAlertPolicy":                 "audited_resource",
	"google.monitoring.v3.NotificationChannelService.UpdateNotificationChannel": "audited_resource",
	"google.monitoring.v3.SnoozeService.CreateSnooze":                           "audited_resource",
	"google.monitoring.v3.UptimeCheckService.DeleteUptimeCheckConfig":           "audited_resource",
	"CreateKeyRing": "cloudkms_keyring", "CreateCryptoKey": "cloudkms_cryptokey",
	"UpdateCryptoKey": "cloudkms_cryptokey", "DestroyCryptoKeyVersion": "cloudkms_cryptokeyversion",
	"UpdateCryptoKeyVersion": "cloudkms_cryptokeyversion", "UpdateCryptoKeyPrimaryVersion": "cloudkms_cryptokey",
	"ImportCryptoKeyVersion":                                                "cloudkms_cryptokeyversion",
	"google.firestore.admin.v1.FirestoreAdmin.CreateDatabase":               "audited_resource",
	"google.firestore.admin.v1.FirestoreAdmin.UpdateDatabase":               "audited_resource",
	"google.firestore.admin.v1.FirestoreAdmin.RestoreDatabase":              "audited_resource",
	"google.firestore.admin.v1.FirestoreAdmin.DeleteBackupSchedule":         "audited_resource",
	"google.firestore.admin.v1.FirestoreAdmin.ExportDocuments":              "datastore_database",
	"storage.buckets.update":                                                "gcs_bucket",
	"storage.buckets.create":                                                "gcs_bucket",
	"google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion":   "secretmanager.googleapis.com/Secret",
	"google.pubsub.v1.Subscriber.CreateSubscription":                        "pubsub_subscription",
	"google.pubsub.v1.Subscriber.ModifyPushConfig":                          "pubsub_subscription",
	"google.pubsub.v1.Publisher.DeleteTopic":                                "pubsub_topic",
	"google.logging.v2.ConfigServiceV2.CreateSink":                          "logging_sink",
	"google.logging.v2.ConfigServiceV2.UpdateBucket":                        "logging_bucket",
	"google.logging.v2.MetricsServiceV2.UpdateLogMetric":                    "metric",
	"google.api.serviceusage.v1.ServiceUsage.DisableService":                "audited_resource",
	"google.cloud.scheduler.v1.CloudScheduler.PauseJob":                     "cloud_scheduler_job",
	"google.devtools.artifactregistry.v1.ArtifactRegistry.UpdateRepository": "audited_resource",
	"google.cloud.run.v2.Services.UpdateService":                            "cloud_run_revision",
	"google.cloud.run.v1.Services.ReplaceService":                           "cloud_run_revision",
}

// TestEveryChangeOfRulesIsCounted: each is found by the log metric's filter, and the alert covers the kind of resource
// that it is filed under.
func TestEveryChangeOfRulesIsCounted(t *testing.T) {
	t.Parallel()
	counts := ruleFilter(t)
	kinds := ruleKinds(t)
	for method, kind := range changes {
		if !counts.Match(activity(t, method, "someone@opera.dev")) {
			t.Errorf("%s is not counted", method)
		}
		if !strings.Contains(kinds, `"`+kind+`"`) {
			t.Errorf("the alert does not look at %s, where %s is filed", kind, method)
		}
	}
}

// TestWhatIsEverydayIsNotCounted: an alert that fires with each deployment, or with each automatic rotation, would be
// switched off.
func TestWhatIsEverydayIsNotCounted(t *testing.T) {
	t.Parallel()
	counts := ruleFilter(t)
	for method, who := range map[string]string{
		"google.cloud.run.v2.Services.UpdateService":           "toh-build@opera-house-1.iam.gserviceaccount.com",
		"google.cloud.run.v1.Services.ReplaceService":          "toh-build@opera-house-1.iam.gserviceaccount.com",
		"google.devtools.cloudbuild.v1.CloudBuild.CreateBuild": "someone@opera.dev", "CreateCryptoKeyVersion": "",
		"google.monitoring.v3.ServiceMonitoringService.UpdateServiceLevelObjective": "someone@opera.dev",
	} {
		if counts.Match(activity(t, method, who)) {
			t.Errorf("%s by %s is counted", method, who)
		}
	}
	if !counts.Match(activity(t, "google.cloud.run.v2.Services.CreateService",
		"toh-build@opera-house-1.iam.gserviceaccount.com")) {
		t.Error("the build may make services unseen")
	}
}

// ruleFilter is the filter for entries whose payload is plain JSON, because the local filter does not look into packed
// messages.
func ruleFilter(t *testing.T) filter.Filter { return counting(t, "FirestoreAdmin") }

// counting is the filter of the log metric that contains a word.
func counting(t *testing.T, word string) filter.Filter {
	t.Helper()
	for _, q := range provision.CounterFilters() {
		if strings.Contains(q, word) {
			f, err := filter.Parse(strings.ReplaceAll(q, "protoPayload.", "jsonPayload."))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	}
	t.Fatal("there is no such log metric")
	return filter.Filter{}
}

// TestLooksOfProgramsAreCounted: every access to data past the product is counted, except by those whose work it is.
func TestLooksOfProgramsAreCounted(t *testing.T) {
	t.Parallel()
	looks := counting(t, `"firestore.googleapis.com"`)
	for who, counted := range map[string]bool{
		"someone@opera.dev": true, "other@opera-house-1.iam.gserviceaccount.com": true,
		"1234-compute@developer.gserviceaccount.com":            true,
		"toh-push@opera-house-1.iam.gserviceaccount.com":        true,
		"reader@gcp-sa.opera-house-2.iam.gserviceaccount.com":   true,
		"toh-web@opera-house-1.iam.gserviceaccount.com":         false,
		"toh-build@opera-house-1.iam.gserviceaccount.com":       false,
		"service-1234@gcp-sa-firestore.iam.gserviceaccount.com": false, "1234@cloudbuild.gserviceaccount.com": false,
	} {
		e := activity(t, "google.firestore.v1.Firestore.RunQuery", who)
		e.LogName = project + "/logs/cloudaudit.googleapis.com%2Fdata_access"
		e.GetJsonPayload().Fields["serviceName"] = structpb.NewStringValue("firestore.googleapis.com")
		if looks.Match(e) != counted {
			t.Errorf("%s: counted is to be %t", who, counted)
		}
	}
}

func ruleKinds(t *testing.T) string {
	t.Helper()
	for _, f := range provision.AlertFilters(small()) {
		if strings.Contains(f, "toh-rules-changed") {
			return f
		}
	}
	t.Fatal("there is no alert")
	return ""
}

func activity(t *testing.T, method, who string) *loggingpb.LogEntry {
	t.Helper()
	payload, err := structpb.NewStruct(map[string]any{"methodName": method,
		"authenticationInfo": map[string]any{"principalEmail": who}})
	if err != nil {
		t.Fatal(err)
	}
	return &loggingpb.LogEntry{
		LogName:  project + "/logs/cloudaudit.googleapis.com%2Factivity",
		Resource: &monitoredres.MonitoredResource{Type: "audited_resource"},
		Payload:  &loggingpb.LogEntry_JsonPayload{JsonPayload: payload},
	}
}
