package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/protobuf/types/known/durationpb"
)

// visit is an address that Cloud Monitoring asks for, from several continents.
type visit struct {
	label, path string
	period      time.Duration
}

// visits ask whether the service can do its work, and whether its controls still run. The second does not depend on the
// scheduler that starts the controls.
var visits = []visit{
	{"ready", "/ready", time.Minute},
	{"recent", "/security/recent", 5 * time.Minute},
}

// id begins the id that Google gives the check.
func (v visit) id() string { return "toh-" + v.label }

func (s Spec) uptimeChecks() []Resource {
	var list []Resource
	for _, v := range visits {
		list = append(list, s.uptimeCheck(v))
	}
	return list
}

func (s Spec) uptimeCheck(v visit) Resource {
	host := map[string]string{"project_id": s.Project, "host": s.host()}
	want := &monitoringpb.UptimeCheckConfig{
		DisplayName: v.id(), UserLabels: map[string]string{ours: v.label},
		Period: durationpb.New(v.period), Timeout: durationpb.New(10 * time.Second),
		Resource: &monitoringpb.UptimeCheckConfig_MonitoredResource{
			MonitoredResource: &monitoredres.MonitoredResource{Type: "uptime_url", Labels: host}},
		CheckRequestType: &monitoringpb.UptimeCheckConfig_HttpCheck_{
			HttpCheck: &monitoringpb.UptimeCheckConfig_HttpCheck{
				RequestMethod: monitoringpb.UptimeCheckConfig_HttpCheck_GET, Path: v.path, Port: 443, UseSsl: true,
				ValidateSsl: true}},
	}
	rs := rules{"monitored_resource": {first: s.BaseURL == "",
		advice: always("a check stays with its host: delete it, and apply again")}}
	rs["monitored_resource.labels"] = rs["monitored_resource"]
	rs["http_check.accepted_response_status_codes"] = rule{zero: true} // an error is no good answer
	t := thing[*monitoringpb.UptimeCheckConfig]{
		read: func(ctx context.Context, c *session) (*monitoringpb.UptimeCheckConfig, error) {
			return findCheck(ctx, c, v.label)
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Uptime.CreateUptimeCheckConfig(ctx,
				&monitoringpb.CreateUptimeCheckConfigRequest{Parent: s.project(), UptimeCheckConfig: want})
			return err
		},
		differ: func(have *monitoringpb.UptimeCheckConfig) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *monitoringpb.UptimeCheckConfig, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Uptime.UpdateUptimeCheckConfig(ctx,
				&monitoringpb.UpdateUptimeCheckConfigRequest{UptimeCheckConfig: have, UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "uptime check", Name: s.project() + "/uptimeCheckConfigs/" + ours + "=" + v.label, api: apiMonitoring,
		look: t.look,
		block: tf("google_monitoring_uptime_check_config", v.id(), set("display_name", v.id()),
			set("period", seconds(v.period)), set("timeout", "10s"), set("user_labels", want.GetUserLabels()),
			sub("http_check", set("path", v.path), set("port", 443), set("use_ssl", true), set("validate_ssl", true),
				set("request_method", "GET")),
			sub("monitored_resource", set("type", "uptime_url"), set("labels", host))),
	}
}

func findCheck(ctx context.Context, c *session, label string) (*monitoringpb.UptimeCheckConfig, error) {
	it := c.Uptime.ListUptimeCheckConfigs(ctx, &monitoringpb.ListUptimeCheckConfigsRequest{Parent: c.spec.project()})
	for {
		p, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil, errNotThere
		}
		if err != nil || p.GetUserLabels()[ours] == label {
			return p, err
		}
	}
}

// fails is an uptime check that fails from several places, for some time.
func (v visit) fails(lasts time.Duration) []condition {
	return []condition{{
		title: "the check fails",
		filter: fmt.Sprintf(`resource.type="uptime_url" AND `+
			`metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND `+
			`metric.labels.check_id=starts_with(%q)`, v.id()+"-"),
		above: 0.5, below: true, period: v.period, lasts: lasts,
		aligner: monitoringpb.Aggregation_ALIGN_FRACTION_TRUE, reducer: monitoringpb.Aggregation_REDUCE_MEAN,
	}}
}
