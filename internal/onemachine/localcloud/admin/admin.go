// Package admin is the rest of Google Cloud that an operator and the product's monitoring use: IAM, Cloud Run, Cloud
// Scheduler, Cloud Storage, Artifact Registry, Cloud Monitoring, Cloud Trace, Service Usage and Resource Manager. It
// extends a local cloud.
//
// It must never be linked into toh-local, which has nothing to administer.
package admin

import (
	"context"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/artifactregistry"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/iam"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/logviews"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/monitoring"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/resourcemanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/run"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/scheduler"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/serviceusage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/storage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/trace"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/secretmanager"
)

// Services are those of this package. The zero value is ready to join a cloud.
type Services struct {
	projects   *resourcemanager.Server
	iam        *iam.Server
	usage      *serviceusage.Server
	registry   *artifactregistry.Server
	run        *run.Server
	scheduler  *scheduler.Server
	monitoring *monitoring.Server
	trace      *trace.Server
	storage    *storage.Server
	views      *logviews.Server
	secrets    *secretmanager.Server // used by Cloud Run
}

// Join creates the services for a cloud that is being opened: it is for localcloud.Options.
func (s *Services) Join(g localcloud.Ground) (localcloud.Further, error) {
	s.secrets = g.Secrets
	s.projects = resourcemanager.New(g.Store, g.Clock)
	s.iam = iam.New(g.Store, g.Clock)
	s.usage = serviceusage.New(g.Store, g.Operations)
	s.registry = artifactregistry.New(g.Store, g.Clock, g.Operations, g.Keys.Use)
	s.run = run.New(g.Store, g.Clock, g.Operations, run.Neighbours{UseKey: g.Keys.Use, Account: s.account,
		SecretVersion: s.secretVersion})
	s.scheduler = scheduler.New(g.Store, g.Clock, g.PubSub)
	s.monitoring = monitoring.New(g.Store, g.Clock)
	s.views = logviews.New(g.Store)
	s.storage = storage.New(g.Store, g.Clock, g.Keys.Use)
	var err error
	s.trace, err = trace.New(g.Store)
	return s, err
}

// Register adds the services that do not use HTTP.
func (s *Services) Register(r grpc.ServiceRegistrar) {
	s.projects.Register(r)
	s.iam.Register(r)
	s.usage.Register(r)
	s.registry.Register(r)
	s.run.Register(r)
	s.scheduler.Register(r)
	s.monitoring.Register(r)
	s.trace.Register(r)
}

// Run runs scheduled jobs until ctx ends.
func (s *Services) Run(ctx context.Context, failed func(service string, err error)) {
	s.scheduler.Run(ctx, func(err error) { failed("scheduler", err) })
}

// account returns the error that Cloud Run gives when it cannot act as a service account.
func (s *Services) account(ctx context.Context, address string) error {
	found, err := s.iam.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: "projects/-/serviceAccounts/" +
		address})
	if status.Code(err) == codes.NotFound || err == nil && found.GetDisabled() {
		return status.Errorf(codes.PermissionDenied, "Permission iam.serviceaccounts.actAs denied on service account "+
			"%s (or it may not exist).", address)
	}
	return err
}

// secretVersion returns the error that Cloud Run gives when a revision cannot read a secret at its start.
func (s *Services) secretVersion(ctx context.Context, name string) error {
	found, err := s.secrets.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: name})
	if err == nil && found.GetState() != secretmanagerpb.SecretVersion_ENABLED {
		err = status.Errorf(codes.FailedPrecondition, "It is %s.", found.GetState())
	}
	if err != nil {
		return status.Errorf(codes.FailedPrecondition, "The revision is not ready and cannot serve traffic: secret "+
			"version %s: %s", name, status.Convert(err).Message())
	}
	return nil
}

// Trace is the trace server, for tests that look at the spans that were written.
func (s *Services) Trace() *trace.Server { return s.trace }

// Scheduler is the scheduler, for code that sets a clock by hand and then wakes it.
func (s *Services) Scheduler() *scheduler.Server { return s.scheduler }
