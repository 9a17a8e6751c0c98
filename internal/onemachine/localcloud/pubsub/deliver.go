package pubsub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// wrapped is the body of a push, as Google sends it: both spellings of id and time, the ordering key when there is one,
// the attempt when there is a dead-letter policy.
type wrapped struct {
	DeliveryAttempt int            `json:"deliveryAttempt,omitempty"`
	Message         wrappedMessage `json:"message"`
	Subscription    string         `json:"subscription"`
}

type wrappedMessage struct {
	Attributes   map[string]string `json:"attributes"`
	Data         []byte            `json:"data"`
	MessageID    string            `json:"messageId"`
	MessageID2   string            `json:"message_id"`
	OrderingKey  string            `json:"orderingKey,omitempty"`
	PublishTime  string            `json:"publishTime"`
	PublishTime2 string            `json:"publish_time"`
}

func body(sub *subscription, l lease, m *pubsubpb.PubsubMessage) ([]byte, error) {
	published := m.GetPublishTime().AsTime().Format("2006-01-02T15:04:05.999Z07:00")
	w := wrapped{
		Subscription: sub.name(),
		Message: wrappedMessage{
			Attributes:   m.GetAttributes(),
			Data:         m.GetData(),
			MessageID:    m.GetMessageId(),
			MessageID2:   m.GetMessageId(),
			OrderingKey:  m.GetOrderingKey(),
			PublishTime:  published,
			PublishTime2: published,
		},
	}
	if w.Message.Attributes == nil {
		w.Message.Attributes = map[string]string{}
	}
	if w.Message.Data == nil {
		w.Message.Data = []byte{}
	}
	if sub.get().GetDeadLetterPolicy() != nil {
		w.DeliveryAttempt = l.tries + 1
	}
	return json.Marshal(w)
}

func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	}
	return &http.Client{
		Transport: transport,
		// A redirect counts as a refusal: nothing is sent anywhere but to the endpoint.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// deliver posts a message and tells whether the endpoint accepted it. The endpoint has as much time as the
// acknowledgement deadline.
func (s *Server) deliver(ctx context.Context, sub *subscription, l lease) bool {
	ctx, cancel := context.WithTimeout(ctx, sub.ackDeadline())
	defer cancel()
	req, err := s.request(ctx, sub, l)
	if err != nil {
		s.opts.OnError(fmt.Errorf("pubsub: prepare push: %w", err))
		return false
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.opts.OnError(fmt.Errorf("pubsub: push to %s: %w", req.URL.Host, reason(err)))
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return accepted(resp.StatusCode)
}

// reason is an error of a request without the address, whose query may hold a secret.
func reason(err error) error {
	var inner interface{ Unwrap() error }
	if errors.As(err, &inner) && inner.Unwrap() != nil {
		return inner.Unwrap()
	}
	return err
}

func accepted(code int) bool {
	switch code {
	case http.StatusProcessing, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return true
	}
	return false
}

func (s *Server) request(ctx context.Context, sub *subscription, l lease) (*http.Request, error) {
	m, err := s.message(sub, l)
	if err != nil {
		return nil, err
	}
	content, err := body(sub, l, m)
	if err != nil {
		return nil, err
	}
	config := sub.get().GetPushConfig()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, config.GetPushEndpoint(), bytes.NewReader(content))
	if err != nil {
		return nil, errors.New("bad push endpoint")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("From", "noreply@google.com")
	req.Header.Set("User-Agent", "CloudPubSub-Google")
	return req, s.authorize(req, config)
}

func (s *Server) authorize(req *http.Request, config *pubsubpb.PushConfig) error {
	oidc := config.GetOidcToken()
	if oidc == nil {
		return nil
	}
	audience := oidc.GetAudience()
	if audience == "" {
		audience = config.GetPushEndpoint()
	}
	token, err := s.issuer.token(oidc.GetServiceAccountEmail(), audience)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}
