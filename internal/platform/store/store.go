package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	firestore "cloud.google.com/go/firestore/apiv1"
	"google.golang.org/grpc/metadata"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Options are what a Store needs.
type Options struct {
	// Client is the generated Firestore client, and Database the full name of the database: projects/{p}/databases/{d}.
	Client   *firestore.Client
	Database string
	// Collections are all collections that can be used.
	Collections []Collection
	// CursorKey authenticates cursors: at least 32 bytes, the same in every instance.
	CursorKey []byte
	// Timeout limits each call, and each transaction as a whole. Zero means 1.5 seconds.
	Timeout time.Duration
	// Clock provides times that the writer of a document left zero. Nil means the machine's clock.
	Clock model.Clock
}

// Store reads and writes documents. It is safe for concurrent use.
type Store struct {
	client      *firestore.Client
	database    string // projects/{p}/databases/{d}
	root        string // …/documents/
	header      metadata.MD
	collections map[string]*collection
	masks       sync.Map // names of collections that are read together, in order → *pb.DocumentMask
	cursorKey   []byte
	timeout     time.Duration
	clock       model.Clock
	rollbacks   chan struct{} // those in progress
}

const defaultTimeout = 1500 * time.Millisecond

// New makes a Store. It fails when a declaration is wrong.
func New(o Options) (*Store, error) {
	if o.Client == nil || o.Database == "" || len(o.CursorKey) < 32 {
		return nil, errors.New("store: a client, a database and a cursor key of 32 bytes are needed")
	}
	s := &Store{
		rollbacks:   make(chan struct{}, rollbacksMost),
		client:      o.Client,
		database:    o.Database,
		root:        o.Database + "/documents/",
		header:      metadata.Pairs("google-cloud-resource-prefix", o.Database),
		collections: make(map[string]*collection, len(o.Collections)),
		cursorKey:   o.CursorKey,
		timeout:     o.Timeout,
		clock:       o.Clock,
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.clock == nil {
		s.clock = model.SystemClock{}
	}
	if err := s.declare(o.Collections); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) declare(list []Collection) error {
	for _, c := range list {
		p, err := prepare(c)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if s.collections[c.Name] != nil {
			return fmt.Errorf("store: collection %s is declared twice", c.Name)
		}
		s.collections[c.Name] = p
	}
	return nil
}

func (s *Store) collection(name string) (*collection, error) {
	if c := s.collections[name]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("store: collection %q is not declared", name)
}

// bound gives a call its deadline and its header.
func (s *Store) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(metadata.NewOutgoingContext(ctx, s.header), s.timeout)
}

func (s *Store) name(r Ref) string {
	// The same as Ref.String, built in one allocation.
	return s.root + string(r.Scope.Kind) + "/" + r.Scope.ID + "/" + r.Collection + "/" + r.ID
}
