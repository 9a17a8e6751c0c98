package provision

import (
	"context"
	"strings"

	iam "cloud.google.com/go/iam"
	admin "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/apiv1/iampb"
	"github.com/googleapis/gax-go/v2"
)

// The resources that have policies of their own.

func (s Spec) onKey(id string) target {
	return target{
		name: s.key(id), api: apiKMS,
		open: func(c *session) policies { return policies{get: c.KMS.GetIamPolicy, set: c.KMS.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_kms_crypto_key_iam_member", role, member, set("crypto_key_id", s.key(id)))
		},
	}
}

func (s Spec) onSecret(id string) target {
	return target{
		name: s.secret(id), api: apiSecrets,
		open: func(c *session) policies { return policies{get: c.Secrets.GetIamPolicy, set: c.Secrets.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_secret_manager_secret_iam_member", role, member, set("secret_id", s.secret(id)))
		},
	}
}

func (s Spec) onTopic(id string) target {
	return target{
		name: s.topic(id), api: apiPubSub,
		open: func(c *session) policies { return policies{get: c.Topics.GetIamPolicy, set: c.Topics.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_pubsub_topic_iam_member", role, member, set("topic", s.topic(id)))
		},
	}
}

func (s Spec) onSubscription(id string) target {
	return target{
		name: s.subscription(id), api: apiPubSub,
		open: func(c *session) policies {
			return policies{get: c.Subscriptions.GetIamPolicy, set: c.Subscriptions.SetIamPolicy}
		},
		block: func(role, member string) block {
			return memberBlock("google_pubsub_subscription_iam_member", role, member,
				set("subscription", s.subscription(id)))
		},
	}
}

func (s Spec) onService(id string) target {
	return target{
		name: s.service(id), api: apiRun,
		open: func(c *session) policies { return policies{get: c.Run.GetIamPolicy, set: c.Run.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_cloud_run_v2_service_iam_member", role, member, set("location", s.Region),
				set("name", s.service(id)))
		},
	}
}

func (s Spec) onRepository() target {
	return target{
		name: s.repository(), api: apiRegistry,
		open: func(c *session) policies { return policies{get: c.Registry.GetIamPolicy, set: c.Registry.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_artifact_registry_repository_iam_member", role, member,
				set("location", s.Region), set("repository", s.repository()))
		},
	}
}

func (s Spec) onProject() target {
	return target{
		name: s.project(), api: apiProjects,
		open: func(c *session) policies { return policies{get: c.Projects.GetIamPolicy, set: c.Projects.SetIamPolicy} },
		block: func(role, member string) block {
			return memberBlock("google_project_iam_member", role, member, set("project", s.Project))
		},
	}
}

func (s Spec) onAccount(id string) target {
	return target{
		name: s.account(id), api: apiAccounts,
		open: func(c *session) policies { return accountPolicies(c.Accounts) },
		block: func(role, member string) block {
			return memberBlock("google_service_account_iam_member", role, member, set("service_account_id",
				s.account(id)))
		},
	}
}

// accountPolicies gives the policies of service accounts the same form as the others.
func accountPolicies(c *admin.IamClient) policies {
	return policies{
		get: func(ctx context.Context, r *iampb.GetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
			p, err := c.GetIamPolicy(ctx, r)
			if err != nil {
				return nil, err
			}
			return p.InternalProto, nil
		},
		set: func(ctx context.Context, r *iampb.SetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
			_, err := c.SetIamPolicy(ctx, &admin.SetIamPolicyRequest{Resource: r.GetResource(),
				Policy: &iam.Policy{InternalProto: r.GetPolicy()}})
			return r.GetPolicy(), err
		},
	}
}

// memberBlock is a grant in Terraform. Its label says who, what and where.
func memberBlock(kind, role, member string, on ...arg) block {
	where := on[len(on)-1].value.(string)
	label := label(who(member), role, where[strings.LastIndexByte(where, '/')+1:])
	return tf(kind, label, append(on, set("role", role), set("member", member))...)
}

// who is a member in one word: Google's own accounts are distinguished by what follows the project's number.
func who(member string) string {
	account, domain, _ := strings.Cut(member, "@")
	if strings.Contains(account, numberMark) {
		account, _, _ = strings.Cut(domain, ".")
	}
	return account
}
