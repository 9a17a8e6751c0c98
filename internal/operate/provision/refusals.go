package provision

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/status"
)

// forbidden is what is refused whatever the caller's role, most of it by an organization: waiting does not help, and
// somebody has to act.
var forbidden = []struct{ says, advice string }{
	{"do not belong to a permitted customer", ownMembers},
	{"iam.allowedPolicyMemberDomains", ownMembers},
	{"iam.managed.allowedPolicyMembers", ownMembers},
	{"run.managed.requireInvokerIam", "the organization requires that Cloud Run checks who calls " +
		"(constraints/run.managed.requireInvokerIam), so --no-invoker-check cannot be used: " +
		"ask for an exception for this project"},
	{"requires a quota project", "your application-default credentials name no project that pays: " +
		"gcloud auth application-default set-quota-project PROJECT"},
	{"constraints/", "a policy of the organization forbids it: ask for an exception for this project"},
}

const ownMembers = "the organization gives roles to its own members only (domain-restricted sharing): " +
	"apply with --no-invoker-check, which opens the pages without a role for everybody, and makes no public copy of " +
	"the security page"

// forbids says what to do about an error that is such a refusal, and "" for any other.
func forbids(err error) string {
	if err == nil {
		return ""
	}
	said := err.Error() + fmt.Sprint(status.Convert(err).Details()...)
	for _, f := range forbidden {
		if strings.Contains(said, f.says) {
			return f.advice
		}
	}
	return ""
}
