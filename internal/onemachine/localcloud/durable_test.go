package localcloud_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
)

const (
	ofDatabase = "projects/p/databases/d"
	ofDocument = ofDatabase + "/documents/c/a"
)

// stuckDisk is a disk whose log is slow, and then returns an error.
type stuckDisk struct {
	on      atomic.Bool
	reached chan struct{} // a sync has begun
	goOn    chan struct{}
}

func (*stuckDisk) String() string { return "stuck disk" }

// MaybeError holds the first sync of the log after it was switched on.
func (d *stuckDisk) MaybeError(op errorfs.Op) error {
	if op.Kind != errorfs.OpFileSyncData || !strings.HasSuffix(op.Path, ".log") || !d.on.CompareAndSwap(true, false) {
		return nil
	}
	close(d.reached)
	<-d.goOn
	return &fs.PathError{Op: "sync", Path: op.Path, Err: syscall.EIO}
}

// askBucket asks Cloud Storage for a bucket that does not exist, and returns the answer like the others. "There is
// none" is an answer, too.
func askBucket(ctx context.Context, t *testing.T, c *admin.Cloud) error {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://storage.googleapis.com/storage/v1/b/none", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.HTTP().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusGatewayTimeout:
		return status.Error(codes.DeadlineExceeded, "")
	case http.StatusServiceUnavailable:
		return status.Error(codes.Unavailable, "")
	}
	return status.Errorf(codes.Unknown, "HTTP %d", answer.StatusCode)
}

// TestNothingIsAnsweredThatTheDiskMayNotHave: while the disk does not have a document, a reader is told neither that it
// exists nor that it does not. When the disk fails, nobody is told anything any more, the log has an ERROR line, and
// closing ends.
func TestNothingIsAnsweredThatTheDiskMayNotHave(t *testing.T) {
	t.Parallel()
	disk := &stuckDisk{reached: make(chan struct{}), goOn: make(chan struct{})}
	failed := make(chan error, 1)
	var lines strings.Builder
	c, err := admin.Open(t.Context(), localcloud.Options{
		Dir: t.TempDir(), Files: errorfs.Wrap(vfs.NewMem(), disk), Failed: func(err error) { failed <- err },
		Logger: slog.New(slog.NewTextHandler(&lines, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Firestore().EnsureDatabase("p", "d"); err != nil {
		t.Fatal(err)
	}
	documents, topics := pb.NewFirestoreClient(c.Conn()), pubsubpb.NewPublisherClient(c.Conn())
	reads := map[string]func(context.Context) error{
		"get": func(ctx context.Context) error {
			_, err := documents.GetDocument(ctx, &pb.GetDocumentRequest{Name: ofDocument})
			return err
		},
		"batch get": func(ctx context.Context) error {
			stream, err := documents.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: ofDatabase,
				Documents: []string{ofDocument}})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		},
		"topic": func(ctx context.Context) error {
			_, err := topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: "projects/p/topics/t"})
			return err
		},
		"bucket": func(ctx context.Context) error { return askBucket(ctx, t, c) },
	}
	disk.on.Store(true)
	committed := make(chan error, 1)
	go func() {
		_, err := documents.Commit(context.Background(), &pb.CommitRequest{Database: ofDatabase, Writes: []*pb.Write{
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: ofDocument}}}}})
		committed <- err
	}()
	<-disk.reached
	for what, read := range reads { // each with its own time, because otherwise only the first would be asked
		short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := read(short); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%s while the disk waits: %v", what, err)
		}
		end()
	}
	close(disk.goOn)
	if err := <-committed; status.Code(err) != codes.Unavailable {
		t.Errorf("the commit: %v", err)
	}
	if err := <-failed; !localcloud.DiskFailed(err) || !strings.Contains(err.Error(), ".log") {
		t.Errorf("told: %v", err)
	}
	for what, read := range reads {
		if err := read(t.Context()); status.Code(err) != codes.Unavailable {
			t.Errorf("%s after the disk failed: %v", what, err)
		}
	}
	if err := c.Close(); !localcloud.DiskFailed(err) {
		t.Errorf("closed: %v", err)
	}
	if !strings.Contains(lines.String(), "level=ERROR") {
		t.Errorf("no ERROR line: %s", lines.String())
	}
}
