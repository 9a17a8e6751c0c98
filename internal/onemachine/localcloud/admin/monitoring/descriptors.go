package monitoring

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
)

// ownMetrics are the prefixes of the metrics that callers may define and write.
var ownMetrics = []string{"custom.googleapis.com/", "workload.googleapis.com/", "external.googleapis.com/",
	"prometheus.googleapis.com/"}

// metrics serves google.monitoring.v3.MetricService.
type metrics struct {
	monitoringpb.UnimplementedMetricServiceServer
	*Server
}

func mayWrite(kind string) bool {
	return slices.ContainsFunc(ownMetrics, func(prefix string) bool {
		return strings.HasPrefix(kind, prefix) && kind != prefix
	})
}

// CreateMetricDescriptor defines a metric, or changes the description of an existing one.
func (s metrics) CreateMetricDescriptor(_ context.Context, req *monitoringpb.CreateMetricDescriptorRequest) (
	*metric.MetricDescriptor, error) {
	kind := req.GetMetricDescriptor().GetType()
	made, err := s.descriptors.Create(req.GetName(), kind, req.GetMetricDescriptor(), false)
	if status.Code(err) == codes.AlreadyExists {
		return s.descriptors.Update(req.GetName()+"/metricDescriptors/"+kind, req.GetMetricDescriptor(), nil, false)
	}
	return made, err
}

func settleDescriptor(c crud.Change[*metric.MetricDescriptor]) error {
	switch {
	case c.Next == nil:
		return nil
	case !mayWrite(c.Next.GetType()):
		return invalid("type %q must begin with one of %v.", c.Next.GetType(), ownMetrics)
	case c.Next.GetMetricKind() == metric.MetricDescriptor_METRIC_KIND_UNSPECIFIED:
		return invalid("metric_kind is required.")
	case c.Next.GetValueType() == metric.MetricDescriptor_VALUE_TYPE_UNSPECIFIED:
		return invalid("value_type is required.")
	}
	return nil
}

// GetMetricDescriptor returns the definition of a metric.
func (s metrics) GetMetricDescriptor(_ context.Context, req *monitoringpb.GetMetricDescriptorRequest) (
	*metric.MetricDescriptor, error) {
	return s.descriptors.Get(req.GetName())
}

// ListMetricDescriptors lists the metrics of a project.
func (s metrics) ListMetricDescriptors(_ context.Context, req *monitoringpb.ListMetricDescriptorsRequest) (
	*monitoringpb.ListMetricDescriptorsResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	for i := range f {
		if f[i].path[0] == "metric" { // a descriptor is of the metric itself
			f[i].path = f[i].path[1:]
		}
	}
	if slices.ContainsFunc(f, func(t term) bool { return len(t.path) == 0 }) {
		return nil, invalid("The filter %q names no field.", req.GetFilter())
	}
	items, next, _, err := s.descriptors.ListWhere(req.GetName(), func(d *metric.MetricDescriptor) bool {
		return f.match(d)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListMetricDescriptorsResponse{MetricDescriptors: items, NextPageToken: next}, err
}

// DeleteMetricDescriptor removes the definition of a metric.
func (s metrics) DeleteMetricDescriptor(_ context.Context, req *monitoringpb.DeleteMetricDescriptorRequest) (
	*emptypb.Empty, error) {
	_, err := s.descriptors.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}
