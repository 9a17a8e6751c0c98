package iam_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestRolesOfAProject(t *testing.T) {
	t.Parallel()
	store, closeStore := tabletest.At(t, t.TempDir())
	defer closeStore()
	w := open(t, store)
	make := func(id string, r *adminpb.Role) (*adminpb.Role, error) {
		return w.CreateRole(t.Context(), &adminpb.CreateRoleRequest{Parent: "projects/opera-house-1", RoleId: id,
			Role: r})
	}
	made, err := make("tohAttest", &adminpb.Role{Title: "Looks", IncludedPermissions: []string{"run.services.get",
		"pubsub.topics.get", "run.services.get"}})
	if err != nil || made.GetName() != "projects/opera-house-1/roles/tohAttest" ||
		strings.Join(made.GetIncludedPermissions(), " ") != "pubsub.topics.get run.services.get" {
		t.Fatalf("%v %v", made, err)
	}
	for name, c := range map[string]struct {
		id   string
		role *adminpb.Role
		want codes.Code
	}{
		"there":      {"tohAttest", &adminpb.Role{}, codes.AlreadyExists},
		"id":         {"toh-attest", &adminpb.Role{}, codes.InvalidArgument},
		"permission": {"other", &adminpb.Role{IncludedPermissions: []string{"everything"}}, codes.InvalidArgument},
		"title":      {"other", &adminpb.Role{Title: strings.Repeat("x", 101)}, codes.InvalidArgument},
	} {
		if _, err := make(c.id, c.role); status.Code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.UpdateRole(t.Context(), &adminpb.UpdateRoleRequest{
		Name: made.GetName(), Role: &adminpb.Role{IncludedPermissions: []string{"run.services.list"}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"included_permissions"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.GetRole(t.Context(), &adminpb.GetRoleRequest{Name: made.GetName()})
	if err != nil || got.GetTitle() != "Looks" || strings.Join(got.GetIncludedPermissions(),
		" ") != "run.services.list" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := w.GetRole(t.Context(),
		&adminpb.GetRoleRequest{Name: "projects/opera-house-1/roles/none"}); status.Code(err) != codes.NotFound {
		t.Errorf("%v", err)
	}
}
