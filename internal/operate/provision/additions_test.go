package provision_test

import (
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	storage "google.golang.org/api/storage/v1"
)

// TestAdditionsSurvive lets an operator add to everything, then plants a deviation in the same resources: apply
// corrects the deviation and keeps the addition.
func TestAdditionsSurvive(t *testing.T) {
	t.Parallel()
	w, s := open(t), good()
	w.done(s)
	team := map[string]string{"team": "stage"}
	w.changeKey(func(k *kmspb.CryptoKey) { k.Labels = team }, "labels")
	w.changeKey(rotateAfter(30*24*hour), "rotation_period", "next_rotation_time")
	w.changeTopic(&pubsubpb.Topic{Labels: team}, "labels")
	w.changeSecret(&secretmanagerpb.Secret{Labels: team}, "labels")
	w.changeFiles(&storage.Bucket{Labels: team})
	w.changeBackups("toh-content", 60*24*hour)
	w.changeSink("_Default", func(k *loggingpb.LogSink) {
		k.Exclusions = append(k.Exclusions, &loggingpb.LogExclusion{Name: "noise", Filter: "severity<INFO"})
	}, "exclusions")
	w.changeService("toh-web", setVariable("TOH_LOG_LEVEL", "debug"))
	w.changeService("toh-web", func(v *runpb.Service) {
		v.Template.Containers[0].Image = "europe-west1-docker.pkg.dev/opera-house-1/toh/toh@sha256:" +
			strings.Repeat("a", 64)
		v.Template.Containers[0].Resources.Limits = map[string]string{"cpu": "2", "memory": "1Gi"}
		v.Template.Scaling.MaxInstanceCount = 50
		v.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER
		v.Labels = team
	})
	w.keyPolicy(func(p *iampb.Policy) {
		p.Bindings = append(p.Bindings, &iampb.Binding{Role: "roles/cloudkms.viewer",
			Members: []string{"user:me@opera.dev"}})
	})
	w.changeAlert(func(p *monitoringpb.AlertPolicy) { p.UserLabels["team"] = "stage" })
	w.changeBucket(&loggingpb.LogBucket{IndexConfigs: append(w.bucket().GetIndexConfigs(),
		&loggingpb.IndexConfig{FieldPath: "jsonPayload.route", Type: loggingpb.IndexType_INDEX_TYPE_STRING})},
		"index_configs")
	w.addIndex()
	if _, err := w.Scheduler.PauseJob(t.Context(), &schedulerpb.PauseJobRequest{Name: location +
		"/jobs/toh-tick"}); err != nil {
		t.Fatal(err)
	}
	if lines := w.lines(s); len(lines) > 0 {
		t.Fatalf("additions are planned away: %q", lines)
	}

	w.changeKey(rotateAfter(200*24*hour), "rotation_period", "next_rotation_time")
	w.keyPolicy(take("toh-web"))
	w.changeTopic(&pubsubpb.Topic{}, "kms_key_name")
	w.changeSink("_Default", func(k *loggingpb.LogSink) { k.Exclusions = k.Exclusions[1:] }, "exclusions")
	w.changeService("toh-web", setVariable("TOH_ROLE", "all"))
	w.changeAlert(silence)
	if sum := w.done(s); sum.Changed != 5 || sum.Created != 1 {
		t.Errorf("%s", sum)
	}
	w.wantAdditions()
}

func (w *world) addIndex() {
	field := func(name string) *adminpb.Index_IndexField {
		return &adminpb.Index_IndexField{FieldPath: name,
			ValueMode: &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_ASCENDING}}
	}
	op, err := w.Databases.CreateIndex(w.t.Context(), &adminpb.CreateIndexRequest{
		Parent: project + "/databases/toh-content/collectionGroups/reports",
		Index: &adminpb.Index{QueryScope: adminpb.Index_COLLECTION, Fields: []*adminpb.Index_IndexField{field("mine"),
			field("yours")}},
	})
	waited(w, op, err)
}

func (w *world) wantAdditions() {
	t, ctx := w.t, w.t.Context()
	key, err := w.KMS.GetCryptoKey(ctx, &kmspb.GetCryptoKeyRequest{Name: location +
		"/keyRings/toh/cryptoKeys/workspaces"})
	if err != nil || key.GetLabels()["team"] != "stage" || key.GetRotationPeriod().AsDuration() != 90*24*hour {
		t.Errorf("key: %v, %v", key, err)
	}
	policy, err := w.KMS.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: key.GetName()})
	if err != nil || !slices.ContainsFunc(policy.GetBindings(), func(b *iampb.Binding) bool {
		return b.GetRole() == "roles/cloudkms.viewer"
	}) {
		t.Errorf("policy: %v, %v", policy, err)
	}
	topic, err := w.Topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: project + "/topics/toh-tasks"})
	if err != nil || topic.GetLabels()["team"] != "stage" || topic.GetKmsKeyName() == "" {
		t.Errorf("topic: %v, %v", topic, err)
	}
	sink, err := w.LogConfig.GetSink(ctx, &loggingpb.GetSinkRequest{SinkName: project + "/sinks/_Default"})
	if err != nil || len(sink.GetExclusions()) != 2 || sink.GetExclusions()[0].GetName() != "noise" {
		t.Errorf("exclusions: %v, %v", sink, err)
	}
	v := w.service("toh-web")
	c := v.GetTemplate().GetContainers()[0]
	if !slices.Contains(w.environment("toh-web"), "TOH_LOG_LEVEL=debug") || !slices.Contains(w.environment("toh-web"),
		"TOH_ROLE=web") ||
		!strings.Contains(c.GetImage(), "@sha256:") || c.GetResources().GetLimits()["cpu"] != "2" ||
		v.GetLabels()["team"] != "stage" ||
		v.GetTemplate().GetScaling().GetMaxInstanceCount() != 50 ||
		v.GetIngress() != runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER {
		t.Errorf("service: %v", v)
	}
	if p := w.alert("looked-at-data"); p.GetUserLabels()["team"] != "stage" || !p.GetEnabled().GetValue() {
		t.Errorf("alert: %v", p)
	}
}

// TestWhatIsNotSaidStays applies with every option given, then with the fewest: what was configured is not reset to a
// default.
func TestWhatIsNotSaidStays(t *testing.T) {
	t.Parallel()
	w, s := open(t), good()
	w.done(s)
	said := w.environment("toh-web")
	s.BaseURL, s.MailFrom, s.AlertMail = "", "", ""
	if lines := w.lines(s); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
	if sum := w.done(s); sum.Changed+sum.Created > 0 || !slices.Equal(w.environment("toh-web"), said) {
		t.Errorf("%s: %q", sum, w.environment("toh-web"))
	}
}

// TestSecretsGetOneValue checks that each secret whose value can be generated has one, that it stays, and that the mail
// vendor's secrets are left to the operator.
func TestSecretsGetOneValue(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	s.MailFrom, s.AlertMail = "", ""
	_, out, err := w.apply(s)
	if err != nil || strings.Count(out, "To do: ") != 4 {
		t.Fatalf("%v\n%s", err, out)
	}
	values := map[string]string{}
	for range 2 {
		for _, id := range []string{"toh-session-keys", "toh-pepper", "toh-cursor-key"} {
			v, err := w.Secrets.AccessSecretVersion(t.Context(),
				&secretmanagerpb.AccessSecretVersionRequest{Name: project + "/secrets/" + id + "/versions/latest"})
			if err != nil || v.GetName()[strings.LastIndexByte(v.GetName(), '/'):] != "/1" {
				t.Fatalf("%s: %v, %v", id, v.GetName(), err)
			}
			value := string(v.GetPayload().GetData())
			if before, ok := values[id]; len(value) < 32 || ok && before != value || strings.Contains(out, value) {
				t.Errorf("%s: short, changed or shown", id)
			}
			values[id] = value
		}
		w.done(s)
	}
	for _, id := range []string{"toh-mail", "toh-mail-webhook"} {
		_, err = w.Secrets.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{
			Name: project + "/secrets/" + id + "/versions/latest"})
		if err == nil {
			t.Errorf("somebody made up what the mail vendor gives: %s", id)
		}
	}
}
