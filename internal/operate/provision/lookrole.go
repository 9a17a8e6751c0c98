package provision

import (
	"context"
	"slices"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
)

// LookRole is the project's custom role with which the tasks service attests: it can read how things are configured,
// and nothing of the data in them.
const LookRole = "tohAttest"

// lookPermissions are one for each kind of call that attesting makes.
var lookPermissions = []string{
	"artifactregistry.repositories.get", "artifactregistry.repositories.getIamPolicy",
	"cloudkms.cryptoKeyVersions.list", "cloudkms.cryptoKeyVersions.viewPublicKey",
	"cloudkms.cryptoKeys.get", "cloudkms.cryptoKeys.getIamPolicy", "cloudkms.keyRings.getIamPolicy",
	"cloudscheduler.jobs.get",
	"datastore.backupSchedules.list", "datastore.backups.list", "datastore.databases.getMetadata",
	"datastore.databases.list", "datastore.indexes.list",
	"iam.roles.get", "iam.serviceAccountKeys.list", "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy",
	"logging.buckets.get", "logging.logMetrics.list", "logging.sinks.list", "logging.views.getIamPolicy",
	"logging.views.list",
	"monitoring.alertPolicies.list", "monitoring.notificationChannels.list", "monitoring.uptimeCheckConfigs.list",
	"pubsub.subscriptions.get", "pubsub.subscriptions.getIamPolicy", "pubsub.topics.get", "pubsub.topics.getIamPolicy",
	"pubsub.topics.list",
	"resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy",
	"run.jobs.list", "run.revisions.list", "run.services.get", "run.services.getIamPolicy", "run.services.list",
	"secretmanager.secrets.get", "secretmanager.secrets.getIamPolicy", "secretmanager.versions.list",
	"serviceusage.services.get",
	"storage.buckets.get", "storage.buckets.getIamPolicy", "storage.buckets.list",
}

func (s Spec) lookRoleName() string { return s.project() + "/roles/" + LookRole }

// lookRole is entirely ours, because a surplus permission could allow reading data.
func (s Spec) lookRole() Resource {
	name := s.lookRoleName()
	want := &adminpb.Role{
		Title: "Tiny Opera House: looks at its own set-up", Description: "Sees how the installation is set up, and " +
			"nothing that is in it",
		IncludedPermissions: lookPermissions, Stage: adminpb.Role_GA,
	}
	rs := rules{"deleted": {zero: true, advice: always("a role that was deleted keeps its name for weeks: bring it " +
		"back with gcloud iam roles undelete")}}
	t := thing[*adminpb.Role]{
		read: func(ctx context.Context, c *session) (*adminpb.Role, error) {
			have, err := c.Accounts.GetRole(ctx, &adminpb.GetRoleRequest{Name: name})
			slices.Sort(have.GetIncludedPermissions()) // Google does not keep the order
			return have, err
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Accounts.CreateRole(ctx, &adminpb.CreateRoleRequest{Parent: s.project(), RoleId: LookRole,
				Role: want})
			return err
		},
		differ: func(have *adminpb.Role) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *adminpb.Role, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Accounts.UpdateRole(ctx, &adminpb.UpdateRoleRequest{Name: name, Role: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "role", Name: name, api: apiAccounts, look: t.look,
		block: tf("google_project_iam_custom_role", LookRole, set("role_id", LookRole), set("title", want.GetTitle()),
			set("description", want.GetDescription()), set("permissions", lookPermissions)),
	}
}
