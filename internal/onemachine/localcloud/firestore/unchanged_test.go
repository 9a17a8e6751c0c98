package firestore_test

import (
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// TestAChangedAnswerIsFound: every world asks at its end whether a client changed a document that answers share. Here
// one does.
func TestAChangedAnswerIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	if _, err := w.Doc("c/d").Set(t.Context(), map[string]any{"bytes": []byte("kept")}); err != nil {
		t.Fatal(err)
	}
	read := func() []byte {
		stream, err := pb.NewFirestoreClient(w.conn).BatchGetDocuments(t.Context(), &pb.BatchGetDocumentsRequest{
			Database: database, Documents: []string{database + "/documents/c/d"}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return m.GetFound().GetFields()["bytes"].GetBytesValue()
	}
	read()
	shared := read()
	if err := w.server.Unchanged(); err != nil {
		t.Error(err)
	}
	shared[0] = 'x'
	if w.server.Unchanged() == nil {
		t.Error("a change is not noticed")
	}
	shared[0] = 'k'
}
