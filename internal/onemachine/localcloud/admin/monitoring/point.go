package monitoring

import (
	"slices"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/distribution"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
)

const maxMetricLabels = 30

// resourceLabels has the labels of the resources that callers may write time series for. It is a part of Google's list;
// Cloud Run's revisions are not in that either.
var resourceLabels = map[string][]string{
	"gce_instance":  {"project_id", "instance_id", "zone"},
	"generic_node":  {"project_id", "location", "namespace", "node_id"},
	"generic_task":  {"project_id", "location", "namespace", "job", "task_id"},
	"global":        {"project_id"},
	"k8s_container": {"project_id", "location", "cluster_name", "namespace_name", "pod_name", "container_name"},
}

func checkResource(r *monitoredres.MonitoredResource) error {
	known, ok := resourceLabels[r.GetType()]
	if !ok {
		return invalid("resource.type %q is not one that time series can be written for.", r.GetType())
	}
	for label := range r.GetLabels() {
		if !slices.Contains(known, label) {
			return invalid("A resource of type %s has no label %q.", r.GetType(), label)
		}
	}
	return nil
}

func checkPoint(kind metric.MetricDescriptor_MetricKind, p *monitoringpb.Point) error {
	if d := p.GetValue().GetDistributionValue(); d != nil {
		if err := checkDistribution(d); err != nil {
			return err
		}
	}
	return checkInterval(kind, p.GetInterval())
}

func checkDistribution(d *distribution.Distribution) error {
	var sum int64
	for _, n := range d.GetBucketCounts() {
		sum += n
	}
	bounds := d.GetBucketOptions().GetExplicitBuckets().GetBounds()
	explicit := d.GetBucketOptions().GetExplicitBuckets() != nil
	switch {
	case d.GetCount() < 0 || d.GetCount() == 0 && (d.GetMean() != 0 || d.GetSumOfSquaredDeviation() != 0):
		return invalid("distribution_value: without values the mean and the deviation must be 0.")
	case len(d.GetBucketCounts()) > 0 && sum != d.GetCount():
		return invalid("distribution_value: the buckets have %d values, but count is %d.", sum, d.GetCount())
	case len(d.GetBucketCounts()) > 0 && d.GetBucketOptions().GetOptions() == nil:
		return invalid("distribution_value: bucket_counts need bucket_options.")
	case explicit && (len(bounds) == 0 || !increase(bounds)):
		return invalid("distribution_value: the bounds must be there, and increase.")
	case explicit && len(d.GetBucketCounts()) > len(bounds)+1:
		return invalid("distribution_value: there are %d buckets for %d bounds.", len(d.GetBucketCounts()), len(bounds))
	}
	return nil
}

func increase(list []float64) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}
