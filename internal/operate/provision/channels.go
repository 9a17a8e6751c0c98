package provision

import (
	"context"
	"errors"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
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
