package policy

import (
	"regexp"
	"slices"

	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	withConditions = 3    // the version that can have conditions
	maxMembers     = 1500 // in all bindings of a policy together
)

var (
	rolePattern = regexp.MustCompile(
		`^(roles|projects/[^/]+/roles|organizations/[^/]+/roles)/[a-zA-Z0-9_.]{1,128}$`)
	permissionPattern = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*\.[a-zA-Z0-9]+\.[a-zA-Z0-9]+$`)
	memberPattern     = regexp.MustCompile(`^(allUsers|allAuthenticatedUsers` +
		`|(deleted:)?(user|serviceAccount|group):[^@\s:]+@[^@\s]+` +
		`|domain:[^@\s:/]+\.[^@\s:/]+` +
		`|(projectOwner|projectEditor|projectViewer):[^\s:/]+` +
		`|(principal|principalSet)://\S+)$`)
	maskPaths = []string{"bindings", "etag", "version", "audit_configs"}
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func checkVersion(version int32) error {
	if version != 0 && version != 1 && version != withConditions {
		return invalid("Policy version %d is not valid; it must be 0, 1 or 3.", version)
	}
	return nil
}

func checkPolicy(req *iampb.SetIamPolicyRequest) error {
	given := req.GetPolicy()
	if given == nil {
		return invalid("policy is required.")
	}
	for _, path := range req.GetUpdateMask().GetPaths() {
		if !slices.Contains(maskPaths, path) {
			return invalid("update_mask: %q cannot be changed.", path)
		}
	}
	if err := checkVersion(given.GetVersion()); err != nil {
		return err
	}
	if conditional(given.GetBindings()) && given.GetVersion() != withConditions {
		return invalid("A policy with conditional bindings must specify version 3.")
	}
	if err := checkBindings(given.GetBindings()); err != nil {
		return err
	}
	return checkAudit(given.GetAuditConfigs())
}

func conditional(bindings []*iampb.Binding) bool {
	return slices.ContainsFunc(bindings, func(b *iampb.Binding) bool { return b.GetCondition() != nil })
}

func checkBindings(bindings []*iampb.Binding) error {
	members := 0
	for _, b := range bindings {
		if !rolePattern.MatchString(b.GetRole()) {
			return invalid("Role %q is not valid.", b.GetRole())
		}
		if c := b.GetCondition(); c != nil && (c.GetTitle() == "" || c.GetExpression() == "") {
			return invalid("The condition of role %s needs a title and an expression.", b.GetRole())
		}
		if err := checkMembers(b.GetMembers()); err != nil {
			return err
		}
		members += len(b.GetMembers())
	}
	if members > maxMembers {
		return invalid("The policy has %d members; the most is %d.", members, maxMembers)
	}
	return nil
}

// checkMembers does not repeat a member that it refuses, because it may be a person's address.
func checkMembers(members []string) error {
	for _, m := range members {
		if !memberPattern.MatchString(m) {
			return invalid("A member of the policy is not valid: it must be like user:, serviceAccount:, group:, " +
				"domain: or allUsers.")
		}
	}
	return nil
}

func checkAudit(configs []*iampb.AuditConfig) error {
	for _, c := range configs {
		if c.GetService() == "" || len(c.GetAuditLogConfigs()) == 0 {
			return invalid("An audit configuration needs a service and at least one kind of log.")
		}
		for _, l := range c.GetAuditLogConfigs() {
			if l.GetLogType() == iampb.AuditLogConfig_LOG_TYPE_UNSPECIFIED {
				return invalid("The audit configuration of %s has no log_type.", c.GetService())
			}
			if err := checkMembers(l.GetExemptedMembers()); err != nil {
				return err
			}
		}
	}
	return nil
}
