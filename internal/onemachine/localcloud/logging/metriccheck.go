package logging

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/api/label"
	"google.golang.org/genproto/googleapis/api/metric"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
)

const (
	maxMetricLabels = 10
	maxDescription  = 8000 // characters
)

var (
	metricIDPattern = regexp.MustCompile(`^[A-Za-z0-9_\-.,+!*'()%][A-Za-z0-9_\-.,+!*'()%/]{0,99}$`)
	extractForm     = regexp.MustCompile(`^EXTRACT\(\s*([^\s,()]+)\s*\)$`)
	regexpForm      = regexp.MustCompile(`^REGEXP_EXTRACT\(\s*([^\s,()]+)\s*,\s*"(.+)"\s*\)$`)
)

// checkMetric refuses what cannot be a metric. Its descriptor is complete.
func checkMetric(m *loggingpb.LogMetric) error {
	if !metricIDPattern.MatchString(m.GetName()) {
		return invalid("Metric id %q is invalid.", m.GetName())
	}
	if utf8.RuneCountInString(m.GetDescription()) > maxDescription {
		return invalid("The description of a metric has at most %d characters.", maxDescription)
	}
	if m.GetFilter() == "" {
		return invalid("The filter of a metric is required.")
	}
	if _, err := filter.Parse(m.GetFilter()); err != nil {
		return invalid("Unparseable filter: %v.", err)
	}
	if err := checkMeasure(m); err != nil {
		return err
	}
	return checkMetricLabels(m)
}

func checkMeasure(m *loggingpb.LogMetric) error {
	d := m.GetMetricDescriptor()
	if d.GetMetricKind() != metric.MetricDescriptor_DELTA {
		return invalid("A metric of logs has kind DELTA, not %s.", d.GetMetricKind())
	}
	switch d.GetValueType() {
	case metric.MetricDescriptor_INT64:
		if m.GetValueExtractor() != "" || m.GetBucketOptions() != nil {
			return invalid("A metric that counts entries has no value_extractor and no bucket_options.")
		}
		return nil
	case metric.MetricDescriptor_DISTRIBUTION:
		return checkExtractor("value_extractor", m.GetValueExtractor())
	}
	return invalid("A metric of logs has value type INT64 or DISTRIBUTION, not %s.", d.GetValueType())
}

func checkMetricLabels(m *loggingpb.LogMetric) error {
	labels := m.GetMetricDescriptor().GetLabels()
	if len(labels) > maxMetricLabels {
		return invalid("A metric has at most %d labels.", maxMetricLabels)
	}
	if len(labels) != len(m.GetLabelExtractors()) {
		return invalid("Each label of a metric needs one extractor, and each extractor a label.")
	}
	for _, l := range labels {
		if err := checkExtractor("label_extractors."+l.GetKey(), m.GetLabelExtractors()[l.GetKey()]); err != nil {
			return err
		}
	}
	return nil
}

// checkExtractor requires EXTRACT(field) or REGEXP_EXTRACT(field, "expression with one group").
func checkExtractor(what, text string) error {
	path := ""
	if m := extractForm.FindStringSubmatch(text); m != nil {
		path = m[1]
	}
	if m := regexpForm.FindStringSubmatch(text); m != nil {
		path = m[1]
		expression, err := regexp.Compile(strings.ReplaceAll(m[2], `\\`, `\`))
		if err != nil || expression.NumSubexp() != 1 {
			return invalid("%s needs a regular expression with exactly one group.", what)
		}
	}
	if path == "" {
		return invalid("%s must be EXTRACT(field) or REGEXP_EXTRACT(field, \"regular expression\").", what)
	}
	return checkFieldPath(path)
}

// checkReplaced refuses to turn a metric into another one: what it measures, and the types of its labels, stay.
func checkReplaced(before, now *loggingpb.LogMetric) error {
	old, d := before.GetMetricDescriptor(), now.GetMetricDescriptor()
	if old.GetMetricKind() != d.GetMetricKind() || old.GetValueType() != d.GetValueType() {
		return invalid("Kind and value type of a metric cannot be changed.")
	}
	for _, l := range old.GetLabels() {
		at := slices.IndexFunc(d.GetLabels(), func(n *label.LabelDescriptor) bool { return n.GetKey() == l.GetKey() })
		if at >= 0 && d.GetLabels()[at].GetValueType() != l.GetValueType() {
			return invalid("The type of label %q cannot be changed.", l.GetKey())
		}
	}
	return nil
}
