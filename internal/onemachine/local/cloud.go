package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/wholefile"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/secret"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Cloud is the cloud of one machine, ready for the service: it has everything that the operator provisions on Google
// Cloud.
type Cloud struct {
	*localcloud.Cloud
	Clients *gcp.Clients
}

// CloudOptions say where the cloud of one machine is stored, and how it behaves.
type CloudOptions struct {
	Dir       string // created when missing, 0700
	Config    config.Config
	Content   []store.Collection // of the content database
	Keys      []store.Collection // of the keys database
	Clock     model.Clock        // nil means the system's
	Logger    *slog.Logger
	Intercept func(ctx context.Context, method string) error // for tests: refuse, hang, be slow at the connection
	// Watch, if it is set, gives what stands around every call of Clients. Whatever it opens is its own to close.
	Watch  func(context.Context, gcp.Dialer) (gcp.Watch, error)
	Failed func(error)      // see localcloud.Options
	Files  localcloud.Files // for tests: see localcloud.Options
	Writer wholefile.Writer // for tests: see localcloud.Options
	// Further is for tests that look at traces and metrics; see localcloud.Options.
	Further func(localcloud.Ground) (localcloud.Further, error)
}

// OpenCloud opens the folder and creates what is missing in it.
func OpenCloud(ctx context.Context, o CloudOptions) (*Cloud, error) {
	cloud, err := localcloud.Open(ctx, localcloud.Options{
		Dir: o.Dir, Clock: o.Clock, Logger: o.Logger, Intercept: o.Intercept, Failed: o.Failed, Files: o.Files,
		Writer: o.Writer, Further: o.Further,
	})
	if err != nil {
		return nil, err
	}
	c := &Cloud{Cloud: cloud}
	if err := c.prepare(ctx, o); err != nil {
		closed := c.Close()
		if localcloud.DiskFailed(closed) {
			return nil, closed // it is the reason, in one sentence
		}
		return nil, errors.Join(err, closed)
	}
	return c, nil
}

// Close closes the clients and the folder.
func (c *Cloud) Close() error {
	var err error
	if c.Clients != nil {
		err = c.Clients.Close()
	}
	return errors.Join(err, c.Cloud.Close())
}

func (c *Cloud) prepare(ctx context.Context, o CloudOptions) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := c.databases(o); err != nil {
		return fmt.Errorf("databases: %w", err)
	}
	if err := c.openClients(ctx, o); err != nil {
		return err
	}
	for what, step := range map[string]func(context.Context, config.Config) error{
		"keys": c.keys, "log bucket": c.bucket, "topics": c.topics, "secrets": c.secrets,
	} {
		if err := step(ctx, o.Config); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func (c *Cloud) openClients(ctx context.Context, o CloudOptions) (err error) {
	options := gcp.Options{
		Project: o.Config.Project, FirestoreDatabase: o.Config.ContentDatabase, KeysDatabase: o.Config.KeysDatabase,
		Dial: c.Conn(),
	}
	if o.Watch != nil {
		if options.Watch, err = o.Watch(ctx, c.Conn()); err != nil {
			return err
		}
	}
	c.Clients, err = gcp.Open(ctx, options)
	return err
}

func (c *Cloud) databases(o CloudOptions) error {
	for id, collections := range map[string][]store.Collection{
		o.Config.ContentDatabase: o.Content, o.Config.KeysDatabase: o.Keys,
	} {
		if err := c.Firestore().EnsureDatabase(o.Config.Project, id); err != nil {
			return err
		}
		indexes, overrides := declared(store.Indexes(collections))
		name := "projects/" + o.Config.Project + "/databases/" + id
		if err := c.Firestore().DeclareIndexes(name, indexes, overrides...); err != nil {
			return err
		}
	}
	return nil
}

// declared is what the store needs, in the database's terms.
func declared(spec store.IndexSpec) ([]firestore.Index, []firestore.FieldOverride) {
	indexes := make([]firestore.Index, len(spec.Composites))
	for i, x := range spec.Composites {
		indexes[i] = firestore.Index{Collection: x.Collection, GroupScope: x.Group}
		for _, f := range x.Fields {
			indexes[i].Fields = append(indexes[i].Fields, firestore.IndexField{Path: f.Name,
				Mode: firestore.Mode(f.Mode)})
		}
	}
	overrides := make([]firestore.FieldOverride, len(spec.Fields))
	for i, f := range spec.Fields {
		overrides[i] = firestore.FieldOverride{Collection: f.Collection, Path: f.Field, TTL: f.TTL}
		for _, s := range f.Single {
			overrides[i].Indexes = append(overrides[i].Indexes, firestore.FieldIndex{Mode: firestore.Mode(s.Mode),
				GroupScope: s.Group})
		}
	}
	return indexes, overrides
}

// keys creates the key ring with the keys that the configuration names: the one that wraps keyrings, and the one that
// signs.
func (c *Cloud) keys(ctx context.Context, cfg config.Config) error {
	location := "projects/" + cfg.Project + "/locations/" + cfg.Region
	_, err := c.Clients.KMS.CreateKeyRing(ctx, &kmspb.CreateKeyRingRequest{Parent: location, KeyRingId: "toh"})
	if err := unlessThere(err); err != nil {
		return err
	}
	_, err = c.Clients.KMS.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{
		Parent: location + "/keyRings/toh", CryptoKeyId: "workspaces",
		CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	})
	if err := unlessThere(err); err != nil {
		return err
	}
	_, err = c.Clients.KMS.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{
		Parent: location + "/keyRings/toh", CryptoKeyId: path.Base(cfg.SigningKey()),
		CryptoKey: &kmspb.CryptoKey{
			Purpose:         kmspb.CryptoKey_ASYMMETRIC_SIGN,
			VersionTemplate: &kmspb.CryptoKeyVersionTemplate{Algorithm: kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256},
		},
	})
	return unlessThere(err)
}

// bucket creates the log bucket with 14 days of retention, the sink that fills it, and the view for the controls.
func (c *Cloud) bucket(ctx context.Context, cfg config.Config) error {
	bucket, view, _ := strings.Cut(cfg.TrailView, "/views/")
	location, id, _ := strings.Cut(bucket, "/buckets/")
	_, err := c.Clients.LogConfig.CreateBucket(ctx, &loggingpb.CreateBucketRequest{
		Parent: location, BucketId: id, Bucket: &loggingpb.LogBucket{RetentionDays: 14},
	})
	if err := unlessThere(err); err != nil {
		return err
	}
	_, err = c.Clients.LogConfig.CreateView(ctx, &loggingpb.CreateViewRequest{Parent: bucket, ViewId: view,
		View: &loggingpb.LogView{Filter: `log_id("audit")`}})
	if err := unlessThere(err); err != nil {
		return err
	}
	_, err = c.Clients.LogConfig.CreateSink(ctx, &loggingpb.CreateSinkRequest{
		Parent: "projects/" + cfg.Project,
		Sink: &loggingpb.LogSink{
			Name: "audit", Filter: `log_id("audit")`,
			Destination: "logging.googleapis.com/" + bucket,
		},
	})
	return unlessThere(err)
}

// secrets generates random ones at the first start.
func (c *Cloud) secrets(ctx context.Context, cfg config.Config) error {
	source := secret.New(secret.Options{Client: c.Clients.Secrets, Project: cfg.Project})
	for name, make := range map[string]func() ([]byte, error){
		cfg.Secrets.SessionKeys: secret.NewSigningKey, cfg.Secrets.Pepper: random, cfg.Secrets.CursorKey: random,
	} {
		if err := source.Ensure(ctx, name, make); err != nil {
			return err
		}
	}
	return nil
}

func random() ([]byte, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}

func unlessThere(err error) error {
	if status.Code(err) == codes.AlreadyExists {
		return nil
	}
	return err
}
