package gcp

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
	"google.golang.org/api/option"
	runglobal "google.golang.org/api/run/v1"
	identities "google.golang.org/api/serviceusage/v1beta1"
	storage "google.golang.org/api/storage/v1"
)

// AdminOptions say where the operator's clients go.
type AdminOptions struct {
	// Project is the id of the Google Cloud project.
	Project string
	// Dial is the connection for everything that speaks gRPC. Nil means Google's real endpoints. Close leaves it open.
	Dial Dialer
	// Transport is the way for what is reached by HTTP: Cloud Storage, the services' identities, lists of Cloud Run. It
	// is given together with Dial, or not at all.
	Transport http.RoundTripper
	// UserAgent names the program to Google. It may be empty.
	UserAgent string
}

// Admin are the operator's clients: they make, change and look at what the service stands on. They are safe for
// concurrent use.
type Admin struct {
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

// OpenAdmin opens the operator's clients. Nothing is sent before the first call.
func OpenAdmin(ctx context.Context, o AdminOptions) (*Admin, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("gcp: %w", err)
	}
	a := &Admin{Project: o.Project}
	if err := a.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("gcp: %w", err), a.Close())
	}
	return a, nil
}

func (o AdminOptions) check() error {
	switch {
	case !projectForm.MatchString(o.Project):
		return fmt.Errorf("%q is no project id", o.Project)
	case (o.Dial == nil) != (o.Transport == nil):
		return errors.New("a connection and a transport are given together or not at all")
	case o.Dial == nil:
		return checkEnvironment()
	}
	return nil
}

func (a *Admin) open(ctx context.Context, o AdminOptions) error {
	base := Options{Dial: o.Dial, UserAgent: o.UserAgent}.base()
	opens := []func() error{
		opening(a, &a.Projects, "Resource Manager", resourcemanager.NewProjectsClient, ctx, base),
		opening(a, &a.Services, "Service Usage", serviceusage.NewClient, ctx, base),
		opening(a, &a.Accounts, "IAM", iam.NewIamClient, ctx, base),
		opening(a, &a.KMS, "KMS", kms.NewKeyManagementClient, ctx, base),
		opening(a, &a.Databases, "Firestore administration", firestore.NewFirestoreAdminClient, ctx, base),
		opening(a, &a.Secrets, "Secret Manager", secretmanager.NewClient, ctx, base),
		opening(a, &a.Topics, "Pub/Sub topics", pubsub.NewTopicAdminClient, ctx, base),
		opening(a, &a.Subscriptions, "Pub/Sub subscriptions", pubsub.NewSubscriptionAdminClient, ctx, base),
		opening(a, &a.Scheduler, "Cloud Scheduler", scheduler.NewCloudSchedulerClient, ctx, base),
		opening(a, &a.LogConfig, "Logging configuration", logging.NewConfigClient, ctx, base),
		opening(a, &a.LogMetrics, "Logging metrics", logging.NewMetricsClient, ctx, base),
		opening(a, &a.Registry, "Artifact Registry", artifactregistry.NewClient, ctx, base),
		opening(a, &a.Run, "Cloud Run", run.NewServicesClient, ctx, base),
		opening(a, &a.Revisions, "Cloud Run revisions", run.NewRevisionsClient, ctx, base),
		opening(a, &a.Metrics, "metrics", monitoring.NewMetricClient, ctx, base),
		opening(a, &a.Alerts, "alert policies", monitoring.NewAlertPolicyClient, ctx, base),
		opening(a, &a.Channels, "notification channels", monitoring.NewNotificationChannelClient, ctx, base),
		opening(a, &a.Uptime, "uptime checks", monitoring.NewUptimeCheckClient, ctx, base),
		opening(a, &a.Objectives, "service monitoring", monitoring.NewServiceMonitoringClient, ctx, base),
		opening(a, &a.Dashboards, "dashboards", dashboard.NewDashboardsClient, ctx, base),
		func() error { return a.openHTTP(ctx, o) },
	}
	for _, open := range opens {
		if err := open(); err != nil {
			return err
		}
	}
	return nil
}

func (a *Admin) openHTTP(ctx context.Context, o AdminOptions) error {
	var opts []option.ClientOption
	if o.UserAgent != "" {
		opts = append(opts, option.WithUserAgent(o.UserAgent))
	}
	if o.Transport != nil {
		opts = append(opts, option.WithHTTPClient(&http.Client{Transport: o.Transport}))
	}
	var err error
	if a.Storage, err = storage.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open Cloud Storage: %w", err)
	}
	if a.RunGlobal, err = runglobal.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open lists of Cloud Run: %w", err)
	}
	if a.Identities, err = identities.NewService(ctx, opts...); err != nil {
		return fmt.Errorf("open service identities: %w", err)
	}
	return nil
}

// opening is the step that opens one client into its place.
func opening[C interface{ Close() error }](
	a *Admin, place *C, what string, open func(context.Context, ...option.ClientOption) (C, error),
	ctx context.Context, opts []option.ClientOption,
) func() error {
	return func() error {
		client, err := open(ctx, opts...)
		if err != nil {
			return fmt.Errorf("open %s: %w", what, err)
		}
		*place = client
		a.close = append(a.close, client.Close)
		return nil
	}
}

// Close closes all clients. It can be called twice.
func (a *Admin) Close() error {
	var all error
	for _, f := range a.close {
		all = errors.Join(all, f())
	}
	a.close = nil
	return all
}
