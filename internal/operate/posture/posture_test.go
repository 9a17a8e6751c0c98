package posture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iamadmin "cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// onlyCloud are the promises whose cloud half holds after an apply and whose product half is not built.
var onlyCloud = strings.Fields("T8 T13 G3 G19 O3 O7 O10 O12")

func TestAppliedIsGreen(t *testing.T) {
	t.Parallel()
	bare := spec()
	bare.BaseURL, bare.MailFrom, bare.AlertMail = "", "", ""
	unasked := spec()
	unasked.NoInvokerCheck = true
	for name, s := range map[string]provision.Spec{"everything said": spec(), "only the needed": bare,
		"no invoker check": unasked} {
		w := installed(t, s)
		w.calls, w.writes = 0, nil
		r := w.attest()
		for _, p := range r.Promises {
			want := posture.Kept
			if slices.Contains(onlyCloud, p.ID) {
				want = posture.CloudOnly
			}
			if p.State != want || p.Kept == nil || *p.Kept != (want == posture.Kept) || p.Sees == "" ||
				p.Beyond == "" || p.Title == "" {
				t.Errorf("%s: %s is %s:\n%s", name, p.ID, p.State, notKept(r))
			}
		}
		if r.State != posture.CloudOnly || !r.Sound() || r.Count(posture.CloudOnly) != len(onlyCloud) ||
			len(w.writes) > 0 || w.calls > 90 {
			t.Errorf("%s: %s; %d calls, writes %v", name, r.State, w.calls, w.writes)
		}
		told := !strings.Contains(r.Of("O12").Evidence, "remark: notification channels of "+project+" are none")
		if told != (s.AlertMail != "") {
			t.Errorf("%s: %s", name, r.Of("O12").Evidence)
		}
		how := "services/toh-web checks who calls: " + map[bool]string{true: "no", false: "yes"}[s.NoInvokerCheck]
		if !strings.Contains(r.Of("G5").Evidence, how) {
			t.Errorf("%s: it does not tell %q: %s", name, how, r.Of("G5").Evidence)
		}
	}
}

// TestNothingIsGreenInAnEmptyProject: where everything is missing, everything is broken.
func TestNothingIsGreenInAnEmptyProject(t *testing.T) {
	t.Parallel()
	w := empty(t)
	r := w.attest()
	for _, p := range r.Promises {
		if p.State != posture.Broken || *p.Kept {
			t.Errorf("%s is %s: %s", p.ID, p.State, p.Evidence)
		}
	}
	if len(w.writes) > 0 {
		t.Errorf("wrote %v", w.writes)
	}
}

// TestEveryPromiseHasItsPlace: each published promise is attested, or listed as decided elsewhere, exactly once.
func TestEveryPromiseHasItsPlace(t *testing.T) {
	t.Parallel()
	var want, have []string
	for letter, n := range map[string]int{"T": 13, "G": 20, "O": 14} {
		for i := 1; i <= n; i++ {
			want = append(want, letter+regexp.MustCompile(`^0+`).ReplaceAllString(string(rune('0'+i/10))+
				string(rune('0'+i%10)), ""))
		}
	}
	r := empty(t).attest()
	for _, p := range r.Promises {
		have = append(have, p.ID)
	}
	for _, e := range r.NotAttested {
		have = append(have, e.ID)
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		t.Errorf("%v", have)
	}
	for _, id := range strings.Fields("T1 T2 T6 T7 T9 G1 G2 G5 G9 G12 G13 G14 G15 G16 O1 O2 O3 O4") {
		if r.Of(id) == nil {
			t.Errorf("%s is not attested", id)
		}
	}
	if r.Of("T3") != nil {
		t.Error("T3 is code's")
	}
}

// TestSecurityPageTellsWhatIsAttested: the page names each promise that is attested, and counts them correctly.
func TestSecurityPageTellsWhatIsAttested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What is attested")
	section, _, _ = strings.Cut(section, "\n## ")
	promises, half := empty(t).attest().Promises, 0
	for _, p := range promises {
		if !regexp.MustCompile(`\b` + p.ID + `\b`).MatchString(section) {
			t.Errorf("the page does not say how %s is attested", p.ID)
		}
		if !posture.Products()[p.ID].Built {
			half++
		}
	}
	words := strings.Join(strings.Fields(section), " ")
	for _, want := range []string{
		fmt.Sprintf("Of the %d published promises, %d are decided", len(published()), len(promises)),
		fmt.Sprintf("not built yet (%d of the %d)", half, len(promises)),
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestWhatIsChosenAtCreationIsFound creates wrongly what cannot be changed later, while apply runs.
func TestWhatIsChosenAtCreationIsFound(t *testing.T) {
	t.Parallel()
	wrong := keyRing + "/cryptoKeys/workspaces"
	for name, c := range map[string]struct {
		alter  func(request any)
		breaks string
		says   string
	}{
		"trail without key": {func(r any) {
			if b, ok := r.(*loggingpb.CreateBucketRequest); ok {
				b.Bucket.CmekSettings = nil
			}
		}, "T7 T9", "log bucket " + location + "/buckets/toh-audit is encrypted under Google's own key; expected: " +
			keyRing + "/cryptoKeys/data"},
		"content without key": {database("toh-content", func(d *adminpb.Database) {
			d.CmekConfig = nil
		}), "T7 G15 O2", "databases/toh-content is encrypted under Google's own key"},
		"keys without key": {database("toh-keys", func(d *adminpb.Database) {
			d.CmekConfig = nil
		}), "T7 G15 O2", "databases/toh-keys is encrypted under Google's own key"},
		"content elsewhere": {database("toh-content", func(d *adminpb.Database) {
			d.LocationId, d.CmekConfig = "us-east1", nil
		}), "T1 T7 G2 G15 O2", "databases/toh-content lies in us-east1; expected: europe-west1"},
		"key for another purpose": {func(r any) {
			if b, ok := r.(*kmspb.CreateCryptoKeyRequest); ok && b.GetCryptoKeyId() == "workspaces" {
				b.CryptoKey = &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ASYMMETRIC_SIGN,
					VersionTemplate: &kmspb.CryptoKeyVersionTemplate{
						Algorithm: kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256}}
			}
		}, "T7 G15 O2", "KMS key " + keyRing + "/cryptoKeys/workspaces is for ASYMMETRIC_SIGN; expected: " +
			"ENCRYPT_DECRYPT"},
		"signing key for another purpose": {func(r any) {
			if b, ok := r.(*kmspb.CreateCryptoKeyRequest); ok && b.GetCryptoKeyId() == "audit-signing" {
				b.CryptoKey = &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}
			}
		}, "T9", "KMS key " + keyRing + "/cryptoKeys/audit-signing is for ENCRYPT_DECRYPT; expected: ASYMMETRIC_SIGN"},
		"images without key": {func(r any) {
			if b, ok := r.(*artifactregistrypb.CreateRepositoryRequest); ok {
				b.Repository.KmsKeyName = ""
			}
		}, "T7", "image repository " + location + "/repositories/toh is encrypted under Google's own key"},
		"secret without key": {func(r any) {
			if b, ok := r.(*secretmanagerpb.CreateSecretRequest); ok && b.GetSecretId() == "toh-session-keys" {
				b.Secret.Replication.GetUserManaged().Replicas[0].CustomerManagedEncryption = nil
			}
		}, "T7 G12 O4", "secret " + project + "/secrets/toh-session-keys is encrypted under Google's own key"},
		"secret everywhere": {func(r any) {
			if b, ok := r.(*secretmanagerpb.CreateSecretRequest); ok && b.GetSecretId() == "toh-pepper" {
				b.Secret.Replication = &secretmanagerpb.Replication{
					Replication: &secretmanagerpb.Replication_Automatic_{
						Automatic: &secretmanagerpb.Replication_Automatic{}}}
			}
		}, "T7 G12 O4", "secret " + project + "/secrets/toh-pepper is encrypted under Google's own key"},
		"topic under another key": {func(r any) {
			if b, ok := r.(*pubsubpb.Topic); ok && strings.HasSuffix(b.GetName(), "/toh-tick") {
				b.KmsKeyName = ""
			}
		}, "T7", "topic " + project + "/topics/toh-tick is encrypted under Google's own key; expected: " +
			strings.Replace(wrong, "workspaces", "data", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			w := empty(t)
			w.alter = c.alter
			_, err := provision.Apply(t.Context(), w.Clients, spec(), &bytes.Buffer{})
			w.alter = nil
			r := w.attest()
			if err == nil && brokenOf(r) != c.breaks || !strings.Contains(notKept(r), c.says) {
				t.Errorf("apply: %v; breaks %q: %s", err, brokenOf(r), notKept(r))
			}
		})
	}
}

func database(id string, change func(*adminpb.Database)) func(any) {
	return func(r any) {
		if b, ok := r.(*adminpb.CreateDatabaseRequest); ok && b.GetDatabaseId() == id {
			change(b.Database)
		}
	}
}

// TestAnotherKeyIsFound puts a database and the files under a key that is not the installation's.
func TestAnotherKeyIsFound(t *testing.T) {
	t.Parallel()
	w := empty(t)
	other := keyRing + "/cryptoKeys/workspaces"
	w.alter = database("toh-keys", func(d *adminpb.Database) {
		give(other, "roles/cloudkms.cryptoKeyEncrypterDecrypter", w.agent("gcp-sa-firestore"))(w)
		d.CmekConfig.KmsKeyName = other
	})
	w.apply(spec())
	w.alter = nil
	give(other, "roles/cloudkms.cryptoKeyEncrypterDecrypter", w.agent("gs-project-accounts"))(w)
	changeFiles(&storage.Bucket{Encryption: &storage.BucketEncryption{DefaultKmsKeyName: other}})(w)
	r := w.attest()
	for _, want := range []string{"databases/toh-keys is encrypted under " + other, "toh-files is encrypted under " +
		other, "cryptoKeys/workspaces gives roles/cloudkms.cryptoKeyEncrypterDecrypter to"} {
		if !strings.Contains(notKept(r), want) {
			t.Errorf("not said: %s\n%s", want, notKept(r))
		}
	}
}

func (w *world) agent(service string) string {
	w.t.Helper()
	return "serviceAccount:service-" + w.number() + "@" + service + ".iam.gserviceaccount.com"
}

// TestHarmlessAdditionsStayGreen: what an operator adds for themselves breaks nothing.
func TestHarmlessAdditionsStayGreen(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	ctx := t.Context()
	for _, add := range []func(*world){
		give(project, "roles/monitoring.viewer", human),
		give(project, "roles/browser", otherMember),
		give(project, "roles/logging.logWriter", otherMember),
		give(project, "roles/cloudbuild.serviceAgent", "serviceAccount:service-"+w.number()+
			"@gcp-sa-cloudbuild.iam.gserviceaccount.com"),
		give(project, "roles/editor", "serviceAccount:"+w.number()+"@cloudservices.gserviceaccount.com"),
		give(project+"/subscriptions/toh-dead-letters-pull", "roles/pubsub.viewer", human),
		give(keyRing+"/cryptoKeys/workspaces", "roles/cloudkms.viewer", human),
		give(keyRing+"/cryptoKeys/audit-signing", "roles/cloudkms.publicKeyViewer", human),
		changeService("toh-web", func(s *runpb.Service) {
			s.Labels = map[string]string{"team": "stage"}
			s.Template.Scaling.MinInstanceCount = 3
			s.Template.Containers[0].Resources.Limits["memory"] = "1Gi"
			s.Template.Containers[0].Env = append(s.Template.Containers[0].Env, &runpb.EnvVar{Name: "TOH_LOG_LEVEL",
				Values: &runpb.EnvVar_Value{Value: "debug"}},
				&runpb.EnvVar{Name: "TOH_SESSION_IDLE", Values: &runpb.EnvVar_Value{Value: "1h"}},
				&runpb.EnvVar{Name: "TOH_BCRYPT_COST", Values: &runpb.EnvVar_Value{Value: "13"}},
				&runpb.EnvVar{Name: "TOH_SECRET_PEPPER", Values: &runpb.EnvVar_Value{Value: "toh-pepper"}})
		}),
		changeService("toh-web", func(s *runpb.Service) {
			s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER
		}),
		image("toh-tasks", "europe-west1-docker.pkg.dev/opera-house-1/toh/toh@sha256:"+strings.Repeat("0a", 32)),
		changeKey("data", rotated(30*days, 30*days), "rotation_period", "next_rotation_time"),
		changeSchedules("toh-content", true, 30*days),
		changeSchedules("toh-keys", true, 3*days),
		changeFiles(&storage.Bucket{Labels: map[string]string{"team": "stage"}}),
		changeAlert("denials", func(p *monitoringpb.AlertPolicy) {
			p.Conditions[0].GetConditionThreshold().ThresholdValue = 500
		}),
		changeSubscription("toh-tasks-push", func(s *pubsubpb.Subscription) {
			s.Labels = map[string]string{"team": "stage"}
		}, "labels"),
		func(w *world) {
			_, err := w.LogConfig.CreateSink(ctx, &loggingpb.CreateSinkRequest{Parent: project,
				Sink: &loggingpb.LogSink{Name: "mine", Filter: "severity>=ERROR",
					Destination: "logging.googleapis.com/" + project + "/locations/global/buckets/_Default"}})
			w.must(err)
			_, err = w.Topics.CreateTopic(ctx, &pubsubpb.Topic{Name: project + "/topics/mine"})
			w.must(err)
			_, err = w.Accounts.CreateServiceAccount(ctx, &iamadmin.CreateServiceAccountRequest{Name: project,
				AccountId: "mine-too"})
			w.must(err)
			_, err = w.Storage.Buckets.Insert(projectID, &storage.Bucket{Name: "opera-house-1-mine",
				IamConfiguration: &storage.BucketIamConfiguration{
					UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
				}}).Context(ctx).Do()
			w.must(err)
			_, err = w.Secrets.CreateSecret(ctx, &secretmanagerpb.CreateSecretRequest{Parent: project, SecretId: "mine",
				Secret: &secretmanagerpb.Secret{
					Replication: &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{
						Automatic: &secretmanagerpb.Replication_Automatic{}}}}})
			w.must(err)
			_, err = w.Channels.CreateNotificationChannel(ctx,
				&monitoringpb.CreateNotificationChannelRequest{Name: project,
					NotificationChannel: &monitoringpb.NotificationChannel{
						Type: "email", DisplayName: "second",
						Labels: map[string]string{"email_address": "second@opera.dev"}}})
			w.must(err)
		},
	} {
		add(w)
		if r := w.attest(); !r.Sound() {
			t.Fatalf("it is %s: %s", r.State, notKept(r))
		}
	}
}

// TestRemarksBreakNothing: an operator is told about what is not final yet, and about what cannot reach data.
func TestRemarksBreakNothing(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	give(project, "roles/compute.viewer", human)(w)
	w.until("roles/datastore.viewer", human, 6*days)
	w.until("roles/cloudkms.admin", human, -hour)
	w.until("roles/cloudkms.signer", human, 6*days)
	w.database("drill-20261125-abcd", region, keyRing+"/cryptoKeys/data")
	w.service("mine", "")
	w.job(elsewhere, "123456789012-compute@developer.gserviceaccount.com")
	w.role("looks", "run.services.get", "datastore.databases.list")
	give(project, project+"/roles/looks", otherMember)(w)
	r := w.attest()
	if !r.Sound() {
		t.Fatalf("%s", notKept(r))
	}
	for id, want := range map[string]string{
		"T6": "remark: permissions on " + project + " give roles/compute.viewer to " + human,
		"O3": "remark: permissions on " + project + " let " + human + " at the databases by roles/datastore.viewer " +
			"if request.time < timestamp(",
		"T13": "remark: Firestore database " + project + "/databases/drill-20261125-abcd exists, made by a " +
			"restore drill",
		"G5":  "remark: Cloud Run service " + location + "/services/mine runs as ",
		"T6 ": "remark: Cloud Run job " + elsewhere + "/jobs/mine runs as 123456789012-compute@",
		"T9":  "remark: log bucket " + location + "/buckets/toh-audit is not locked",
		"T9 ": "remark: permissions on " + project + " let " + human +
			" sign by roles/cloudkms.signer if request.time < timestamp(",
		"T8": "remark: secret " + project + "/secrets/toh-mail has 0 values in use",
		"G1": "remark: Cloud Run service " + location + "/services/toh-web runs the placeholder",
	} {
		if !strings.Contains(r.Of(strings.TrimSpace(id)).Evidence, want) {
			t.Errorf("%s does not say %q:\n%s", id, want, r.Of(id).Evidence)
		}
	}
	later, err := w.look(at(testclock.Now().Add(25 * time.Hour)))
	if err != nil || brokenOf(later) != othersDatabase {
		t.Errorf("the drill's database, a day later: %v, %q: %s", err, brokenOf(later), notKept(later))
	}
}

// at is a clock that does not move.
type at time.Time

func (a at) Now() time.Time { return time.Time(a) }

// TestBackupsAreMade: a schedule alone is not enough.
func TestBackupsAreMade(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	for hours, state := range map[int]posture.State{48: posture.Kept, 50: posture.Broken} {
		r, err := w.look(at(testclock.Now().Add(time.Duration(hours) * hour)))
		if err != nil || r.Of("G16").State != state || state == posture.Broken && brokenOf(r) != "G16" {
			t.Errorf("after %d hours: %v, %s", hours, err, notKept(r))
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := installed(t, spec())
	bucketDays(30)(w)
	if err := w.attest().JSON(&out); err != nil {
		t.Fatal(err)
	}
	var r struct {
		Promises []struct {
			ID      string
			Kept    *bool
			State   string
			Product struct {
				Built   *bool
				Missing string
				ShownBy []string `json:"shown_by"`
			}
			Evidence string
			Checks   []map[string]string
		}
		NotAttested []posture.Elsewhere `json:"not_attested"`
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Promises) < 20 {
		t.Fatal(err)
	}
	for _, p := range r.Promises {
		half := slices.Contains(onlyCloud, p.ID)
		if p.Kept == nil || *p.Kept != (p.ID != "T9" && !half) || p.Evidence == "" || len(p.Checks) == 0 ||
			p.Checks[0]["resource"] == "" {
			t.Errorf("%+v", p)
		}
		if p.Product.Built == nil || *p.Product.Built == half || (p.Product.Missing != "") != half ||
			p.Product.ShownBy == nil ||
			half && p.State != "cloud-only" && p.ID != "O7" {
			t.Errorf("%+v", p)
		}
	}
	for _, e := range r.NotAttested {
		if e.Product.Built == (e.Product.Missing != "") || e.Why == "" {
			t.Errorf("%+v", e)
		}
	}
	if first, _, _ := strings.Cut(r.Promises[6].Evidence, "\n"); r.Promises[6].ID != "T9" ||
		!strings.HasPrefix(first, "broken: log bucket ") {
		t.Errorf("the worst is not first: %s", first)
	}
}

func TestPrinted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := installed(t, spec())
	bucketDays(30)(w)
	if err := w.attest().Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"✗ BROKEN     T9  All actions are logged", "✓ KEPT       G15 The database is encrypted",
		"◐ CLOUD-ONLY T13 Information is deleted on request",
		"      not built: A workspace can be erased as a whole, ",
		"      broken: log bucket " + location + "/buckets/toh-audit keeps entries 30 days; locked: no; expected: " +
			"exactly 14 days\n",
		"17 promises kept, 7 cloud-only, 2 broken, 0 undecided; 21 others are not the cloud's to decide, and 13 of " +
			"these are not built\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("does not say %q:\n%s", want, out.String())
		}
	}
}

// TestEveryAlertIsLookedAt: an alert that provisioning adds is attested too.
func TestEveryAlertIsLookedAt(t *testing.T) {
	t.Parallel()
	evidence := empty(t).attest().Of("O12").Evidence
	n := 0
	for _, r := range spec().Resources() {
		if r.Kind == "alert" || r.Kind == "log metric" || r.Kind == "uptime check" {
			n++
			if !strings.Contains(evidence, r.Kind+" "+r.Name+" does not exist") {
				t.Errorf("%s %s is not looked at", r.Kind, r.Name)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d", n)
	}
}
