package monitoring_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/distribution"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/monitoring"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const kind = "workload.googleapis.com/toh.requests"

var epoch = time.Unix(1_800_000_000, 0)

// point is the series of one instance, with a point at a second.
func point(instance string, second int) *monitoringpb.TimeSeries {
	return &monitoringpb.TimeSeries{
		Metric:   &metric.Metric{Type: kind, Labels: map[string]string{"instance": instance}},
		Resource: &monitoredres.MonitoredResource{Type: "generic_task"},
		Points: []*monitoringpb.Point{{
			Interval: &monitoringpb.TimeInterval{
				EndTime: timestamppb.New(epoch.Add(time.Duration(second) * time.Second))},
			Value: &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_Int64Value{Int64Value: int64(second)}},
		}},
	}
}

func (w world) write(t *testing.T, series ...*monitoringpb.TimeSeries) error {
	return w.metrics.CreateTimeSeries(t.Context(), &monitoringpb.CreateTimeSeriesRequest{Name: parent,
		TimeSeries: series})
}

func (w world) read(t *testing.T, filter string) (all []*monitoringpb.TimeSeries) {
	t.Helper()
	it := w.metrics.ListTimeSeries(t.Context(), &monitoringpb.ListTimeSeriesRequest{
		Name: parent, Filter: filter,
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(epoch.Add(-time.Second)),
			EndTime: timestamppb.New(epoch.Add(time.Hour))},
	})
	for one, err := it.Next(); err == nil; one, err = it.Next() {
		all = append(all, one)
	}
	return all
}

const all = `metric.type = "` + kind + `"`

func TestSeriesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store)
	for second := range 3 {
		tabletest.WantCode(t, "write", w.write(t, point("a", second), point("b", second)), codes.OK)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store)
	got := w.read(t, all)
	if len(got) != 2 || len(got[0].GetPoints()) != 3 || got[0].GetPoints()[0].GetValue().GetInt64Value() != 2 {
		t.Errorf("series %v", got)
	}
	for filter, want := range map[string]int{
		all + ` AND metric.labels.instance = "b"`: 1, all + ` AND metric.label.instance = "c"`: 0, all +
			` AND resource.type = "generic_task"`: 2, `metric.type = "other"`: 0,
	} {
		if got := w.read(t, filter); len(got) != want {
			t.Errorf("%s: %d series, want %d", filter, len(got), want)
		}
	}
	d := tabletest.Must(w.metrics.GetMetricDescriptor(t.Context(),
		&monitoringpb.GetMetricDescriptorRequest{Name: parent + "/metricDescriptors/" + kind}))(t)
	if d.GetMetricKind() != metric.MetricDescriptor_GAUGE || d.GetValueType() != metric.MetricDescriptor_INT64 {
		t.Errorf("descriptor %v", d)
	}
}

func TestSeriesRefuse(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	tabletest.WantCode(t, "first", w.write(t, point("a", 5)), codes.OK)
	many := func(n int) (out []*monitoringpb.TimeSeries) {
		for i := range n {
			out = append(out, point(fmt.Sprint("many", i), 1))
		}
		return out
	}
	change := func(f func(*monitoringpb.TimeSeries)) []*monitoringpb.TimeSeries {
		p := point("x", 1)
		f(p)
		return []*monitoringpb.TimeSeries{p}
	}
	for what, c := range map[string]struct {
		series []*monitoringpb.TimeSeries
		want   codes.Code
	}{
		"none":      {nil, codes.InvalidArgument},
		"200":       {many(200), codes.OK},
		"201":       {many(201), codes.InvalidArgument},
		"one twice": {[]*monitoringpb.TimeSeries{point("y", 1), point("y", 2)}, codes.InvalidArgument},
		"no point":  {change(func(p *monitoringpb.TimeSeries) { p.Points = nil }), codes.InvalidArgument},
		"two points": {change(func(p *monitoringpb.TimeSeries) {
			p.Points = append(p.Points, p.Points[0])
		}), codes.InvalidArgument},
		"no value": {change(func(p *monitoringpb.TimeSeries) {
			p.Points[0].Value = nil
		}), codes.InvalidArgument},
		"no end": {change(func(p *monitoringpb.TimeSeries) {
			p.Points[0].Interval = nil
		}), codes.InvalidArgument},
		"Google's metric": {change(func(p *monitoringpb.TimeSeries) {
			p.Metric.Type = "run.googleapis.com/x"
		}), codes.InvalidArgument},
		"another's label": {change(func(p *monitoringpb.TimeSeries) {
			p.Resource.Labels = map[string]string{"node_id": "n"}
		}), codes.InvalidArgument},
		"Cloud Run": {change(func(p *monitoringpb.TimeSeries) {
			p.Resource.Type = "cloud_run_revision"
		}), codes.InvalidArgument},
		"30 labels":   {change(func(p *monitoringpb.TimeSeries) { labels(p, 30) }), codes.OK},
		"31 labels":   {change(func(p *monitoringpb.TimeSeries) { labels(p, 31) }), codes.InvalidArgument},
		"no resource": {change(func(p *monitoringpb.TimeSeries) { p.Resource = nil }), codes.InvalidArgument},
		"another type": {change(func(p *monitoringpb.TimeSeries) {
			p.ValueType = metric.MetricDescriptor_DOUBLE
		}), codes.InvalidArgument},
		"another kind": {change(func(p *monitoringpb.TimeSeries) {
			p.MetricKind = metric.MetricDescriptor_CUMULATIVE
			p.Points[0].Interval.StartTime = timestamppb.New(epoch)
		}), codes.InvalidArgument},
		"cumulative without start": {change(func(p *monitoringpb.TimeSeries) {
			p.Metric.Type, p.MetricKind = kind+".sum", metric.MetricDescriptor_CUMULATIVE
		}), codes.InvalidArgument},
	} {
		tabletest.WantCode(t, what, w.write(t, c.series...), c.want)
	}
	tabletest.WantCode(t, "an old point beside a new one", w.write(t, point("a", 5), point("z", 1)),
		codes.InvalidArgument)
	if got := w.read(t, all+` AND metric.labels.instance = "z"`); len(got) != 1 {
		t.Error("the good one was not written")
	}
	if got := w.read(t, all+` AND metric.labels.instance = "a"`); len(got) != 1 || len(got[0].GetPoints()) != 1 {
		t.Errorf("the old one was: %v", got)
	}
	for what, req := range map[string]*monitoringpb.ListTimeSeriesRequest{
		"no metric": {Name: parent, Filter: `resource.type = "x"`,
			Interval: &monitoringpb.TimeInterval{EndTime: timestamppb.New(epoch)}},
		"no interval": {Name: parent, Filter: all},
		"no project": {Name: "tiny-opera", Filter: all,
			Interval: &monitoringpb.TimeInterval{EndTime: timestamppb.New(epoch)}},
	} {
		_, err := w.metrics.ListTimeSeries(t.Context(), req).Next()
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
}

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	for second := range monitoring.KeptPoints + 1 {
		tabletest.WantCode(t, "write", w.write(t, point("a", second)), codes.OK)
	}
	if got := w.read(t, all); len(got) != 1 || len(got[0].GetPoints()) != monitoring.KeptPoints ||
		got[0].GetPoints()[0].GetValue().GetInt64Value() != monitoring.KeptPoints {
		t.Errorf("points %d", len(got[0].GetPoints()))
	}
	for first := 0; first < monitoring.KeptSeries; first += 200 {
		var batch []*monitoringpb.TimeSeries
		for i := range 200 {
			batch = append(batch, point(fmt.Sprint("n", first+i), 200+first+i))
		}
		tabletest.WantCode(t, "write", w.write(t, batch...), codes.OK)
	}
	if got := w.read(t, all); len(got) != monitoring.KeptSeries {
		t.Errorf("%d series", len(got))
	}
	if got := w.read(t, all+` AND metric.labels.instance = "a"`); len(got) != 0 {
		t.Error("the one that was written longest ago is still there")
	}
}

func TestDescriptors(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	given := &metric.MetricDescriptor{Type: "custom.googleapis.com/x", MetricKind: metric.MetricDescriptor_GAUGE,
		ValueType: metric.MetricDescriptor_INT64}
	create := func(change func(*metric.MetricDescriptor)) (*metric.MetricDescriptor, error) {
		d := proto.CloneOf(given)
		change(d)
		return w.metrics.CreateMetricDescriptor(t.Context(), &monitoringpb.CreateMetricDescriptorRequest{Name: parent,
			MetricDescriptor: d})
	}
	tabletest.Must(create(func(*metric.MetricDescriptor) {}))(t)
	if got := tabletest.Must(create(func(d *metric.MetricDescriptor) {
		d.Description = "X"
	}))(t); got.GetDescription() != "X" {
		t.Errorf("described %v", got)
	}
	for what, change := range map[string]func(*metric.MetricDescriptor){
		"another type of value": func(d *metric.MetricDescriptor) { d.ValueType = metric.MetricDescriptor_DOUBLE },
		"no kind": func(d *metric.MetricDescriptor) {
			d.Type, d.MetricKind = "custom.googleapis.com/y", 0
		},
		"Google's": func(d *metric.MetricDescriptor) { d.Type = "run.googleapis.com/x" },
	} {
		_, err := create(change)
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
	for filter, want := range map[string]error{`metric.type = starts_with("custom.googleapis.com/")`: nil} {
		got, err := w.metrics.ListMetricDescriptors(t.Context(),
			&monitoringpb.ListMetricDescriptorsRequest{Name: parent, Filter: filter}).Next()
		if err != want || got.GetType() != given.GetType() {
			t.Errorf("%s: %v, %v", filter, got, err)
		}
	}
	if err := w.metrics.DeleteMetricDescriptor(t.Context(), &monitoringpb.DeleteMetricDescriptorRequest{Name: parent +
		"/metricDescriptors/" + given.GetType()}); err != nil {
		t.Error(err)
	}
}

func labels(p *monitoringpb.TimeSeries, n int) {
	for i := len(p.Metric.Labels); i < n; i++ {
		p.Metric.Labels[fmt.Sprint("l", i)] = "v"
	}
}

func TestDistributions(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	second := 0
	for what, c := range map[string]struct {
		change func(*distribution.Distribution)
		want   codes.Code
	}{
		"good": {func(*distribution.Distribution) {}, codes.OK},
		"nothing": {func(d *distribution.Distribution) {
			d.Count, d.Mean, d.BucketCounts = 0, 0, nil
		}, codes.OK},
		"a mean of nothing": {func(d *distribution.Distribution) {
			d.Count, d.BucketCounts = 0, nil
		}, codes.InvalidArgument},
		"another count": {func(d *distribution.Distribution) { d.Count = 4 }, codes.InvalidArgument},
		"no options":    {func(d *distribution.Distribution) { d.BucketOptions = nil }, codes.InvalidArgument},
		"too many buckets": {func(d *distribution.Distribution) {
			d.BucketCounts = []int64{1, 2, 0, 0}
		}, codes.InvalidArgument},
		"bounds that repeat": {func(d *distribution.Distribution) {
			d.GetBucketOptions().GetExplicitBuckets().Bounds = []float64{2, 2}
		}, codes.InvalidArgument},
		"no bounds": {func(d *distribution.Distribution) {
			d.GetBucketOptions().GetExplicitBuckets().Bounds = nil
		}, codes.InvalidArgument},
	} {
		d := &distribution.Distribution{
			Count: 3, Mean: 1.5, BucketCounts: []int64{1, 2, 0},
			BucketOptions: &distribution.Distribution_BucketOptions{
				Options: &distribution.Distribution_BucketOptions_ExplicitBuckets{
					ExplicitBuckets: &distribution.Distribution_BucketOptions_Explicit{Bounds: []float64{1, 2}},
				}},
		}
		c.change(d)
		second++
		p := point("a", second)
		p.Metric.Type, p.Points[0].Value = kind+".spread",
			&monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DistributionValue{DistributionValue: d}}
		tabletest.WantCode(t, what, w.write(t, p), c.want)
	}
}
