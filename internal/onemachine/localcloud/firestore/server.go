// Package firestore serves the part of Firestore that the product calls, and stores the documents in a folder.
//
// It behaves like Google's Firestore in Standard edition: the same checks, codes and limits, declared indexes, locks,
// and the same order of values. Where Google refuses it must refuse too, so that nothing works here that would fail
// there. What it does not serve answers UNIMPLEMENTED. It must never answer a commit before the disk has it, must never
// read documents that are not results in order to answer a query, and it does not check anybody's rights.
//
// Earlier times can be read for an hour, or for a week with point-in-time recovery, as at Google. The time that a read
// outside of a transaction reports is exact only while nothing is being committed; that of a read-only transaction, and
// one that was requested, are always exact.
package firestore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Options change how a server behaves. The zero value is right outside of tests.
type Options struct {
	// Clock tells the time; nil means the machine's.
	Clock func() time.Time
	// Key says whether a database may be encrypted with a key; nil allows every key.
	Key cmek.Use
}

// Server serves google.firestore.v1.Firestore and the FirestoreAdmin calls for databases, indexes, fields and backups.
type Server struct {
	kv      *kv.DB
	clock   func() time.Time
	key     cmek.Use
	locks   *lock.Table
	numbers *numbers
	decoded *decoded
	last    atomic.Int64 // the newest time given to anything, in microseconds
	ages    atomic.Uint64

	reads, written atomic.Int64 // see Usage

	mu        sync.RWMutex
	databases map[string]*database
	reserved  map[string]bool // names of databases that are being made
	nextID    uint32

	backups    backups
	operations *operation.Operations

	txns transactions
	stop func()
	done chan struct{}
}

// New makes a server of the databases in store. It must be closed before the store.
func New(store *kv.DB, o Options) (*Server, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}.Now
	}
	s := &Server{kv: store, clock: o.Clock, key: o.Key, locks: lock.NewTable(), done: make(chan struct{}),
		decoded: newDecoded(mostDecoded)}
	s.databases, s.reserved = map[string]*database{}, map[string]bool{}
	s.operations = operation.New(table.On(store))
	s.txns.open = map[string]*transaction{}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("firestore: %w", err)
	}
	s.startJanitor()
	return s, nil
}

// load reads what there is.
func (s *Server) load() error {
	err := checkFormat(s.kv, s.clock())
	if err != nil {
		return err
	}
	if err := s.loadTime(); err != nil {
		return err
	}
	if s.numbers, err = loadNumbers(s.kv); err != nil {
		return err
	}
	if err := s.loadDatabases(); err != nil {
		return err
	}
	return s.loadBackups()
}

// Close ends the transactions that are open.
func (s *Server) Close() error {
	s.stop()
	<-s.done
	s.txns.closeAll(s)
	return nil
}

// Register adds both services to r.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	pb.RegisterFirestoreServer(r, service{Server: s})
	adminpb.RegisterFirestoreAdminServer(r, adminService{Server: s})
}

// service has the data calls; what it lacks answers UNIMPLEMENTED.
type service struct {
	pb.UnimplementedFirestoreServer
	*Server
}

// FreshMessages promises that of an answer only documents are kept, and that nobody changes those: see decoded.
func (service) FreshMessages() {}

// BorrowedRequests promises that requests are not changed, and that nothing of them is kept: values are encoded, locks
// have their own keys.
func (service) BorrowedRequests() {}
