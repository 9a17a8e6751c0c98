package provision_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

// violated is how an organization's policies refuse.
func violated(code codes.Code, says string, violations ...string) error {
	var details []protoadapt.MessageV1
	for _, v := range violations {
		details = append(details,
			&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{{Type: v,
				Subject: "x", Description: v}}})
	}
	s, err := status.New(code, says).WithDetails(details...)
	if err != nil {
		return err
	}
	return s.Err()
}

// quota is what Google answers to a person's application-default credentials without a project that pays. It looks as
// if the API were disabled, and refers to a project of Google's own.
func quota() error {
	s, err := status.New(codes.PermissionDenied, "Your application is authenticating by using local Application "+
		"Default Credentials. "+
		"The cloudresourcemanager.googleapis.com API requires a quota project, which is not set by default.").
		WithDetails(&errdetails.ErrorInfo{
			Reason: "SERVICE_DISABLED", Domain: "googleapis.com",
			Metadata: map[string]string{"consumer": "projects/764086051850"},
		})
	if err != nil {
		return err
	}
	return s.Err()
}

// TestAnOrganizationForbids: a refusal by a policy of the organization ends apply at once, and says what to decide.
func TestAnOrganizationForbids(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		err    error
		says   string
	}{
		"members": {"Services/SetIamPolicy", violated(codes.FailedPrecondition,
			"One or more users named in the policy do not belong to a permitted customer,  perhaps due to an "+
				"organization policy."),
			"apply with --no-invoker-check"},
		"members, by details": {"Services/SetIamPolicy", violated(codes.FailedPrecondition,
			"Precondition check failed.", "constraints/iam.allowedPolicyMemberDomains"),
			"apply with --no-invoker-check"},
		"members, managed": {"Services/SetIamPolicy", violated(codes.FailedPrecondition,
			"Operation denied by org policy: [\"constraints/iam.managed.allowedPolicyMembers\"]"),
			"apply with --no-invoker-check"},
		"invoker check": {"Services/CreateService", violated(codes.FailedPrecondition,
			"denied by constraints/run.managed.requireInvokerIam"),
			"--no-invoker-check cannot be used"},
		"no quota project": {"GetProject", quota(), "gcloud auth application-default set-quota-project"},
		"region": {"CreateKeyRing", violated(codes.FailedPrecondition,
			"Location europe-west1 violates constraints/gcp.resourceLocations"),
			"a policy of the organization forbids it"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			s, m := patient()
			w.refuse = func(method string) error {
				if strings.HasSuffix(method, c.method) {
					return c.err
				}
				return nil
			}
			_, out, err := w.apply(s)
			if err == nil || m.pauses > 0 || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d pauses, %v\n%s", m.pauses, err, grep(out, "wait"))
			}
		})
	}
}

// invokers are those who may call a service by a role.
func (w *world) invokers(id string) []string {
	w.t.Helper()
	p, err := w.Run.GetIamPolicy(w.t.Context(), &iampb.GetIamPolicyRequest{Resource: location + "/services/" + id})
	var list []string
	for _, b := range must(w, p, err).GetBindings() {
		if b.GetRole() == "roles/run.invoker" {
			list = append(list, b.GetMembers()...)
		}
	}
	return list
}

// TestPagesWithoutInvokerCheck: the operator's choice opens the pages without a role for everybody, and only the pages.
// If it is not chosen again, it stays; if it is chosen later, it is set.
func TestPagesWithoutInvokerCheck(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	forbid := func(method string) error { return nil }
	w.refuse = func(method string) error { return forbid(method) }
	s.NoInvokerCheck = true
	for _, r := range s.Resources() {
		if strings.Contains(r.Name, "allUsers") {
			t.Errorf("%s", r.Name)
		}
	}
	w.done(s)
	want := func(when string, pages bool, callers int) {
		t.Helper()
		if w.service("toh-web").GetInvokerIamDisabled() != pages || w.service("toh-tasks").GetInvokerIamDisabled() {
			t.Errorf("%s: pages %v, tasks %v", when, w.service("toh-web").GetInvokerIamDisabled(),
				w.service("toh-tasks").GetInvokerIamDisabled())
		}
		if got := w.invokers("toh-web"); len(got) != callers {
			t.Errorf("%s: %q", when, got)
		}
	}
	want("chosen", true, 0)
	s.NoInvokerCheck, s.NoMirror = false, true
	if lines := w.lines(s); len(lines) > 0 {
		t.Errorf("not said again: %q", lines)
	}
	w.done(s)
	want("not said again", true, 0)

	w.changeService("toh-web", func(v *runpb.Service) { v.InvokerIamDisabled = false })
	w.done(s)
	want("not chosen", false, 1)
	s.NoInvokerCheck = true
	if lines := w.lines(s); len(lines) != 1 || !strings.Contains(lines[0], "invoker_iam_disabled: false → true") {
		t.Errorf("chosen later: %q", lines)
	}
	w.done(s)
	want("chosen later", true, 1)
}

// TestTasksAreAlwaysAskedWhoCalls: if somebody switches off the check of the tasks by hand, it is restored, whatever is
// chosen for the pages.
func TestTasksAreAlwaysAskedWhoCalls(t *testing.T) {
	t.Parallel()
	w, s := open(t), small()
	s.NoInvokerCheck = true
	w.done(s)
	w.changeService("toh-tasks", func(v *runpb.Service) { v.InvokerIamDisabled = true })
	if lines := w.lines(s); len(lines) != 1 ||
		!strings.Contains(lines[0], "services/toh-tasks invoker_iam_disabled: true → false") {
		t.Errorf("%q", lines)
	}
	w.done(s)
	if w.service("toh-tasks").GetInvokerIamDisabled() {
		t.Error("everybody may call the tasks")
	}
}

func TestTerraformKnowsTheInvokerCheck(t *testing.T) {
	t.Parallel()
	s := good()
	for _, off := range []bool{false, true} {
		s.NoInvokerCheck = off
		var out strings.Builder
		if err := provision.Terraform(&out, s); err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(out.String()), " ")
		if strings.Contains(flat, "invoker_iam_disabled = true") != off ||
			strings.Contains(flat, `"allUsers"`) == off ||
			strings.Count(flat, "invoker_iam_disabled = ") != 2 {
			t.Errorf("chosen %v: it is not there", off)
		}
	}
}
