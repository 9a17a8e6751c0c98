package localcloud

import (
	"context"

	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kms"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/secretmanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Ground is what further services need: the same folder, the same clock, and the services that they call.
type Ground struct {
	Store      table.Store
	Clock      clock.Clock
	Operations *operation.Operations
	Keys       *kms.Server
	Secrets    *secretmanager.Server
	PubSub     *pubsub.Server
}

// Further are services besides those that every installation uses. They are linked only into programs that pass them in
// Options.
type Further interface {
	Register(grpc.ServiceRegistrar)
	// Run does background work until ctx ends. It calls failed with what went wrong.
	Run(ctx context.Context, failed func(service string, err error))
}

// none are no further services.
type none struct{}

// Register adds nothing.
func (none) Register(grpc.ServiceRegistrar) {}

// Run does nothing.
func (none) Run(context.Context, func(string, error)) {}

func (c *Cloud) openFurther(store table.Store) (err error) {
	c.further = none{}
	if c.opts.Further == nil {
		return nil
	}
	c.further, err = c.opts.Further(Ground{
		Store: store, Clock: c.opts.Clock, Operations: c.operations, Keys: c.kms, Secrets: c.secrets, PubSub: c.pubsub,
	})
	return err
}
