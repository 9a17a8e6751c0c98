package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/rewrap"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// OperatorOptions are what an operator's command needs.
type OperatorOptions struct {
	Config  config.Config // of an installation, see config.Installed
	Clients *gcp.Clients
	Clock   model.Clock // nil means the system's
	Logger  *slog.Logger
}

// Operator is the part below the use cases, for the operator's commands: databases, keys, trail and jobs. It has no way
// in, no people and no secrets.
type Operator struct {
	Gate     *records.Gate
	Keyrings *seal.Keyrings
	Queue    *task.Queue
	Keys     *rewrap.Service
	Clock    model.Clock

	ground  *ground
	options Options
	cursor  []byte
}

// operatorPatience is how long a call of a command may take, since nobody waits for a page.
const operatorPatience = 20 * time.Second

// NewOperator assembles it and begins shipping the trail. Close must be called in the end.
func NewOperator(ctx context.Context, o OperatorOptions) (*Operator, error) {
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	options := Options{Config: o.Config, Clients: o.Clients, Clock: o.Clock, Logger: o.Logger,
		Patience: operatorPatience}
	cursor := make([]byte, 32)
	_, _ = rand.Read(cursor) // never fails; cursors are valid only during the command
	g := &ground{clock: o.Clock}
	if err := g.openDatabases(options, cursor); err != nil {
		return nil, err
	}
	g.openTrail(options)
	g.gate = records.New(records.Options{Store: g.content, Keyrings: g.keyrings, Trail: g.trail, Clock: o.Clock})
	p := &Operator{Gate: g.gate, Keyrings: g.keyrings, Clock: o.Clock, ground: g, options: options, cursor: cursor}
	p.Queue = task.New(task.Options{
		Gate: g.gate, Clock: o.Clock, Publisher: task.Topic{Client: o.Clients.Publisher, Name: o.Config.TopicName()},
	})
	p.Keys = rewrap.New(rewrap.Options{Gate: g.gate, Queue: p.Queue, KMS: o.Clients.KMS})
	if err := g.start(ctx); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// Close ships what the trail still holds.
func (p *Operator) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, operatorPatience)
	defer cancel()
	if err := p.ground.shipper.Close(ctx); err != nil {
		return fmt.Errorf("audit shipper: %w", err)
	}
	return nil
}

// Content is the database in use.
func (p *Operator) Content() *store.Store { return p.ground.content }

// OpenContent opens another database of documents, by its full name, as the service would after a restore: with the
// same keys.
func (p *Operator) OpenContent(database string) (*store.Store, *records.Gate, error) {
	other, err := store.New(store.Options{
		Client: p.options.Clients.Firestore.Client, Database: database, Collections: ContentCollections(),
		CursorKey: p.cursor, Clock: p.Clock, Timeout: operatorPatience,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("content database %s: %w", database, err)
	}
	return other, records.New(records.Options{Store: other, Keyrings: p.Keyrings, Trail: p.ground.trail,
		Clock: p.Clock}), nil
}

// Documents are the collections of the content database, and the kinds of documents among them.
func Documents() ([]store.Collection, []records.Declared) { return ContentCollections(), kinds() }
