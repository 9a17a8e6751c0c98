package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	iamapi "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	kmsapi "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	psapi "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	rmapi "cloud.google.com/go/resourcemanager/apiv3"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	runapi "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	schedapi "cloud.google.com/go/scheduler/apiv1"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	opera    = "tiny-opera"
	place    = "projects/" + opera + "/locations/europe-west1"
	dataKey  = place + "/keyRings/toh/cryptoKeys/data"
	webName  = "toh-web@" + opera + ".iam.gserviceaccount.com"
	tickName = "projects/" + opera + "/topics/toh-tick"
)

func open(t *testing.T, o localcloud.Options) *admin.Cloud {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	c, err := admin.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func buckets(t *testing.T, c *admin.Cloud) *storage.Service {
	t.Helper()
	return must[*storage.Service](t)(storage.NewService(t.Context(),
		option.WithHTTPClient(&http.Client{Transport: c.HTTP()})))
}

// makeKey makes a key, and lets the account of a service use it.
func makeKey(t *testing.T, c *admin.Cloud) (grant func(agent string)) {
	t.Helper()
	ctx := t.Context()
	keys := must[*kmsapi.KeyManagementClient](t)(kmsapi.NewKeyManagementClient(ctx,
		tabletest.ClientOptions(c.Conn())...))
	must[*kmspb.KeyRing](t)(keys.CreateKeyRing(ctx, &kmspb.CreateKeyRingRequest{Parent: place, KeyRingId: "toh"}))
	must[*kmspb.CryptoKey](t)(keys.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{Parent: place + "/keyRings/toh",
		CryptoKeyId: "data", CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}}))
	projects := must[*rmapi.ProjectsClient](t)(rmapi.NewProjectsClient(ctx, tabletest.ClientOptions(c.Conn())...))
	p := must[*resourcemanagerpb.Project](t)(projects.GetProject(ctx,
		&resourcemanagerpb.GetProjectRequest{Name: "projects/" + opera}))
	number := strings.TrimPrefix(p.GetName(), "projects/")
	policies := iampb.NewIAMPolicyClient(c.Conn())
	return func(agent string) {
		must[*iampb.Policy](t)(policies.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: dataKey,
			Policy: &iampb.Policy{Bindings: []*iampb.Binding{{
				Role: "roles/cloudkms.cryptoKeyEncrypterDecrypter", Members: []string{"serviceAccount:service-" +
					number +
					"@" + agent + ".iam.gserviceaccount.com"},
			}}}}))
	}
}

func TestBucketsAskForTheirKeyAndStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c := open(t, localcloud.Options{Dir: dir})
	insert := func() error {
		_, err := buckets(t, c).Buckets.Insert(opera, &storage.Bucket{Name: "tiny-files", Location: "europe-west1",
			Encryption: &storage.BucketEncryption{DefaultKmsKeyName: dataKey}}).Do()
		return err
	}
	if err := insert(); err == nil {
		t.Error("takes a key that is not there")
	}
	grant := makeKey(t, c)
	grant("gcp-sa-artifactregistry")
	if err := insert(); err == nil {
		t.Error("takes a key that Cloud Storage may not use")
	}
	grant("gs-project-accounts")
	if err := insert(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, localcloud.Options{Dir: dir})
	if got := must[*storage.Bucket](t)(buckets(t, c).Buckets.Get("tiny-files").
		Do()); got.Encryption.DefaultKmsKeyName != dataKey {
		t.Errorf("after reopening %+v", got)
	}
}

func TestHTTPIsInterceptedAndServesOneHost(t *testing.T) {
	t.Parallel()
	var asked []string
	c := open(t, localcloud.Options{Intercept: func(_ context.Context, method string) error {
		asked = append(asked, method)
		return status.Error(codes.PermissionDenied, "not you")
	}})
	_, err := buckets(t, c).Buckets.Insert(opera, &storage.Bucket{Name: "tiny-files"}).Do()
	var refused *googleapi.Error
	if !errors.As(err, &refused) || refused.Code != http.StatusForbidden || len(asked) != 1 ||
		asked[0] != "POST /storage/v1/b" {
		t.Errorf("%v after %q", err, asked)
	}
	resp, err := (&http.Client{Transport: c.HTTP()}).Get("https://example.com/storage/v1/b")
	if err == nil {
		_ = resp.Body.Close()
		t.Error("serves another host")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := buckets(t, c).Buckets.Get("tiny-files").Context(ctx).Do(); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}

func TestCloudRunNeedsAnAccountAndSecrets(t *testing.T) {
	t.Parallel()
	c := open(t, localcloud.Options{})
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	services := must[*runapi.ServicesClient](t)(runapi.NewServicesClient(ctx, opts...))
	accounts := must[*iamapi.IamClient](t)(iamapi.NewIamClient(ctx, opts...))
	create := func(env ...*runpb.EnvVar) error {
		_, err := services.CreateService(ctx, &runpb.CreateServiceRequest{Parent: place, ServiceId: "toh-web",
			Service: &runpb.Service{
				Template: &runpb.RevisionTemplate{ServiceAccount: webName,
					Containers: []*runpb.Container{{Image: "us-docker.pkg.dev/cloudrun/container/hello", Env: env}}},
			}})
		return err
	}
	tabletest.WantCode(t, "no account", create(), codes.PermissionDenied)
	must[*adminpb.ServiceAccount](t)(accounts.CreateServiceAccount(ctx,
		&adminpb.CreateServiceAccountRequest{Name: "projects/" + opera, AccountId: "toh-web"}))
	secret := &runpb.EnvVar{Name: "S",
		Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{SecretKeyRef: &runpb.SecretKeySelector{
			Secret: "s", Version: "latest"}}}}
	tabletest.WantCode(t, "no secret", create(secret), codes.FailedPrecondition)
	name := "projects/-/serviceAccounts/" + webName
	if err := accounts.DisableServiceAccount(ctx, &adminpb.DisableServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	tabletest.WantCode(t, "a disabled account", create(), codes.PermissionDenied)
	if err := accounts.EnableServiceAccount(ctx, &adminpb.EnableServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	tabletest.WantCode(t, "all there", create(), codes.OK)
}

func TestTheScheduleRunsAfterStartAndIsPushed(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(time.Date(2026, 11, 21, 12, 0, 30, 0, time.UTC))
	c := open(t, localcloud.Options{Clock: clock})
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	topics := must[*psapi.TopicAdminClient](t)(psapi.NewTopicAdminClient(ctx, opts...))
	subs := must[*psapi.SubscriptionAdminClient](t)(psapi.NewSubscriptionAdminClient(ctx, opts...))
	jobs := must[*schedapi.CloudSchedulerClient](t)(schedapi.NewCloudSchedulerClient(ctx, opts...))
	got := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got <- struct{}{} }))
	defer server.Close()
	must[*pubsubpb.Topic](t)(topics.CreateTopic(ctx, &pubsubpb.Topic{Name: tickName}))
	must[*pubsubpb.Subscription](t)(subs.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: "projects/" + opera + "/subscriptions/toh-tick-push", Topic: tickName,
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: server.URL + "/tick"},
	}))
	job := must[*schedulerpb.Job](t)(jobs.CreateJob(ctx, &schedulerpb.CreateJobRequest{Parent: place,
		Job: &schedulerpb.Job{
			Name: place + "/jobs/toh-tick", Schedule: "* * * * *",
			Target: &schedulerpb.Job_PubsubTarget{PubsubTarget: &schedulerpb.PubsubTarget{TopicName: tickName,
				Data: []byte("tick")}},
		}}))
	clock.Advance(time.Minute)
	if again := must[*schedulerpb.Job](t)(jobs.GetJob(ctx,
		&schedulerpb.GetJobRequest{Name: job.GetName()})); again.GetLastAttemptTime() != nil {
		t.Error("ran before Start")
	}
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Fatal("no tick was pushed")
	}
	clock.Advance(time.Minute)
	c.Scheduler().Wake()
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Fatal("no second tick was pushed")
	}
}

func TestTheAdminServiceIsThereOverTheNetwork(t *testing.T) {
	t.Parallel()
	c := open(t, localcloud.Options{})
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, l) }()
	conn := must[*grpc.ClientConn](t)(grpc.NewClient(l.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer func() { _ = conn.Close() }()
	admin := adminpb.NewIAMClient(conn)
	made, err := admin.CreateServiceAccount(ctx, &adminpb.CreateServiceAccountRequest{Name: "projects/" + opera,
		AccountId: "toh-web"})
	if err != nil || made.GetEmail() != webName {
		t.Errorf("made %v, %v", made, err)
	}
	_, err = admin.CreateServiceAccount(ctx, &adminpb.CreateServiceAccountRequest{Name: "projects/" + opera,
		AccountId: "toh-web"})
	tabletest.WantCode(t, "existing", err, codes.AlreadyExists)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
