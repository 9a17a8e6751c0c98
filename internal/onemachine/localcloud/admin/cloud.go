package admin

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
)

// Cloud is a local cloud with the services of an operator.
type Cloud struct {
	*localcloud.Cloud
	*Services
	intercept func(ctx context.Context, method string) error
}

// Open opens a folder as localcloud.Open does.
func Open(ctx context.Context, o localcloud.Options) (*Cloud, error) {
	c := &Cloud{Services: &Services{}, intercept: o.Intercept}
	if c.intercept == nil {
		c.intercept = func(context.Context, string) error { return nil }
	}
	o.Further = c.Join
	var err error
	c.Cloud, err = localcloud.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return c, nil
}
