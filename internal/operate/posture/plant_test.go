package posture_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/iam"
	admin "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"github.com/googleapis/gax-go/v2"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// What somebody may change by hand, through Google's own clients.

const (
	hour        = time.Hour
	days        = 24 * hour
	keyRing     = location + "/keyRings/toh"
	webMember   = "serviceAccount:toh-web@opera-house-1.iam.gserviceaccount.com"
	tasksMember = "serviceAccount:toh-tasks@opera-house-1.iam.gserviceaccount.com"
	otherMember = "serviceAccount:other@opera-house-1.iam.gserviceaccount.com"
	human       = "user:someone@opera.dev"
)

func fields(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func got[T any](w *world) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		w.must(err)
		return v
	}
}

func waited[R any](w *world, op interface {
	Wait(context.Context, ...gax.CallOption) (R, error)
}, err error) {
	w.t.Helper()
	w.must(err)
	_, err = op.Wait(w.t.Context())
	w.must(err)
}

func bucketDays(n int32) func(*world) {
	return changeBucket(&loggingpb.LogBucket{RetentionDays: n}, "retention_days")
}

func changeBucket(b *loggingpb.LogBucket, paths ...string) func(*world) {
	return func(w *world) {
		_, err := w.LogConfig.UpdateBucket(w.t.Context(), &loggingpb.UpdateBucketRequest{Name: location +
			"/buckets/toh-audit", Bucket: b, UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func changeSink(id string, change func(*loggingpb.LogSink), paths ...string) func(*world) {
	return func(w *world) {
		name := project + "/sinks/" + id
		s := got[*loggingpb.LogSink](w)(w.LogConfig.GetSink(w.t.Context(), &loggingpb.GetSinkRequest{SinkName: name}))
		change(s)
		_, err := w.LogConfig.UpdateSink(w.t.Context(), &loggingpb.UpdateSinkRequest{SinkName: name, Sink: s,
			UniqueWriterIdentity: true, UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func changeDatabase(id string, d *adminpb.Database, paths ...string) func(*world) {
	return func(w *world) {
		d.Name = project + "/databases/" + id
		op, err := w.Databases.UpdateDatabase(w.t.Context(), &adminpb.UpdateDatabaseRequest{Database: d,
			UpdateMask: fields(paths...)})
		waited(w, op, err)
	}
}

// changeSchedules changes (to a retention) or removes (0) the daily or weekly backups of a database.
func changeSchedules(database string, daily bool, keep time.Duration) func(*world) {
	return func(w *world) {
		list := got[*adminpb.ListBackupSchedulesResponse](w)(w.Databases.ListBackupSchedules(w.t.Context(),
			&adminpb.ListBackupSchedulesRequest{Parent: project + "/databases/" + database}))
		for _, b := range list.GetBackupSchedules() {
			if (b.GetDailyRecurrence() != nil) != daily {
				continue
			}
			if keep == 0 {
				w.must(w.Databases.DeleteBackupSchedule(w.t.Context(),
					&adminpb.DeleteBackupScheduleRequest{Name: b.GetName()}))
				continue
			}
			b.Retention = durationpb.New(keep)
			_, err := w.Databases.UpdateBackupSchedule(w.t.Context(),
				&adminpb.UpdateBackupScheduleRequest{BackupSchedule: b, UpdateMask: fields("retention")})
			w.must(err)
		}
	}
}

func changeField(name string, f *adminpb.Field, paths ...string) func(*world) {
	return func(w *world) {
		f.Name = project + "/databases/" + name
		op, err := w.Databases.UpdateField(w.t.Context(), &adminpb.UpdateFieldRequest{Field: f,
			UpdateMask: fields(paths...)})
		waited(w, op, err)
	}
}

func changeKey(id string, change func(*kmspb.CryptoKey), paths ...string) func(*world) {
	return func(w *world) {
		k := got[*kmspb.CryptoKey](w)(w.KMS.GetCryptoKey(w.t.Context(), &kmspb.GetCryptoKeyRequest{Name: keyRing +
			"/cryptoKeys/" + id}))
		change(k)
		_, err := w.KMS.UpdateCryptoKey(w.t.Context(), &kmspb.UpdateCryptoKeyRequest{CryptoKey: k,
			UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func rotated(every, next time.Duration) func(*kmspb.CryptoKey) {
	return func(k *kmspb.CryptoKey) {
		k.RotationSchedule, k.NextRotationTime = nil, nil
		if every > 0 {
			k.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(every)}
			k.NextRotationTime = timestamppb.New(testclock.Now().Add(next))
		}
	}
}

// changeVersion enables or disables the primary version of a key.
func changeVersion(id string, state kmspb.CryptoKeyVersion_CryptoKeyVersionState) func(*world) {
	return func(w *world) {
		_, err := w.KMS.UpdateCryptoKeyVersion(w.t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
			CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: keyRing + "/cryptoKeys/" + id + "/cryptoKeyVersions/1",
				State: state}, UpdateMask: fields("state"),
		})
		w.must(err)
	}
}

func changeTopic(id string, t *pubsubpb.Topic, paths ...string) func(*world) {
	return func(w *world) {
		t.Name = project + "/topics/" + id
		_, err := w.Topics.UpdateTopic(w.t.Context(), &pubsubpb.UpdateTopicRequest{Topic: t,
			UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func changeSubscription(id string, change func(*pubsubpb.Subscription), paths ...string) func(*world) {
	return func(w *world) {
		name := project + "/subscriptions/" + id
		s := got[*pubsubpb.Subscription](w)(w.Subscriptions.GetSubscription(w.t.Context(),
			&pubsubpb.GetSubscriptionRequest{Subscription: name}))
		change(s)
		_, err := w.Subscriptions.UpdateSubscription(w.t.Context(), &pubsubpb.UpdateSubscriptionRequest{Subscription: s,
			UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func deleteSubscription(id string) func(*world) {
	return func(w *world) {
		w.must(w.Subscriptions.DeleteSubscription(w.t.Context(),
			&pubsubpb.DeleteSubscriptionRequest{Subscription: project + "/subscriptions/" + id}))
	}
}

func changeJob(change func(*schedulerpb.Job), paths ...string) func(*world) {
	return func(w *world) {
		j := got[*schedulerpb.Job](w)(w.Scheduler.GetJob(w.t.Context(), &schedulerpb.GetJobRequest{Name: location +
			"/jobs/toh-tick"}))
		change(j)
		_, err := w.Scheduler.UpdateJob(w.t.Context(), &schedulerpb.UpdateJobRequest{Job: j,
			UpdateMask: fields(paths...)})
		w.must(err)
	}
}

func changeFiles(b *storage.Bucket) func(*world) { return changeStore("opera-house-1-toh-files", b) }

func changeStore(name string, b *storage.Bucket) func(*world) {
	return func(w *world) {
		_, err := w.Storage.Buckets.Patch(name, b).Context(w.t.Context()).Do()
		w.must(err)
	}
}

func changeService(id string, change func(*runpb.Service)) func(*world) {
	return func(w *world) {
		s := got[*runpb.Service](w)(w.Run.GetService(w.t.Context(), &runpb.GetServiceRequest{Name: location +
			"/services/" + id}))
		change(s)
		s.Template.Revision = ""
		op, err := w.Run.UpdateService(w.t.Context(), &runpb.UpdateServiceRequest{Service: s})
		waited(w, op, err)
	}
}

func variable(id, name, value string) func(*world) {
	return changeService(id, func(s *runpb.Service) {
		c := s.GetTemplate().GetContainers()[0]
		c.Env = slices.DeleteFunc(c.Env, func(e *runpb.EnvVar) bool { return e.GetName() == name })
		if value != "" {
			c.Env = append(c.Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}})
		}
	})
}

func image(id, name string) func(*world) {
	return changeService(id, func(s *runpb.Service) { s.Template.Containers[0].Image = name })
}

func (w *world) alert(id string) *monitoringpb.AlertPolicy {
	it := w.Alerts.ListAlertPolicies(w.t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project})
	for {
		p := got[*monitoringpb.AlertPolicy](w)(it.Next())
		if p.GetUserLabels()["toh"] == id {
			return p
		}
	}
}

func changeAlert(id string, change func(*monitoringpb.AlertPolicy)) func(*world) {
	return func(w *world) {
		p := w.alert(id)
		change(p)
		_, err := w.Alerts.UpdateAlertPolicy(w.t.Context(), &monitoringpb.UpdateAlertPolicyRequest{AlertPolicy: p})
		w.must(err)
	}
}

func (w *world) channel() *monitoringpb.NotificationChannel {
	return got[*monitoringpb.NotificationChannel](w)(w.Channels.ListNotificationChannels(w.t.Context(),
		&monitoringpb.ListNotificationChannelsRequest{Name: project}).Next())
}

// uptimeCheck is the one with a label.
func (w *world) uptimeCheck(label string) *monitoringpb.UptimeCheckConfig {
	it := w.Uptime.ListUptimeCheckConfigs(w.t.Context(), &monitoringpb.ListUptimeCheckConfigsRequest{Parent: project})
	for {
		c := got[*monitoringpb.UptimeCheckConfig](w)(it.Next())
		if c.GetUserLabels()["toh"] == label {
			return c
		}
	}
}

func changeCheck(label string, change func(*monitoringpb.UptimeCheckConfig), paths ...string) func(*world) {
	return func(w *world) {
		c := w.uptimeCheck(label)
		change(c)
		_, err := w.Uptime.UpdateUptimeCheckConfig(w.t.Context(),
			&monitoringpb.UpdateUptimeCheckConfigRequest{UptimeCheckConfig: c, UpdateMask: fields(paths...)})
		w.must(err)
	}
}

// policyOf reads and writes the policy of a resource by its name.
func (w *world) policyOf(name string) (get func() *iampb.Policy, set func(*iampb.Policy)) {
	ctx, req := w.t.Context(), &iampb.GetIamPolicyRequest{Resource: name,
		Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 3}}
	type calls struct {
		get func(context.Context, *iampb.GetIamPolicyRequest, ...gax.CallOption) (*iampb.Policy, error)
		set func(context.Context, *iampb.SetIamPolicyRequest, ...gax.CallOption) (*iampb.Policy, error)
	}
	var mask *fieldmaskpb.FieldMask
	if name == project {
		mask = fields("bindings", "etag", "audit_configs") // without it, Google keeps the audit configuration unchanged
	}
	by := func(c calls) (func() *iampb.Policy, func(*iampb.Policy)) {
		return func() *iampb.Policy { return got[*iampb.Policy](w)(c.get(ctx, req)) },
			func(p *iampb.Policy) {
				_, err := c.set(ctx, &iampb.SetIamPolicyRequest{Resource: name, Policy: p, UpdateMask: mask})
				w.must(err)
			}
	}
	switch {
	case strings.Contains(name, "/keyRings/"):
		return by(calls{w.KMS.GetIamPolicy, w.KMS.SetIamPolicy})
	case strings.Contains(name, "/secrets/"):
		return by(calls{w.Secrets.GetIamPolicy, w.Secrets.SetIamPolicy})
	case strings.Contains(name, "/topics/"):
		return by(calls{w.Topics.GetIamPolicy, w.Topics.SetIamPolicy})
	case strings.Contains(name, "/subscriptions/"):
		return by(calls{w.Subscriptions.GetIamPolicy, w.Subscriptions.SetIamPolicy})
	case strings.Contains(name, "/services/"):
		return by(calls{w.Run.GetIamPolicy, w.Run.SetIamPolicy})
	case strings.Contains(name, "/repositories/"):
		return by(calls{w.Registry.GetIamPolicy, w.Registry.SetIamPolicy})
	case strings.Contains(name, "/serviceAccounts/"):
		return by(calls{
			func(ctx context.Context, r *iampb.GetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
				p, err := w.Accounts.GetIamPolicy(ctx, r)
				if err != nil {
					return nil, err
				}
				return p.InternalProto, nil
			},
			func(ctx context.Context, r *iampb.SetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
				_, err := w.Accounts.SetIamPolicy(ctx, &admin.SetIamPolicyRequest{Resource: r.GetResource(),
					Policy: &iam.Policy{InternalProto: r.GetPolicy()}})
				return nil, err
			}})
	case strings.HasPrefix(name, "projects/_/buckets/"):
		return w.bucketPolicy(strings.TrimPrefix(name, "projects/_/buckets/"))
	}
	return by(calls{w.Projects.GetIamPolicy, w.Projects.SetIamPolicy})
}

func (w *world) bucketPolicy(name string) (get func() *iampb.Policy, set func(*iampb.Policy)) {
	return func() *iampb.Policy {
			p := got[*storage.Policy](w)(w.Storage.Buckets.GetIamPolicy(name).Context(w.t.Context()).Do())
			out := &iampb.Policy{}
			for _, b := range p.Bindings {
				out.Bindings = append(out.Bindings, &iampb.Binding{Role: b.Role, Members: b.Members})
			}
			return out
		}, func(p *iampb.Policy) {
			in := &storage.Policy{}
			for _, b := range p.GetBindings() {
				in.Bindings = append(in.Bindings, &storage.PolicyBindings{Role: b.GetRole(), Members: b.GetMembers()})
			}
			_, err := w.Storage.Buckets.SetIamPolicy(name, in).Context(w.t.Context()).Do()
			w.must(err)
		}
}

func changePolicy(name string, change func(*iampb.Policy)) func(*world) {
	return func(w *world) {
		get, set := w.policyOf(name)
		p := get()
		change(p)
		set(p)
	}
}

// give and take are a grant by hand, and its removal.
func give(name, role, member string) func(*world) {
	return changePolicy(name, func(p *iampb.Policy) {
		at := slices.IndexFunc(p.GetBindings(), func(b *iampb.Binding) bool {
			return b.GetRole() == role && b.GetCondition() == nil
		})
		if at < 0 {
			p.Bindings = append(p.Bindings, &iampb.Binding{Role: role})
			at = len(p.Bindings) - 1
		}
		p.Bindings[at].Members = append(p.Bindings[at].Members, member)
	})
}

func take(name, role, member string) func(*world) {
	return changePolicy(name, func(p *iampb.Policy) {
		for _, b := range p.GetBindings() {
			if b.GetRole() == role && b.GetCondition() == nil {
				b.Members = slices.DeleteFunc(b.Members, func(m string) bool { return m == member })
			}
		}
		p.Bindings = slices.DeleteFunc(p.Bindings, func(b *iampb.Binding) bool { return len(b.GetMembers()) == 0 })
	})
}

// dataCondition sets the condition under which the services reach the databases.
func dataCondition(expression string) func(*world) {
	return condition("roles/datastore.user", expression)
}

// condition sets the condition of a role on the project.
func condition(role, expression string) func(*world) {
	return changePolicy(project, func(p *iampb.Policy) {
		for _, b := range p.GetBindings() {
			if b.GetRole() == role {
				b.Condition = nil
				if expression != "" {
					b.Condition = &expr.Expr{Title: "toh", Expression: expression}
				}
			}
		}
	})
}

func audit(change func(p *iampb.Policy)) func(*world) { return changePolicy(project, change) }

func unlogged(service string) func(*iampb.Policy) {
	return func(p *iampb.Policy) {
		p.AuditConfigs = slices.DeleteFunc(p.AuditConfigs, func(a *iampb.AuditConfig) bool {
			return a.GetService() == service
		})
	}
}

func exempted(service, member string) func(*iampb.Policy) {
	return func(p *iampb.Policy) {
		for _, a := range p.GetAuditConfigs() {
			if a.GetService() == service {
				a.AuditLogConfigs[0].ExemptedMembers = append(a.AuditLogConfigs[0].ExemptedMembers, member)
			}
		}
	}
}

// certificate is for a key that somebody made.
func certificate(w *world) []byte {
	private := got[*rsa.PrivateKey](w)(rsa.GenerateKey(rand.Reader, 2048))
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: testclock.Now().Add(-hour),
		NotAfter: testclock.Now().Add(hour)}
	raw := got[[]byte](w)(x509.CreateCertificate(rand.Reader, form, form, private.Public(), private))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}
