package firestore_test

import (
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// TestEntriesAreCountedTogether: an update makes only the entries that change, but the limit applies to all that the
// document has.
func TestEntriesAreCountedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw := pb.NewFirestoreClient(w.conn)
	ctx := testContext(t)
	for _, c := range []struct {
		name    string
		write   *pb.Write
		refused bool
	}{
		// Of 40,000: one of membership, one of each array as a whole, one of each element.
		{"nearly full", update(root+"/c/d", "a", many(39_990, num)), false},
		{"over by one", masked(update(root+"/c/d", "b", many(8, num)), "b"), true},
		{"full", masked(update(root+"/c/d", "b", many(7, num)), "b"), false},
		{"another field when full", masked(update(root+"/c/d", "n", num(1)), "n"), true},
		{"other values when full", masked(update(root+"/c/d", "b", many(7, func(i int) *pb.Value {
			return num(i + 100)
		})), "b"), false},
		{"the same value many times is one", masked(update(root+"/c/d", "b", many(1000, func(int) *pb.Value {
			return num(1)
		})), "b"), false},
		{"and leaves room", masked(update(root+"/c/d", "n", num(1)), "n"), false},
	} {
		_, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: []*pb.Write{c.write}})
		if c.refused != (status.Code(err) == codes.InvalidArgument) || c.refused && !strings.Contains(err.Error(),
			"too many index entries") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

// TestUnchangedEntriesAreNotWritten measures how much an update adds to the log: a document, and its earlier content,
// but not its hundred words.
func TestUnchangedEntriesAreNotWritten(t *testing.T) {
	t.Parallel()
	w, s := product(t)
	same := words()
	if _, err := s.Commit(testContext(t), filedReport(1, same)); err != nil {
		t.Fatal(err)
	}
	before := w.store.Written()
	update := filedReport(1, same)
	update.Writes = update.Writes[:1]
	update.Writes[0].CurrentDocument = nil
	if _, err := s.Commit(testContext(t), update); err != nil {
		t.Fatal(err)
	}
	if n := w.store.Written() - before; n < 2048 || n > 6000 {
		t.Errorf("an update of the body writes %d bytes", n)
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}
