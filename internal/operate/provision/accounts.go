package provision

import (
	"context"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
)

// accounts are the identities of the parts. None of them is Google's default account, which may do nearly everything.
func (s Spec) accounts() []Resource {
	return []Resource{
		s.serviceAccount(WebAccount, "Tiny Opera House: pages and API"),
		s.serviceAccount(TasksAccount, "Tiny Opera House: tasks"),
		s.serviceAccount(PushAccount, "Tiny Opera House: may call the tasks service"),
		s.serviceAccount(BuildAccount, "Tiny Opera House: builds and deploys"),
		s.lookRole(),
	}
}

func (s Spec) serviceAccount(id, title string) Resource {
	want := &adminpb.ServiceAccount{DisplayName: title}
	rs := rules{} // an account that somebody disabled stays disabled, because that may contain an incident
	name := s.account(id)
	t := thing[*adminpb.ServiceAccount]{
		read: func(ctx context.Context, c *session) (*adminpb.ServiceAccount, error) {
			return c.Accounts.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Accounts.CreateServiceAccount(ctx, &adminpb.CreateServiceAccountRequest{
				Name: s.project(), AccountId: id, ServiceAccount: want,
			})
			return err
		},
		differ: func(have *adminpb.ServiceAccount) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *adminpb.ServiceAccount, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Accounts.PatchServiceAccount(ctx, &adminpb.PatchServiceAccountRequest{ServiceAccount: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "service account", Name: name, api: apiAccounts, look: t.look,
		block: tf("google_service_account", id, set("account_id", id), set("display_name", title)),
	}
}
