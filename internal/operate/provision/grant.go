package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cloud.google.com/go/iam/apiv1/iampb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// grant gives one member one role on one resource. The other grants on the resource are left alone.
type grant struct {
	on        target
	role      string
	member    string
	condition *expr.Expr
	// prepare creates the member, if it is one of Google's own accounts.
	prepare func(context.Context, *session) error
	// needless reports whether the member has what the role gives without it.
	needless func(context.Context, *session) (bool, error)
}

// target is a resource that has a policy.
type target struct {
	name  string // full resource name
	api   string
	open  func(*session) policies
	block func(role, member string) block // for Terraform
}

// policies read and write the policy of one kind of resource.
type policies struct {
	get func(context.Context, *iampb.GetIamPolicyRequest, ...gax.CallOption) (*iampb.Policy, error)
	set func(context.Context, *iampb.SetIamPolicyRequest, ...gax.CallOption) (*iampb.Policy, error)
	// mask says which parts of a policy are written. Without a mask, the audit configuration is not written.
	mask *fieldmaskpb.FieldMask
}

func (g grant) resource() Resource {
	name := g.on.name + " " + g.role + " " + g.member
	b := g.on.block(g.role, g.member)
	if g.condition != nil {
		b.body = append(b.body, sub("condition", set("title", g.condition.GetTitle()),
			set("expression", g.condition.GetExpression())))
	}
	return Resource{Kind: "grant", Name: name, api: g.on.api, block: b, look: g.look, fresh: true}
}

func (g grant) look(ctx context.Context, s *session) (finding, error) {
	make := finding{verb: Create, do: func(ctx context.Context) error { return g.give(ctx, s) }}
	if g.needless != nil {
		if needless, err := g.needless(ctx, s); needless || err != nil {
			return finding{verb: Unchanged}, err
		}
	}
	policy, err := readPolicy(ctx, g.on.open(s), g.on.name)
	if isMissing(err) {
		return make, nil
	}
	if err != nil {
		return finding{}, err
	}
	member, err := s.member(ctx, g.member)
	if err != nil {
		return finding{}, err
	}
	if at := g.binding(policy); at >= 0 && slices.Contains(policy.GetBindings()[at].GetMembers(), member) {
		return finding{verb: Unchanged}, nil
	}
	return make, nil
}

// binding finds the role's binding with the same condition.
func (g grant) binding(p *iampb.Policy) int {
	return slices.IndexFunc(p.GetBindings(), func(b *iampb.Binding) bool {
		return b.GetRole() == g.role && b.GetCondition().GetExpression() == g.condition.GetExpression()
	})
}

func (g grant) give(ctx context.Context, s *session) error {
	if g.prepare != nil {
		if err := g.prepare(ctx, s); err != nil {
			return err
		}
	}
	member, err := s.member(ctx, g.member)
	if err != nil {
		return err
	}
	return changePolicy(ctx, g.on.open(s), g.on.name, func(p *iampb.Policy) {
		at := g.binding(p)
		if at < 0 {
			p.Bindings = append(p.Bindings, &iampb.Binding{Role: g.role, Condition: proto.CloneOf(g.condition)})
			at = len(p.Bindings) - 1
		}
		if b := p.Bindings[at]; !slices.Contains(b.Members, member) {
			b.Members = append(b.Members, member)
		}
		if g.condition != nil {
			p.Version = conditional
		}
	})
}

// conditional is the version of policies that can hold conditions. A reader that asks for an older version gets a
// policy without them, and would write it back without them.
const conditional = 3

func readPolicy(ctx context.Context, p policies, resource string) (*iampb.Policy, error) {
	return p.get(ctx, &iampb.GetIamPolicyRequest{
		Resource: resource, Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: conditional},
	})
}

// changePolicy reads, changes and writes a policy, and repeats that if somebody else wrote it in the meantime.
func changePolicy(ctx context.Context, p policies, resource string, change func(*iampb.Policy)) error {
	const tries = 6
	var err error
	for range tries {
		var policy *iampb.Policy
		if policy, err = readPolicy(ctx, p, resource); err != nil {
			return err
		}
		change(policy)
		_, err = p.set(ctx, &iampb.SetIamPolicyRequest{Resource: resource, Policy: policy, UpdateMask: p.mask})
		if status.Code(err) != codes.Aborted && httpCode(err) != 412 {
			return err
		}
	}
	return fmt.Errorf("others keep changing the policy: %w", errors.Join(err, ctx.Err()))
}
