package logging_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	"google.golang.org/genproto/googleapis/api/label"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func counter(id string) *loggingpb.LogMetric {
	return &loggingpb.LogMetric{Name: id, Filter: `severity>=ERROR`}
}

func (w world) metric(t *testing.T, m *loggingpb.LogMetric) (*loggingpb.LogMetric, error) {
	t.Helper()
	return w.metrics.CreateLogMetric(t.Context(), &loggingpb.CreateLogMetricRequest{Parent: project, Metric: m})
}

func labelled(m *loggingpb.LogMetric, extractor string, keys ...string) *loggingpb.LogMetric {
	m.MetricDescriptor = &metric.MetricDescriptor{}
	m.LabelExtractors = map[string]string{}
	for _, k := range keys {
		m.MetricDescriptor.Labels = append(m.MetricDescriptor.Labels, &label.LabelDescriptor{Key: k})
		m.LabelExtractors[k] = extractor
	}
	return m
}

func TestLogMetrics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{})
	made, err := w.metric(t, counter("toh/errors"))
	if err != nil {
		t.Fatal(err)
	}
	d := made.GetMetricDescriptor()
	if d.GetType() != "logging.googleapis.com/user/toh/errors" || d.GetMetricKind() != metric.MetricDescriptor_DELTA ||
		d.GetValueType() != metric.MetricDescriptor_INT64 || d.GetUnit() != "1" {
		t.Errorf("descriptor %v", d)
	}
	_, err = w.metric(t, counter("toh/errors"))
	wantCode(t, "taken", err, codes.AlreadyExists)
	name := project + "/metrics/toh%2Ferrors"
	change := counter("toh/errors")
	change.Filter, change.Description = `severity>=CRITICAL`, "Worse than errors."
	update := func(name string, m *loggingpb.LogMetric) (*loggingpb.LogMetric, error) {
		return w.metrics.UpdateLogMetric(t.Context(), &loggingpb.UpdateLogMetricRequest{MetricName: name, Metric: m})
	}
	w.clock.Advance(time.Hour)
	changed, err := update(name, change)
	if err != nil || changed.GetFilter() != change.Filter || !proto.Equal(changed.GetCreateTime(),
		made.GetCreateTime()) || changed.GetMetricDescriptor().GetDescription() != change.Description {
		t.Errorf("changed %v, %v", changed, err)
	}
	_, err = update(project+"/metrics/other", change)
	wantCode(t, "another name", err, codes.InvalidArgument)
	measure := counter("toh/errors")
	measure.MetricDescriptor = &metric.MetricDescriptor{ValueType: metric.MetricDescriptor_DISTRIBUTION}
	measure.ValueExtractor = "EXTRACT(jsonPayload.n)"
	_, err = update(name, measure)
	wantCode(t, "value type", err, codes.InvalidArgument)
	if _, err := update(project+"/metrics/new", counter("new")); err != nil {
		t.Errorf("an update makes what is not there: %v", err)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	if got, err := w.metrics.GetLogMetric(t.Context(), &loggingpb.GetLogMetricRequest{MetricName: name}); err != nil ||
		!proto.Equal(got, changed) {
		t.Errorf("after reopening %v, want %v (%v)", got, changed, err)
	}
	var ids []string
	it := w.metrics.ListLogMetrics(t.Context(), &loggingpb.ListLogMetricsRequest{Parent: project, PageSize: 1})
	for m, err := it.Next(); err != iterator.Done; m, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.GetName())
	}
	if fmt.Sprint(ids) != "[new toh/errors]" {
		t.Errorf("metrics %v", ids)
	}
	for _, want := range []codes.Code{codes.OK, codes.NotFound} {
		wantCode(t, "delete", w.metrics.DeleteLogMetric(t.Context(),
			&loggingpb.DeleteLogMetricRequest{MetricName: name}), want)
	}
	_, err = w.metrics.GetLogMetric(t.Context(), &loggingpb.GetLogMetricRequest{MetricName: "x"})
	wantCode(t, "bad name", err, codes.InvalidArgument)
}

func TestLogMetricsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	with := func(edit func(*loggingpb.LogMetric)) *loggingpb.LogMetric {
		m := counter("m")
		edit(m)
		return m
	}
	distribution := func(extractor string) *loggingpb.LogMetric {
		return with(func(m *loggingpb.LogMetric) {
			m.MetricDescriptor = &metric.MetricDescriptor{ValueType: metric.MetricDescriptor_DISTRIBUTION}
			m.ValueExtractor = extractor
		})
	}
	ten := strings.Split("a b c d e f g h i j", " ")
	n := 0
	for what, c := range map[string]struct {
		m    *loggingpb.LogMetric
		want codes.Code
	}{
		"none":       {nil, codes.InvalidArgument},
		"no filter":  {with(func(m *loggingpb.LogMetric) { m.Filter = "" }), codes.InvalidArgument},
		"bad filter": {with(func(m *loggingpb.LogMetric) { m.Filter = "severity>=" }), codes.InvalidArgument},
		"unknown field": {with(func(m *loggingpb.LogMetric) {
			m.Filter = `colour="red"`
		}), codes.InvalidArgument},
		"slash first": {counter("/m"), codes.InvalidArgument},
		"space":       {counter("a b"), codes.InvalidArgument},
		"longest":     {counter(strings.Repeat("m", 100)), codes.OK},
		"too long":    {counter(strings.Repeat("m", 101)), codes.InvalidArgument},
		"longest description": {with(func(m *loggingpb.LogMetric) {
			m.Description = strings.Repeat("ä", 8000)
		}), codes.OK},
		"too much description": {with(func(m *loggingpb.LogMetric) {
			m.Description = strings.Repeat("a", 8001)
		}), codes.InvalidArgument},
		"gauge": {with(func(m *loggingpb.LogMetric) {
			m.MetricDescriptor = &metric.MetricDescriptor{MetricKind: metric.MetricDescriptor_GAUGE}
		}), codes.InvalidArgument},
		"text": {with(func(m *loggingpb.LogMetric) {
			m.MetricDescriptor = &metric.MetricDescriptor{ValueType: metric.MetricDescriptor_STRING}
		}), codes.InvalidArgument},
		"value of a counter": {with(func(m *loggingpb.LogMetric) {
			m.ValueExtractor = "EXTRACT(jsonPayload.n)"
		}), codes.InvalidArgument},
		"distribution":  {distribution("EXTRACT(jsonPayload.n)"), codes.OK},
		"of nothing":    {distribution(""), codes.InvalidArgument},
		"of no field":   {distribution("EXTRACT(nothing.n)"), codes.InvalidArgument},
		"one group":     {distribution(`REGEXP_EXTRACT(jsonPayload.request, ".*quantity=(\d+).*")`), codes.OK},
		"no group":      {distribution(`REGEXP_EXTRACT(jsonPayload.request, "\d+")`), codes.InvalidArgument},
		"two groups":    {distribution(`REGEXP_EXTRACT(jsonPayload.request, "(a)(b)")`), codes.InvalidArgument},
		"10 labels":     {labelled(counter("m"), "EXTRACT(labels.a)", ten...), codes.OK},
		"11 labels":     {labelled(counter("m"), "EXTRACT(labels.a)", append(ten, "k")...), codes.InvalidArgument},
		"bad extractor": {labelled(counter("m"), "labels.a", "a"), codes.InvalidArgument},
		"only extractor": {with(func(m *loggingpb.LogMetric) {
			m.LabelExtractors = map[string]string{"a": "EXTRACT(labels.a)"}
		}), codes.InvalidArgument},
		"bucket":    {with(func(m *loggingpb.LogMetric) { m.BucketName = bucket }), codes.OK},
		"no bucket": {with(func(m *loggingpb.LogMetric) { m.BucketName = bucket + "x" }), codes.NotFound},
		"bucket elsewhere": {with(func(m *loggingpb.LogMetric) {
			m.BucketName = "projects/q/locations/l/buckets/b"
		}), codes.InvalidArgument},
	} {
		if c.m.GetName() == "m" {
			n++
			c.m.Name = fmt.Sprint("m", n)
		}
		_, err := w.metric(t, c.m)
		wantCode(t, what, err, c.want)
	}
	_, err := w.metrics.CreateLogMetric(t.Context(), &loggingpb.CreateLogMetricRequest{Parent: "p",
		Metric: counter("m")})
	wantCode(t, "bad parent", err, codes.InvalidArgument)
}
