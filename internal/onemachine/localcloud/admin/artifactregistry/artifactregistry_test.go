package artifactregistry_test

import (
	"context"
	"strings"
	"testing"
	"time"

	api "cloud.google.com/go/artifactregistry/apiv1"
	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/artifactregistry"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	parent = "projects/tiny-opera/locations/europe-west1"
	name   = parent + "/repositories/toh"
	key    = parent + "/keyRings/toh/cryptoKeys/data"
)

// useKey knows one key, and one account that may use it.
func useKey(_ context.Context, k, account string) error {
	if k != key || account != project.Agent("tiny-opera", "gcp-sa-artifactregistry") {
		return status.Error(codes.FailedPrecondition, "not accessible")
	}
	return nil
}

func open(t *testing.T, store table.Store) *api.Client {
	t.Helper()
	operations := operation.New(store)
	conn := tabletest.Conn(operations.Register, artifactregistry.New(store, modeltest.NewClock(time.Time{}), operations,
		useKey).Register)
	return tabletest.Must(api.NewClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
}

func repository() *artifactregistrypb.Repository {
	return &artifactregistrypb.Repository{
		Format: artifactregistrypb.Repository_DOCKER, Description: "Images", KmsKeyName: key,
		FormatConfig: &artifactregistrypb.Repository_DockerConfig{
			DockerConfig: &artifactregistrypb.Repository_DockerRepositoryConfig{ImmutableTags: true}},
		CleanupPolicies: map[string]*artifactregistrypb.CleanupPolicy{"keep": {
			Id: "keep", Action: artifactregistrypb.CleanupPolicy_KEEP,
			ConditionType: &artifactregistrypb.CleanupPolicy_MostRecentVersions{
				MostRecentVersions: &artifactregistrypb.CleanupPolicyMostRecentVersions{KeepCount: proto.Int32(10)}},
		}},
	}
}

func create(t *testing.T, c *api.Client, id string, r *artifactregistrypb.Repository) (*artifactregistrypb.Repository,
	error) {
	t.Helper()
	op, err := c.CreateRepository(t.Context(), &artifactregistrypb.CreateRepositoryRequest{Parent: parent,
		RepositoryId: id, Repository: r})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func TestRepositoriesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	given := repository()
	given.SizeBytes, given.RegistryUri = 7, "mine"
	made := tabletest.Must(create(t, open(t, store), "toh", given))(t)
	if made.GetName() != name || made.GetSizeBytes() != 0 ||
		made.GetRegistryUri() != "europe-west1-docker.pkg.dev/tiny-opera/toh" ||
		!made.GetDockerConfig().GetImmutableTags() {
		t.Errorf("made %v", made)
	}
	if made.GetVulnerabilityScanningConfig().
		GetEnablementState() != artifactregistrypb.Repository_VulnerabilityScanningConfig_SCANNING_ACTIVE {
		t.Errorf("scanning %v", made.GetVulnerabilityScanningConfig())
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	if got := tabletest.Must(open(t, store).GetRepository(t.Context(),
		&artifactregistrypb.GetRepositoryRequest{Name: name}))(t); !proto.Equal(got, made) {
		t.Errorf("after reopening %v", got)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	tabletest.Must(create(t, c, "toh", repository()))(t)
	for what, bad := range map[string]struct {
		id     string
		change func(*artifactregistrypb.Repository)
		want   codes.Code
	}{
		"existing":  {"toh", func(*artifactregistrypb.Repository) {}, codes.AlreadyExists},
		"bad id":    {"Toh", func(*artifactregistrypb.Repository) {}, codes.InvalidArgument},
		"no format": {"x", func(r *artifactregistrypb.Repository) { r.Format = 0 }, codes.InvalidArgument},
		"another format": {"x", func(r *artifactregistrypb.Repository) {
			r.Format = artifactregistrypb.Repository_NPM
		}, codes.Unimplemented},
		"no key": {"x", func(r *artifactregistrypb.Repository) {
			r.KmsKeyName = "data"
		}, codes.InvalidArgument},
		"key elsewhere": {"x", func(r *artifactregistrypb.Repository) {
			r.KmsKeyName = strings.Replace(key, "west1", "west3", 1)
		}, codes.InvalidArgument},
		"key not accessible": {"x", func(r *artifactregistrypb.Repository) {
			r.KmsKeyName += "2"
		}, codes.FailedPrecondition},
		"policy without id": {"x", func(r *artifactregistrypb.Repository) {
			r.CleanupPolicies["keep"].Id = ""
		}, codes.InvalidArgument},
		"policy not doing": {"x", func(r *artifactregistrypb.Repository) {
			r.CleanupPolicies["keep"].Action = 0
		}, codes.InvalidArgument},
		"deletes the newest": {"x", func(r *artifactregistrypb.Repository) {
			r.CleanupPolicies["keep"].Action = artifactregistrypb.CleanupPolicy_DELETE
		}, codes.InvalidArgument},
		"policy for nothing": {"x", func(r *artifactregistrypb.Repository) {
			r.CleanupPolicies["keep"].ConditionType = nil
		}, codes.InvalidArgument},
		"label with a capital": {"x", func(r *artifactregistrypb.Repository) {
			r.Labels = map[string]string{"A": "b"}
		}, codes.InvalidArgument},
	} {
		r := repository()
		bad.change(r)
		_, err := create(t, c, bad.id, r)
		tabletest.WantCode(t, what, err, bad.want)
	}
	_, err := c.ListRepositories(t.Context(), &artifactregistrypb.ListRepositoriesRequest{Parent: parent, PageSize: 1}).
		Next()
	tabletest.WantCode(t, "list", err, codes.OK)
}

func TestUpdateAndDelete(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	update := func(change func(*artifactregistrypb.Repository), paths ...string) (*artifactregistrypb.Repository,
		error) {
		r := repository()
		r.Name = name
		change(r)
		return c.UpdateRepository(t.Context(), &artifactregistrypb.UpdateRepositoryRequest{Repository: r,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	_, err := update(func(*artifactregistrypb.Repository) {}, "description")
	tabletest.WantCode(t, "update none", err, codes.NotFound)
	tabletest.Must(create(t, c, "toh", repository()))(t)
	got := tabletest.Must(update(func(r *artifactregistrypb.Repository) {
		r.VulnerabilityScanningConfig = &artifactregistrypb.Repository_VulnerabilityScanningConfig{
			EnablementConfig: artifactregistrypb.Repository_VulnerabilityScanningConfig_DISABLED}
		r.Description = "not this"
	}, "vulnerability_scanning_config"))(t)
	if got.GetVulnerabilityScanningConfig().
		GetEnablementState() != artifactregistrypb.Repository_VulnerabilityScanningConfig_SCANNING_DISABLED ||
		got.GetDescription() != "Images" {
		t.Errorf("updated %v", got)
	}
	_, err = update(func(r *artifactregistrypb.Repository) { r.KmsKeyName = "" }, "kms_key_name")
	tabletest.WantCode(t, "take the key away", err, codes.InvalidArgument)
	_, err = update(func(r *artifactregistrypb.Repository) { r.Format = artifactregistrypb.Repository_GO }, "format")
	tabletest.WantCode(t, "change the format", err, codes.InvalidArgument)

	policy := &iampb.Policy{Bindings: []*iampb.Binding{{Role: "roles/artifactregistry.reader",
		Members: []string{"allUsers"}}}}
	tabletest.Must(c.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: policy}))(t)
	op := tabletest.Must(c.DeleteRepository(t.Context(), &artifactregistrypb.DeleteRepositoryRequest{Name: name}))(t)
	if err := op.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
	tabletest.WantCode(t, "policy of a deleted one", err, codes.NotFound)
	tabletest.Must(create(t, c, "toh", repository()))(t)
	if again := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t); len(
		again.GetBindings()) != 0 {
		t.Errorf("a new one has the policy %v", again)
	}
}
