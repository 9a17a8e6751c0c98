package provision

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/protobuf/types/known/durationpb"
)

// channels notify the operator of alerts, if the specification says whom.
func (s Spec) channels() []Resource {
	if s.AlertMail == "" {
		return nil
	}
	want := &monitoringpb.NotificationChannel{
		Type: "email", DisplayName: "Tiny Opera House: operator",
		Labels: map[string]string{"email_address": s.AlertMail}, UserLabels: map[string]string{ours: "operator"},
	}
	rs := rules{}
	t := thing[*monitoringpb.NotificationChannel]{
		read: findChannel,
		create: func(ctx context.Context, c *session) error {
			_, err := c.Channels.CreateNotificationChannel(ctx, &monitoringpb.CreateNotificationChannelRequest{
				Name: s.project(), NotificationChannel: want,
			})
			return err
		},
		differ: func(have *monitoringpb.NotificationChannel) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *monitoringpb.NotificationChannel,
			found []difference) error {
			rs.overlay(have, want)
			_, err := c.Channels.UpdateNotificationChannel(ctx, &monitoringpb.UpdateNotificationChannelRequest{
				NotificationChannel: have, UpdateMask: mask(found),
			})
			return err
		},
	}
	return []Resource{{
		Kind: "notification channel", Name: s.project() + "/notificationChannels/" + ours + "=operator",
		api: apiMonitoring, look: t.look,
		block: tf("google_monitoring_notification_channel", "toh", set("type", "email"),
			set("display_name", want.GetDisplayName()),
			set("labels", want.GetLabels()), set("user_labels", want.GetUserLabels())),
	}}
}

func findChannel(ctx context.Context, c *session) (*monitoringpb.NotificationChannel, error) {
	it := c.Channels.ListNotificationChannels(ctx,
		&monitoringpb.ListNotificationChannelsRequest{Name: c.spec.project()})
	for {
		p, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil, errNotThere
		}
		if err != nil || p.GetUserLabels()[ours] == "operator" {
			return p, err
		}
	}
}

// uptimeCheck asks from several continents whether the service can do its work.
func (s Spec) uptimeCheck() Resource {
	const id = "toh-ready"
	host := map[string]string{"project_id": s.Project, "host": s.host()}
	want := &monitoringpb.UptimeCheckConfig{
		DisplayName: id, UserLabels: map[string]string{ours: "ready"},
		Period: durationpb.New(time.Minute), Timeout: durationpb.New(10 * time.Second),
		Resource: &monitoringpb.UptimeCheckConfig_MonitoredResource{
			MonitoredResource: &monitoredres.MonitoredResource{Type: "uptime_url", Labels: host}},
		CheckRequestType: &monitoringpb.UptimeCheckConfig_HttpCheck_{
			HttpCheck: &monitoringpb.UptimeCheckConfig_HttpCheck{
				RequestMethod: monitoringpb.UptimeCheckConfig_HttpCheck_GET, Path: "/ready", Port: 443, UseSsl: true,
				ValidateSsl: true}},
	}
	rs := rules{"monitored_resource": {first: s.BaseURL == "",
		advice: always("a check stays with its host: delete it, and apply again")}}
	rs["monitored_resource.labels"] = rs["monitored_resource"]
	t := thing[*monitoringpb.UptimeCheckConfig]{
		read: findCheck,
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
		Kind: "uptime check", Name: s.project() + "/uptimeCheckConfigs/" + ours + "=ready", api: apiMonitoring,
		look: t.look,
		block: tf("google_monitoring_uptime_check_config", id, set("display_name", id), set("period", "60s"),
			set("timeout", "10s"),
			set("user_labels", want.GetUserLabels()),
			sub("http_check", set("path", "/ready"), set("port", 443), set("use_ssl", true), set("validate_ssl", true),
				set("request_method", "GET")),
			sub("monitored_resource", set("type", "uptime_url"), set("labels", host))),
	}
}

func findCheck(ctx context.Context, c *session) (*monitoringpb.UptimeCheckConfig, error) {
	it := c.Uptime.ListUptimeCheckConfigs(ctx, &monitoringpb.ListUptimeCheckConfigsRequest{Parent: c.spec.project()})
	for {
		p, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil, errNotThere
		}
		if err != nil || p.GetUserLabels()[ours] == "ready" {
			return p, err
		}
	}
}
