package provision

import (
	"context"
	"slices"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/config"
)

// service is what the two Cloud Run services differ in.
type service struct {
	id, account string
	ingress     runpb.IngressTraffic
	timeout     time.Duration
	concurrency int32
	least, most int32 // instances
	open        bool  // nobody checks who calls
	env         []*runpb.EnvVar
}

// services are the running parts of the product. Everybody may reach the pages; only Pub/Sub's push account may reach
// the tasks, and only from inside.
func (s Spec) services() []Resource {
	ingress := runpb.IngressTraffic_INGRESS_TRAFFIC_ALL
	if s.BehindBalancer {
		ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER
	}
	return []Resource{
		s.runService(service{
			id: WebService, account: WebAccount, ingress: ingress,
			timeout: 60 * time.Second, concurrency: 80, least: 1, most: 20, env: s.env(config.Web),
			open: s.NoInvokerCheck,
		}),
		s.runService(service{
			id: TasksService, account: TasksAccount, ingress: runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY,
			timeout: tasksAck, concurrency: 16, least: 0, most: 10, env: s.env(config.Tasks),
		}),
	}
}

// env is what internal/config reads.
func (s Spec) env(role config.Role) []*runpb.EnvVar {
	hops := "1"
	if s.BehindBalancer {
		hops = "2"
	}
	list := []*runpb.EnvVar{
		variable("TOH_BASE_URL", s.baseURL()),
		variable("TOH_ROLE", string(role)),
		variable("TOH_PROJECT", s.Project),
		variable("TOH_REGION", s.Region),
		variable("TOH_FIRESTORE_DATABASE", ContentDatabase),
		variable("TOH_KEYS_DATABASE", KeysDatabase),
		variable("TOH_KMS_KEY", s.key(WorkspacesKey)),
		variable("TOH_TOPIC", TasksTopic),
		variable("TOH_MAIL_FROM", s.mailFrom()),
		variable("TOH_PROXY_HOPS", hops),
	}
	for _, said := range []*runpb.EnvVar{variable("TOH_OPERATOR", s.Operator), variable("TOH_CONTACT", s.Contact)} {
		if said.GetValue() != "" {
			list = append(list, said)
		}
	}
	if s.mirrored() {
		list = append(list, variable("TOH_MIRROR", s.mirrorBucket()))
	}
	if role == config.Tasks {
		list = append(list,
			variable("TOH_PUSH_SERVICE_ACCOUNT", s.email(PushAccount)),
			variable("TOH_PUSH_AUDIENCE", s.address(TasksService)))
	}
	return list
}

func variable(name, value string) *runpb.EnvVar {
	return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}}
}

const port = 8080

func (s Spec) wantedService(v service) *runpb.Service {
	return &runpb.Service{
		Ingress:            v.ingress,
		InvokerIamDisabled: v.open,
		Template: &runpb.RevisionTemplate{
			ServiceAccount:                v.account + "@" + s.Project + ".iam.gserviceaccount.com",
			Timeout:                       durationpb.New(v.timeout),
			MaxInstanceRequestConcurrency: v.concurrency,
			Scaling:                       &runpb.RevisionScaling{MinInstanceCount: v.least, MaxInstanceCount: v.most},
			Containers: []*runpb.Container{{
				Image: s.image(),
				Env:   v.env,
				Ports: []*runpb.ContainerPort{{Name: "http1", ContainerPort: port}},
				// The trail is shipped between requests, so the processor is allocated between requests too.
				Resources: &runpb.ResourceRequirements{Limits: map[string]string{"cpu": "1", "memory": "512Mi"},
					CpuIdle: false, StartupCpuBoost: true},
				StartupProbe:  probe("/readyz", 2, 5, 30),
				LivenessProbe: probe("/livez", 5, 30, 3),
			}},
		},
	}
}

// probe requests a path every period seconds.
func probe(path string, timeout, period, failures int32) *runpb.Probe {
	return &runpb.Probe{
		TimeoutSeconds: timeout, PeriodSeconds: period, FailureThreshold: failures,
		ProbeType: &runpb.Probe_HttpGet{HttpGet: &runpb.HTTPGetAction{Path: path, Port: port}},
	}
}

// serviceRules leave to deployments what is theirs, and to the operator what was not specified. The caller of the tasks
// service is always checked.
func (s Spec) serviceRules(id string) rules {
	rs := rules{
		"template.containers":                    {more: true},
		"template.containers.image":              {first: true},
		"template.containers.env":                {key: "name"},
		"template.containers.resources.limits":   {first: true}, // sized by the operator
		"template.containers.resources.cpu_idle": {zero: true},
		"template.scaling.min_instance_count":    {will: atLeast},
		"template.scaling.max_instance_count":    {will: atLeast},
	}
	if id == TasksService {
		rs["invoker_iam_disabled"] = rule{zero: true}
	}
	if !s.BehindBalancer {
		rs["ingress"] = rule{will: closed}
	}
	return rs
}

func atLeast(have, want protoreflect.Value) bool { return have.Int() >= want.Int() }

// closed accepts an operator's stricter ingress.
func closed(have, want protoreflect.Value) bool {
	return want.Enum() == runpb.IngressTraffic_INGRESS_TRAFFIC_ALL.Number() &&
		have.Enum() == runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER.Number()
}

// unsaid are settings for which this specification has only a default: a configured one stays.
func (s Spec) unsaid() []string {
	var list []string
	if s.BaseURL == "" {
		list = append(list, "TOH_BASE_URL")
	}
	if s.MailFrom == "" {
		list = append(list, "TOH_MAIL_FROM")
	}
	if !s.BehindBalancer {
		list = append(list, "TOH_PROXY_HOPS")
	}
	return list
}

// wantedOf is the wanted service, without what is configured and was not specified.
func (s Spec) wantedOf(v service, have *runpb.Service) *runpb.Service {
	configured := map[string]bool{}
	for _, c := range have.GetTemplate().GetContainers() {
		for _, e := range c.GetEnv() {
			configured[e.GetName()] = true
		}
	}
	unsaid := s.unsaid()
	v.env = slices.DeleteFunc(slices.Clone(v.env), func(e *runpb.EnvVar) bool {
		return configured[e.GetName()] && slices.Contains(unsaid, e.GetName())
	})
	return s.wantedService(v)
}

func (s Spec) runService(v service) Resource {
	name, rs := s.service(v.id), s.serviceRules(v.id)
	t := thing[*runpb.Service]{
		read: func(ctx context.Context, c *session) (*runpb.Service, error) {
			return c.Run.GetService(ctx, &runpb.GetServiceRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			op, err := c.Run.CreateService(ctx, &runpb.CreateServiceRequest{Parent: s.location(), ServiceId: v.id,
				Service: s.wantedService(v)})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
		differ: func(have *runpb.Service) []difference { return rs.differences(have, s.wantedOf(v, have)) },
		update: func(ctx context.Context, c *session, have *runpb.Service, _ []difference) error {
			rs.overlay(have, s.wantedOf(v, have))
			have.Template.Revision = "" // the next revision gets a name of its own
			op, err := c.Run.UpdateService(ctx, &runpb.UpdateServiceRequest{Service: have})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
	}
	return Resource{Kind: "Cloud Run service", Name: name, api: apiRun, look: t.look, fresh: true,
		block: s.serviceBlock(v)}
}

func (s Spec) serviceBlock(v service) block {
	want := s.wantedService(v)
	c := want.GetTemplate().GetContainers()[0]
	container := sub("containers", set("image", c.GetImage()), sub("ports", set("name", "http1"),
		set("container_port", port)),
		sub("resources", set("limits", c.GetResources().GetLimits()), set("cpu_idle", false),
			set("startup_cpu_boost", true)),
		probeArg("startup_probe", c.GetStartupProbe()), probeArg("liveness_probe", c.GetLivenessProbe()))
	for _, e := range c.GetEnv() {
		container.body = append(container.body, sub("env", set("name", e.GetName()), set("value", e.GetValue())))
	}
	return tf("google_cloud_run_v2_service", v.id, set("name", v.id), set("location", s.Region),
		set("ingress", v.ingress.String()),
		set("invoker_iam_disabled", v.open), set("deletion_protection", true),
		sub("template",
			set("service_account", want.GetTemplate().GetServiceAccount()), set("timeout", seconds(v.timeout)),
			set("max_instance_request_concurrency", int(v.concurrency)),
			sub("scaling", set("min_instance_count", int(v.least)), set("max_instance_count", int(v.most))), container),
		sub("lifecycle", set("ignore_changes",
			ref("[client, client_version, template[0].containers[0].image, template[0].revision, traffic]"))))
}

func probeArg(name string, p *runpb.Probe) arg {
	return sub(name, set("timeout_seconds", int(p.GetTimeoutSeconds())),
		set("period_seconds", int(p.GetPeriodSeconds())),
		set("failure_threshold", int(p.GetFailureThreshold())),
		sub("http_get", set("path", p.GetHttpGet().GetPath()), set("port", int(p.GetHttpGet().GetPort()))))
}
