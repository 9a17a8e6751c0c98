package firestore_test

import (
	"context"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	transport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
)

const database = "projects/p/databases/d"

// world is a server in a folder of its own and a client of it.
type world struct {
	*gcfs.Client
	server *firestore.Server
	conn   *inproc.Conn
	store  *kv.DB
}

func newWorld(t testing.TB, o firestore.Options) *world {
	t.Helper()
	store, err := kv.Open(t.TempDir(), kv.Options{Files: kvtest.Disk(t)})
	if err != nil {
		t.Fatal(err)
	}
	server, err := firestore.New(store, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.EnsureDatabase("p", "d"); err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{OnPanic: func(m string, v any, stack []byte) {
		t.Errorf("%s: %v\n%s", m, v, stack)
	}})
	server.Register(conn)
	w := &world{Client: newClient(t, conn, "d"), server: server, conn: conn, store: store}
	t.Cleanup(func() {
		for _, err := range []error{server.Unchanged(), w.Close(),
			conn.Shutdown(context.Background()), server.Close(), store.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

// database makes another database of the same server.
func (w *world) database(t testing.TB, id string) *world {
	t.Helper()
	if err := w.server.EnsureDatabase("p", id); err != nil {
		t.Fatal(err)
	}
	other := *w
	other.Client = newClient(t, w.conn, id)
	return &other
}

func newClient(t testing.TB, conn *inproc.Conn, id string) *gcfs.Client {
	t.Helper()
	client, err := gcfs.NewClientWithDatabase(context.Background(), "p", id, transport.WithConnPool(lender{conn, t}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// testContext ends what hangs. Tests run beside each other, with the race detector, on machines with other work.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

type longrunning = longrunningpb.Operation

// newBatch starts a commit of several writes. The client calls it deprecated, but has no other call for one without a
// transaction.
//
//lint:ignore SA1019 see above
func newBatch(client *gcfs.Client) *gcfs.WriteBatch {
	//lint:ignore SA1019 see above
	return client.Batch()
}
