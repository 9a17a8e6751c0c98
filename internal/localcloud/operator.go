package localcloud

import (
	"context"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/localcloud/artifactregistry"
	"github.com/tinyoperahouse/toh/internal/localcloud/iam"
	"github.com/tinyoperahouse/toh/internal/localcloud/monitoring"
	"github.com/tinyoperahouse/toh/internal/localcloud/resourcemanager"
	"github.com/tinyoperahouse/toh/internal/localcloud/run"
	"github.com/tinyoperahouse/toh/internal/localcloud/scheduler"
	"github.com/tinyoperahouse/toh/internal/localcloud/serviceusage"
	"github.com/tinyoperahouse/toh/internal/localcloud/storage"
	"github.com/tinyoperahouse/toh/internal/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/localcloud/trace"
)

// operator are the services that only an operator and the monitoring of the product use.
type operator struct {
	projects   *resourcemanager.Server
	iam        *iam.Server
	usage      *serviceusage.Server
	registry   *artifactregistry.Server
	run        *run.Server
	scheduler  *scheduler.Server
	monitoring *monitoring.Server
	trace      *trace.Server
	storage    *storage.Server
}

// openOperator comes after the services that these ask.
func (c *Cloud) openOperator(store table.Store) (err error) {
	c.projects = resourcemanager.New(store, c.opts.Clock)
	c.iam = iam.New(store, c.opts.Clock)
	c.usage = serviceusage.New(store, c.operations)
	c.registry = artifactregistry.New(store, c.opts.Clock, c.operations, c.kms.Use)
	c.run = run.New(store, c.opts.Clock, c.operations, run.Neighbours{UseKey: c.kms.Use, Account: c.account, SecretVersion: c.secretVersion})
	c.scheduler = scheduler.New(store, c.opts.Clock, c.pubsub)
	c.monitoring = monitoring.New(store, c.opts.Clock)
	c.storage = storage.New(store, c.opts.Clock, c.kms.Use)
	c.trace, err = trace.New(store)
	return err
}

func (o *operator) register(r grpc.ServiceRegistrar) {
	o.projects.Register(r)
	o.iam.Register(r)
	o.usage.Register(r)
	o.registry.Register(r)
	o.run.Register(r)
	o.scheduler.Register(r)
	o.monitoring.Register(r)
	o.trace.Register(r)
}

// account answers what Cloud Run does when it cannot act as a service account.
func (c *Cloud) account(ctx context.Context, address string) error {
	found, err := c.iam.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: "projects/-/serviceAccounts/" + address})
	if status.Code(err) == codes.NotFound || err == nil && found.GetDisabled() {
		return status.Errorf(codes.PermissionDenied, "Permission iam.serviceaccounts.actAs denied on service account %s (or it may not exist).", address)
	}
	return err
}

// secretVersion answers what Cloud Run does when a revision cannot read a secret as it starts.
func (c *Cloud) secretVersion(ctx context.Context, name string) error {
	found, err := c.secrets.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: name})
	if err == nil && found.GetState() != secretmanagerpb.SecretVersion_ENABLED {
		err = status.Errorf(codes.FailedPrecondition, "It is %s.", found.GetState())
	}
	if err != nil {
		return status.Errorf(codes.FailedPrecondition, "The revision is not ready and cannot serve traffic: secret version %s: %s", name, status.Convert(err).Message())
	}
	return nil
}

// Trace is the trace server, for those who look at the spans that were written.
func (c *Cloud) Trace() *trace.Server { return c.trace }

// Scheduler is the scheduler, for those who set a clock by hand and then wake it.
func (c *Cloud) Scheduler() *scheduler.Server { return c.scheduler }
