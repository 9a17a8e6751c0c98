// Package gcp opens the service's clients of Google Cloud, once: with Google's real endpoints, or over a connection
// that it is given. The operator's clients are opened by its package operator, those by which traces and metrics leave
// by its package watchers.
//
// Nothing else in the product opens one. It must never take an endpoint from the environment, talk to a real endpoint
// without TLS and credentials, or do anything with the clients but open and close them.
package gcp

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	firestore "cloud.google.com/go/firestore/apiv1"
	kms "cloud.google.com/go/kms/apiv1"
	logging "cloud.google.com/go/logging/apiv2"
	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"google.golang.org/api/option"
	gtransport "google.golang.org/api/transport/grpc"
)

// Dialer is a given connection that is used for every service, such as that of the local cloud.
type Dialer = gtransport.ConnPool

// Options say where the clients connect to.
type Options struct {
	// Project is the id of the Google Cloud project.
	Project string
	// FirestoreDatabase holds the content, KeysDatabase the wrapped keys. They must not be the same.
	FirestoreDatabase, KeysDatabase string
	// Dial is the connection for everything. Nil means Google's real endpoints. Close does not close it.
	Dial Dialer
	// Emulators are for tests only. They take precedence over Dial.
	Emulators Emulators
	// Watch wraps every call. It may be empty.
	Watch Watch
	// UserAgent names the program to Google. It may be empty.
	UserAgent string
}

// Emulators are addresses (host:port) of Google's emulators, reached without TLS. They are never taken from the
// environment.
type Emulators struct{ Firestore, PubSub string }

// Database is one Firestore database.
type Database struct {
	Client *firestore.Client
	Name   string // projects/{project}/databases/{database}
}

// Clients are the open clients. They are safe for concurrent use.
type Clients struct {
	Firestore Database // content
	Keys      Database // wrapped keys
	KMS       *kms.KeyManagementClient
	Secrets   *secretmanager.Client
	Logging   *logging.Client
	LogConfig *logging.ConfigClient
	Publisher *pubsub.TopicAdminClient

	close []func() error
}

var (
	projectForm  = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	databaseForm = regexp.MustCompile(`^[a-z][a-z0-9-]{2,61}[a-z0-9]$`)
)

// Open opens the clients. Nothing is sent before the first call.
func Open(ctx context.Context, o Options) (*Clients, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("gcp: %w", err)
	}
	c := &Clients{}
	if err := c.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("gcp: %w", err), c.Close())
	}
	return c, nil
}

func (o Options) check() error {
	switch {
	case !projectForm.MatchString(o.Project):
		return fmt.Errorf("%q is not a valid project id", o.Project)
	case !databaseForm.MatchString(o.FirestoreDatabase):
		return fmt.Errorf("%q is not a valid database id", o.FirestoreDatabase)
	case !databaseForm.MatchString(o.KeysDatabase):
		return fmt.Errorf("%q is not a valid database id", o.KeysDatabase)
	case o.FirestoreDatabase == o.KeysDatabase:
		return errors.New("content and keys must be in different databases")
	}
	if o.Dial == nil {
		return checkEnvironment()
	}
	return nil
}

func (c *Clients) open(ctx context.Context, o Options) error {
	base := o.base()
	store, err := o.emulated(o.Emulators.Firestore, base)
	if err != nil {
		return err
	}
	topics, err := o.emulated(o.Emulators.PubSub, base)
	if err != nil {
		return err
	}
	documents, err := keep(c, "Firestore", firestore.NewClient, ctx, store)
	c.Firestore = Database{documents, databaseName(o.Project, o.FirestoreDatabase)}
	c.Keys = Database{documents, databaseName(o.Project, o.KeysDatabase)}
	if err != nil {
		return err
	}
	if c.KMS, err = keep(c, "KMS", kms.NewKeyManagementClient, ctx, base); err != nil {
		return err
	}
	if c.Secrets, err = keep(c, "Secret Manager", secretmanager.NewClient, ctx, base); err != nil {
		return err
	}
	if c.Logging, err = keep(c, "Logging", logging.NewClient, ctx, base); err != nil {
		return err
	}
	if c.LogConfig, err = keep(c, "Logging configuration", logging.NewConfigClient, ctx, base); err != nil {
		return err
	}
	c.Publisher, err = keep(c, "Pub/Sub", pubsub.NewTopicAdminClient, ctx, topics)
	return err
}

func databaseName(project, database string) string {
	return "projects/" + project + "/databases/" + database
}

// keep opens one client and records how to close it.
func keep[C interface{ Close() error }](
	c *Clients, what string, open func(context.Context, ...option.ClientOption) (C, error),
	ctx context.Context, opts []option.ClientOption,
) (C, error) {
	client, err := open(ctx, opts...)
	if err != nil {
		var none C
		return none, fmt.Errorf("open %s: %w", what, err)
	}
	c.close = append(c.close, client.Close)
	return client, nil
}

// Close closes all clients. It can be called twice.
func (c *Clients) Close() error {
	var all error
	for _, f := range c.close {
		all = errors.Join(all, f())
	}
	c.close = nil
	return all
}
