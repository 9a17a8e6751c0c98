package policy_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/iam"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	thing  = "things/one"
	viewer = "roles/viewer"
	ann    = "user:ann@example.com"
	robot  = "serviceAccount:robot@p.iam.gserviceaccount.com"
)

func exists(name string) error {
	if name != thing && name != "things/two" {
		return status.Errorf(codes.NotFound, "%s is not there", name)
	}
	return nil
}

// world is a client of the service and what is behind it.
type world struct {
	iampb.IAMPolicyClient
	conn     *inproc.Conn
	policies *policy.Policies
}

func open(store table.Store) world {
	conn := inproc.New(inproc.Options{})
	w := world{iampb.NewIAMPolicyClient(conn), conn, policy.New(store, "thing", exists)}
	var m policy.Mux
	m.Handle(regexp.MustCompile(`things/.*`), w.policies)
	m.Register(conn)
	return w
}

func (w world) get(t *testing.T, version int32) *iampb.Policy {
	t.Helper()
	p, err := w.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: thing,
		Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: version}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w world) set(t *testing.T, p *iampb.Policy, paths ...string) (*iampb.Policy, error) {
	t.Helper()
	req := &iampb.SetIamPolicyRequest{Resource: thing, Policy: p}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return w.SetIamPolicy(t.Context(), req)
}

func (w world) mustSet(t *testing.T, p *iampb.Policy, paths ...string) *iampb.Policy {
	t.Helper()
	got, err := w.set(t, p, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func bind(role string, members ...string) *iampb.Binding {
	return &iampb.Binding{Role: role, Members: members}
}

func when(b *iampb.Binding) *iampb.Binding {
	b.Condition = &expr.Expr{Title: "only this view", Expression: `resource.name == "x"`}
	return b
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestPoliciesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(store)
	empty := w.get(t, 0)
	if len(empty.GetBindings()) > 0 || len(empty.GetEtag()) == 0 {
		t.Errorf("at first %v", empty)
	}
	set := w.mustSet(t, &iampb.Policy{Etag: empty.GetEtag(), Bindings: []*iampb.Binding{
		bind("roles/writer", robot), bind(viewer, robot, ann), bind("roles/nobody"), bind(viewer, ann),
	}})
	want := `roles/viewer [` + robot + " " + ann + `] roles/writer [` + robot + `]`
	if got := show(set); got != want {
		t.Errorf("set %s, want %s", got, want)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(store)
	if got := w.get(t, 3); !proto.Equal(got, set) || got.GetVersion() != 1 {
		t.Errorf("after reopening %v, want %v", got, set)
	}
	b := store.Batch()
	w.policies.Remove(b, thing)
	if err := store.Apply(b); err != nil {
		t.Fatal(err)
	}
	if got := w.get(t, 3); len(got.GetBindings()) > 0 {
		t.Errorf("after removal %v", got)
	}
}

func show(p *iampb.Policy) string {
	var out []string
	for _, b := range p.GetBindings() {
		out = append(out, fmt.Sprint(b.GetRole(), " ", b.GetMembers()))
	}
	return strings.Join(out, " ")
}

func TestStaleEtags(t *testing.T) {
	t.Parallel()
	w := open(tabletest.Open(t))
	first := w.mustSet(t, &iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, ann)}})
	second := w.mustSet(t, &iampb.Policy{Etag: first.GetEtag()})
	third := w.mustSet(t, &iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, ann)}, Etag: second.GetEtag()})
	if slices.Equal(first.GetEtag(), third.GetEtag()) {
		t.Error("the same policy again has the etag of the first")
	}
	_, err := w.set(t, &iampb.Policy{Etag: first.GetEtag()})
	wantCode(t, "stale", err, codes.Aborted)
	if got := w.get(t, 0); !proto.Equal(got, third) {
		t.Errorf("left %v", got)
	}
	_, err = w.set(t, &iampb.Policy{})
	wantCode(t, "without etag", err, codes.OK)
}

func TestConditionsNeedVersion3(t *testing.T) {
	t.Parallel()
	w := open(tabletest.Open(t))
	conditional := []*iampb.Binding{when(bind(viewer, ann)), bind(viewer, robot)}
	for _, version := range []int32{0, 1} {
		_, err := w.set(t, &iampb.Policy{Version: version, Bindings: conditional})
		wantCode(t, fmt.Sprint("version ", version), err, codes.InvalidArgument)
	}
	set := w.mustSet(t, &iampb.Policy{Version: 3, Bindings: conditional})
	if set.GetVersion() != 3 || len(set.GetBindings()) != 2 {
		t.Errorf("set %v", set)
	}
	plain := w.get(t, 1)
	if plain.GetVersion() != 1 || strings.Contains(plain.String(), "condition:") || !strings.Contains(show(plain),
		viewer+"_withcond_") {
		t.Errorf("without version 3: %v", plain)
	}
	_, err := w.set(t, &iampb.Policy{Etag: set.GetEtag(), Version: 1})
	wantCode(t, "would lose the condition", err, codes.InvalidArgument)
	if got := w.get(t, 3); !proto.Equal(got, set) {
		t.Errorf("left %v", got)
	}
	_, err = w.set(t, &iampb.Policy{Etag: set.GetEtag(), Version: 3})
	wantCode(t, "taken away knowingly", err, codes.OK)
	_, err = w.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: thing,
		Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 2}})
	wantCode(t, "version 2", err, codes.InvalidArgument)
}

func TestAuditConfigurationNeedsTheMask(t *testing.T) {
	t.Parallel()
	w := open(tabletest.Open(t))
	audit := []*iampb.AuditConfig{{Service: "datastore.googleapis.com",
		AuditLogConfigs: []*iampb.AuditLogConfig{{LogType: iampb.AuditLogConfig_DATA_READ}}}}
	if got := w.mustSet(t, &iampb.Policy{AuditConfigs: audit}); len(got.GetAuditConfigs()) != 0 {
		t.Errorf("without mask %v", got)
	}
	got := w.mustSet(t, &iampb.Policy{AuditConfigs: audit, Bindings: []*iampb.Binding{bind(viewer, ann)}},
		"audit_configs", "etag")
	if len(got.GetAuditConfigs()) != 1 || len(got.GetBindings()) != 0 {
		t.Errorf("with mask %v", got)
	}
	if got = w.mustSet(t, &iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, ann)}}); len(got.GetAuditConfigs()) !=
		1 {
		t.Errorf("bindings took the audit configuration away: %v", got)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := open(tabletest.Open(t))
	var crowd []string
	for i := range 1500 {
		crowd = append(crowd, fmt.Sprintf("user:u%d@example.com", i))
	}
	for what, c := range map[string]struct {
		p    *iampb.Policy
		want codes.Code
	}{
		"none":     {nil, codes.InvalidArgument},
		"role":     {&iampb.Policy{Bindings: []*iampb.Binding{bind("viewer", ann)}}, codes.InvalidArgument},
		"own role": {&iampb.Policy{Bindings: []*iampb.Binding{bind("projects/p/roles/mine", ann)}}, codes.OK},
		"bare address": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, "ann@example.com")}},
			codes.InvalidArgument},
		"no address": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, "user:ann")}},
			codes.InvalidArgument},
		"everybody": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, "allUsers",
			"allAuthenticatedUsers")}}, codes.OK},
		"kinds": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, "group:g@example.com",
			"domain:example.com", "projectOwner:p", "principal://iam.googleapis.com/x")}}, codes.OK},
		"1500 members": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, crowd...)}}, codes.OK},
		"1501 members": {&iampb.Policy{Bindings: []*iampb.Binding{bind(viewer, crowd...), bind("roles/x", ann)}},
			codes.InvalidArgument},
		"bare condition": {&iampb.Policy{Version: 3, Bindings: []*iampb.Binding{{Role: viewer, Members: []string{ann},
			Condition: &expr.Expr{Title: "t"}}}}, codes.InvalidArgument},
		"version":          {&iampb.Policy{Version: 2}, codes.InvalidArgument},
		"audit of nothing": {&iampb.Policy{AuditConfigs: []*iampb.AuditConfig{{Service: "x"}}}, codes.InvalidArgument},
	} {
		_, err := w.set(t, c.p)
		wantCode(t, what, err, c.want)
		if err != nil && strings.Contains(err.Error(), "example.com") {
			t.Errorf("%s: the refusal repeats an address: %v", what, err)
		}
	}
	_, err := w.set(t, &iampb.Policy{}, "no_such_field")
	wantCode(t, "mask", err, codes.InvalidArgument)
	for name, want := range map[string]codes.Code{"things/none": codes.NotFound, "other/one": codes.InvalidArgument,
		"x/things/one": codes.InvalidArgument} {
		_, err := w.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
		wantCode(t, "get "+name, err, want)
		_, err = w.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: &iampb.Policy{}})
		wantCode(t, "set "+name, err, want)
		_, err = w.TestIamPermissions(t.Context(), &iampb.TestIamPermissionsRequest{Resource: name,
			Permissions: []string{"a.b.c"}})
		wantCode(t, "test "+name, err, want)
	}
	_, err = w.TestIamPermissions(t.Context(), &iampb.TestIamPermissionsRequest{Resource: thing,
		Permissions: []string{"a.*"}})
	wantCode(t, "wildcard", err, codes.InvalidArgument)
}

// Google's own handle reads, changes and writes as the clients of the services do.
func TestGooglesHandle(t *testing.T) {
	t.Parallel()
	w := open(tabletest.Open(t))
	h := iam.InternalNewHandleGRPCClient(w.IAMPolicyClient, thing)
	p, err := h.V3().Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Bindings = append(p.Bindings, when(bind(viewer, ann)))
	if err := h.V3().SetPolicy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "the same again", h.V3().SetPolicy(t.Context(), p), codes.Aborted)
	if got, err := h.TestPermissions(t.Context(), []string{"things.things.get"}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}
