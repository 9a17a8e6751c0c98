package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/secret"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// Options are what the service is made of.
type Options struct {
	Config  config.Config
	Clients *gcp.Clients
	Clock   model.Clock // nil means the system's
	Logger  *slog.Logger
	Alone   bool // no other instance runs on this database

	// Telemetry receives traces and metrics; it is closed with the App. Nil means none.
	Telemetry *telemetry.Telemetry

	// Admin opens the clients by which the tasks service looks at the cloud that it stands on. Nil is where there is
	// none to look at.
	Admin func(context.Context) (*operator.Clients, error)

	// Mirror is the bucket for the copy of the security page. Nil is where there is none to write.
	Mirror *objects.Bucket

	// Objects is where files are kept. Nil is where none can be added.
	Objects blob.Store

	// Outside is the transport for what no client above reaches: Google's public keys, the mail vendor. Nil means the
	// network.
	Outside http.RoundTripper

	// Public is the transport by which the service is reached at its public address. Nil means the network.
	Public http.RoundTripper

	// Release is what runs, as the public history of controls names it.
	Release string

	// Patience is how long a call to the database or to KMS may take, and a request as a whole; zero means their own
	// defaults, which keep every answer under two seconds. Tests on slow emulators allow more.
	Patience time.Duration

	// Templates are the files of the folder templates, looked at again with each request, for those who write them. Nil
	// is those built in.
	Templates fs.FS

	// Still is for tests and measurements: controls of promises do not run by themselves, and no workspaces are made
	// for them.
	Still bool

	// CheapPasswords is for tests, which make many accounts: the cheapest password hash. Never outside tests.
	CheapPasswords bool
}

// ground is what every use case needs.
type ground struct {
	clock    model.Clock
	secrets  *secret.Source
	content  *store.Store
	patient  *store.Store // the same database, with a long timeout for long commits
	keyrings *seal.Keyrings
	shipper  *audit.Shipper
	trail    *audit.Trail
	gate     *records.Gate
	left     measure // of the trail, by the last tick
	sweeper  *checkpoint.Sweeper
	verifier *checkpoint.Verifier
	signs    *signing.Keys // rounds of checkpoints, and heads of the history
	outside  *store.Store  // of the keys database: what a restore of the content does not reach
	history  *history.Log
}

func newGround(ctx context.Context, o Options) (*ground, error) {
	g := &ground{clock: o.Clock}
	g.secrets = secret.New(secret.Options{
		Client: o.Clients.Secrets, Project: o.Config.Project, Clock: o.Clock, Check: config.CheckSecret,
		Failed: func(name string, err error) {
			o.Logger.Warn("secret not refreshed, using the copy", "name", name, "error", err)
		},
	})
	err := patiently(ctx, func() error {
		return g.secrets.Preload(ctx, o.Config.Secrets.SessionKeys, o.Config.Secrets.Pepper, o.Config.Secrets.CursorKey)
	})
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	if err := g.openStores(ctx, o); err != nil {
		return nil, err
	}
	g.openTrail(o)
	if err := g.openHistory(o); err != nil {
		return nil, err
	}
	g.gate = records.New(records.Options{Store: g.content, Keyrings: g.keyrings, Trail: g.trail, Clock: o.Clock})
	return g, nil
}

func (g *ground) openStores(ctx context.Context, o Options) error {
	cursor, err := g.secrets.Get(ctx, o.Config.Secrets.CursorKey)
	if err != nil {
		return fmt.Errorf("cursor key: %w", err)
	}
	return g.openDatabases(o, cursor.Newest())
}

func (g *ground) openDatabases(o Options, cursorKey []byte) (err error) {
	content := store.Options{
		Client: o.Clients.Firestore.Client, Database: o.Clients.Firestore.Name,
		Collections: ContentCollections(), CursorKey: cursorKey, Clock: o.Clock, Timeout: o.Patience,
	}
	if g.content, err = store.New(content); err != nil {
		return fmt.Errorf("content database: %w", err)
	}
	content.Timeout = max(o.Patience, roundPatience)
	if g.patient, err = store.New(content); err != nil {
		return fmt.Errorf("content database: %w", err)
	}
	g.outside, err = store.New(store.Options{
		Client: o.Clients.Keys.Client, Database: o.Clients.Keys.Name,
		Collections: KeysCollections(), CursorKey: cursorKey, Clock: o.Clock, Timeout: o.Patience,
	})
	if err != nil {
		return fmt.Errorf("keys database: %w", err)
	}
	g.keyrings = seal.New(seal.Options{KMS: o.Clients.KMS, KeyName: o.Config.KMSKey, Store: g.outside, Clock: o.Clock,
		Timeout: o.Patience})
	return nil
}

func (g *ground) openTrail(o Options) {
	g.shipper = audit.NewShipper(audit.ShipperOptions{
		Store: g.content, Clock: o.Clock, Alone: o.Alone, Logger: o.Logger,
		Log:     shipping{audit.CloudLog{Client: o.Clients.Logging, Project: o.Config.Project}, o.Telemetry},
		Durable: entered(o.Telemetry),
	})
	g.trail = audit.New(audit.Options{Store: g.content, Keyrings: g.keyrings, Clock: o.Clock, Shipper: g.shipper,
		Totals: checkpoint.Totals{Store: g.content}, Timeout: o.Patience})
	g.bindTrail(o)
}

// start makes sure that the platform's own keyring exists and begins shipping the trail. A call that is not answered is
// repeated until ctx ends, because a database may be starting up as well.
func (g *ground) start(ctx context.Context) error {
	if err := patiently(ctx, func() error { return g.keyrings.Ensure(ctx, model.Platform()) }); err != nil {
		return fmt.Errorf("the platform's keyring: %w", err)
	}
	if err := patiently(ctx, func() error { return g.shipper.Start(ctx) }); err != nil {
		return fmt.Errorf("audit shipper: %w", err)
	}
	return nil
}

const startPause = 250 * time.Millisecond

// patiently repeats do while it fails because something is unavailable.
func patiently(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !errors.Is(err, model.ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}
