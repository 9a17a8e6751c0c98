package resourcemanager_test

import (
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	api "cloud.google.com/go/resourcemanager/apiv3"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/resourcemanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const name = "projects/tiny-opera"

func open(t *testing.T, store table.Store) *api.ProjectsClient {
	t.Helper()
	conn := tabletest.Conn(resourcemanager.New(store, modeltest.NewClock(time.Time{})).Register)
	return tabletest.Must(api.NewProjectsClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
}

func TestProjectsExistAndStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	c := open(t, store)
	number := "projects/" + project.Number("tiny-opera")
	_, err := c.GetProject(t.Context(), &resourcemanagerpb.GetProjectRequest{Name: number})
	tabletest.WantCode(t, "a number that nobody has asked for", err, codes.PermissionDenied)
	for _, bad := range []string{"", "tiny-opera", "projects/", "projects/X", "projects/abc", "projects/tiny-opera/x"} {
		_, err := c.GetProject(t.Context(), &resourcemanagerpb.GetProjectRequest{Name: bad})
		tabletest.WantCode(t, bad, err, codes.InvalidArgument)
	}
	first := tabletest.Must(c.GetProject(t.Context(), &resourcemanagerpb.GetProjectRequest{Name: name}))(t)
	if first.GetName() != number || first.GetProjectId() != "tiny-opera" ||
		first.GetState() != resourcemanagerpb.Project_ACTIVE {
		t.Errorf("project %v", first)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c = open(t, store)
	for _, by := range []string{number, name} {
		got := tabletest.Must(c.GetProject(t.Context(), &resourcemanagerpb.GetProjectRequest{Name: by}))(t)
		if !proto.Equal(got, first) {
			t.Errorf("by %s after reopening: %v, was %v", by, got, first)
		}
	}
}

func TestPolicyIsOneByIDAndByNumber(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	got := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t)
	got.Bindings = []*iampb.Binding{{Role: "roles/viewer",
		Members: []string{"serviceAccount:a@tiny-opera.iam.gserviceaccount.com"}}}
	set := tabletest.Must(c.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: got}))(t)
	_, err := c.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: got})
	tabletest.WantCode(t, "a stale etag", err, codes.Aborted)
	number := "projects/" + project.Number("tiny-opera")
	if by := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: number}))(t); !proto.Equal(
		by, set) {
		t.Errorf("by number %v, set %v", by, set)
	}
	other := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: "projects/another-one"}))(
		t)
	if len(other.GetBindings()) != 0 {
		t.Errorf("another project has %v", other)
	}
	may := tabletest.Must(c.TestIamPermissions(t.Context(), &iampb.TestIamPermissionsRequest{Resource: name,
		Permissions: []string{"run.services.get"}}))(t)
	if len(may.GetPermissions()) != 1 {
		t.Errorf("may %v", may)
	}
	_, err = c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: "folders/1"})
	tabletest.WantCode(t, "no project", err, codes.InvalidArgument)
}
