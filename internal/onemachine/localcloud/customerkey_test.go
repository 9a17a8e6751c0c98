package localcloud_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	fsadmin "cloud.google.com/go/firestore/apiv1/admin"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	kmsapi "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	logapi "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	psapi "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	smapi "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	ourProject = "projects/a-project"
	ourPlace   = ourProject + "/locations/europe-west1"
	ourKey     = ourPlace + "/keyRings/r/cryptoKeys/data"
)

// makers create one thing under the customer's key in each service.
func makers(t *testing.T, c *localcloud.Cloud) map[string]func(context.Context) error {
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	databases := must[*fsadmin.FirestoreAdminClient](t)(fsadmin.NewFirestoreAdminClient(ctx, opts...))
	topics := must[*psapi.TopicAdminClient](t)(psapi.NewTopicAdminClient(ctx, opts...))
	secrets := must[*smapi.Client](t)(smapi.NewClient(ctx, opts...))
	logs := must[*logapi.ConfigClient](t)(logapi.NewConfigClient(ctx, opts...))
	keyed := &secretmanagerpb.CustomerManagedEncryption{KmsKeyName: ourKey}
	return map[string]func(context.Context) error{
		"gcp-sa-firestore": func(ctx context.Context) error {
			_, err := databases.CreateDatabase(ctx, &adminpb.CreateDatabaseRequest{Parent: ourProject,
				DatabaseId: "content", Database: &adminpb.Database{
					LocationId: "europe-west1", Type: adminpb.Database_FIRESTORE_NATIVE,
					CmekConfig: &adminpb.Database_CmekConfig{KmsKeyName: ourKey},
				}})
			return err
		},
		"gcp-sa-pubsub": func(ctx context.Context) error {
			_, err := topics.CreateTopic(ctx, &pubsubpb.Topic{Name: ourProject + "/topics/tasks", KmsKeyName: ourKey})
			return err
		},
		"gcp-sa-secretmanager": func(ctx context.Context) error {
			_, err := secrets.CreateSecret(ctx, &secretmanagerpb.CreateSecretRequest{Parent: ourProject, SecretId: "s",
				Secret: &secretmanagerpb.Secret{
					Replication: &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_UserManaged_{
						UserManaged: &secretmanagerpb.Replication_UserManaged{
							Replicas: []*secretmanagerpb.Replication_UserManaged_Replica{{Location: "europe-west1",
								CustomerManagedEncryption: keyed}},
						}}},
				}})
			return err
		},
		"gcp-sa-logging": func(ctx context.Context) error {
			_, err := logs.CreateBucketAsync(ctx, &loggingpb.CreateBucketRequest{Parent: ourPlace, BucketId: "audit",
				Bucket: &loggingpb.LogBucket{
					RetentionDays: 14, CmekSettings: &loggingpb.CmekSettings{KmsKeyName: ourKey},
				}})
			return err
		},
	}
}

// What a service stores under a customer's key can be created only once the key exists and the service's own account
// may use it.
func TestServicesAskForTheKey(t *testing.T) {
	t.Parallel()
	c := open(t, localcloud.Options{})
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	keys := must[*kmsapi.KeyManagementClient](t)(kmsapi.NewKeyManagementClient(ctx, opts...))
	logs := must[*logapi.ConfigClient](t)(logapi.NewConfigClient(ctx, opts...))
	settings := must[*loggingpb.Settings](t)(logs.GetSettings(ctx, &loggingpb.GetSettingsRequest{Name: ourProject +
		"/settings"}))
	refused := func(when string) {
		t.Helper()
		for agent, make := range makers(t, c) {
			if err := make(ctx); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("%s, %s: %v, want FailedPrecondition", agent, when, err)
			}
		}
	}
	refused("without a key")
	must[*kmspb.KeyRing](t)(keys.CreateKeyRing(ctx, &kmspb.CreateKeyRingRequest{Parent: ourPlace, KeyRingId: "r"}))
	must[*kmspb.CryptoKey](t)(keys.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{
		Parent: ourPlace + "/keyRings/r", CryptoKeyId: "data",
		CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	}))
	refused("without a grant")
	for agent, make := range makers(t, c) {
		account := "serviceAccount:" + project.Agent("a-project", agent)
		if agent == "gcp-sa-logging" {
			account = "serviceAccount:" + settings.GetKmsServiceAccountId()
		}
		p := must[*iampb.Policy](t)(keys.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: ourKey}))
		p.Bindings = append(p.Bindings, &iampb.Binding{Role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
			Members: []string{account}})
		must[*iampb.Policy](t)(keys.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: ourKey, Policy: p}))
		if err := make(ctx); err != nil {
			t.Errorf("%s: %v", agent, err)
		}
	}
}

// The clock of the cloud drives what is due, through the one call that Start makes each minute.
func TestSweepDoesWhatIsDue(t *testing.T) {
	t.Parallel()
	dir, clock := filepath.Join(t.TempDir(), "data"), modeltest.NewClock(time.Time{})
	c := open(t, localcloud.Options{Dir: dir, Clock: clock})
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	use(t, c, false)
	databases := must[*fsadmin.FirestoreAdminClient](t)(fsadmin.NewFirestoreAdminClient(ctx, opts...))
	must[*adminpb.BackupSchedule](t)(databases.CreateBackupSchedule(ctx,
		&adminpb.CreateBackupScheduleRequest{Parent: "projects/p/databases/content",
			BackupSchedule: &adminpb.BackupSchedule{
				Retention:  durationpb.New(48 * time.Hour),
				Recurrence: &adminpb.BackupSchedule_DailyRecurrence{DailyRecurrence: &adminpb.DailyRecurrence{}},
			}}))
	clock.Advance(24 * time.Hour)
	if err := c.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, localcloud.Options{Dir: dir, Clock: clock})
	databases = must[*fsadmin.FirestoreAdminClient](t)(fsadmin.NewFirestoreAdminClient(ctx,
		tabletest.ClientOptions(c.Conn())...))
	made := must[*adminpb.ListBackupsResponse](t)(databases.ListBackups(ctx,
		&adminpb.ListBackupsRequest{Parent: "projects/p/locations/-"})).GetBackups()
	if len(made) != 1 || made[0].GetStats().GetDocumentCount() != 1 {
		t.Fatalf("backups %v", made)
	}
	op := must[*fsadmin.RestoreDatabaseOperation](t)(databases.RestoreDatabase(ctx,
		&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "restored", Backup: made[0].GetName()}))
	again := databases.RestoreDatabaseOperation(op.Name())
	if got, err := again.Poll(ctx); err != nil || got.GetName() != "projects/p/databases/restored" {
		t.Errorf("the operation reads %v, %v", got, err)
	}
	if about, err := again.Metadata(); err != nil || about.GetBackup() != made[0].GetName() {
		t.Errorf("metadata %v, %v", about, err)
	}
}
