package run_test

import (
	"context"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	api "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/run"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	parent  = "projects/tiny-opera/locations/europe-west1"
	name    = parent + "/services/toh-web"
	account = "toh-web@tiny-opera.iam.gserviceaccount.com"
	key     = parent + "/keyRings/toh/cryptoKeys/data"
)

type client struct {
	*api.ServicesClient
	revisions *api.RevisionsClient
}

// neighbours know one key, one account and one version of a secret.
func neighbours() run.Neighbours {
	only := func(want string) func(context.Context, string) error {
		return func(_ context.Context, got string) error {
			if got != want {
				return status.Error(codes.FailedPrecondition, "not there")
			}
			return nil
		}
	}
	return run.Neighbours{
		UseKey:        func(ctx context.Context, k, _ string) error { return only(key)(ctx, k) },
		Account:       only(account),
		SecretVersion: only("projects/tiny-opera/secrets/pepper/versions/1"),
	}
}

func open(t *testing.T, store table.Store) client {
	t.Helper()
	operations := operation.New(store)
	conn := tabletest.Conn(operations.Register, run.New(store, modeltest.NewClock(time.Time{}), operations,
		neighbours()).Register)
	opts := tabletest.ClientOptions(conn)
	return client{tabletest.Must(api.NewServicesClient(t.Context(), opts...))(t),
		tabletest.Must(api.NewRevisionsClient(t.Context(), opts...))(t)}
}

func service() *runpb.Service {
	return &runpb.Service{
		Name: name, Ingress: runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY,
		Template: &runpb.RevisionTemplate{ServiceAccount: account, EncryptionKey: key, Containers: []*runpb.Container{{
			Image: "us-docker.pkg.dev/cloudrun/container/hello",
			Env: []*runpb.EnvVar{
				{Name: "TOH_PROJECT", Values: &runpb.EnvVar_Value{Value: "tiny-opera"}},
				{Name: "PEPPER",
					Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
						SecretKeyRef: &runpb.SecretKeySelector{Secret: "pepper", Version: "1"}}}},
			},
		}}},
	}
}

func (c client) create(t *testing.T, s *runpb.Service, dry bool) (*runpb.Service, error) {
	t.Helper()
	op, err := c.CreateService(t.Context(), &runpb.CreateServiceRequest{Parent: parent, ServiceId: "toh-web",
		Service: s, ValidateOnly: dry})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func (c client) update(t *testing.T, s *runpb.Service, paths ...string) (*runpb.Service, error) {
	t.Helper()
	op, err := c.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: s,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func (c client) get(t *testing.T) *runpb.Service {
	t.Helper()
	return tabletest.Must(c.GetService(t.Context(), &runpb.GetServiceRequest{Name: name}))(t)
}

func (c client) listRevisions(t *testing.T) (names []string) {
	t.Helper()
	it := c.revisions.ListRevisions(t.Context(), &runpb.ListRevisionsRequest{Parent: name, PageSize: 1})
	for one, err := it.Next(); err != iterator.Done; one, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, one.GetName())
	}
	return names
}

func TestServicesAreDeployedAndStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	made := tabletest.Must(open(t, store).create(t, service(), false))(t)
	template, main := made.GetTemplate(), made.GetTemplate().GetContainers()[0]
	for what, ok := range map[string]bool{
		"name":       made.GetName() == name,
		"uri":        made.GetUri() == "https://toh-web-"+project.Number("tiny-opera")+".europe-west1.run.app",
		"generation": made.GetGeneration() == 1 && made.GetObservedGeneration() == 1,
		"ready": made.GetTerminalCondition().GetState() == runpb.Condition_CONDITION_SUCCEEDED &&
			made.GetLatestReadyRevision() == made.GetLatestCreatedRevision(),
		"traffic": len(made.GetTraffic()) == 1 && len(made.GetTrafficStatuses()) == 1 &&
			made.GetTrafficStatuses()[0].GetPercent() == 100,
		"concurrency": template.GetMaxInstanceRequestConcurrency() == 80,
		"timeout":     template.GetTimeout().GetSeconds() == 300,
		"scaling":     template.GetScaling().GetMaxInstanceCount() == 100,
		"port":        main.GetPorts()[0].GetContainerPort() == 8080,
		"limits":      main.GetResources().GetLimits()["memory"] == "512Mi",
		"probe":       main.GetStartupProbe().GetTcpSocket().GetPort() == 8080,
		"etag":        made.GetEtag() != "",
	} {
		if !ok {
			t.Errorf("%s of %v", what, made)
		}
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c := open(t, store)
	if got := c.get(t); !proto.Equal(got, made) {
		t.Errorf("after reopening %v", got)
	}
	revision := tabletest.Must(c.revisions.GetRevision(t.Context(),
		&runpb.GetRevisionRequest{Name: made.GetLatestReadyRevision()}))(t)
	if revision.GetServiceAccount() != account || revision.GetService() != name {
		t.Errorf("revision %v", revision)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	main := func(s *runpb.Service) *runpb.Container { return s.GetTemplate().GetContainers()[0] }
	env := func(name string) *runpb.EnvVar { return &runpb.EnvVar{Name: name} }
	http := &runpb.Probe_HttpGet{HttpGet: &runpb.HTTPGetAction{Path: "/"}}
	for what, c := range map[string]struct {
		change func(*runpb.Service)
		want   codes.Code
	}{
		"good":                         {func(*runpb.Service) {}, codes.OK},
		"no template":                  {func(s *runpb.Service) { s.Template = nil }, codes.InvalidArgument},
		"no container":                 {func(s *runpb.Service) { s.Template.Containers = nil }, codes.InvalidArgument},
		"no image":                     {func(s *runpb.Service) { main(s).Image = "" }, codes.InvalidArgument},
		"bad image":                    {func(s *runpb.Service) { main(s).Image = "a b" }, codes.InvalidArgument},
		"image by digest":              {func(s *runpb.Service) { main(s).Image = "h/i@sha256:" + digest }, codes.OK},
		"two containers with ports":    {func(s *runpb.Service) { twice(s, true) }, codes.InvalidArgument},
		"two containers without ports": {func(s *runpb.Service) { twice(s, false) }, codes.InvalidArgument},
		"two ports": {func(s *runpb.Service) {
			main(s).Ports = []*runpb.ContainerPort{{ContainerPort: 1}, {ContainerPort: 2}}
		}, codes.InvalidArgument},
		"port 0": {func(s *runpb.Service) {
			main(s).Ports = []*runpb.ContainerPort{{}}
		}, codes.InvalidArgument},
		"port 65535": {func(s *runpb.Service) {
			main(s).Ports = []*runpb.ContainerPort{{ContainerPort: 65535}}
		}, codes.OK},
		"port 65536": {func(s *runpb.Service) {
			main(s).Ports = []*runpb.ContainerPort{{ContainerPort: 65536}}
		}, codes.InvalidArgument},
		"env twice": {func(s *runpb.Service) {
			main(s).Env = append(main(s).Env, env("PEPPER"))
		}, codes.InvalidArgument},
		"env reserved": {func(s *runpb.Service) {
			main(s).Env = append(main(s).Env, env("PORT"))
		}, codes.InvalidArgument},
		"env without a name": {func(s *runpb.Service) {
			main(s).Env = append(main(s).Env, env(""))
		}, codes.InvalidArgument},
		"secret that is not there": {func(s *runpb.Service) {
			main(s).Env[1].GetValueSource().SecretKeyRef.Version = "2"
		}, codes.FailedPrecondition},
		"secret without version": {func(s *runpb.Service) {
			main(s).Env[1].GetValueSource().SecretKeyRef.Version = ""
		}, codes.InvalidArgument},
		"account that is not there": {func(s *runpb.Service) {
			s.Template.ServiceAccount = "x@tiny-opera.iam.gserviceaccount.com"
		}, codes.FailedPrecondition},
		"no address": {func(s *runpb.Service) {
			s.Template.ServiceAccount = "toh-web"
		}, codes.InvalidArgument},
		"default account": {func(s *runpb.Service) { s.Template.ServiceAccount = "" }, codes.OK},
		"key that is not there": {func(s *runpb.Service) {
			s.Template.EncryptionKey += "2"
		}, codes.FailedPrecondition},
		"timeout of an hour": {func(s *runpb.Service) {
			s.Template.Timeout = durationpb.New(time.Hour)
		}, codes.OK},
		"longer": {func(s *runpb.Service) {
			s.Template.Timeout = durationpb.New(time.Hour + time.Second)
		}, codes.InvalidArgument},
		"concurrency 1000": {func(s *runpb.Service) {
			s.Template.MaxInstanceRequestConcurrency = 1000
		}, codes.OK},
		"concurrency 1001": {func(s *runpb.Service) {
			s.Template.MaxInstanceRequestConcurrency = 1001
		}, codes.InvalidArgument},
		"more at least than at most": {func(s *runpb.Service) {
			s.Template.Scaling = &runpb.RevisionScaling{MinInstanceCount: 3, MaxInstanceCount: 2}
		}, codes.InvalidArgument},
		"limits":        {func(s *runpb.Service) { limit(main(s), "memory", "2Gi") }, codes.OK},
		"unknown limit": {func(s *runpb.Service) { limit(main(s), "disk", "2Gi") }, codes.InvalidArgument},
		"bad limit":     {func(s *runpb.Service) { limit(main(s), "memory", "2 GB") }, codes.InvalidArgument},
		"reserved label": {func(s *runpb.Service) {
			s.Labels = map[string]string{"run.googleapis.com/x": "y"}
		}, codes.InvalidArgument},
		"reserved annotation": {func(s *runpb.Service) {
			s.Template.Annotations = map[string]string{"autoscaling.knative.dev/minScale": "1"}
		}, codes.InvalidArgument},
		"own annotation": {func(s *runpb.Service) {
			s.Annotations = map[string]string{"toh.example/Release": "A b"}
		}, codes.OK},
		"startup for 240 s": {func(s *runpb.Service) {
			main(s).StartupProbe = &runpb.Probe{InitialDelaySeconds: 240, ProbeType: http}
		}, codes.OK},
		"startup for 241 s": {func(s *runpb.Service) {
			main(s).StartupProbe = &runpb.Probe{InitialDelaySeconds: 241, ProbeType: http}
		}, codes.InvalidArgument},
		"probe longer than its period": {func(s *runpb.Service) {
			main(s).LivenessProbe = &runpb.Probe{TimeoutSeconds: 11, ProbeType: http}
		}, codes.InvalidArgument},
		"probe of nothing": {func(s *runpb.Service) {
			main(s).LivenessProbe = &runpb.Probe{}
		}, codes.InvalidArgument},
		"liveness by TCP": {func(s *runpb.Service) {
			main(s).LivenessProbe = &runpb.Probe{ProbeType: &runpb.Probe_TcpSocket{TcpSocket: &runpb.TCPSocketAction{}}}
		}, codes.InvalidArgument},
		"connector and network": {func(s *runpb.Service) {
			s.Template.VpcAccess = &runpb.VpcAccess{Connector: "c",
				NetworkInterfaces: []*runpb.VpcAccess_NetworkInterface{{Network: "n"}}}
		}, codes.InvalidArgument},
		"traffic of 99": {func(s *runpb.Service) {
			s.Traffic = []*runpb.TrafficTarget{{Type: latest, Percent: 99}}
		}, codes.InvalidArgument},
		"traffic to no one": {func(s *runpb.Service) {
			s.Traffic = []*runpb.TrafficTarget{{Type: revision, Revision: "toh-web-1", Percent: 100}}
		}, codes.NotFound},
		"traffic to what": {func(s *runpb.Service) {
			s.Traffic = []*runpb.TrafficTarget{{Percent: 100}}
		}, codes.InvalidArgument},
		"one tag twice": {func(s *runpb.Service) {
			s.Traffic = []*runpb.TrafficTarget{{Type: latest, Percent: 50, Tag: "a"}, {Type: latest, Percent: 50,
				Tag: "a"}}
		}, codes.InvalidArgument},
		"revision of its own": {func(s *runpb.Service) { s.Template.Revision = "toh-web-blue" }, codes.OK},
		"revision of another": {func(s *runpb.Service) { s.Template.Revision = "other-blue" }, codes.InvalidArgument},
		"a long description": {func(s *runpb.Service) {
			s.Description = string(make([]byte, 513))
		}, codes.InvalidArgument},
		"traffic to the newest": {func(s *runpb.Service) { toBlue(s) }, codes.OK},
	} {
		t.Run(what, func(t *testing.T) {
			client, s := open(t, tabletest.Open(t)), service()
			c.change(s)
			_, err := client.create(t, s, false)
			tabletest.WantCode(t, what, err, c.want)
			if _, there := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: name}); err != nil &&
				status.Code(there) != codes.NotFound {
				t.Error("refused, but there")
			}
		})
	}
}

const (
	latest   = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
	revision = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
	digest   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func toBlue(s *runpb.Service) {
	s.Template.Revision = "toh-web-blue"
	s.Traffic = []*runpb.TrafficTarget{{Type: revision, Revision: "toh-web-blue", Percent: 100}}
}

func twice(s *runpb.Service, ports bool) {
	if ports {
		s.Template.Containers[0].Ports = []*runpb.ContainerPort{{ContainerPort: 80}}
	}
	s.Template.Containers = append(s.Template.Containers, proto.CloneOf(s.Template.Containers[0]))
}

func limit(c *runpb.Container, key, value string) {
	c.Resources = &runpb.ResourceRequirements{Limits: map[string]string{key: value}}
}

func TestOnlyATemplateThatChangedMakesARevision(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	_, err := c.update(t, service(), "ingress")
	tabletest.WantCode(t, "update of none", err, codes.NotFound)
	made := tabletest.Must(c.create(t, service(), false))(t)

	s := service()
	s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_ALL
	got := tabletest.Must(c.update(t, s, "ingress"))(t)
	if got.GetIngress() != s.GetIngress() || got.GetGeneration() != 2 ||
		got.GetLatestCreatedRevision() != made.GetLatestCreatedRevision() || len(c.listRevisions(t)) != 1 {
		t.Errorf("ingress changed: %v", got)
	}
	s.Template.Containers[0].Image = "other"
	got = tabletest.Must(c.update(t, s, "template.containers"))(t)
	if got.GetLatestCreatedRevision() == made.GetLatestCreatedRevision() || len(c.listRevisions(t)) != 2 ||
		got.GetTemplate().GetServiceAccount() != account {
		t.Errorf("image changed: %v", got)
	}
	old := made.GetLatestCreatedRevision()[len(name+"/revisions/"):]
	s.Traffic = []*runpb.TrafficTarget{{Type: revision, Revision: old, Percent: 90}, {Type: latest, Percent: 10,
		Tag: "c-1"}}
	got = tabletest.Must(c.update(t, s, "traffic"))(t)
	if st := got.GetTrafficStatuses(); len(st) != 2 || st[0].GetRevision() != old || st[1].GetUri() != "https://c-1---"+
		got.GetUri()[len("https://"):] {
		t.Errorf("traffic %v", got.GetTrafficStatuses())
	}
	s.DefaultUriDisabled = true
	if got = tabletest.Must(c.update(t, s, "default_uri_disabled"))(t); got.GetUri() != "" || len(got.GetUrls()) != 0 {
		t.Errorf("the default address is disabled, but %v", got)
	}
	s.Template.Revision = old
	_, err = c.update(t, s, "template.revision")
	tabletest.WantCode(t, "the name of an old revision", err, codes.AlreadyExists)
	s = service()
	s.Etag = made.GetEtag()
	_, err = c.update(t, s, "ingress")
	tabletest.WantCode(t, "a stale etag", err, codes.Aborted)
	_, err = c.update(t, service(), "colour")
	tabletest.WantCode(t, "an unknown field", err, codes.InvalidArgument)
}

func TestValidateOnlyAndAllowMissing(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	if got := tabletest.Must(c.create(t, service(), true))(t); got.GetTemplate().GetTimeout() == nil {
		t.Errorf("validated %v", got)
	}
	_, err := c.GetService(t.Context(), &runpb.GetServiceRequest{Name: name})
	tabletest.WantCode(t, "validated only", err, codes.NotFound)
	op := tabletest.Must(c.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: service(),
		AllowMissing: true}))(t)
	made := tabletest.Must(op.Wait(t.Context()))(t)
	if again := tabletest.Must(c.UpdateServiceOperation(op.Name()).Wait(t.Context()))(t); !proto.Equal(again, made) {
		t.Errorf("the operation, asked for again: %v", again)
	}
	if got := c.get(t); !proto.Equal(got, made) {
		t.Errorf("made %v, found %v", made, got)
	}
	_, err = c.create(t, service(), false)
	tabletest.WantCode(t, "existing", err, codes.AlreadyExists)
}

func TestDeleteTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	made := tabletest.Must(c.create(t, service(), false))(t)
	policy := &iampb.Policy{Bindings: []*iampb.Binding{{Role: "roles/run.invoker", Members: []string{"allUsers"}}}}
	tabletest.Must(c.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: name, Policy: policy}))(t)
	_, err := c.DeleteService(t.Context(), &runpb.DeleteServiceRequest{Name: name, Etag: "old"})
	tabletest.WantCode(t, "a stale etag", err, codes.Aborted)
	op := tabletest.Must(c.DeleteService(t.Context(), &runpb.DeleteServiceRequest{Name: name}))(t)
	tabletest.Must(op.Wait(t.Context()))(t)
	_, err = c.revisions.GetRevision(t.Context(), &runpb.GetRevisionRequest{Name: made.GetLatestReadyRevision()})
	tabletest.WantCode(t, "its revision", err, codes.NotFound)
	tabletest.Must(c.create(t, service(), false))(t)
	if got := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t); len(
		got.GetBindings()) != 0 {
		t.Errorf("a new service has the policy %v", got)
	}
}
