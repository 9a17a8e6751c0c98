// Package watchers opens the clients that traces and metrics leave by. They stand apart from the service's own, so that
// what sends neither is not linked with them.
//
// Nothing watches them: telling of a call is not a call to tell of. What package gcp says of endpoints, credentials and
// emulators holds here, too.
package watchers

import (
	"context"
	"errors"
	"fmt"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	trace "cloud.google.com/go/trace/apiv2"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
)

// Options say where the clients go.
type Options struct {
	// Project is the id of the Google Cloud project.
	Project string
	// Dial is the connection for both. Nil means Google's real endpoints. Close leaves it open.
	Dial gcp.Dialer
	// UserAgent names the program to Google. It may be empty.
	UserAgent string
}

// Clients are the open clients. They are safe for concurrent use.
type Clients struct {
	Traces  *trace.Client
	Metrics *monitoring.MetricClient

	close []func() error
}

// Open opens the clients. Nothing is sent before the first call.
func Open(ctx context.Context, o Options) (*Clients, error) {
	base, err := gcp.Unwatched(o.Project, o.Dial, o.UserAgent)
	if err != nil {
		return nil, err
	}
	traces, err := trace.NewClient(ctx, base...)
	if err != nil {
		return nil, fmt.Errorf("gcp: open Cloud Trace: %w", err)
	}
	c := &Clients{Traces: traces, close: []func() error{traces.Close}}
	if c.Metrics, err = monitoring.NewMetricClient(ctx, base...); err != nil {
		return nil, errors.Join(fmt.Errorf("gcp: open Cloud Monitoring: %w", err), c.Close())
	}
	c.close = append(c.close, c.Metrics.Close)
	return c, nil
}

// Close closes both. It can be called twice.
func (c *Clients) Close() error {
	var all error
	for _, f := range c.close {
		all = errors.Join(all, f())
	}
	c.close = nil
	return all
}
