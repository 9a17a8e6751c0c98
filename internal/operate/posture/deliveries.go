package posture

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
)

func subscription(ctx context.Context, c *cloud, f *findings, id, expected string) (*pubsubpb.Subscription, bool) {
	t := c.subscription(id)
	return look(ctx, c, f, ofPubSub, t, expected, func(ctx context.Context) (*pubsubpb.Subscription, error) {
		return c.Subscriptions.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: t.name})
	})
}

// pushesProved: messages reach the tasks service over HTTPS, with a token that says who sends them and for whom.
func pushesProved(ctx context.Context, c *cloud, f *findings) {
	tasks, ok := runService(ctx, c, f, tasksService, "where tasks are done")
	if !ok {
		return
	}
	for _, id := range []string{tasksPush, tickPush} {
		s, ok := subscription(ctx, c, f, id, "pushes with a token")
		if !ok {
			continue
		}
		t, push := c.subscription(id), s.GetPushConfig()
		end := push.GetPushEndpoint()
		f.expect(c.isTasks(tasks.GetUrls(), tasks.GetUri(), end), t, "pushes to "+orNone(end),
			"https:// of the tasks service")
		account := push.GetOidcToken().GetServiceAccountEmail()
		f.expect(account == c.email(pushAccount), t, "pushes as "+orNone(account), c.email(pushAccount))
		audience, want := push.GetOidcToken().GetAudience(), setting(tasks, "TOH_PUSH_AUDIENCE")
		f.expect(audience != "" && audience == want, t, "pushes for the audience "+orNone(audience),
			"what the service accepts, "+orNone(want))
	}
	who := setting(tasks, "TOH_PUSH_SERVICE_ACCOUNT")
	f.expect(who == c.email(pushAccount), c.service(tasksService), "accepts pushes of "+orNone(who),
		c.email(pushAccount))
}

// isTasks reports whether an endpoint is one of the addresses of the tasks service.
func (c *cloud) isTasks(urls []string, uri, endpoint string) bool {
	known := append([]string{uri, "https://" + tasksService + "-" + c.number + "." + c.region + ".run.app"}, urls...)
	for _, u := range known {
		if strings.HasPrefix(u, "https://") && strings.HasPrefix(endpoint, u+"/push/") {
			return true
		}
	}
	return false
}

// tasksArrive: what is promised for later is done later. A message that cannot be handled is put aside, not lost.
func tasksArrive(ctx context.Context, c *cloud, f *findings) {
	if s, ok := subscription(ctx, c, f, tasksPush, "tasks delivered, and put aside if they fail"); ok {
		t := c.subscription(tasksPush)
		f.expect(s.GetTopic() == c.topic(tasksTopic).name, t, "reads "+s.GetTopic(), c.topic(tasksTopic).name)
		dead := s.GetDeadLetterPolicy().GetDeadLetterTopic()
		f.expect(dead == c.topic(deadTopic).name, t, "puts what fails aside to "+orNone(dead), c.topic(deadTopic).name)
		never(f, t, s)
	}
	if s, ok := subscription(ctx, c, f, deadPull, "what was put aside is kept"); ok {
		t := c.subscription(deadPull)
		f.expect(s.GetTopic() == c.topic(deadTopic).name, t, "reads "+s.GetTopic(), c.topic(deadTopic).name)
		keep := s.GetMessageRetentionDuration().AsDuration()
		f.expect(keep >= 7*day, t, "keeps messages "+span(keep), "7 days or longer")
		never(f, t, s)
	}
}

// never: a subscription that expires when it is not used would end the promise with it.
func never(f *findings, t thing, s *pubsubpb.Subscription) {
	ttl := s.GetExpirationPolicy().GetTtl().AsDuration()
	f.expect(s.GetExpirationPolicy() != nil && ttl == 0, t, "lapses after "+lapse(s, ttl), "never")
}

func lapse(s *pubsubpb.Subscription, ttl time.Duration) string {
	switch {
	case s.GetExpirationPolicy() == nil:
		return "31 days"
	case ttl == 0:
		return "no time"
	}
	return span(ttl)
}

// ticks: each minute the tasks service is called to do what is due.
func ticks(ctx context.Context, c *cloud, f *findings) {
	t := c.tick()
	job, ok := look(ctx, c, f, ofScheduler, t, "a tick each minute", func(ctx context.Context) (*schedulerpb.Job,
		error) {
		return c.Scheduler.GetJob(ctx, &schedulerpb.GetJobRequest{Name: t.name})
	})
	if ok {
		f.expect(job.GetState() == schedulerpb.Job_ENABLED, t, "is "+job.GetState().String(), "ENABLED")
		f.expect(job.GetSchedule() == "* * * * *", t, "runs at "+job.GetSchedule(), "* * * * *")
		f.expect(job.GetPubsubTarget().GetTopicName() == c.topic(tickTopic).name, t, "publishes to "+
			orNone(job.GetPubsubTarget().GetTopicName()), c.topic(tickTopic).name)
	}
	if s, ok := subscription(ctx, c, f, tickPush, "ticks delivered"); ok {
		f.expect(s.GetTopic() == c.topic(tickTopic).name, c.subscription(tickPush), "reads "+s.GetTopic(),
			c.topic(tickTopic).name)
		never(f, c.subscription(tickPush), s)
	}
}

// topicReaders: each topic is read by its one subscription and by no other; another subscription could be in another
// project. The lists topics and pulls have the same order.
func topicReaders(ctx context.Context, c *cloud, f *findings) {
	for i, own := range pulls {
		t, want := c.topic(topics[i]), c.subscription(own).name
		names, ok := look(ctx, c, f, ofPubSub, thing{"subscriptions of", t.name}, "read by "+own+" alone",
			func(ctx context.Context) ([]string, error) {
				return all(c.Topics.ListTopicSubscriptions(ctx, &pubsubpb.ListTopicSubscriptionsRequest{Topic: t.name}).
					Next)
			})
		if !ok {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == want })
		f.expect(len(others) == 0, t, "is also read by "+orNone(strings.Join(others, ", ")), "read by "+own+" alone")
	}
}
