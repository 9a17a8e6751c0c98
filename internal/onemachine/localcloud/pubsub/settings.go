package pubsub

import (
	"net"
	"net/url"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

// Google's limits and defaults of a subscription.
const (
	shortestDeadline  = 10
	longestDeadline   = 600
	shortestRetention = 10 * time.Minute
	longestRetention  = 31 * 24 * time.Hour
	defaultRetention  = 7 * 24 * time.Hour
	defaultMinBackoff = 10 * time.Second
	longestBackoff    = 600 * time.Second
	fewestAttempts    = 5
	mostAttempts      = 100
	shortestExpiry    = 24 * time.Hour
	defaultExpiry     = 31 * 24 * time.Hour
)

// complete fills in what a subscription leaves open and refuses what is impossible.
func complete(pb *pubsubpb.Subscription) error {
	if what := beyond(pb); what != "" {
		return unserved(what)
	}
	pb.State, pb.Detached, pb.TopicMessageRetentionDuration = pubsubpb.Subscription_ACTIVE, false, nil
	for _, part := range []func(*pubsubpb.Subscription) error{labels, deadline, retain, expire, retry, deadLetters,
		push} {
		if err := part(pb); err != nil {
			return err
		}
	}
	return nil
}

// beyond names what a subscription asks for and this server does not do.
func beyond(pb *pubsubpb.Subscription) string {
	switch {
	case pb.GetBigqueryConfig() != nil, pb.GetCloudStorageConfig() != nil, pb.GetBigtableConfig() != nil:
		return "An export subscription"
	case pb.GetFilter() != "":
		return "A subscription with a filter"
	case pb.GetEnableExactlyOnceDelivery():
		return "Exactly-once delivery"
	case pb.GetRetainAckedMessages():
		return "Keeping acknowledged messages"
	case len(pb.GetMessageTransforms()) > 0:
		return "A subscription with transforms"
	case pb.GetPushConfig().GetNoWrapper() != nil:
		return "Pushing without wrapper"
	}
	return ""
}

func deadline(pb *pubsubpb.Subscription) error {
	if pb.GetAckDeadlineSeconds() == 0 {
		pb.AckDeadlineSeconds = shortestDeadline
	}
	if d := pb.GetAckDeadlineSeconds(); d < shortestDeadline || d > longestDeadline {
		return invalid("Invalid ack deadline given: (ack_deadline_seconds=%d). It must be between %d and %d.", d,
			shortestDeadline, longestDeadline)
	}
	return nil
}

func retain(pb *pubsubpb.Subscription) error {
	if pb.GetMessageRetentionDuration() == nil {
		pb.MessageRetentionDuration = durationpb.New(defaultRetention)
	}
	return between("message_retention_duration", pb.GetMessageRetentionDuration(), shortestRetention, longestRetention)
}

func labels(pb *pubsubpb.Subscription) error { return label.Check(pb.GetLabels()) }

// expire stores Google's setting for subscriptions that nobody uses. Here none expires by itself, because the machine
// may just have been off.
func expire(pb *pubsubpb.Subscription) error {
	if pb.GetExpirationPolicy() == nil {
		pb.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(defaultExpiry)}
	}
	ttl := pb.GetExpirationPolicy().GetTtl()
	if ttl == nil {
		return nil
	}
	if ttl.CheckValid() != nil || ttl.AsDuration() < shortestExpiry ||
		ttl.AsDuration() < pb.GetMessageRetentionDuration().AsDuration() {
		return invalid("expiration_policy.ttl must be at least 1 day, and not less than message_retention_duration.")
	}
	return nil
}

func retry(pb *pubsubpb.Subscription) error {
	policy := pb.GetRetryPolicy()
	if policy == nil {
		return nil
	}
	if policy.GetMinimumBackoff() == nil {
		policy.MinimumBackoff = durationpb.New(defaultMinBackoff)
	}
	if policy.GetMaximumBackoff() == nil {
		policy.MaximumBackoff = durationpb.New(longestBackoff)
	}
	if err := between("minimum_backoff", policy.GetMinimumBackoff(), 0, longestBackoff); err != nil {
		return err
	}
	return between("maximum_backoff", policy.GetMaximumBackoff(), policy.GetMinimumBackoff().AsDuration(),
		longestBackoff)
}

func between(what string, d *durationpb.Duration, least, most time.Duration) error {
	if d.CheckValid() != nil || d.AsDuration() < least || d.AsDuration() > most {
		return invalid("%s must be between %s and %s.", what, least, most)
	}
	return nil
}

func deadLetters(pb *pubsubpb.Subscription) error {
	policy := pb.GetDeadLetterPolicy()
	if policy == nil {
		return nil
	}
	if err := checkName(topicPattern, "topics", policy.GetDeadLetterTopic()); err != nil {
		return err
	}
	if policy.GetMaxDeliveryAttempts() == 0 {
		policy.MaxDeliveryAttempts = fewestAttempts
	}
	if n := policy.GetMaxDeliveryAttempts(); n < fewestAttempts || n > mostAttempts {
		return invalid("max_delivery_attempts must be between %d and %d.", fewestAttempts, mostAttempts)
	}
	return nil
}

// push checks an endpoint. Google requires https; on this machine itself plain http is accepted.
func push(pb *pubsubpb.Subscription) error {
	config := pb.GetPushConfig()
	if config.GetPushEndpoint() == "" {
		pb.PushConfig = nil
		return nil
	}
	u, err := url.Parse(config.GetPushEndpoint())
	if err != nil || u.Host == "" || u.User != nil {
		return invalid("Invalid push endpoint given.")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return invalid("Invalid push endpoint given: it must use https, or http on a loopback address.")
	}
	if token := config.GetOidcToken(); token != nil && token.GetServiceAccountEmail() == "" {
		return invalid("oidc_token.service_account_email is required.")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
