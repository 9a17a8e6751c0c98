package telemetry

import (
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/label"
	"google.golang.org/genproto/googleapis/api/metric"
)

// Metrics are all our metrics.
func Metrics() []Metric { return slices.Clone(metrics) }

// Descriptors are our metrics as Cloud Monitoring defines them. They must be created before a policy that names one,
// because Cloud Monitoring refuses a policy about a metric that it has never seen.
func Descriptors() []*metric.MetricDescriptor {
	out := make([]*metric.MetricDescriptor, len(metrics))
	for i, m := range metrics {
		out[i] = m.descriptor()
	}
	return out
}

func (m Metric) descriptor() *metric.MetricDescriptor {
	d := &metric.MetricDescriptor{
		Type: m.Type, Unit: m.Unit, Description: m.Help, DisplayName: strings.TrimPrefix(m.Type,
			"custom.googleapis.com/"),
	}
	d.MetricKind, d.ValueType = m.Form.kind()
	for _, key := range m.Labels {
		d.Labels = append(d.Labels, &label.LabelDescriptor{Key: key, ValueType: label.LabelDescriptor_STRING})
	}
	return d
}

func (f Form) kind() (metric.MetricDescriptor_MetricKind, metric.MetricDescriptor_ValueType) {
	switch f {
	case Gauge:
		return metric.MetricDescriptor_GAUGE, metric.MetricDescriptor_DOUBLE
	case Distribution:
		return metric.MetricDescriptor_CUMULATIVE, metric.MetricDescriptor_DISTRIBUTION
	}
	return metric.MetricDescriptor_CUMULATIVE, metric.MetricDescriptor_INT64
}
