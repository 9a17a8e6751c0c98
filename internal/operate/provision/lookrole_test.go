package provision_test

import (
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
)

// TestLookRoleSeesNoData: the role's permissions cover settings, never what is in a database, a secret, a file or a
// log; and a permission that is added by hand is removed.
func TestLookRoleSeesNoData(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	w.done(s)
	const name = project + "/roles/tohAttest"
	role, err := w.Accounts.GetRole(t.Context(), &adminpb.GetRoleRequest{Name: name})
	must(w, role, err)
	for _, p := range role.GetIncludedPermissions() {
		verb := p[strings.LastIndexByte(p, '.')+1:]
		if !slices.Contains([]string{"get", "list", "getIamPolicy", "getMetadata", "viewPublicKey"}, verb) ||
			strings.Contains(p, "entities") || strings.Contains(p, "objects") ||
			strings.Contains(p, "logEntries") || p == "secretmanager.versions.access" {
			t.Errorf("%s", p)
		}
	}
	more := append(slices.Clone(role.GetIncludedPermissions()), "datastore.entities.get")
	_, err = w.Accounts.UpdateRole(t.Context(), &adminpb.UpdateRoleRequest{Name: name,
		Role: &adminpb.Role{IncludedPermissions: more}, UpdateMask: fields("included_permissions")})
	must(w, 0, err)
	if sum := w.done(s); sum.Changed != 1 {
		t.Errorf("%s", sum)
	}
	if again := w.done(s); again.Changed != 0 {
		t.Errorf("again: %s", again)
	}
}
