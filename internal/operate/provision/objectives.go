package provision

import (
	"context"
	"fmt"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The service's own objectives, over four weeks.
const (
	availabilityGoal = 0.999
	latencyGoal      = 0.99
	slowest          = 1000 // milliseconds
	objectiveDays    = 28
)

const webRequests = `resource.type="cloud_run_revision" resource.labels.service_name="toh-web" `

func (s Spec) monitored() string { return s.project() + "/services/" + WebService }

func (s Spec) objective(id string) string { return s.monitored() + "/serviceLevelObjectives/" + id }

func (s Spec) objectives() []Resource {
	total := webRequests + `metric.type="run.googleapis.com/request_count"`
	bad := total + ` metric.labels.response_code_class="5xx"`
	latency := webRequests + `metric.type="run.googleapis.com/request_latencies"`
	availability := &monitoringpb.RequestBasedSli{Method: &monitoringpb.RequestBasedSli_GoodTotalRatio{
		GoodTotalRatio: &monitoringpb.TimeSeriesRatio{TotalServiceFilter: total, BadServiceFilter: bad}}}
	fast := &monitoringpb.RequestBasedSli{Method: &monitoringpb.RequestBasedSli_DistributionCut{
		DistributionCut: &monitoringpb.DistributionCut{DistributionFilter: latency,
			Range: &monitoringpb.Range{Max: slowest}}}}
	return []Resource{
		s.monitoredService(),
		s.objectiveResource("availability", "Requests that do not fail", availabilityGoal, availability,
			sub("good_total_ratio", set("total_service_filter", total), set("bad_service_filter", bad))),
		s.objectiveResource("latency", fmt.Sprintf("Requests within %d ms", slowest), latencyGoal, fast,
			sub("distribution_cut", set("distribution_filter", latency), sub("range", set("max", slowest)))),
	}
}

func (s Spec) monitoredService() Resource {
	want := &monitoringpb.Service{DisplayName: "Tiny Opera House",
		Identifier: &monitoringpb.Service_Custom_{Custom: &monitoringpb.Service_Custom{}}}
	rs := rules{}
	t := thing[*monitoringpb.Service]{
		read: func(ctx context.Context, c *session) (*monitoringpb.Service, error) {
			return c.Objectives.GetService(ctx, &monitoringpb.GetServiceRequest{Name: s.monitored()})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Objectives.CreateService(ctx, &monitoringpb.CreateServiceRequest{Parent: s.project(),
				ServiceId: WebService, Service: want})
			return err
		},
		differ: func(have *monitoringpb.Service) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *monitoringpb.Service, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Objectives.UpdateService(ctx, &monitoringpb.UpdateServiceRequest{Service: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "monitored service", Name: s.monitored(), api: apiMonitoring, look: t.look,
		block: tf("google_monitoring_custom_service", WebService, set("service_id", WebService),
			set("display_name", want.GetDisplayName())),
	}
}

func (s Spec) objectiveResource(id, title string, goal float64, sli *monitoringpb.RequestBasedSli, body arg) Resource {
	want := &monitoringpb.ServiceLevelObjective{
		DisplayName: title, Goal: goal,
		Period: &monitoringpb.ServiceLevelObjective_RollingPeriod{RollingPeriod: durationpb.New(objectiveDays * day)},
		ServiceLevelIndicator: &monitoringpb.ServiceLevelIndicator{
			Type: &monitoringpb.ServiceLevelIndicator_RequestBased{RequestBased: sli}},
	}
	rs, name := rules{}, s.objective(id)
	t := thing[*monitoringpb.ServiceLevelObjective]{
		read: func(ctx context.Context, c *session) (*monitoringpb.ServiceLevelObjective, error) {
			return c.Objectives.GetServiceLevelObjective(ctx, &monitoringpb.GetServiceLevelObjectiveRequest{
				Name: name, View: monitoringpb.ServiceLevelObjective_FULL,
			})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Objectives.CreateServiceLevelObjective(ctx, &monitoringpb.CreateServiceLevelObjectiveRequest{
				Parent: s.monitored(), ServiceLevelObjectiveId: id, ServiceLevelObjective: want,
			})
			return err
		},
		differ: func(have *monitoringpb.ServiceLevelObjective) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *monitoringpb.ServiceLevelObjective,
			found []difference) error {
			rs.overlay(have, want)
			_, err := c.Objectives.UpdateServiceLevelObjective(ctx, &monitoringpb.UpdateServiceLevelObjectiveRequest{
				ServiceLevelObjective: have, UpdateMask: mask(found),
			})
			return err
		},
	}
	return Resource{
		Kind: "objective", Name: name, api: apiMonitoring, look: t.look, fresh: true,
		block: tf("google_monitoring_slo", "toh-"+id,
			set("service", ref("google_monitoring_custom_service.toh_web.service_id")),
			set("slo_id", id), set("display_name", title), set("goal", goal), set("rolling_period_days", objectiveDays),
			sub("request_based_sli", body)),
	}
}
