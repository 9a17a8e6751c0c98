package provision

import (
	"context"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"

	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// descriptors define the service's own metrics before the service sends any, because Cloud Monitoring refuses an alert
// about a metric that it has never seen.
func (s Spec) descriptors() []Resource {
	var list []Resource
	for _, d := range telemetry.Descriptors() {
		list = append(list, s.descriptor(d))
	}
	return list
}

const freshMetric = "a metric's form is for ever while it has values: delete its descriptor, and with it the values, " +
	"and apply again"

func (s Spec) descriptor(want *metric.MetricDescriptor) Resource {
	name := s.project() + "/metricDescriptors/" + want.GetType()
	rs := rules{
		"metric_kind":  {advice: always(freshMetric)},
		"value_type":   {advice: always(freshMetric)},
		"labels":       {key: "key"},
		"description":  {first: true},
		"display_name": {first: true},
	}
	put := func(ctx context.Context, c *session) error {
		_, err := c.Metrics.CreateMetricDescriptor(ctx, &monitoringpb.CreateMetricDescriptorRequest{Name: s.project(),
			MetricDescriptor: want})
		return err
	}
	t := thing[*metric.MetricDescriptor]{
		read: func(ctx context.Context, c *session) (*metric.MetricDescriptor, error) {
			return c.Metrics.GetMetricDescriptor(ctx, &monitoringpb.GetMetricDescriptorRequest{Name: name})
		},
		create: put,
		differ: func(have *metric.MetricDescriptor) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, _ *metric.MetricDescriptor, _ []difference) error {
			return put(ctx, c)
		},
	}
	body := []arg{
		set("type", want.GetType()), set("metric_kind", want.GetMetricKind().String()),
		set("value_type", want.GetValueType().String()),
		set("unit", want.GetUnit()), set("description", want.GetDescription()),
		set("display_name", want.GetDisplayName()),
	}
	for _, l := range want.GetLabels() {
		body = append(body, sub("labels", set("key", l.GetKey()), set("value_type", l.GetValueType().String())))
	}
	return Resource{
		Kind: "metric", Name: name, api: apiMonitoring, look: t.look,
		block: tf("google_monitoring_metric_descriptor", want.GetDisplayName(), body...),
	}
}
