package run

import (
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/api"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Cloud Run's defaults.
const (
	defaultConcurrency = 80
	defaultTimeout     = 300
	defaultMaxScale    = 100
	defaultPort        = 8080
	computeAccount     = "-compute@developer.gserviceaccount.com"
)

// settle checks a service and brings it to its state after a deployment.
func (s *Server) settle(c crud.Change[*runpb.Service]) error {
	if c.Next == nil {
		s.policies.Remove(c.With, c.Old.GetName())
		return s.revisions.RemoveAll(c.With, c.Old.GetName())
	}
	if err := checkService(c.Next); err != nil {
		return err
	}
	fillDefaults(c.Next)
	c.Next.Generation = c.Old.GetGeneration() + 1
	c.Next.ObservedGeneration = c.Next.GetGeneration()
	if err := s.revise(c); err != nil {
		return err
	}
	if err := s.route(c.Next); err != nil {
		return err
	}
	at := c.Next.GetUpdateTime()
	c.Next.TerminalCondition = succeeded("Ready", at)
	c.Next.Conditions = []*runpb.Condition{succeeded("RoutesReady", at), succeeded("ConfigurationsReady", at)}
	return nil
}

func succeeded(what string, at *timestamppb.Timestamp) *runpb.Condition {
	return &runpb.Condition{Type: what, State: runpb.Condition_CONDITION_SUCCEEDED,
		LastTransitionTime: proto.CloneOf(at)}
}

func fillDefaults(service *runpb.Service) {
	t := service.GetTemplate()
	orElse(&service.Ingress, runpb.IngressTraffic_INGRESS_TRAFFIC_ALL)
	orElse(&service.LaunchStage, api.LaunchStage_GA)
	orElse(&t.MaxInstanceRequestConcurrency, defaultConcurrency)
	orElse(&t.ServiceAccount, project.Number(project.Of(service.GetName()))+computeAccount)
	if len(service.GetTraffic()) == 0 {
		service.Traffic = []*runpb.TrafficTarget{{Type: latest, Percent: 100}}
	}
	if t.GetTimeout() == nil {
		t.Timeout = &durationpb.Duration{Seconds: defaultTimeout}
	}
	if t.GetScaling() == nil {
		t.Scaling = &runpb.RevisionScaling{}
	}
	orElse(&t.Scaling.MaxInstanceCount, defaultMaxScale)
	main := mainContainer(t)
	if len(main.GetPorts()) == 0 {
		main.Ports = []*runpb.ContainerPort{{ContainerPort: defaultPort}}
	}
	orElse(&main.Ports[0].Name, "http1")
	for _, container := range t.GetContainers() {
		fillContainer(container)
	}
	if main.GetStartupProbe() == nil {
		main.StartupProbe = &runpb.Probe{TimeoutSeconds: 240, PeriodSeconds: 240, FailureThreshold: 1,
			ProbeType: &runpb.Probe_TcpSocket{
				TcpSocket: &runpb.TCPSocketAction{Port: main.GetPorts()[0].GetContainerPort()},
			}}
	}
}

func fillContainer(c *runpb.Container) {
	if c.GetResources() == nil {
		c.Resources = &runpb.ResourceRequirements{CpuIdle: true, StartupCpuBoost: true}
	}
	if c.GetResources().GetLimits() == nil {
		c.Resources.Limits = map[string]string{}
	}
	for key, value := range map[string]string{"cpu": "1000m", "memory": "512Mi"} {
		if c.Resources.Limits[key] == "" {
			c.Resources.Limits[key] = value
		}
	}
	for _, probe := range []*runpb.Probe{c.GetStartupProbe(), c.GetLivenessProbe(), c.GetReadinessProbe()} {
		if probe != nil {
			orElse(&probe.TimeoutSeconds, 1)
			orElse(&probe.PeriodSeconds, 10)
			orElse(&probe.FailureThreshold, 3)
		}
	}
}

func orElse[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// mainContainer is the one that gets the requests.
func mainContainer(t *runpb.RevisionTemplate) *runpb.Container {
	i := slices.IndexFunc(t.GetContainers(), func(c *runpb.Container) bool { return len(c.GetPorts()) > 0 })
	return t.GetContainers()[max(i, 0)]
}

// host is the address of a service.
func host(service string) string {
	parts := strings.Split(service, "/")
	return parts[5] + "-" + project.Number(parts[1]) + "." + parts[3] + ".run.app"
}
