package telemetry

import (
	"context"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/genproto/googleapis/api/distribution"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// sentSeries is how many time series Cloud Monitoring accepts in one call.
const sentSeries = 200

// metricExporter writes metrics to Cloud Monitoring: those of the table, and no others.
type metricExporter struct {
	client   *monitoring.MetricClient
	project  string
	resource *monitoredres.MonitoredResource
	failed   func(context.Context, error)
}

// Temporality is the one that Cloud Monitoring requires: cumulative since the start of the process.
func (*metricExporter) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

// Aggregation is the default one.
func (*metricExporter) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

// Export sends what there is. It never returns an error; failures are reported through failed.
func (e *metricExporter) Export(ctx context.Context, all *metricdata.ResourceMetrics) error {
	ctx, cancel := context.WithTimeout(ctx, exportTimeout)
	defer cancel()
	series := e.series(all)
	for len(series) > 0 {
		n := min(len(series), sentSeries)
		err := e.client.CreateTimeSeries(ctx, &monitoringpb.CreateTimeSeriesRequest{Name: "projects/" + e.project,
			TimeSeries: series[:n]})
		if err != nil {
			e.failed(ctx, err)
		}
		series = series[n:]
	}
	return nil
}

// ForceFlush does nothing, because nothing is buffered here.
func (*metricExporter) ForceFlush(context.Context) error { return nil }

// Shutdown does nothing, because whoever opened the client closes it.
func (*metricExporter) Shutdown(context.Context) error { return nil }

func (e *metricExporter) series(all *metricdata.ResourceMetrics) []*monitoringpb.TimeSeries {
	var out []*monitoringpb.TimeSeries
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			out = append(out, e.of(m)...)
		}
	}
	return out
}

// of are the time series of one metric: one for each combination of labels.
func (e *metricExporter) of(m metricdata.Metrics) []*monitoringpb.TimeSeries {
	var out []*monitoringpb.TimeSeries
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			value := &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_Int64Value{Int64Value: p.Value}}
			out = append(out, e.one(m, Counter, p.Attributes, since(p.StartTime, p.Time), value))
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			value := &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DoubleValue{DoubleValue: p.Value}}
			out = append(out, e.one(m, Gauge, p.Attributes,
				&monitoringpb.TimeInterval{EndTime: timestamppb.New(p.Time)}, value))
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			value := &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DistributionValue{
				DistributionValue: spread(p)}}
			out = append(out, e.one(m, Distribution, p.Attributes, since(p.StartTime, p.Time), value))
		}
	}
	return out
}

func (e *metricExporter) one(
	m metricdata.Metrics, form Form, labels attribute.Set, when *monitoringpb.TimeInterval,
	value *monitoringpb.TypedValue,
) *monitoringpb.TimeSeries {
	kind, of := form.kind()
	return &monitoringpb.TimeSeries{
		Metric: &metric.Metric{Type: m.Name, Labels: words(labels)}, Resource: e.resource, MetricKind: kind,
		ValueType: of, Unit: m.Unit,
		Points: []*monitoringpb.Point{{Interval: when, Value: value}},
	}
}

func words(labels attribute.Set) map[string]string {
	out := make(map[string]string, labels.Len())
	for _, kv := range labels.ToSlice() {
		out[string(kv.Key)] = kv.Value.String()
	}
	return out
}

// since is an interval that is not empty, because Cloud Monitoring would refuse an empty one.
func since(start, end time.Time) *monitoringpb.TimeInterval {
	if least := start.Add(time.Millisecond); end.Before(least) {
		end = least
	}
	return &monitoringpb.TimeInterval{StartTime: timestamppb.New(start), EndTime: timestamppb.New(end)}
}

func spread(p metricdata.HistogramDataPoint[float64]) *distribution.Distribution {
	d := &distribution.Distribution{
		Count: int64(p.Count), // #nosec G115 -- counts
		BucketOptions: &distribution.Distribution_BucketOptions{
			Options: &distribution.Distribution_BucketOptions_ExplicitBuckets{
				ExplicitBuckets: &distribution.Distribution_BucketOptions_Explicit{Bounds: p.Bounds},
			}},
	}
	if p.Count > 0 {
		d.Mean = p.Sum / float64(p.Count)
	}
	for _, n := range p.BucketCounts {
		d.BucketCounts = append(d.BucketCounts, int64(n)) // #nosec G115 -- counts
	}
	return d
}

// resource identifies the sender, in Cloud Monitoring's terms.
func (o Options) resource() *monitoredres.MonitoredResource {
	return &monitoredres.MonitoredResource{Type: ResourceType, Labels: map[string]string{
		"project_id": o.Project, "location": o.Region, "namespace": "toh", "job": o.Service, "task_id": o.Instance,
	}}
}

var _ sdkmetric.Exporter = (*metricExporter)(nil)
