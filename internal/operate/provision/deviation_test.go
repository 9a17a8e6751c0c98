package provision_test

import (
	"errors"
	"strings"
	"testing"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

// deviations are what somebody may have changed by hand, each with what the plan must say about it.
var deviations = map[string]struct {
	plant func(*world)
	says  string // part of the line in the plan
}{
	"key rotated too rarely": {func(w *world) {
		w.changeKey(rotateAfter(400*24*hour), "rotation_period", "next_rotation_time")
	},
		"rotation_period: 400 days → 90 days"},
	"another algorithm for signing": {func(w *world) {
		w.changeKeyOf("audit-signing", func(k *kmspb.CryptoKey) {
			k.VersionTemplate.Algorithm = kmspb.CryptoKeyVersion_EC_SIGN_ED25519
		}, "version_template.algorithm")
	}, "cryptoKeys/audit-signing version_template.algorithm: EC_SIGN_ED25519 → EC_SIGN_P256_SHA256"},
	"tasks cannot sign": {func(w *world) {
		w.keyPolicyOf("audit-signing", take("toh-tasks"))
	}, "cryptoKeys/audit-signing roles/cloudkms.signer serviceAccount:toh-tasks@"},
	"the web sees no public key": {func(w *world) {
		w.keyPolicyOf("audit-signing", take("toh-web"))
	}, "cryptoKeys/audit-signing roles/cloudkms.publicKeyViewer serviceAccount:toh-web@"},
	"account renamed": {func(w *world) { w.changeAccount("x") }, "display_name: x → "},
	"no recovery": {func(w *world) {
		w.changeDatabase("toh-content",
			&adminpb.Database{PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED},
			"point_in_time_recovery_enablement")
	}, "POINT_IN_TIME_RECOVERY_DISABLED → POINT_IN_TIME_RECOVERY_ENABLED"},
	"old versions of keys": {func(w *world) {
		w.changeDatabase("toh-keys",
			&adminpb.Database{PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED},
			"point_in_time_recovery_enablement")
	}, "POINT_IN_TIME_RECOVERY_ENABLED → POINT_IN_TIME_RECOVERY_DISABLED"},
	"database unprotected": {func(w *world) {
		w.changeDatabase("toh-keys",
			&adminpb.Database{DeleteProtectionState: adminpb.Database_DELETE_PROTECTION_DISABLED},
			"delete_protection_state")
	}, "DELETE_PROTECTION_DISABLED → DELETE_PROTECTION_ENABLED"},
	"backups too short": {func(w *world) {
		w.changeBackups("toh-content", 3*24*hour)
	}, "retention: 3 days → 14 days"},
	"backups of keys too long": {func(w *world) {
		w.changeBackups("toh-keys", 30*24*hour)
	}, "retention: 30 days → 7 days"},
	"time to live gone": {func(w *world) {
		w.changeField(&adminpb.Field{Name: "expires"}, "ttl_config")
	}, "ttl_config: none → from its time"},
	"time to live where none is": {func(w *world) {
		w.changeField(&adminpb.Field{Name: "expires"}, "ttl_config")
		w.changeField(&adminpb.Field{Name: "filed", TtlConfig: &adminpb.Field_TtlConfig{}}, "ttl_config")
	}, "ttl_config: from its time → none"},
	"exemption gone": {func(w *world) {
		w.changeField(&adminpb.Field{Name: "note"}, "index_config")
	}, "fields/note"},
	"topic without key": {func(w *world) { w.changeTopic(&pubsubpb.Topic{}, "kms_key_name") }, "kms_key_name: none → "},
	"topic elsewhere": {func(w *world) {
		w.changeTopic(&pubsubpb.Topic{MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{
			AllowedPersistenceRegions: []string{"us-east1"}}}, "message_storage_policy")
	}, "allowed_persistence_regions: us-east1 → europe-west1"},
	"push to elsewhere": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) {
			s.PushConfig.PushEndpoint = "https://evil.example/"
		}, "push_config")
	}, "push_endpoint: https://evil.example/ → https://toh-tasks-"},
	"push without token": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) { s.PushConfig.AuthenticationMethod = nil }, "push_config")
	}, "push_config.oidc_token: none → "},
	"no dead letters": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) { s.DeadLetterPolicy = nil }, "dead_letter_policy")
	}, "dead_letter_policy: none → "},
	"no patience": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) { s.AckDeadlineSeconds = 10 }, "ack_deadline_seconds")
	}, "ack_deadline_seconds: 10 → 600"},
	"no back-off": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) { s.RetryPolicy = nil }, "retry_policy")
	}, "retry_policy: none → "},
	"messages kept short": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) {
			s.MessageRetentionDuration = durationpb.New(hour)
		}, "message_retention_duration")
	}, "message_retention_duration: 1h0m0s → 7 days"},
	"subscription lapses": {func(w *world) {
		w.changeSubscription(func(s *pubsubpb.Subscription) {
			s.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(30 * 24 * hour)}
		}, "expiration_policy")
	}, "expiration_policy.ttl: 30 days → none"},
	"ticks too rare": {func(w *world) {
		w.changeJob(func(j *schedulerpb.Job) { j.Schedule = "0 * * * *" }, "schedule")
	}, "schedule: 0 * * * * → * * * * *"},
	"trail kept short": {func(w *world) {
		w.changeBucket(&loggingpb.LogBucket{RetentionDays: 7}, "retention_days")
	}, "retention_days: 7 → 14"},
	"trail kept long": {func(w *world) {
		w.changeBucket(&loggingpb.LogBucket{RetentionDays: 30}, "retention_days")
	}, "retention_days: 30 → 14"},
	"trail not indexed": {func(w *world) {
		w.changeBucket(&loggingpb.LogBucket{}, "index_configs")
	}, "index_configs: none → "},
	"sink off": {func(w *world) {
		w.changeSink("toh-audit", func(s *loggingpb.LogSink) { s.Disabled = true }, "disabled")
	}, "disabled: true → false"},
	"sink narrowed": {func(w *world) {
		w.changeSink("toh-audit", func(s *loggingpb.LogSink) { s.Filter = `log_id("audit")` }, "filter")
	}, `filter: log_id("audit") → `},
	"not excluded": {func(w *world) {
		w.changeSink("_Default", func(s *loggingpb.LogSink) { s.Exclusions = nil }, "exclusions")
	}, "exclusions: none → "},
	"exclusion off": {func(w *world) {
		w.changeSink("_Default", func(s *loggingpb.LogSink) { s.Exclusions[0].Disabled = true }, "exclusions")
	}, "exclusions[toh-audit].disabled: true → false"},
	"the view shows more": {func(w *world) {
		_, err := w.LogConfig.UpdateView(w.t.Context(), &loggingpb.UpdateViewRequest{
			Name: location + "/buckets/toh-audit/views/controls", View: &loggingpb.LogView{},
			UpdateMask: fields("filter")})
		must(w, 0, err)
	}, `views/controls filter: none → log_id("audit")`},
	"the view is gone": {func(w *world) {
		must(w, 0, w.LogConfig.DeleteView(w.t.Context(), &loggingpb.DeleteViewRequest{
			Name: location + "/buckets/toh-audit/views/controls"}))
	}, "create log view " + location + "/buckets/toh-audit/views/controls"},
	"tasks cannot use the view": {func(w *world) {
		w.projectPolicy(take("toh-tasks"))
	}, "create grant " + project + " roles/logging.viewAccessor serviceAccount:toh-tasks@"},
	"looks not logged": {func(w *world) {
		w.projectPolicy(func(p *iampb.Policy) { p.AuditConfigs = p.AuditConfigs[1:] })
	}, "create log of looks at data"},
	"somebody exempt": {func(w *world) {
		w.projectPolicy(func(p *iampb.Policy) {
			p.AuditConfigs[1].AuditLogConfigs[0].ExemptedMembers = []string{"user:me@opera.dev"}
		})
	}, "exempted_members: user:me@opera.dev → nobody"},
	"role gone": {func(w *world) {
		w.projectPolicy(take("toh-web"))
	}, "create grant " + project + " roles/datastore.user"},
	"key closed": {func(w *world) {
		w.keyPolicy(take("toh-tasks"))
	}, "create grant " + location + "/keyRings/toh/cryptoKeys/workspaces"},
	"files may be public": {func(w *world) {
		w.changeFiles(&storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
			PublicAccessPrevention: "inherited"}})
	}, "publicAccessPrevention: inherited → enforced"},
	"files without key": {func(w *world) {
		w.changeFiles(&storage.Bucket{NullFields: []string{"Encryption"}})
	}, "defaultKmsKeyName: none → "},
	"old files kept": {func(w *world) {
		w.changeFiles(&storage.Bucket{Versioning: &storage.BucketVersioning{Enabled: true}})
	}, "versioning.enabled: true → false"},
	"deleted files kept": {func(w *world) {
		w.changeFiles(&storage.Bucket{SoftDeletePolicy: &storage.BucketSoftDeletePolicy{
			RetentionDurationSeconds: 30 * 86400}})
	}, "softDeletePolicy.retention: 30 days → 7 days"},
	"files deleted by rule": {func(w *world) {
		age := int64(3)
		w.changeFiles(&storage.Bucket{Lifecycle: &storage.BucketLifecycle{Rule: []*storage.BucketLifecycleRule{
			{Action: &storage.BucketLifecycleRuleAction{Type: "Delete"},
				Condition: &storage.BucketLifecycleRuleCondition{Age: &age}}}}})
	}, "lifecycle.rules that delete: 1 → 0"},
	"tags move": {func(w *world) {
		w.changeRepository(&artifactregistrypb.Repository{FormatConfig: &artifactregistrypb.Repository_DockerConfig{
			DockerConfig: &artifactregistrypb.Repository_DockerRepositoryConfig{}}}, "docker_config")
	}, "docker_config.immutable_tags: false → true"},
	"images not scanned": {func(w *world) {
		w.changeRepository(&artifactregistrypb.Repository{
			VulnerabilityScanningConfig: &artifactregistrypb.Repository_VulnerabilityScanningConfig{
				EnablementConfig: artifactregistrypb.Repository_VulnerabilityScanningConfig_DISABLED}},
			"vulnerability_scanning_config")
	}, "enablement_config: DISABLED → INHERITED"},
	"tasks open": {func(w *world) {
		w.changeService("toh-tasks", func(v *runpb.Service) { v.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_ALL })
	}, "ingress: INGRESS_TRAFFIC_ALL → INGRESS_TRAFFIC_INTERNAL_ONLY"},
	"another account": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) {
			v.Template.ServiceAccount = "toh-build@opera-house-1.iam.gserviceaccount.com"
		})
	}, "template.service_account: toh-build@"},
	"another time": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) { v.Template.Timeout = durationpb.New(hour) })
	}, "template.timeout: 1h0m0s → 1m0s"},
	"one at a time": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) { v.Template.MaxInstanceRequestConcurrency = 1 })
	}, "max_instance_request_concurrency: 1 → 80"},
	"no instance": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) { v.Template.Scaling.MinInstanceCount = 0 })
	}, "scaling.min_instance_count: 0 → 1"},
	"no processor between requests": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) { v.Template.Containers[0].Resources.CpuIdle = true })
	}, "resources.cpu_idle: true → false"},
	"no probe": {func(w *world) {
		w.changeService("toh-web", func(v *runpb.Service) { v.Template.Containers[0].LivenessProbe = nil })
	}, "liveness_probe: none → "},
	"another key in the settings": {func(w *world) {
		w.changeService("toh-tasks", setVariable("TOH_KMS_KEY", "x"))
	}, "env[TOH_KMS_KEY].value: x → "},
	"another address": {func(w *world) {
		w.changeService("toh-web", setVariable("TOH_BASE_URL", "https://x.dev"))
	}, "env[TOH_BASE_URL].value: https://x.dev → "},
	"metric blind": {func(w *world) {
		w.changeMetric(func(m *loggingpb.LogMetric) { m.Filter = "severity>=ALERT" })
	}, "filter: severity>=ALERT → "},
	"metric off": {func(w *world) {
		w.changeMetric(func(m *loggingpb.LogMetric) { m.Disabled = true })
	}, "disabled: true → false"},
	"alert off": {func(w *world) { w.changeAlert(silence) }, "enabled: false → true"},
	"alert tells nobody": {func(w *world) {
		w.changeAlert(func(p *monitoringpb.AlertPolicy) { p.NotificationChannels = nil })
	}, "notification_channels: none → also "},
	"alert too late": {func(w *world) {
		w.changeAlert(func(p *monitoringpb.AlertPolicy) {
			p.Conditions[0].GetConditionThreshold().ThresholdValue = 1000
		})
	}, "threshold_value: 1000 → 0"},
	"alert without playbook": {func(w *world) {
		w.changeAlert(func(p *monitoringpb.AlertPolicy) { p.Documentation = nil })
	}, "documentation: none → "},
	"objective lowered": {func(w *world) { w.changeObjective(0.5) }, "goal: 0.5 → 0.999"},
	"check of another page": {func(w *world) {
		w.changeCheck("ready", func(c *monitoringpb.UptimeCheckConfig) { c.GetHttpCheck().Path = "/" }, "http_check")
	}, "http_check.path: / → /ready"},
	"copies may not be read": {func(w *world) {
		w.changeMirror(&storage.Bucket{IamConfiguration: &storage.BucketIamConfiguration{
			PublicAccessPrevention: "enforced"}})
	}, "iamConfiguration.publicAccessPrevention: enforced → inherited"},
	"deleted copies not kept": {func(w *world) {
		w.changeMirror(&storage.Bucket{SoftDeletePolicy: &storage.BucketSoftDeletePolicy{
			ForceSendFields: []string{"RetentionDurationSeconds"}}})
	}, "softDeletePolicy.retention: "},
	"copies closed": {func(w *world) {
		w.mirrorPolicy("allUsers")
	}, "opera-house-1-toh-mirror roles/storage.objectViewer allUsers"},
	"copies cannot be written": {func(w *world) {
		w.mirrorPolicy("serviceAccount:toh-tasks@opera-house-1.iam.gserviceaccount.com")
	}, "opera-house-1-toh-mirror roles/storage.objectUser serviceAccount:toh-tasks@"},
	"copies to elsewhere": {func(w *world) {
		w.changeService("toh-tasks", setVariable("TOH_MIRROR", "x-y-z"))
	}, "env[TOH_MIRROR].value: x-y-z → "},
	"controls asked too rarely": {func(w *world) {
		w.changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) {
			c.Period = durationpb.New(hour / 4)
		}, "period")
	}, "period: 15m0s → 5m0s"},
	"an error is a good answer": {func(w *world) {
		w.changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) {
			c.GetHttpCheck().AcceptedResponseStatusCodes = []*monitoringpb.
				UptimeCheckConfig_HttpCheck_ResponseStatusCode{{StatusCode: &monitoringpb.
				UptimeCheckConfig_HttpCheck_ResponseStatusCode_StatusValue{StatusValue: 503}}}
		}, "http_check")
	}, "http_check.accepted_response_status_codes: "},
	"controls asked for on another page": {func(w *world) {
		w.changeCheck("recent", func(c *monitoringpb.UptimeCheckConfig) { c.GetHttpCheck().Path = "/ready" },
			"http_check")
	}, "http_check.path: /ready → /security/recent"},
	"dashboard emptied": {func(w *world) {
		w.changeDashboard(func(d *dashboardpb.Dashboard) {
			d.GetMosaicLayout().Tiles = d.GetMosaicLayout().GetTiles()[:1]
		})
	}, "mosaic_layout.tiles: "},
}

// TestDeviations plants each deviation alone: the plan names it and nothing else, and apply corrects it.
func TestDeviations(t *testing.T) {
	t.Parallel()
	w, s := open(t), good()
	w.done(s)
	for name, d := range deviations {
		t.Run(name, func(t *testing.T) {
			w.t = t
			d.plant(w)
			lines := w.lines(s)
			if len(lines) == 0 || !strings.Contains(strings.Join(lines, "\n"), d.says) {
				t.Fatalf("the plan says %q, and not %q", lines, d.says)
			}
			if sum := w.done(s); sum.Created+sum.Changed == 0 || sum.Created+sum.Changed > 6 {
				t.Errorf("%s", sum)
			}
			if still := w.lines(s); len(still) > 0 {
				t.Errorf("still there: %q", still)
			}
		})
	}
}

// lines are the plan as it is printed, without its last line.
func (w *world) lines(s provision.Spec) []string {
	w.t.Helper()
	var b strings.Builder
	if err := provision.Print(&b, w.changes(s)); err != nil {
		w.t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(b.String()), "\n")
	return all[:len(all)-1]
}

// TestWhatCannotBeChangedIsRefused prepares a project that is wrong in a way that cannot be corrected in place: apply
// must change nothing.
func TestWhatCannotBeChangedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant func(*world)
		says  string
	}{
		"database without key": {func(w *world) {
			op, err := w.Databases.CreateDatabase(w.t.Context(), &adminpb.CreateDatabaseRequest{Parent: project,
				DatabaseId: "toh-content",
				Database:   &adminpb.Database{LocationId: "europe-west1", Type: adminpb.Database_FIRESTORE_NATIVE}})
			waited(w, op, err)
		}, "cmek_config: none → "},
		"database elsewhere": {func(w *world) {
			op, err := w.Databases.CreateDatabase(w.t.Context(), &adminpb.CreateDatabaseRequest{Parent: project,
				DatabaseId: "toh-content",
				Database:   &adminpb.Database{LocationId: "us-east1", Type: adminpb.Database_FIRESTORE_NATIVE}})
			waited(w, op, err)
		}, "location_id: us-east1 → europe-west1: it is chosen when a database is made"},
		"signing key that encrypts": {func(w *world) {
			_, err := w.KMS.CreateKeyRing(w.t.Context(), &kmspb.CreateKeyRingRequest{Parent: location,
				KeyRingId: "toh"})
			must(w, 0, err)
			_, err = w.KMS.CreateCryptoKey(w.t.Context(), &kmspb.CreateCryptoKeyRequest{Parent: location +
				"/keyRings/toh", CryptoKeyId: "audit-signing",
				CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}})
			must(w, 0, err)
		}, "purpose: ENCRYPT_DECRYPT → ASYMMETRIC_SIGN: a key's purpose is for ever"},
		"files elsewhere": {func(w *world) {
			_, err := w.Storage.Buckets.Insert("opera-house-1", &storage.Bucket{Name: "opera-house-1-toh-files",
				Location: "US"}).Context(w.t.Context()).Do()
			must(w, 0, err)
		}, "location: US → EUROPE-WEST1: where a bucket lies"},
		"trail without key": {func(w *world) {
			_, err := w.LogConfig.CreateBucket(w.t.Context(), &loggingpb.CreateBucketRequest{Parent: location,
				BucketId: "toh-audit", Bucket: &loggingpb.LogBucket{RetentionDays: 14}})
			must(w, 0, err)
		}, "cmek_settings: none → "},
		"trail locked for too long": {func(w *world) {
			_, err := w.LogConfig.CreateBucket(w.t.Context(), &loggingpb.CreateBucketRequest{Parent: location,
				BucketId: "toh-audit", Bucket: &loggingpb.LogBucket{RetentionDays: 30}})
			must(w, 0, err)
			w.changeBucket(&loggingpb.LogBucket{Locked: true}, "locked")
		}, "retention_days: 30 → 14: the bucket is locked"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := open(t), small()
			w.enable("firestore.googleapis.com")
			w.enable("cloudkms.googleapis.com")
			c.plant(w)
			before := w.lines(s)
			if !strings.Contains(strings.Join(before, "\n"), "! refuse ") ||
				!strings.Contains(strings.Join(before, "\n"), c.says) {
				t.Errorf("the plan does not say %q: %q", c.says, before)
			}
			_, out, err := w.apply(s)
			if !errors.Is(err, provision.ErrRefused) || !strings.Contains(out, c.says) {
				t.Errorf("apply: %v\n%s", err, out)
			}
			if after := w.lines(s); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Errorf("something was changed: %q", after)
			}
		})
	}
}
