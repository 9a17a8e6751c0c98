// Package pubsub is the local Pub/Sub: topics, pull and push subscriptions, and a dispatcher that posts messages over
// HTTP with a signed token, again and again until the endpoint accepts them.
//
// It must never forget a message that it accepted: a message is on disk before its publisher hears so, and
// leaves the disk only when it was accepted, moved to a dead-letter topic, or became too old. So it delivers at
// least once, and after a crash again.
//
// Topics and subscriptions are not in a crud.Kind: they are held in memory with what is being delivered, and what is
// there changes under the same lock as what is on disk.
package pubsub

import (
	"context"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

// Options change how a server behaves. The zero value is right for a single machine.
type Options struct {
	// Transport sends the pushes; nil means a plain one without proxy.
	Transport http.RoundTripper
	// Concurrency is how many pushes of one subscription may be in progress; 0 means 8.
	Concurrency int
	// Drain is how long Close waits for pushes in progress; 0 means five seconds.
	Drain time.Duration
	// OnError, when set, is called with failures that no caller is told about. The text holds no message content.
	OnError func(error)
	// Key says whether a topic may be encrypted with a key; nil allows every key.
	Key cmek.Use
}

const (
	defaultConcurrency = 8
	defaultDrain       = 5 * time.Second
)

// Server implements the parts of Google's Publisher and Subscriber services that the product and its operator use.
type Server struct {
	pubsubpb.UnimplementedPublisherServer
	pubsubpb.UnimplementedSubscriberServer

	store    table.Store
	clock    clock.Clock
	opts     Options
	client   *http.Client
	issuer   *issuer
	sequence *sequence

	topicTable table.Table[pubsubpb.Topic, *pubsubpb.Topic]
	subTable   table.Table[pubsubpb.Subscription, *pubsubpb.Subscription]
	messages   table.Table[pubsubpb.PubsubMessage, *pubsubpb.PubsubMessage]

	// mu guards the maps. Publishing holds it for reading, so a subscription exists for all of a publish or for none of
	// it.
	mu     sync.RWMutex
	topics map[string]*pubsubpb.Topic
	subs   map[string]*subscription

	policies *policy.Policies
	dispatch dispatcher
}

// New opens the server on what store holds: topics, subscriptions and all messages that were not accepted yet.
func New(store table.Store, v *vault.Vault, clock clock.Clock, opts Options) (*Server, error) {
	s := &Server{
		store:      store,
		clock:      clock,
		opts:       opts.withDefaults(),
		topicTable: table.New[pubsubpb.Topic](store, "queue/topic/"),
		subTable:   table.New[pubsubpb.Subscription](store, "queue/subscription/"),
		messages:   table.New[pubsubpb.PubsubMessage](store, messagePrefix),
		topics:     map[string]*pubsubpb.Topic{},
		subs:       map[string]*subscription{},
	}
	s.policies = policy.New(store, "queue", s.resource)
	s.client = newClient(s.opts.Transport)
	var err error
	if s.issuer, err = openIssuer(store, v, clock); err != nil {
		return nil, err
	}
	if s.sequence, err = openSequence(store); err != nil {
		return nil, err
	}
	return s, s.load()
}

func (o Options) withDefaults() Options {
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	if o.Drain <= 0 {
		o.Drain = defaultDrain
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

// Register adds both services to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	pubsubpb.RegisterPublisherServer(r, s)
	pubsubpb.RegisterSubscriberServer(r, s)
}

// Handle gives the policies of topics and subscriptions to the service that reads and writes policies.
func (s *Server) Handle(m *policy.Mux) { m.Handle(resourcePattern, s.policies) }

// resource returns nil for an existing topic or subscription.
func (s *Server) resource(name string) error {
	if subPattern.MatchString(name) {
		_, err := s.sub(name)
		return err
	}
	_, err := s.topic(name)
	return err
}

// Sweep drops the messages that are older than their subscriptions keep.
func (s *Server) Sweep(ctx context.Context) error {
	for _, sub := range s.allSubs() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, it := range sub.backlog.stale(s.clock.Now().Add(-sub.retention())) {
			if err := s.drop(sub, it); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) allSubs() []*subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*subscription, 0, len(s.subs))
	for _, sub := range s.subs {
		out = append(out, sub)
	}
	return out
}
