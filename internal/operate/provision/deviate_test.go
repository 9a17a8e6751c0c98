package provision_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iamadmin "cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/monitoring/dashboard/apiv1/dashboardpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
	"github.com/googleapis/gax-go/v2"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	project  = "projects/opera-house-1"
	location = project + "/locations/europe-west1"
	hour     = time.Hour
)

func fields(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

// must fails the test if a call failed.
func must[T any](w *world, v T, err error) T {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// waited is must for calls that Google answers with an operation.
func waited[R any](w *world, op interface {
	Wait(context.Context, ...gax.CallOption) (R, error)
}, err error) R {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := op.Wait(w.t.Context())
	return must(w, v, err)
}

func (w *world) enable(api string) {
	op, err := w.Services.EnableService(w.t.Context(), &serviceusagepb.EnableServiceRequest{Name: project +
		"/services/" + api})
	waited(w, op, err)
}

func (w *world) bucket() *loggingpb.LogBucket {
	w.t.Helper()
	b, err := w.LogConfig.GetBucket(w.t.Context(), &loggingpb.GetBucketRequest{Name: location + "/buckets/toh-audit"})
	return must(w, b, err)
}

func (w *world) changeBucket(b *loggingpb.LogBucket, paths ...string) {
	_, err := w.LogConfig.UpdateBucket(w.t.Context(), &loggingpb.UpdateBucketRequest{
		Name: location + "/buckets/toh-audit", Bucket: b, UpdateMask: fields(paths...),
	})
	must(w, 0, err)
}

func (w *world) changeKey(change func(*kmspb.CryptoKey), paths ...string) {
	w.changeKeyOf("workspaces", change, paths...)
}

func (w *world) changeKeyOf(id string, change func(*kmspb.CryptoKey), paths ...string) {
	name := location + "/keyRings/toh/cryptoKeys/" + id
	k, err := w.KMS.GetCryptoKey(w.t.Context(), &kmspb.GetCryptoKeyRequest{Name: name})
	must(w, k, err)
	change(k)
	_, err = w.KMS.UpdateCryptoKey(w.t.Context(), &kmspb.UpdateCryptoKeyRequest{CryptoKey: k,
		UpdateMask: fields(paths...)})
	must(w, 0, err)
}

func rotateAfter(d time.Duration) func(*kmspb.CryptoKey) {
	return func(k *kmspb.CryptoKey) {
		k.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(d)}
		k.NextRotationTime = timestamppb.New(testclock.Now().Add(d))
	}
}

func (w *world) changeDatabase(id string, d *adminpb.Database, paths ...string) {
	d.Name = project + "/databases/" + id
	op, err := w.Databases.UpdateDatabase(w.t.Context(), &adminpb.UpdateDatabaseRequest{Database: d,
		UpdateMask: fields(paths...)})
	waited(w, op, err)
}

// changeBackups sets how long the daily backups of a database are kept.
func (w *world) changeBackups(database string, keep time.Duration) {
	list, err := w.Databases.ListBackupSchedules(w.t.Context(), &adminpb.ListBackupSchedulesRequest{Parent: project +
		"/databases/" + database})
	for _, b := range must(w, list, err).GetBackupSchedules() {
		if b.GetDailyRecurrence() == nil {
			continue
		}
		b.Retention = durationpb.New(keep)
		_, err := w.Databases.UpdateBackupSchedule(w.t.Context(),
			&adminpb.UpdateBackupScheduleRequest{BackupSchedule: b, UpdateMask: fields("retention")})
		must(w, b, err)
	}
}

func (w *world) changeField(f *adminpb.Field, paths ...string) {
	f.Name = project + "/databases/toh-content/collectionGroups/reports/fields/" + f.GetName()
	op, err := w.Databases.UpdateField(w.t.Context(), &adminpb.UpdateFieldRequest{Field: f,
		UpdateMask: fields(paths...)})
	waited(w, op, err)
}

func (w *world) changeTopic(t *pubsubpb.Topic, paths ...string) {
	t.Name = project + "/topics/toh-tasks"
	_, err := w.Topics.UpdateTopic(w.t.Context(), &pubsubpb.UpdateTopicRequest{Topic: t, UpdateMask: fields(paths...)})
	must(w, t, err)
}

func (w *world) changeSubscription(change func(*pubsubpb.Subscription), paths ...string) {
	name := project + "/subscriptions/toh-tasks-push"
	s, err := w.Subscriptions.GetSubscription(w.t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: name})
	must(w, s, err)
	change(s)
	_, err = w.Subscriptions.UpdateSubscription(w.t.Context(), &pubsubpb.UpdateSubscriptionRequest{Subscription: s,
		UpdateMask: fields(paths...)})
	must(w, s, err)
}

func (w *world) changeJob(change func(*schedulerpb.Job), paths ...string) {
	j, err := w.Scheduler.GetJob(w.t.Context(), &schedulerpb.GetJobRequest{Name: location + "/jobs/toh-tick"})
	must(w, j, err)
	change(j)
	_, err = w.Scheduler.UpdateJob(w.t.Context(), &schedulerpb.UpdateJobRequest{Job: j, UpdateMask: fields(paths...)})
	must(w, j, err)
}

func (w *world) changeSink(name string, change func(*loggingpb.LogSink), paths ...string) {
	s, err := w.LogConfig.GetSink(w.t.Context(), &loggingpb.GetSinkRequest{SinkName: project + "/sinks/" + name})
	must(w, s, err)
	change(s)
	_, err = w.LogConfig.UpdateSink(w.t.Context(), &loggingpb.UpdateSinkRequest{
		SinkName: project + "/sinks/" + name, Sink: s, UniqueWriterIdentity: true, UpdateMask: fields(paths...),
	})
	must(w, s, err)
}

func (w *world) changeMetric(change func(*loggingpb.LogMetric)) {
	name := project + "/metrics/toh-looks"
	m, err := w.LogMetrics.GetLogMetric(w.t.Context(), &loggingpb.GetLogMetricRequest{MetricName: name})
	must(w, m, err)
	change(m)
	_, err = w.LogMetrics.UpdateLogMetric(w.t.Context(), &loggingpb.UpdateLogMetricRequest{MetricName: name, Metric: m})
	must(w, m, err)
}

func (w *world) changeFiles(b *storage.Bucket) {
	_, err := w.Storage.Buckets.Patch("opera-house-1-toh-files", b).Context(w.t.Context()).Do()
	must(w, b, err)
}

func (w *world) changeRepository(r *artifactregistrypb.Repository, paths ...string) {
	r.Name = location + "/repositories/toh"
	_, err := w.Registry.UpdateRepository(w.t.Context(), &artifactregistrypb.UpdateRepositoryRequest{Repository: r,
		UpdateMask: fields(paths...)})
	must(w, r, err)
}

func (w *world) changeService(id string, change func(*runpb.Service)) {
	v := w.service(id)
	change(v)
	v.Template.Revision = ""
	op, err := w.Run.UpdateService(w.t.Context(), &runpb.UpdateServiceRequest{Service: v})
	waited(w, op, err)
}

func setVariable(name, value string) func(*runpb.Service) {
	return func(v *runpb.Service) {
		c := v.GetTemplate().GetContainers()[0]
		for _, e := range c.GetEnv() {
			if e.GetName() == name {
				e.Values = &runpb.EnvVar_Value{Value: value}
				return
			}
		}
		c.Env = append(c.Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}})
	}
}

// alert finds an alert policy by our id.
func (w *world) alert(id string) *monitoringpb.AlertPolicy {
	it := w.Alerts.ListAlertPolicies(w.t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project})
	for {
		p, err := it.Next()
		if must(w, p, err).GetUserLabels()["toh"] == id {
			return p
		}
	}
}

func (w *world) changeAlert(change func(*monitoringpb.AlertPolicy)) {
	p := w.alert("looked-at-data")
	change(p)
	_, err := w.Alerts.UpdateAlertPolicy(w.t.Context(), &monitoringpb.UpdateAlertPolicyRequest{AlertPolicy: p})
	must(w, p, err)
}

func silence(p *monitoringpb.AlertPolicy) { p.Enabled = wrapperspb.Bool(false) }

func (w *world) changeObjective(goal float64) {
	name := project + "/services/toh-web/serviceLevelObjectives/availability"
	_, err := w.Objectives.UpdateServiceLevelObjective(w.t.Context(), &monitoringpb.UpdateServiceLevelObjectiveRequest{
		ServiceLevelObjective: &monitoringpb.ServiceLevelObjective{Name: name, Goal: goal}, UpdateMask: fields("goal"),
	})
	must(w, 0, err)
}

func (w *world) changeCheck(label string, change func(*monitoringpb.UptimeCheckConfig), paths ...string) {
	it := w.Uptime.ListUptimeCheckConfigs(w.t.Context(), &monitoringpb.ListUptimeCheckConfigsRequest{Parent: project})
	c, err := it.Next()
	for err == nil && c.GetUserLabels()["toh"] != label {
		c, err = it.Next()
	}
	must(w, c, err)
	change(c)
	_, err = w.Uptime.UpdateUptimeCheckConfig(w.t.Context(),
		&monitoringpb.UpdateUptimeCheckConfigRequest{UptimeCheckConfig: c, UpdateMask: fields(paths...)})
	must(w, c, err)
}

func (w *world) changeDashboard(change func(*dashboardpb.Dashboard)) {
	d, err := w.Dashboards.GetDashboard(w.t.Context(), &dashboardpb.GetDashboardRequest{Name: project +
		"/dashboards/toh"})
	must(w, d, err)
	change(d)
	_, err = w.Dashboards.UpdateDashboard(w.t.Context(), &dashboardpb.UpdateDashboardRequest{Dashboard: d})
	must(w, d, err)
}

func (w *world) changeAccount(title string) {
	a := &iamadmin.ServiceAccount{Name: project + "/serviceAccounts/toh-web@opera-house-1.iam.gserviceaccount.com",
		DisplayName: title}
	_, err := w.Accounts.PatchServiceAccount(w.t.Context(), &iamadmin.PatchServiceAccountRequest{ServiceAccount: a,
		UpdateMask: fields("display_name")})
	must(w, a, err)
}

func (w *world) changeSecret(s *secretmanagerpb.Secret, paths ...string) {
	s.Name = project + "/secrets/toh-pepper"
	_, err := w.Secrets.UpdateSecret(w.t.Context(), &secretmanagerpb.UpdateSecretRequest{Secret: s,
		UpdateMask: fields(paths...)})
	must(w, s, err)
}

func (w *world) projectPolicy(change func(*iampb.Policy)) {
	p, err := w.Projects.GetIamPolicy(w.t.Context(), &iampb.GetIamPolicyRequest{Resource: project,
		Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 3}})
	must(w, p, err)
	change(p)
	_, err = w.Projects.SetIamPolicy(w.t.Context(), &iampb.SetIamPolicyRequest{
		Resource: project, Policy: p, UpdateMask: fields("bindings", "audit_configs", "etag"),
	})
	must(w, p, err)
}

func (w *world) keyPolicy(change func(*iampb.Policy)) { w.keyPolicyOf("workspaces", change) }

func (w *world) keyPolicyOf(id string, change func(*iampb.Policy)) {
	name := location + "/keyRings/toh/cryptoKeys/" + id
	p, err := w.KMS.GetIamPolicy(w.t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
	must(w, p, err)
	change(p)
	_, err = w.KMS.SetIamPolicy(w.t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: p})
	must(w, p, err)
}

// take removes a member from every role.
func take(member string) func(*iampb.Policy) {
	return func(p *iampb.Policy) {
		for _, b := range p.GetBindings() {
			b.Members = slices.DeleteFunc(b.Members, func(m string) bool {
				return strings.HasPrefix(m, "serviceAccount:"+member+"@")
			})
		}
		p.Bindings = slices.DeleteFunc(p.Bindings, func(b *iampb.Binding) bool { return len(b.GetMembers()) == 0 })
	}
}

func (w *world) changeMirror(b *storage.Bucket) {
	_, err := w.Storage.Buckets.Patch("opera-house-1-toh-mirror", b).Context(w.t.Context()).Do()
	must(w, b, err)
}

// mirrorPolicy takes all roles on the bucket of copies from a member.
func (w *world) mirrorPolicy(from string) {
	p, err := w.Storage.Buckets.GetIamPolicy("opera-house-1-toh-mirror").Context(w.t.Context()).Do()
	must(w, p, err)
	for _, b := range p.Bindings {
		b.Members = slices.DeleteFunc(b.Members, func(m string) bool { return m == from })
	}
	_, err = w.Storage.Buckets.SetIamPolicy("opera-house-1-toh-mirror", p).Context(w.t.Context()).Do()
	must(w, p, err)
}
