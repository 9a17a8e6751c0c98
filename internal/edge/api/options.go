package api

import (
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Options are what an API stands on.
type Options struct {
	Gate       *records.Gate
	Identity   *identity.Service
	Clock      model.Clock
	Accounts   *account.Service
	Workspaces *workspace.Service
	Stage      *shows.Service

	BaseURL string        // of the installation, for the document
	Docs    bool          // serve the OpenAPI document and its viewer: never in production
	Timeout time.Duration // of one request; 0 means 1.8 s

	PerSecond float64 // requests of one token, over all instances, see limiter; 0 is no limit
	Burst     int     // how many of them may come at once
}

func (o *Options) check() error {
	if o.Gate == nil || o.Identity == nil || o.Clock == nil || o.Accounts == nil || o.Workspaces == nil ||
		o.Stage == nil {
		return errors.New("api: gate, identity, clock, accounts, workspaces and stage are needed")
	}
	return nil
}
