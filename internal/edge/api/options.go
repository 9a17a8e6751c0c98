package api

import (
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/program"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Options are what an API needs.
type Options struct {
	Identity   *identity.Service
	Programs   *program.Service
	Clock      model.Clock
	Accounts   *account.Service
	Workspaces *workspace.Service
	Stage      *shows.Service
	Files      *files.Service

	BaseURL string        // of the installation, for the document
	Docs    bool          // serve the OpenAPI document and its viewer: never on Google Cloud
	Timeout time.Duration // of one request; 0 means 1.8 s

	PerSecond float64 // requests of one token, across all instances, see limiter; 0 means no limit
	Burst     int     // how many requests may come at once
}

func (o *Options) check() error {
	if o.Identity == nil || o.Programs == nil || o.Clock == nil || o.Accounts == nil || o.Workspaces == nil ||
		o.Stage == nil || o.Files == nil {
		return errors.New("api: identity, programs, clock, accounts, workspaces, stage and files are needed")
	}
	return nil
}
