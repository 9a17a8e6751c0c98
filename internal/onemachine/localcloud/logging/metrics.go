package logging

import (
	"context"
	"net/url"
	"regexp"
	"sync"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// maxMetrics is how many metrics of entries a project has at most.
const maxMetrics = 500

var metricPattern = regexp.MustCompile(`^(` + projectName + `)/metrics/([^/]+)$`)

// MetricsServer serves the metrics that are derived from entries. It stores their definitions, and counts nothing.
type MetricsServer struct {
	loggingpb.UnimplementedMetricsServiceV2Server

	config  *config
	clock   clock.Clock
	metrics table.Table[loggingpb.LogMetric, *loggingpb.LogMetric]
	mu      sync.Mutex // one change after the other
}

// metricRef splits the name of a metric; its id is encoded as in a URL.
func metricRef(name string) (project, id string, err error) {
	m := metricPattern.FindStringSubmatch(name)
	if m == nil {
		return "", "", invalid("Metric name %q must be projects/[PROJECT_ID]/metrics/[METRIC_ID].", name)
	}
	if id, err = url.PathUnescape(m[2]); err != nil {
		return "", "", invalid("Metric name %q has an invalid id.", name)
	}
	return m[1], id, nil
}

func metricRow(project, id string) string { return project + "/metrics/" + url.PathEscape(id) }

// CreateLogMetric makes a metric.
func (s *MetricsServer) CreateLogMetric(_ context.Context, req *loggingpb.CreateLogMetricRequest) (*loggingpb.LogMetric,
	error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID].", req.GetParent())
	}
	m, err := s.newMetric(req.GetParent(), req.GetMetric())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row := metricRow(req.GetParent(), m.GetName())
	exists, err := s.metrics.Has(row)
	if err != nil {
		return nil, table.Status(err)
	}
	if exists {
		return nil, status.Errorf(codes.AlreadyExists, "Metric %s already exists.", m.GetName())
	}
	return m, s.add(req.GetParent(), row, m)
}

func (s *MetricsServer) add(project, row string, m *loggingpb.LogMetric) error {
	_, _, total, err := s.metrics.List(project+"/metrics/", 1, "")
	if err != nil {
		return err
	}
	if total >= maxMetrics {
		return status.Errorf(codes.ResourceExhausted, "A project has at most %d metrics of logs.", maxMetrics)
	}
	return table.Status(s.metrics.Put(row, m))
}

// newMetric is what is kept of a metric that a caller describes.
func (s *MetricsServer) newMetric(project string, given *loggingpb.LogMetric) (*loggingpb.LogMetric, error) {
	m := proto.CloneOf(given)
	if m == nil {
		return nil, invalid("metric is required.")
	}
	m.CreateTime = timestamppb.New(s.clock.Now())
	m.UpdateTime = m.GetCreateTime()
	describe(project, m)
	if err := checkMetric(m); err != nil {
		return nil, err
	}
	return m, s.checkMetricBucket(project, m.GetBucketName())
}

// describe fills in what the descriptor leaves open and what only the service sets.
func describe(project string, m *loggingpb.LogMetric) {
	if m.GetMetricDescriptor() == nil {
		m.MetricDescriptor = &metric.MetricDescriptor{}
	}
	d := m.GetMetricDescriptor()
	if d.GetMetricKind() == metric.MetricDescriptor_METRIC_KIND_UNSPECIFIED {
		d.MetricKind = metric.MetricDescriptor_DELTA
	}
	if d.GetValueType() == metric.MetricDescriptor_VALUE_TYPE_UNSPECIFIED {
		d.ValueType = metric.MetricDescriptor_INT64
	}
	if d.GetUnit() == "" {
		d.Unit = "1"
	}
	d.Type = "logging.googleapis.com/user/" + m.GetName()
	d.Name = project + "/metricDescriptors/" + d.GetType()
	d.Description = m.GetDescription()
}

func (s *MetricsServer) checkMetricBucket(project, bucket string) error {
	if bucket == "" {
		return nil
	}
	if !bucketPattern.MatchString(bucket) || projectOf(bucket) != project {
		return invalid("Bucket name %q is invalid: it must be one of the same project.", bucket)
	}
	var err error
	s.config.read(project, func() {
		if s.config.buckets[bucket] == nil {
			err = noBucket(bucket)
		}
	})
	return err
}

// GetLogMetric returns a metric.
func (s *MetricsServer) GetLogMetric(_ context.Context, req *loggingpb.GetLogMetricRequest) (*loggingpb.LogMetric,
	error) {
	project, id, err := metricRef(req.GetMetricName())
	if err != nil {
		return nil, err
	}
	m, err := s.metrics.Get(metricRow(project, id))
	if err != nil {
		return nil, table.Missing(err, "Metric %s does not exist.", id)
	}
	return m, nil
}

// ListLogMetrics lists the metrics of a project.
func (s *MetricsServer) ListLogMetrics(_ context.Context, req *loggingpb.ListLogMetricsRequest) (
	*loggingpb.ListLogMetricsResponse, error) {
	if !projectPattern.MatchString(req.GetParent()) {
		return nil, invalid("Parent %q must be projects/[PROJECT_ID].", req.GetParent())
	}
	metrics, next, _, err := s.metrics.List(req.GetParent()+"/metrics/", req.GetPageSize(), req.GetPageToken())
	return &loggingpb.ListLogMetricsResponse{Metrics: metrics, NextPageToken: next}, err
}

// UpdateLogMetric replaces a metric, or creates it if it does not exist. What it measures cannot be changed.
func (s *MetricsServer) UpdateLogMetric(_ context.Context, req *loggingpb.UpdateLogMetricRequest) (*loggingpb.LogMetric,
	error) {
	project, id, err := metricRef(req.GetMetricName())
	if err != nil {
		return nil, err
	}
	if req.GetMetric().GetName() != id {
		return nil, invalid("The metric is called %q, and the name says %q.", req.GetMetric().GetName(), id)
	}
	m, err := s.newMetric(project, req.GetMetric())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, err := s.metrics.Get(metricRow(project, id))
	if status.Code(table.Missing(err, "")) == codes.NotFound {
		return m, s.add(project, metricRow(project, id), m)
	}
	if err != nil {
		return nil, table.Status(err)
	}
	if err := checkReplaced(stored, m); err != nil {
		return nil, err
	}
	m.CreateTime = stored.GetCreateTime()
	return m, table.Status(s.metrics.Put(metricRow(project, id), m))
}

// DeleteLogMetric deletes a metric.
func (s *MetricsServer) DeleteLogMetric(ctx context.Context, req *loggingpb.DeleteLogMetricRequest) (*emptypb.Empty,
	error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.GetLogMetric(ctx, &loggingpb.GetLogMetricRequest{MetricName: req.GetMetricName()})
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, table.Status(s.metrics.Delete(metricRow(projectOf(req.GetMetricName()), m.GetName())))
}
