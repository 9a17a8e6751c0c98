package firestore_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	transport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// In a child process the test binary commits until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FIRESTORE_TEST_DIR"); dir != "" {
		if err := commitForever(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serve(dir string) (*firestore.Server, *kv.DB, *gcfs.Client, error) {
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	server, err := firestore.New(store, firestore.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	if err := server.EnsureDatabase("p", "d"); err != nil {
		return nil, nil, nil, err
	}
	err = server.DeclareIndexes(database, []firestore.Index{{Collection: "c", Fields: []firestore.IndexField{
		{Path: "k", Mode: firestore.Ascending}, {Path: "n", Mode: firestore.Descending}}}})
	if err != nil {
		return nil, nil, nil, err
	}
	conn := inproc.New(inproc.Options{})
	server.Register(conn)
	client, err := gcfs.NewClientWithDatabase(context.Background(), "p", "d", transport.WithConnPool(conn))
	return server, store, client, err
}

// commitForever changes two documents at a time and reports each commit: which goroutine, and to which number.
func commitForever(dir string) error {
	_, _, client, err := serve(dir)
	if err != nil {
		return err
	}
	started := int(testclock.Now().UnixNano() / 1000)
	var out sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := started; ; i++ {
				id := fmt.Sprintf("%d-%d", g, i%10)
				data := map[string]any{"n": i, "k": rand.IntN(3), "tags": []int{i % 7, i % 5}}
				batch := newBatch(client)
				batch.Set(client.Doc("c/"+id), data)
				batch.Set(client.Doc("copies/"+id), data)
				if i%10 == 9 {
					batch.Delete(client.Doc("c/" + fmt.Sprintf("%d-8", g)))
					batch.Delete(client.Doc("copies/" + fmt.Sprintf("%d-8", g)))
				}
				if _, err := batch.Commit(context.Background()); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(g, i)
				out.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

func TestKillLosesNoAcknowledgedCommit(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		last := killWhileCommitting(t, dir, 50+rand.IntN(400))
		started := testclock.Start()
		server, store, client, err := serve(dir)
		if err != nil {
			t.Fatal(err)
		}
		if took := started.Elapsed(); took > 5*time.Second {
			t.Errorf("round %d: opening took %v", round, took)
		}
		for g, i := range last {
			checkGoroutine(t, client, g, i)
		}
		if err := server.CheckConsistency(); err != nil {
			t.Error(err)
		}
		for _, err := range []error{client.Close(), server.Close(), store.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// killWhileCommitting returns the last acknowledged number of each goroutine of a child that was killed.
func killWhileCommitting(t *testing.T, dir string, after int) map[int]int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "FIRESTORE_TEST_DIR="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := map[int]int{}
	lines := bufio.NewScanner(stdout)
	for n := 0; lines.Scan(); n++ {
		var g, i int
		if _, err := fmt.Sscan(lines.Text(), &g, &i); err != nil || strings.HasPrefix(lines.Text(), "error") {
			t.Errorf("child: %s", lines.Text())
		}
		last[g] = i
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	return last
}

// checkGoroutine: the last acknowledged change is there, or one after it that was not acknowledged in time; and a
// document and its copy, which were committed together, are the same.
func checkGoroutine(t *testing.T, client *gcfs.Client, g, i int) {
	t.Helper()
	ctx := testContext(t)
	id := fmt.Sprintf("%d-%d", g, i%10)
	both, err := client.GetAll(ctx, []*gcfs.DocumentRef{client.Doc("c/" + id), client.Doc("copies/" + id)})
	if err != nil {
		t.Fatal(err)
	}
	n, _ := both[0].Data()["n"].(int64)
	if int(n) < i && !(i%10 == 8 && !both[0].Exists()) {
		t.Errorf("%s: acknowledged %d, found %d", id, i, n)
	}
	if fmt.Sprint(both[0].Data()) != fmt.Sprint(both[1].Data()) {
		t.Errorf("%s: half a commit: %v and %v", id, both[0].Data(), both[1].Data())
	}
}
