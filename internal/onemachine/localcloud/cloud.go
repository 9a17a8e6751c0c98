// Package localcloud is the part of Google Cloud that the product uses, for one machine: Firestore, KMS, Secret
// Manager, Logging and Pub/Sub in one process, stored in one folder, reached by Google's own clients over a connection
// without a network. Whatever else an operator uses of Google Cloud is in the package admin.
//
// It must never be linked into the program that runs on Google Cloud, never listen on anything but a loopback address,
// and never answer a write before the disk has it. It imports nothing of the product that it serves.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kms"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/secretmanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
)

// The contents of the folder.
const (
	databaseDir = "cloud"
	masterKey   = "master.key"
)

// Files is a file system.
type Files = vfs.FS

// Options say where the cloud is stored and how it behaves. Only Dir is required.
type Options struct {
	// Dir is the folder; it is created if it does not exist, accessible to its owner only.
	Dir string
	// Clock tells the time; nil means the machine's.
	Clock clock.Clock
	// Logger gets what no caller is told: failed pushes and sweeps, panics. It gets no content.
	Logger *slog.Logger
	// Intercept, when set, runs before every call. If it returns an error the call fails with it, and it may block
	// until ctx ends.
	Intercept func(ctx context.Context, method string) error
	// PushTransport sends the pushes of Pub/Sub; nil means a plain one.
	PushTransport http.RoundTripper
	// Failed, when set, is called once when the disk has failed in a way after which nothing more can be promised, with
	// an error of one sentence for whoever runs the program. From then on every call answers UNAVAILABLE. It must not
	// use the cloud, and may end the process.
	Failed func(error)
	// Files is the file system of the database, for tests of a failing disk; nil means the machine's own.
	Files Files
	// Writer writes the file of the master key, for the same tests.
	Writer wholefile.Writer
	// Further, when set, creates services besides those that every installation uses: see the package admin.
	Further func(Ground) (Further, error)
	// LogReadsPerMinute, when set, refuses further reads of logs in a minute. Google allows 60.
	LogReadsPerMinute int
}

// Cloud is an open folder and the services on it.
type Cloud struct {
	opts Options
	db   *kv.DB
	conn *inproc.Conn

	firestore *firestore.Server
	kms       *kms.Server
	secrets   *secretmanager.Server
	logging   *logging.Server
	pubsub    *pubsub.Server

	operations *operation.Operations
	policies   policy.Mux
	further    Further

	mu      sync.Mutex
	started bool
	closed  bool
	stop    context.CancelFunc // ends what Start started
	running sync.WaitGroup
	servers map[*grpc.Server]struct{}
}

// Open opens the folder, and creates keys and database when it is empty. If another process has the folder open, the
// error wraps kv.ErrInUse.
func Open(ctx context.Context, o Options) (*Cloud, error) {
	if o.Dir == "" {
		return nil, errors.New("localcloud: no folder given")
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("localcloud: %w", err)
	}
	c := &Cloud{opts: o.withDefaults(), stop: func() {}, servers: map[*grpc.Server]struct{}{}}
	if err := ownFolder(o.Dir); err != nil {
		return nil, fmt.Errorf("localcloud: %w", kv.Explain(o.Dir, err))
	}
	if err := o.checkFolder(); err != nil {
		return nil, fmt.Errorf("localcloud: %w", err)
	}
	var err error
	if c.db, err = openDatabase(ctx, filepath.Join(o.Dir, databaseDir), kv.Options{Log: background{c.opts.Logger},
		Failed: o.Failed, Files: o.Files}); err != nil {
		return nil, fmt.Errorf("localcloud: %w", err)
	}
	if err := c.openServices(); err != nil {
		closed := c.closeServices()
		if errors.Is(closed, kv.ErrFailed) {
			closed = nil // one sentence about a failing disk is enough: closing fails for the same reason
		}
		return nil, errors.Join(fmt.Errorf("localcloud: %w", kv.Explain(o.Dir, err)), closed)
	}
	return c, nil
}

// DiskFailed reports whether an error is about the disk or its content: full, read-only, failing, damaged.
func DiskFailed(err error) bool {
	for _, kind := range []error{
		kv.ErrFailed, kv.ErrFull, kv.ErrReadOnly, kv.ErrForbidden, kv.ErrDamaged, kv.ErrDisk,
		vault.ErrKeyMissing, vault.ErrKeyWrong, vault.ErrKeyDamaged, vault.ErrDataGone,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// ExplainDisk says in one sentence what is wrong with the disk, if an error about a folder is about the disk.
func ExplainDisk(dir string, err error) error { return kv.Explain(dir, err) }

// checkFolder refuses a folder whose database is gone, before anything is created there.
func (o Options) checkFolder() error {
	files := o.Files
	if files == nil {
		files = vfs.Default
	}
	key := filepath.Join(o.Dir, masterKey)
	if _, err := os.Stat(key); err != nil {
		return nil // whatever is wrong, reading the key will report it
	}
	if _, err := files.Stat(filepath.Join(o.Dir, databaseDir)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", filepath.Join(o.Dir, databaseDir), vault.ErrDataGone)
	}
	return nil
}

// openDatabase gives up when ctx ends, because a disk may hang.
func openDatabase(ctx context.Context, dir string, o kv.Options) (*kv.DB, error) {
	type opened struct {
		db  *kv.DB
		err error
	}
	done := make(chan opened, 1)
	go func() {
		db, err := kv.Open(dir, o)
		done <- opened{db, err}
	}()
	select {
	case o := <-done:
		return o.db, o.err
	case <-ctx.Done():
		go func() {
			if o := <-done; o.db != nil {
				_ = o.db.Close() // nobody is left to report it to
			}
		}()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s could not be opened in time: %w; check the disk, then start again", dir,
				kv.ErrDisk)
		}
		return nil, ctx.Err()
	}
}

// background is the log of what the database does on its own.
type background struct{ *slog.Logger }

// Info logs what happened.
func (b background) Info(event string) { b.Debug("local database", "event", event) }

// Error logs what went wrong.
func (b background) Error(event string, err error) { b.Logger.Error(event, "error", err.Error()) }

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// ownFolder creates the folder, and makes an existing one inaccessible to everybody but its owner.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at folder: %w", err)
	}
	if info.Mode().Perm() == 0o700 {
		return nil
	}
	err = os.Chmod(dir, 0o700) // #nosec G302 -- a folder needs the x bit
	if err != nil {
		return fmt.Errorf("close folder to others: %w", err)
	}
	return nil
}

func (c *Cloud) openServices() error {
	store := table.On(c.db)
	v, err := vault.OpenWith(c.opts.Writer, filepath.Join(c.opts.Dir, masterKey), store)
	if err != nil {
		return err
	}
	c.kms = kms.New(store, v, c.opts.Clock)
	c.operations = operation.New(store)
	if c.firestore, err = firestore.New(c.db, firestore.Options{Clock: c.opts.Clock.Now, Key: c.kms.Use}); err != nil {
		return err
	}
	if c.logging, err = logging.New(store, c.opts.Clock, logging.Options{ReadsPerMinute: c.opts.LogReadsPerMinute,
		Key: c.kms.Use}); err != nil {
		return err
	}
	pubsubOptions := pubsub.Options{Transport: c.opts.PushTransport, OnError: func(err error) {
		c.failed("pubsub", err)
	}, Key: c.kms.Use}
	if c.pubsub, err = pubsub.New(store, v, c.opts.Clock, pubsubOptions); err != nil {
		return err
	}
	c.secrets = secretmanager.New(store, v, c.opts.Clock, c.kms.Use)
	c.kms.Handle(&c.policies)
	c.pubsub.Handle(&c.policies)
	if err := c.openFurther(store); err != nil {
		return err
	}
	c.conn = inproc.New(inproc.Options{Intercept: c.opts.Intercept, OnPanic: c.panicked})
	c.register(c.conn)
	return nil
}

func (c *Cloud) register(on grpc.ServiceRegistrar) {
	r := durable{on, c.db}
	c.firestore.Register(r)
	c.logging.Register(r)
	c.pubsub.Register(r)
	c.operations.Register(r)
	c.policies.Register(r)
	kmspb.RegisterKeyManagementServiceServer(r, c.kms)
	secretmanagerpb.RegisterSecretManagerServiceServer(r, c.secrets)
	c.further.Register(r)
}

// Conn is the connection for Google's clients: all services, no network.
func (c *Cloud) Conn() *inproc.Conn { return c.conn }

// Firestore is the database server, for what an operator does on Google Cloud: create databases, declare indexes.
func (c *Cloud) Firestore() *firestore.Server { return c.firestore }

// PubSub is the message server, for the keys of its push tokens.
func (c *Cloud) PubSub() *pubsub.Server { return c.pubsub }

// Durable waits until everything that anybody may have read is on disk, and returns the error that prevents it.
func (c *Cloud) Durable(ctx context.Context) error { return c.db.Durable(ctx) }

func (c *Cloud) failed(service string, err error) {
	c.opts.Logger.Warn("local cloud", "service", service, "error", err.Error())
}

// panicked leaves out the value of the panic, because it may hold content.
func (c *Cloud) panicked(method string, value any, stack []byte) {
	c.opts.Logger.Error("panic in local cloud", "method", method, "type", fmt.Sprintf("%T", value), "stack",
		string(stack))
}
