// Package localcloud is a small cloud inside the process: Firestore, KMS, Secret Manager, Logging and Pub/Sub on one folder,
// reached by Google's official clients over one connection.
//
// It must never know the product, open a folder that another process uses, answer before the disk has what it promises, or be linked
// into the container's program.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/localcloud/kms"
	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/localcloud/secretmanager"
	"github.com/tinyoperahouse/toh/internal/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Options say where the cloud lives and how it behaves.
type Options struct {
	Dir       string      // made when missing, for its owner only
	Clock     model.Clock // nil means the system's
	Logger    *slog.Logger
	Intercept func(ctx context.Context, method string) error // runs before every call; its error is the call's
}

// Cloud is an open cloud.
type Cloud struct {
	db        *kv.DB
	conn      *inproc.Conn
	firestore *firestore.Server
	kms       *kms.Server
	secrets   *secretmanager.Server
	logging   *logging.Server
	pubsub    *pubsub.Server
	log       *slog.Logger

	stop  context.CancelFunc
	tasks sync.WaitGroup
}

// Open opens the folder. Only one process can have it open.
func Open(_ context.Context, o Options) (*Cloud, error) {
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	db, err := kv.Open(filepath.Join(o.Dir, "cloud"), kv.Options{})
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	c := &Cloud{db: db, log: o.Logger}
	if err := c.open(o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cloud) open(o Options) error {
	shelf := table.On(c.db)
	safe, err := vault.Open(filepath.Join(o.Dir, "master.key"), shelf)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if c.firestore, err = firestore.New(c.db, firestore.Options{Clock: o.Clock.Now}); err != nil {
		return err
	}
	if c.logging, err = logging.New(shelf, o.Clock, logging.Options{}); err != nil {
		return fmt.Errorf("logging: %w", err)
	}
	c.pubsub, err = pubsub.New(shelf, safe, o.Clock, pubsub.Options{OnError: func(err error) {
		c.log.Warn("local Pub/Sub", "error", err)
	}})
	if err != nil {
		return fmt.Errorf("pubsub: %w", err)
	}
	c.kms, c.secrets = kms.New(shelf, safe, o.Clock), secretmanager.New(shelf, safe, o.Clock)
	c.conn = inproc.New(inproc.Options{Intercept: o.Intercept, OnPanic: func(method string, value any, stack []byte) {
		c.log.Error("panic in the local cloud", "method", method, "panic", fmt.Sprint(value), "stack", string(stack))
	}})
	c.register(c.conn)
	return nil
}

func (c *Cloud) register(r grpc.ServiceRegistrar) {
	c.firestore.Register(r)
	c.logging.Register(r)
	c.pubsub.Register(r)
	kmspb.RegisterKeyManagementServiceServer(r, c.kms)
	secretmanagerpb.RegisterSecretManagerServiceServer(r, c.secrets)
}

// Conn is the connection for Google's clients.
func (c *Cloud) Conn() *inproc.Conn { return c.conn }

// Firestore is the document database, to make databases and declare indexes.
func (c *Cloud) Firestore() *firestore.Server { return c.firestore }

// PubSub is the message service, for the keys of its push tokens.
func (c *Cloud) PubSub() *pubsub.Server { return c.pubsub }

const sweepEvery = time.Minute

// Start begins to push messages and to sweep what has expired, until Close.
func (c *Cloud) Start(ctx context.Context) error {
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := c.pubsub.Start(ctx); err != nil {
		return err
	}
	c.tasks.Go(func() { c.sweepAlways(ctx) })
	return nil
}

func (c *Cloud) sweepAlways(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("sweep of the local cloud", "error", err)
		}
	}
}

// Sweep removes what has expired: documents past their time to live, old log entries and messages, keys whose time has come.
func (c *Cloud) Sweep(ctx context.Context) error {
	_, err := c.firestore.Sweep(ctx)
	return errors.Join(err, c.logging.Sweep(ctx), c.kms.Sweep(ctx), c.pubsub.Sweep(ctx))
}

// Close ends what Start began, then closes the folder.
func (c *Cloud) Close() error {
	var err error
	if c.stop != nil {
		c.stop()
		c.tasks.Wait()
		c.stop = nil
	}
	if c.pubsub != nil {
		err = c.pubsub.Close()
	}
	if c.firestore != nil {
		err = errors.Join(err, c.firestore.Close())
	}
	return errors.Join(err, c.db.Close())
}
