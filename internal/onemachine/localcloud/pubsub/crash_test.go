package pubsub_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const crashFolder = "TOH_PUBSUB_CRASH_FOLDER"

// TestCrashChild is the process that TestKill kills: it publishes without end, prints what was accepted, and pushes at
// the same time.
func TestCrashChild(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(crashFolder)
	if dir == "" {
		return
	}
	store, _ := tabletest.At(t, filepath.Join(dir, "data"))
	w := open(t, store, filepath.Join(dir, "master.key"), testclock.Moving{}, pubsub.Options{})
	if err := w.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		resp, err := w.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic,
			Messages: []*pubsubpb.PubsubMessage{text("x"), text("y")}})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range resp.GetMessageIds() {
			fmt.Println("published", id)
		}
	}
}

// TestKill kills the process at different moments. Every message that was accepted must arrive, before or after.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	e := newEndpoint(t)
	var refused atomic.Int32
	e.answers(func(pushed) int {
		if refused.Add(1)%7 == 0 {
			return 503
		}
		return 200
	})
	prepare(t, dir, e.URL)
	published, accepted := map[string]bool{}, map[string]int{}
	for round := range 6 {
		for _, id := range killChild(t, dir, time.Duration(30+20*round)*time.Millisecond) {
			published[id] = true
		}
	}
	store, closeStore := tabletest.At(t, filepath.Join(dir, "data"))
	defer closeStore()
	w := open(t, store, filepath.Join(dir, "master.key"), testclock.Moving{}, pubsub.Options{})
	w.start(t)
	for waited := testclock.Start(); w.server.Left(sub) > 0; time.Sleep(5 * time.Millisecond) {
		if waited.Elapsed() > patient {
			t.Fatalf("%d messages are left", w.server.Left(sub))
		}
	}
	if err := w.server.Close(); err != nil {
		t.Error(err)
	}
	for len(e.got) > 0 {
		accepted[(<-e.got).Message.MessageID]++
	}
	if len(published) < 50 {
		t.Errorf("only %d messages were published", len(published))
	}
	for id := range published {
		if accepted[id] == 0 {
			t.Errorf("message %s was accepted and never delivered", id)
		}
	}
}

func prepare(t *testing.T, dir, url string) {
	t.Helper()
	store, closeStore := tabletest.At(t, filepath.Join(dir, "data"))
	defer closeStore()
	w := open(t, store, filepath.Join(dir, "master.key"), testclock.Moving{}, pubsub.Options{})
	w.makeTopics(t)
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(url), RetryPolicy: backoff(0, time.Millisecond)})
}

// killChild runs the child, kills it some time after its first message, and returns the ids that it reported.
func killChild(t *testing.T, dir string, after time.Duration) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "published ")
		if _, err := strconv.ParseUint(id, 10, 64); !ok || err != nil {
			continue
		}
		if ids = append(ids, id); len(ids) == 1 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return ids
}
