package provision

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// lookLogs make Google log every access to data, including an operator's own. The product's two accounts are exempt
// where each of their requests would be an entry, because what they do is in the trail.
func (s Spec) lookLogs() []Resource {
	ours := []string{s.member(TasksAccount), s.member(WebAccount)}
	return []Resource{
		s.lookLog("datastore.googleapis.com", ours), // the name under which Firestore is configured
		s.lookLog("cloudkms.googleapis.com", nil),
		s.lookLog("secretmanager.googleapis.com", nil),
		s.lookLog("storage.googleapis.com", ours),
	}
}

func (s Spec) lookLog(service string, exempt []string) Resource {
	want := &iampb.AuditConfig{Service: service}
	var body []arg
	for _, kind := range []iampb.AuditLogConfig_LogType{iampb.AuditLogConfig_DATA_READ,
		iampb.AuditLogConfig_DATA_WRITE} {
		want.AuditLogConfigs = append(want.AuditLogConfigs, &iampb.AuditLogConfig{LogType: kind,
			ExemptedMembers: exempt})
		one := sub("audit_log_config", set("log_type", kind.String()))
		if len(exempt) > 0 {
			one.body = append(one.body, set("exempted_members", exempt))
		}
		body = append(body, one)
	}
	change := func(ctx context.Context, c *session) error {
		all := s.onProject().open(c)
		all.mask = &fieldmaskpb.FieldMask{Paths: []string{"bindings", "audit_configs", "etag"}}
		return changePolicy(ctx, all, s.project(), func(p *iampb.Policy) { logLooks(p, want) })
	}
	t := thing[*iampb.AuditConfig]{
		read: func(ctx context.Context, c *session) (*iampb.AuditConfig, error) {
			policy, err := readPolicy(ctx, s.onProject().open(c), s.project())
			if err != nil {
				return nil, err
			}
			if at := configOf(policy, service); at >= 0 {
				return policy.GetAuditConfigs()[at], nil
			}
			return nil, errNotThere
		},
		create: change,
		differ: func(have *iampb.AuditConfig) []difference { return unlogged(have, want) },
		update: func(ctx context.Context, c *session, _ *iampb.AuditConfig, _ []difference) error {
			return change(ctx, c)
		},
	}
	return Resource{
		Kind: "log of looks at data", Name: s.project() + "/auditConfigs/" + service, api: apiProjects, look: t.look,
		fresh: true,
		block: tf("google_project_iam_audit_config", service,
			append([]arg{set("project", s.Project), set("service", service)}, body...)...),
	}
}

func configOf(p *iampb.Policy, service string) int {
	return slices.IndexFunc(p.GetAuditConfigs(), func(a *iampb.AuditConfig) bool { return a.GetService() == service })
}

func logTypeOf(a *iampb.AuditConfig, kind iampb.AuditLogConfig_LogType) int {
	return slices.IndexFunc(a.GetAuditLogConfigs(), func(l *iampb.AuditLogConfig) bool {
		return l.GetLogType() == kind
	})
}

// unlogged lists the kinds of access that are not logged for everybody for whom they must be.
func unlogged(have, want *iampb.AuditConfig) []difference {
	var found []difference
	for _, w := range want.GetAuditLogConfigs() {
		kind := w.GetLogType().String()
		at := logTypeOf(have, w.GetLogType())
		if at < 0 {
			found = append(found, difference{field: kind, from: "not logged", to: "logged"})
			continue
		}
		exempt := have.GetAuditLogConfigs()[at].GetExemptedMembers()
		if !sameMembers(exempt, w.GetExemptedMembers()) {
			found = append(found, difference{field: kind + ".exempted_members", from: names(exempt),
				to: names(w.GetExemptedMembers())})
		}
	}
	return found
}

func sameMembers(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func names(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(slices.Sorted(slices.Values(list)), ", ")
}

// logLooks puts what is wanted into the policy, and keeps other kinds of logs and other services.
func logLooks(p *iampb.Policy, want *iampb.AuditConfig) {
	at := configOf(p, want.GetService())
	if at < 0 {
		p.AuditConfigs = append(p.AuditConfigs, proto.CloneOf(want))
		return
	}
	have := p.AuditConfigs[at]
	for _, w := range want.GetAuditLogConfigs() {
		if i := logTypeOf(have, w.GetLogType()); i >= 0 {
			have.AuditLogConfigs[i] = proto.CloneOf(w)
		} else {
			have.AuditLogConfigs = append(have.AuditLogConfigs, proto.CloneOf(w))
		}
	}
}
