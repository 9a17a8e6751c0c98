package logging_test

import (
	"fmt"
	"testing"
	"time"

	apiv2 "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	mrpb "google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	project   = "projects/p"
	location  = project + "/locations/europe-west1"
	bucket    = location + "/buckets/audit"
	everyView = bucket + "/views/_AllLogs"
	trail     = project + "/logs/trail"
	other     = project + "/logs/other"
)

var global = &mrpb.MonitoredResource{Type: "global"}

type world struct {
	server *logging.Server
	conn   *inproc.Conn
	logs   *apiv2.Client
	config *apiv2.ConfigClient
	clock  *modeltest.Clock

	metrics *apiv2.MetricsClient
}

func open(t *testing.T, store table.Store, opts logging.Options) world {
	t.Helper()
	clock := modeltest.NewClock(time.Time{})
	opts.Key = keysHere
	server, err := logging.New(store, clock, opts)
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{})
	server.Register(conn)
	operation.New(store).Register(conn)
	logs, err := apiv2.NewClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	config, err := apiv2.NewConfigClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := apiv2.NewMetricsClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	return world{metrics: metrics, server: server, conn: conn, logs: logs, config: config, clock: clock}
}

func newWorld(t *testing.T) world { return open(t, tabletest.Open(t), logging.Options{}) }

// withAudit makes the bucket and the sink that the product makes.
func (w world) withAudit(t *testing.T) world {
	t.Helper()
	op, err := w.config.CreateBucketAsync(t.Context(), &loggingpb.CreateBucketRequest{
		Parent: location, BucketId: "audit", Bucket: &loggingpb.LogBucket{RetentionDays: 14},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := op.Wait(t.Context())
	if err != nil || made.GetName() != bucket || made.GetRetentionDays() != 14 {
		t.Fatalf("bucket %v, %v", made, err)
	}
	_, err = w.config.CreateSink(t.Context(), &loggingpb.CreateSinkRequest{Parent: project, Sink: &loggingpb.LogSink{
		Name: "audit", Destination: "logging.googleapis.com/" + bucket, Filter: `log_id("trail")`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w world) entry(log, id string, age time.Duration) *loggingpb.LogEntry {
	return &loggingpb.LogEntry{
		LogName: log, InsertId: id, Resource: global,
		Timestamp: timestamppb.New(w.clock.Now().Add(-age)),
		Payload:   &loggingpb.LogEntry_TextPayload{TextPayload: id},
	}
}

func (w world) write(t *testing.T, entries ...*loggingpb.LogEntry) {
	t.Helper()
	if _, err := w.logs.WriteLogEntries(t.Context(), &loggingpb.WriteLogEntriesRequest{Entries: entries}); err != nil {
		t.Fatal(err)
	}
}

// list returns the insert ids of what a request finds, in order.
func (w world) list(t *testing.T, resource, query, order string, size int32) []string {
	t.Helper()
	var out []string
	it := w.logs.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{resource}, Filter: query, OrderBy: order, PageSize: size,
	})
	for e, err := it.Next(); err != iterator.Done; e, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.GetInsertId())
	}
	return out
}

func (w world) wantList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
