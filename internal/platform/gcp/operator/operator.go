// Package operator opens the clients of Google Cloud by which an operator makes, changes and looks at what the service
// stands on. They stand apart from the service's own, so that whatever only serves is not linked with them.
//
// What package gcp says of endpoints, credentials and emulators holds here, too.
package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	artifactregistry "cloud.google.com/go/artifactregistry/apiv1"
	firestore "cloud.google.com/go/firestore/apiv1/admin"
	iam "cloud.google.com/go/iam/admin/apiv1"
	kms "cloud.google.com/go/kms/apiv1"
	logging "cloud.google.com/go/logging/apiv2"
	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	dashboard "cloud.google.com/go/monitoring/dashboard/apiv1"
	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	resourcemanager "cloud.google.com/go/resourcemanager/apiv3"
	run "cloud.google.com/go/run/apiv2"
	scheduler "cloud.google.com/go/scheduler/apiv1"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	serviceusage "cloud.google.com/go/serviceusage/apiv1"
	logviews "google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
	runglobal "google.golang.org/api/run/v1"
	identities "google.golang.org/api/serviceusage/v1beta1"
	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
)

// Options say where the clients go.
type Options struct {
	// Project is the id of the Google Cloud project.
	Project string
	// Dial is the connection for everything that speaks gRPC. Nil means Google's real endpoints. Close leaves it open.
	Dial gcp.Dialer
	// Transport is the way for what is reached by HTTP: Cloud Storage, the services' identities, lists of Cloud Run,
	// policies of log views. It is given together with Dial, or not at all.
	Transport http.RoundTripper
	// UserAgent names the program to Google. It may be empty.
	UserAgent string
}

// Clients are the open clients. They are safe for concurrent use.
type Clients struct {
	Project string

	Projects      *resourcemanager.ProjectsClient
	Services      *serviceusage.Client
	Identities    *identities.APIService
	Accounts      *iam.IamClient
	KMS           *kms.KeyManagementClient
	Databases     *firestore.FirestoreAdminClient
	Secrets       *secretmanager.Client
	Topics        *pubsub.TopicAdminClient
	Subscriptions *pubsub.SubscriptionAdminClient
	Scheduler     *scheduler.CloudSchedulerClient
	LogConfig     *logging.ConfigClient
	LogMetrics    *logging.MetricsClient
	LogViews      *logviews.Service // policies of views, which only this version of the API has
	Storage       *storage.Service
	Registry      *artifactregistry.Client
	Run           *run.ServicesClient
	Revisions     *run.RevisionsClient
	RunGlobal     *runglobal.APIService // lists over all regions, which only this version of the API has
	Metrics       *monitoring.MetricClient
	Alerts        *monitoring.AlertPolicyClient
	Channels      *monitoring.NotificationChannelClient
	Uptime        *monitoring.UptimeCheckClient
	Objectives    *monitoring.ServiceMonitoringClient
	Dashboards    *dashboard.DashboardsClient

	close []func() error
}

// Open opens the clients. Nothing is sent before the first call.
func Open(ctx context.Context, o Options) (*Clients, error) {
	if (o.Dial == nil) != (o.Transport == nil) {
		return nil, errors.New("gcp: a connection and a transport are given together or not at all")
	}
	base, err := gcp.Unwatched(o.Project, o.Dial, o.UserAgent)
	if err != nil {
		return nil, err
	}
	c := &Clients{Project: o.Project}
	if err := c.open(ctx, o, base); err != nil {
		return nil, errors.Join(fmt.Errorf("gcp: %w", err), c.Close())
	}
	return c, nil
}

func (c *Clients) open(ctx context.Context, o Options, base []option.ClientOption) error {
	opens := []func() error{
		opening(c, &c.Projects, "Resource Manager", resourcemanager.NewProjectsClient, ctx, base),
		opening(c, &c.Services, "Service Usage", serviceusage.NewClient, ctx, base),
		opening(c, &c.Accounts, "IAM", iam.NewIamClient, ctx, base),
		opening(c, &c.KMS, "KMS", kms.NewKeyManagementClient, ctx, base),
		opening(c, &c.Databases, "Firestore administration", firestore.NewFirestoreAdminClient, ctx, base),
		opening(c, &c.Secrets, "Secret Manager", secretmanager.NewClient, ctx, base),
		opening(c, &c.Topics, "Pub/Sub topics", pubsub.NewTopicAdminClient, ctx, base),
		opening(c, &c.Subscriptions, "Pub/Sub subscriptions", pubsub.NewSubscriptionAdminClient, ctx, base),
		opening(c, &c.Scheduler, "Cloud Scheduler", scheduler.NewCloudSchedulerClient, ctx, base),
		opening(c, &c.LogConfig, "Logging configuration", logging.NewConfigClient, ctx, base),
		opening(c, &c.LogMetrics, "Logging metrics", logging.NewMetricsClient, ctx, base),
		opening(c, &c.Registry, "Artifact Registry", artifactregistry.NewClient, ctx, base),
		opening(c, &c.Run, "Cloud Run", run.NewServicesClient, ctx, base),
		opening(c, &c.Revisions, "Cloud Run revisions", run.NewRevisionsClient, ctx, base),
		opening(c, &c.Metrics, "metrics", monitoring.NewMetricClient, ctx, base),
		opening(c, &c.Alerts, "alert policies", monitoring.NewAlertPolicyClient, ctx, base),
		opening(c, &c.Channels, "notification channels", monitoring.NewNotificationChannelClient, ctx, base),
		opening(c, &c.Uptime, "uptime checks", monitoring.NewUptimeCheckClient, ctx, base),
		opening(c, &c.Objectives, "service monitoring", monitoring.NewServiceMonitoringClient, ctx, base),
		opening(c, &c.Dashboards, "dashboards", dashboard.NewDashboardsClient, ctx, base),
		func() error { return c.openHTTP(ctx, o) },
	}
	for _, open := range opens {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Clients) openHTTP(ctx context.Context, o Options) error {
	var opts []option.ClientOption
	if o.UserAgent != "" {
		opts = append(opts, option.WithUserAgent(o.UserAgent))
	}
	if o.Transport != nil {
		opts = append(opts, option.WithHTTPClient(&http.Client{Transport: o.Transport}))
	}
	var err error
	if c.Storage, err = storage.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open Cloud Storage: %w", err)
	}
	if c.LogViews, err = logviews.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open policies of log views: %w", err)
	}
	if c.RunGlobal, err = runglobal.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open lists of Cloud Run: %w", err)
	}
	if c.Identities, err = identities.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open service identities: %w", err)
	}
	return nil
}

// opening is the step that opens one client and stores it.
func opening[C interface{ Close() error }](
	c *Clients, place *C, what string, open func(context.Context, ...option.ClientOption) (C, error),
	ctx context.Context, opts []option.ClientOption,
) func() error {
	return func() error {
		client, err := open(ctx, opts...)
		if err != nil {
			return fmt.Errorf("open %s: %w", what, err)
		}
		*place = client
		c.close = append(c.close, client.Close)
		return nil
	}
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
