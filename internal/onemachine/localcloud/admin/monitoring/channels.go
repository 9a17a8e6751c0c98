package monitoring

import (
	"context"
	"slices"
	"unicode/utf8"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

const maxChannelDescription = 1024

// channelLabel is the label that a channel of each type must have.
var channelLabel = map[string]string{
	"email": "email_address", "pubsub": "topic", "pagerduty": "service_key", "slack": "channel_name", "sms": "number",
	"webhook_basicauth": "url", "webhook_tokenauth": "url",
}

// channels serves google.monitoring.v3.NotificationChannelService.
type channels struct {
	monitoringpb.UnimplementedNotificationChannelServiceServer
	*Server
}

// CreateNotificationChannel makes a channel.
func (s channels) CreateNotificationChannel(_ context.Context, req *monitoringpb.CreateNotificationChannelRequest) (
	*monitoringpb.NotificationChannel, error) {
	return s.channels.Create(req.GetName(), newNumber(), req.GetNotificationChannel(), false)
}

// GetNotificationChannel returns a channel.
func (s channels) GetNotificationChannel(_ context.Context, req *monitoringpb.GetNotificationChannelRequest) (
	*monitoringpb.NotificationChannel, error) {
	return s.channels.Get(req.GetName())
}

// ListNotificationChannels lists the channels of a project.
func (s channels) ListNotificationChannels(_ context.Context, req *monitoringpb.ListNotificationChannelsRequest) (
	*monitoringpb.ListNotificationChannelsResponse, error) {
	f, err := parseFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	items, next, total, err := s.channels.ListWhere(req.GetName(), func(c *monitoringpb.NotificationChannel) bool {
		return f.match(c)
	}, req.GetPageSize(), req.GetPageToken())
	return &monitoringpb.ListNotificationChannelsResponse{NotificationChannels: items, NextPageToken: next,
		TotalSize: total}, err
}

// UpdateNotificationChannel changes a channel.
func (s channels) UpdateNotificationChannel(_ context.Context, req *monitoringpb.UpdateNotificationChannelRequest) (
	*monitoringpb.NotificationChannel, error) {
	return s.channels.Update(req.GetNotificationChannel().GetName(), req.GetNotificationChannel(), req.GetUpdateMask(),
		false)
}

// DeleteNotificationChannel removes a channel. A channel that policies use is removed only with force, and then from
// the policies too.
func (s channels) DeleteNotificationChannel(_ context.Context, req *monitoringpb.DeleteNotificationChannelRequest) (
	*emptypb.Empty, error) {
	if _, err := s.channels.Get(req.GetName()); err != nil {
		return nil, err
	}
	users, err := s.policiesWith(req.GetName())
	if err != nil {
		return nil, err
	}
	if len(users) > 0 && !req.GetForce() {
		return nil, status.Errorf(codes.FailedPrecondition, "Notification channel %q is used by %d alert policies.",
			req.GetName(), len(users))
	}
	for _, user := range users {
		_, err := s.policies.Alter(user, func(p *monitoringpb.AlertPolicy) error {
			p.NotificationChannels = slices.DeleteFunc(p.NotificationChannels, func(name string) bool {
				return name == req.GetName()
			})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	_, err = s.channels.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

func (s *Server) policiesWith(channel string) (names []string, err error) {
	err = s.policies.Each("projects/"+project.Of(channel), func(p *monitoringpb.AlertPolicy) bool {
		if slices.Contains(p.GetNotificationChannels(), channel) {
			names = append(names, p.GetName())
		}
		return true
	})
	return names, err
}

// settleChannel never repeats a label's value, because it may be a person's address.
func (s *Server) settleChannel(c crud.Change[*monitoringpb.NotificationChannel]) error {
	if c.Next == nil {
		return nil
	}
	required, known := channelLabel[c.Next.GetType()]
	switch {
	case !known:
		return invalid("type %q is not a type of notification channel.", c.Next.GetType())
	case c.Next.GetLabels()[required] == "":
		return invalid("A channel of type %s must have the label %s.", c.Next.GetType(), required)
	case utf8.RuneCountInString(c.Next.GetDisplayName()) > maxDisplayName:
		return invalid("display_name has more than %d characters.", maxDisplayName)
	case utf8.RuneCountInString(c.Next.GetDescription()) > maxChannelDescription:
		return invalid("description has more than %d characters.", maxChannelDescription)
	}
	if c.Next.GetEnabled() == nil {
		c.Next.Enabled = wrapperspb.Bool(true)
	}
	at := &monitoringpb.MutationRecord{MutateTime: timestamppb.New(s.clock.Now())}
	if c.Old == nil {
		c.Next.CreationRecord = at
	} else {
		c.Next.MutationRecords = []*monitoringpb.MutationRecord{at}
	}
	return label.Check(c.Next.GetUserLabels())
}
