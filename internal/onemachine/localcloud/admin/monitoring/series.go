package monitoring

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	maxSeries = 200 // of a request, at Google
	// KeptSeries is how many time series are kept. A further one replaces the one that was written longest ago.
	KeptSeries = 1000
	// KeptPoints is how many points of a time series are kept.
	KeptPoints = 100
)

// CreateTimeSeries adds a point to each of several time series. Well-formed points are written even when another point
// is not newer than the stored one; then that is the answer.
func (s metrics) CreateTimeSeries(_ context.Context, req *monitoringpb.CreateTimeSeriesRequest) (*emptypb.Empty,
	error) {
	if err := checkProject(req.GetName()); err != nil {
		return nil, err
	}
	if n := len(req.GetTimeSeries()); n == 0 || n > maxSeries {
		return nil, invalid("time_series has %d entries; it must have 1 to %d.", n, maxSeries)
	}
	seen := map[string]bool{}
	for i, series := range req.GetTimeSeries() {
		if err := checkSeries(series); err != nil {
			return nil, invalid("time_series[%d]: %s", i, status.Convert(err).Message())
		}
		if row := seriesRow(req.GetName(), series); seen[row] {
			return nil, invalid("time_series[%d]: the same time series is there twice.", i)
		} else {
			seen[row] = true
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return &emptypb.Empty{}, s.writeAll(req)
}

func checkProject(name string) error {
	if id := project.Of(name); name != "projects/"+id || !project.WellFormed(id) {
		return invalid("Project name %q is invalid.", name)
	}
	return nil
}

func (s metrics) writeAll(req *monitoringpb.CreateTimeSeriesRequest) error {
	b := s.store.Batch()
	late := 0
	written := map[string]bool{}
	for _, series := range req.GetTimeSeries() {
		row := seriesRow(req.GetName(), series)
		switch err := s.write(b, req.GetName(), row, series); {
		case errors.Is(err, errLate):
			late++
		case err != nil:
			return table.Status(err)
		default:
			written[row] = true
		}
	}
	if err := s.makeRoom(b, written); err != nil {
		return table.Status(err)
	}
	if err := s.store.Apply(b); err != nil {
		return table.Status(err)
	}
	if late > 0 {
		return invalid("Points must be written in order: %d time series have a newer point already.", late)
	}
	return nil
}

var errLate = errors.New("there is a newer point")

func (s metrics) write(b *table.Batch, parent, row string, given *monitoringpb.TimeSeries) error {
	if err := s.describe(parent, given); err != nil {
		return err
	}
	stored, err := s.series.Get(row)
	if errors.Is(err, table.ErrNotFound) {
		return s.series.Set(b, row, given)
	}
	if err != nil {
		return err
	}
	if !newest(given).After(newest(stored)) {
		return errLate
	}
	stored.Points = append(given.GetPoints(), stored.GetPoints()[:min(len(stored.GetPoints()), KeptPoints-1)]...)
	return s.series.Set(b, row, stored)
}

func newest(m *monitoringpb.TimeSeries) time.Time {
	return m.GetPoints()[0].GetInterval().GetEndTime().AsTime()
}

// makeRoom drops the series that were written longest ago, so that the limit is kept when the new ones are written.
func (s metrics) makeRoom(b *table.Batch, written map[string]bool) error {
	type other struct {
		row string
		at  time.Time
	}
	var others []other
	err := s.series.Each("", func(row string, m *monitoringpb.TimeSeries) bool {
		if !written[row] {
			others = append(others, other{row, newest(m)})
		}
		return true
	})
	slices.SortFunc(others, func(a, b other) int { return a.at.Compare(b.at) })
	for _, o := range others[:max(0, len(others)+len(written)-KeptSeries)] {
		s.series.Remove(b, o.row)
	}
	return err
}

// describe creates the descriptor of a metric that has none, and refuses a series that does not match an existing one.
func (s metrics) describe(parent string, given *monitoringpb.TimeSeries) error {
	kind := given.GetMetric().GetType()
	known, err := s.descriptors.Get(parent + "/metricDescriptors/" + kind)
	if status.Code(err) == codes.NotFound {
		_, err = s.descriptors.Create(parent, kind, &metric.MetricDescriptor{
			Type: kind, MetricKind: given.GetMetricKind(), ValueType: given.GetValueType(), Unit: given.GetUnit(),
			Description: given.GetDescription(),
		}, false)
		return err
	}
	if err != nil {
		return err
	}
	if known.GetMetricKind() != given.GetMetricKind() || known.GetValueType() != given.GetValueType() {
		return invalid("The metric %s is a %s of %s, not a %s of %s.", kind, known.GetMetricKind(),
			known.GetValueType(), given.GetMetricKind(), given.GetValueType())
	}
	return nil
}

// seriesRow is the project and a digest of what identifies a series: the metric and the resource with their labels.
func seriesRow(parent string, m *monitoringpb.TimeSeries) string {
	identity := &monitoringpb.TimeSeries{Metric: m.GetMetric(), Resource: m.GetResource()}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(identity)
	if err != nil {
		raw = fmt.Append(nil, identity)
	}
	sum := sha256.Sum256(raw)
	return parent + "/" + hex.EncodeToString(sum[:16])
}

// checkSeries fills in the kind and the type if they are left out.
func checkSeries(m *monitoringpb.TimeSeries) error {
	if !mayWrite(m.GetMetric().GetType()) {
		return invalid("metric.type %q must begin with one of %v.", m.GetMetric().GetType(), ownMetrics)
	}
	if n := len(m.GetMetric().GetLabels()); n > maxMetricLabels {
		return invalid("metric.labels has %d labels; the most is %d.", n, maxMetricLabels)
	}
	if err := checkResource(m.GetResource()); err != nil {
		return err
	}
	if len(m.GetPoints()) != 1 {
		return invalid("points has %d entries; it must have 1.", len(m.GetPoints()))
	}
	if m.GetMetricKind() == metric.MetricDescriptor_METRIC_KIND_UNSPECIFIED {
		m.MetricKind = metric.MetricDescriptor_GAUGE
	}
	point := m.GetPoints()[0]
	is := valueType(point.GetValue())
	if m.GetValueType() == metric.MetricDescriptor_VALUE_TYPE_UNSPECIFIED {
		m.ValueType = is
	}
	if is == metric.MetricDescriptor_VALUE_TYPE_UNSPECIFIED || m.GetValueType() != is {
		return invalid("The point's value is of type %s, not %s.", is, m.GetValueType())
	}
	return checkPoint(m.GetMetricKind(), point)
}

func checkInterval(kind metric.MetricDescriptor_MetricKind, in *monitoringpb.TimeInterval) error {
	start, end := in.GetStartTime(), in.GetEndTime()
	switch {
	case end == nil:
		return invalid("interval.end_time is required.")
	case kind == metric.MetricDescriptor_GAUGE && start != nil && !start.AsTime().Equal(end.AsTime()):
		return invalid("The interval of a GAUGE must be one moment.")
	case kind != metric.MetricDescriptor_GAUGE && (start == nil || !start.AsTime().Before(end.AsTime())):
		return invalid("The interval of a %s must start before it ends.", kind)
	}
	return nil
}

func valueType(v *monitoringpb.TypedValue) metric.MetricDescriptor_ValueType {
	switch v.GetValue().(type) {
	case *monitoringpb.TypedValue_BoolValue:
		return metric.MetricDescriptor_BOOL
	case *monitoringpb.TypedValue_Int64Value:
		return metric.MetricDescriptor_INT64
	case *monitoringpb.TypedValue_DoubleValue:
		return metric.MetricDescriptor_DOUBLE
	case *monitoringpb.TypedValue_StringValue:
		return metric.MetricDescriptor_STRING
	case *monitoringpb.TypedValue_DistributionValue:
		return metric.MetricDescriptor_DISTRIBUTION
	}
	return metric.MetricDescriptor_VALUE_TYPE_UNSPECIFIED
}
