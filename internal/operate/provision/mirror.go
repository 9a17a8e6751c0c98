package provision

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"github.com/googleapis/gax-go/v2"
	storage "google.golang.org/api/storage/v1"
	"google.golang.org/genproto/googleapis/type/expr"
)

// mirrored reports whether the public security page is copied to a public bucket. Where roles for everybody are
// forbidden, it cannot be.
func (s Spec) mirrored() bool { return !s.NoMirror && !s.NoInvokerCheck }

// mirror is the bucket for the copy: public, without old versions, and under Google's own key, because it must be
// readable when ours is gone. What was deleted can be brought back for a week.
func (s Spec) mirror() []Resource {
	if !s.mirrored() {
		return nil
	}
	name := s.mirrorBucket()
	return []Resource{s.bucket("mirror bucket", &storage.Bucket{
		Name: name, Location: strings.ToUpper(s.Region),
		IamConfiguration: &storage.BucketIamConfiguration{
			UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
			PublicAccessPrevention:   "inherited",
		},
		Versioning:       &storage.BucketVersioning{Enabled: false, ForceSendFields: []string{"Enabled"}},
		SoftDeletePolicy: &storage.BucketSoftDeletePolicy{RetentionDurationSeconds: int64(softDelete / time.Second)},
	}, tf("google_storage_bucket", "mirror", set("name", name), set("location", strings.ToUpper(s.Region)),
		set("force_destroy", false),
		set("uniform_bucket_level_access", true), set("public_access_prevention", "inherited"),
		sub("versioning", set("enabled", false)),
		sub("soft_delete_policy", set("retention_duration_seconds", int(softDelete/time.Second))), forKeeps()))}
}

// mirrorGrants let everybody read the copy, and the tasks service write it. Replacing an object takes the permission to
// delete one.
func (s Spec) mirrorGrants() []grant {
	if !s.mirrored() {
		return nil
	}
	on := s.onBucket(s.mirrorBucket())
	return []grant{
		{on: on, role: "roles/storage.objectUser", member: s.member(TasksAccount)},
		{on: on, role: "roles/storage.objectViewer", member: "allUsers"},
	}
}

func (s Spec) onBucket(name string) target {
	return target{
		name: "projects/_/buckets/" + name, api: apiStorage,
		open: func(c *session) policies { return bucketPolicies(c.Storage.Buckets, name) },
		block: func(role, member string) block {
			return memberBlock("google_storage_bucket_iam_member", role, member,
				set("bucket", name))
		},
	}
}

// bucketPolicies gives the policy of a bucket the same form as the others.
func bucketPolicies(c *storage.BucketsService, name string) policies {
	return policies{
		get: func(ctx context.Context, r *iampb.GetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
			version := int64(r.GetOptions().GetRequestedPolicyVersion())
			p, err := c.GetIamPolicy(name).OptionsRequestedPolicyVersion(version).Context(ctx).Do()
			if err != nil {
				return nil, err
			}
			return fromBucket(p)
		},
		set: func(ctx context.Context, r *iampb.SetIamPolicyRequest, _ ...gax.CallOption) (*iampb.Policy, error) {
			_, err := c.SetIamPolicy(name, toBucket(r.GetPolicy())).Context(ctx).Do()
			return r.GetPolicy(), err
		},
	}
}

func fromBucket(p *storage.Policy) (*iampb.Policy, error) {
	etag, err := base64.StdEncoding.DecodeString(p.Etag)
	if err != nil {
		return nil, err
	}
	out := &iampb.Policy{Version: int32(p.Version), Etag: etag} // #nosec G115 -- 1 to 3
	for _, b := range p.Bindings {
		binding := &iampb.Binding{Role: b.Role, Members: b.Members}
		if b.Condition != nil {
			binding.Condition = &expr.Expr{Title: b.Condition.Title, Description: b.Condition.Description,
				Expression: b.Condition.Expression, Location: b.Condition.Location}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out, nil
}

func toBucket(p *iampb.Policy) *storage.Policy {
	out := &storage.Policy{Version: int64(p.GetVersion()), Etag: base64.StdEncoding.EncodeToString(p.GetEtag())}
	for _, b := range p.GetBindings() {
		binding := &storage.PolicyBindings{Role: b.GetRole(), Members: b.GetMembers()}
		if c := b.GetCondition(); c != nil {
			binding.Condition = &storage.Expr{Title: c.GetTitle(), Description: c.GetDescription(),
				Expression: c.GetExpression(), Location: c.GetLocation()}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out
}
