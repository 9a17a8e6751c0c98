package localcloud_test

import (
	"context"
	"io/fs"
	"log/slog"
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

	"github.com/tinyoperahouse/toh/internal/localcloud"
)

const (
	ofDatabase = "projects/p/databases/d"
	ofDocument = ofDatabase + "/documents/c/a"
)

// stuckDisk is a disk whose log takes its time, and then an error.
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

// TestNothingIsAnsweredThatTheDiskMayNotHave: while the disk has not got a document, a reader is told neither of it nor that there is none; and
// when the disk fails, nobody is told anything any more, the log has an ERROR line, and closing ends.
func TestNothingIsAnsweredThatTheDiskMayNotHave(t *testing.T) {
	disk := &stuckDisk{reached: make(chan struct{}), goOn: make(chan struct{})}
	failed := make(chan error, 1)
	var lines strings.Builder
	c, err := localcloud.Open(t.Context(), localcloud.Options{
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
	read := func(ctx context.Context) map[string]error {
		_, one := documents.GetDocument(ctx, &pb.GetDocumentRequest{Name: ofDocument})
		stream, several := documents.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: ofDatabase, Documents: []string{ofDocument}})
		if several == nil {
			_, several = stream.Recv()
		}
		_, topic := topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: "projects/p/topics/t"})
		return map[string]error{"get": one, "batch get": several, "topic": topic}
	}
	disk.on.Store(true)
	committed := make(chan error, 1)
	go func() {
		_, err := documents.Commit(context.Background(), &pb.CommitRequest{Database: ofDatabase, Writes: []*pb.Write{
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: ofDocument}}}}})
		committed <- err
	}()
	<-disk.reached
	short, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	for what, err := range read(short) {
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%s while the disk waits: %v", what, err)
		}
	}
	close(disk.goOn)
	if err := <-committed; status.Code(err) != codes.Unavailable {
		t.Errorf("the commit: %v", err)
	}
	if err := <-failed; !localcloud.DiskFailed(err) || !strings.Contains(err.Error(), ".log") {
		t.Errorf("told: %v", err)
	}
	for what, err := range read(t.Context()) {
		if status.Code(err) != codes.Unavailable {
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
