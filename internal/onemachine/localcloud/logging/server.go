// Package logging is the local Cloud Logging: entries are written through sinks into buckets, stored on disk by time,
// read with the Logging query language, and gone when a bucket's retention ends.
//
// It must never answer a write before the entries are on disk, and never show an entry that is older than
// its bucket keeps, whether or not it was swept yet.
//
// Buckets, views and sinks are not in a crud.Kind: every entry is looked at by them, so they are held in memory,
// compiled, together with those that Google makes by itself and nobody stored. Metrics are not, since theirs is an
// update without a mask, which makes what is not there.
package logging

import (
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Options change how a server behaves. The zero value is right for a single machine.
type Options struct {
	// ReadsPerMinute refuses further reads of a minute, as Google does at 60. Zero means no limit.
	ReadsPerMinute int
	// Key says whether a bucket may be encrypted with a key; nil allows every key.
	Key cmek.Use
}

// Server implements the parts of Google's LoggingServiceV2, ConfigServiceV2 and MetricsServiceV2 that the product and
// its operator use. Config and Metrics return the others.
type Server struct {
	loggingpb.UnimplementedLoggingServiceV2Server

	store  table.Store
	clock  clock.Clock
	opts   Options
	config *config
	logs   logNames
	unique atomic.Uint64

	quota struct {
		sync.Mutex
		minute time.Time
		reads  int
	}
}

// New returns a server that keeps its entries and settings in store.
func New(store table.Store, clock clock.Clock, opts Options) (*Server, error) {
	config, err := loadConfig(store)
	if err != nil {
		return nil, err
	}
	s := &Server{store: store, clock: clock, opts: opts, config: config}
	s.logs.newest = map[string]time.Time{}
	s.unique.Store(uint64(clock.Now().UnixNano())) // #nosec G115 -- only the difference between values matters
	return s, nil
}

// Register adds the services to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	loggingpb.RegisterLoggingServiceV2Server(r, s)
	loggingpb.RegisterConfigServiceV2Server(r, s.Config())
	loggingpb.RegisterMetricsServiceV2Server(r, s.Metrics())
}

// Config returns the service for buckets, views and sinks.
func (s *Server) Config() *ConfigServer {
	return &ConfigServer{config: s.config, clock: s.clock, key: s.opts.Key, operations: operation.New(s.store),
		empty: s.empty}
}

// Metrics returns the service for metrics that are made of entries.
func (s *Server) Metrics() *MetricsServer {
	return &MetricsServer{config: s.config, clock: s.clock, metrics: table.New[loggingpb.LogMetric](s.store,
		"log/metric/")}
}
