package monitoring

import (
	"context"
	"slices"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// ListTimeSeries lists the time series of a metric that have points in an interval, the newest point first.
func (s metrics) ListTimeSeries(_ context.Context, req *monitoringpb.ListTimeSeriesRequest) (
	*monitoringpb.ListTimeSeriesResponse, error) {
	if err := checkProject(req.GetName()); err != nil {
		return nil, err
	}
	f, err := parseFilter(req.GetFilter())
	switch {
	case err != nil:
		return nil, err
	case !f.has("metric.type"):
		return nil, invalid("The filter must specify a metric type.")
	case req.GetInterval().GetEndTime() == nil:
		return nil, invalid("interval.end_time is required.")
	case req.GetAggregation() != nil || req.GetSecondaryAggregation() != nil || req.GetOrderBy() != "":
		return nil, status.Error(codes.Unimplemented, "Aggregations of time series are not served locally.")
	}
	all := map[string]*monitoringpb.TimeSeries{}
	err = s.series.Each(req.GetName()+"/", func(row string, m *monitoringpb.TimeSeries) bool {
		m.Points = slices.DeleteFunc(m.GetPoints(), func(p *monitoringpb.Point) bool {
			return !inside(p, req.GetInterval())
		})
		if len(m.GetPoints()) > 0 && f.match(m) {
			all[row] = m
		}
		return true
	})
	if err != nil {
		return nil, table.Status(err)
	}
	rows, next, err := table.Names(all, func(string) bool {
		return true
	}, min(req.GetPageSize(), table.MaxPage), req.GetPageToken())
	out := &monitoringpb.ListTimeSeriesResponse{NextPageToken: next}
	for _, row := range rows {
		if req.GetView() == monitoringpb.ListTimeSeriesRequest_HEADERS {
			all[row].Points = nil
		}
		out.TimeSeries = append(out.TimeSeries, all[row])
	}
	return out, err
}

// inside: without a start the interval is the moment of its end, as at Google.
func inside(p *monitoringpb.Point, in *monitoringpb.TimeInterval) bool {
	at, end := p.GetInterval().GetEndTime().AsTime(), in.GetEndTime().AsTime()
	if in.GetStartTime() == nil {
		return at.Equal(end)
	}
	return at.After(in.GetStartTime().AsTime()) && !at.After(end) || at.Equal(end)
}
