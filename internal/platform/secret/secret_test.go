package secret

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	server "github.com/tinyoperahouse/toh/internal/onemachine/localcloud/secretmanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// world is a Secret Manager behind the official client that can be made to fail, hang or return false data.
type world struct {
	*Source
	client *secretmanager.Client
	clock  *modeltest.Clock
	calls  atomic.Int64
	away   atomic.Pointer[func(ctx context.Context) error]
	lies   atomic.Bool
	failed atomic.Int64
}

// liar changes a bit of every payload.
type liar struct {
	*server.Server
	on *atomic.Bool
}

func (l liar) AccessSecretVersion(ctx context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (
	*secretmanagerpb.AccessSecretVersionResponse, error) {
	resp, err := l.Server.AccessSecretVersion(ctx, req)
	if err == nil && l.on.Load() {
		resp.Payload.Data[0] ^= 1
	}
	return resp, err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: modeltest.NewClock(time.Time{})}
	store := tabletest.Open(t)
	v, err := vault.Open(filepath.Join(t.TempDir(), "key"), store)
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{Intercept: func(ctx context.Context, _ string) error {
		w.calls.Add(1)
		if f := w.away.Load(); f != nil {
			return (*f)(ctx)
		}
		return nil
	}})
	secretmanagerpb.RegisterSecretManagerServiceServer(conn, liar{server.New(store, v, w.clock, nil), &w.lies})
	w.client, err = secretmanager.NewClient(context.Background(), gtransport.WithConnPool(conn))
	if err != nil {
		t.Fatal(err)
	}
	w.Source = New(Options{Client: w.client, Project: "p", Clock: w.clock, Timeout: 300 * time.Millisecond,
		Check:  config.CheckSecret,
		Failed: func(string, error) { w.failed.Add(1) }})
	return w
}

func (w *world) set(t *testing.T, name, value string) {
	t.Helper()
	if err := w.create(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	if err := w.add(context.Background(), name, func() ([]byte, error) { return []byte(value), nil }); err != nil {
		t.Fatal(err)
	}
}

func (w *world) state(t *testing.T, name string, disable bool) {
	t.Helper()
	var err error
	if disable {
		_, err = w.client.DisableSecretVersion(context.Background(),
			&secretmanagerpb.DisableSecretVersionRequest{Name: name})
	} else {
		_, err = w.client.EnableSecretVersion(context.Background(),
			&secretmanagerpb.EnableSecretVersionRequest{Name: name})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) get(t *testing.T, name string) string {
	t.Helper()
	v, err := w.Get(context.Background(), name)
	if err != nil {
		return "error"
	}
	var all []string
	for _, version := range v.Versions {
		all = append(all, fmt.Sprintf("%d:%s", version.Number, version.Data))
	}
	return strings.Join(all, " ")
}

// settle waits for the running refresh to end.
func (w *world) settle(name string) {
	w.mu.Lock()
	e := w.entries[name]
	var pending chan struct{}
	if e != nil {
		pending = e.pending
	}
	w.mu.Unlock()
	if pending != nil {
		<-pending
	}
}

func (w *world) refreshed(t *testing.T, name string) string {
	t.Helper()
	w.clock.Advance(time.Minute)
	w.get(t, name)
	w.settle(name)
	return w.get(t, name)
}

const (
	value1 = "first-value-0123"
	value2 = "second-value-456"
)

func TestRotationWithoutRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	if got := w.get(t, "s"); got != "1:"+value1 {
		t.Fatal(got)
	}
	w.set(t, "s", value2)
	w.clock.Advance(time.Minute - time.Microsecond)
	before := w.calls.Load()
	if got := w.get(t, "s"); got != "1:"+value1 || w.calls.Load() != before {
		t.Fatalf("read again before its time: %s", got)
	}
	w.clock.Advance(time.Microsecond)
	if got := w.get(t, "s"); got != "1:"+value1 {
		t.Fatalf("waited for the refresh: %s", got)
	}
	w.settle("s")
	if got := w.get(t, "s"); got != "2:"+value2+" 1:"+value1 {
		t.Fatal(got)
	}
	w.state(t, "projects/p/secrets/s/versions/1", true)
	if got := w.refreshed(t, "s"); got != "2:"+value2 {
		t.Fatalf("the disabled version is still there: %s", got)
	}
}

func TestOnlyNewVersionsAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	w.get(t, "s")
	before := w.calls.Load()
	w.refreshed(t, "s")
	if n := w.calls.Load() - before; n != 1 {
		t.Errorf("%d calls for a refresh without change, want 1", n)
	}
}

func TestGetNeverWaitsWithACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	w.get(t, "s")
	release := make(chan struct{})
	hang := func(ctx context.Context) error {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return status.Error(codes.Unavailable, "away")
	}
	w.away.Store(&hang)
	w.clock.Advance(time.Hour)
	before := w.calls.Load()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if got := w.get(t, "s"); got != "1:"+value1 {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	close(release)
	w.settle("s")
	if n := w.calls.Load() - before; n > 8 {
		t.Errorf("%d calls: not one refresh at a time", n)
	}
	if _, err := w.Status("s"); !errors.Is(err, model.ErrUnavailable) || w.failed.Load() != 1 {
		t.Errorf("the failure is not reported: %v, %d", err, w.failed.Load())
	}
	if got := w.get(t, "s"); got != "1:"+value1 {
		t.Errorf("last-good copy: %s", got)
	}
}

func TestRefreshOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	w.get(t, "s")
	w.set(t, "s", value2)
	w.clock.Advance(time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Get(ctx, "s"); err != nil {
		t.Fatalf("a copy is there: %v", err)
	}
	w.settle("s")
	if got := w.get(t, "s"); got != "2:"+value2+" 1:"+value1 {
		t.Fatalf("the refresh ended with the request: %s", got)
	}
}

func TestFirstLoadIsBounded(t *testing.T) {
	w := newWorld(t)
	w.set(t, "s", value1)
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	w.away.Store(&hang)
	start := testclock.Start()
	_, err := w.Get(context.Background(), "s")
	if !errors.Is(err, model.ErrUnavailable) || start.Elapsed() > time.Second {
		t.Fatalf("%v after %v", err, start.Elapsed())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Get(ctx, "s"); !errors.Is(err, model.ErrUnavailable) {
		t.Fatal(err)
	}
	w.away.Store(nil)
	w.settle("s")
	if got := w.get(t, "s"); got != "1:"+value1 {
		t.Fatalf("does not recover: %s", got)
	}
}

func TestDamagedPayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	w.lies.Store(true)
	_, err := w.Get(context.Background(), "s")
	if !errors.Is(err, model.ErrUnavailable) || strings.Contains(err.Error(), "value") {
		t.Fatalf("damaged payload: %v", err)
	}
	w.lies.Store(false)
	w.get(t, "s")
	w.lies.Store(true)
	w.set(t, "s", value2)
	if got := w.refreshed(t, "s"); got != "1:"+value1 {
		t.Fatalf("damaged new version taken: %s", got)
	}
}

func TestPlaceholderNeverReplacesAGoodValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "p", "changeme-changeme-please")
	_, err := w.Get(context.Background(), "p")
	if !errors.Is(err, config.ErrPlaceholder) || strings.Contains(err.Error(), "changeme") {
		t.Fatalf("placeholder: %v", err)
	}
	w.set(t, "s", value1)
	w.get(t, "s")
	w.set(t, "s", "xxxxxxxxxxxxxxxxxxxxxx")
	if got := w.refreshed(t, "s"); got != "1:"+value1 {
		t.Fatal(got)
	}
}

func TestAllVersionsDisabledLeavesNoCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "s", value1)
	w.get(t, "s")
	w.state(t, "projects/p/secrets/s/versions/1", true)
	w.refreshed(t, "s")
	if _, err := w.Get(context.Background(), "s"); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("a revoked secret is still served: %v", err)
	}
	w.state(t, "projects/p/secrets/s/versions/1", false)
	if got := w.get(t, "s"); got != "1:"+value1 {
		t.Fatal(got)
	}
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := 0
	ensure := func() error {
		return w.Ensure(context.Background(), "s", func() ([]byte, error) { made++; return []byte(value1), nil })
	}
	for range 3 {
		if err := ensure(); err != nil {
			t.Fatal(err)
		}
	}
	if made != 1 || w.get(t, "s") != "1:"+value1 {
		t.Fatalf("made %d times: %s", made, w.get(t, "s"))
	}
	down := func(context.Context) error { return status.Error(codes.PermissionDenied, "no") }
	w.away.Store(&down)
	if err := w.Ensure(context.Background(), "t", nil); !errors.Is(err, model.ErrUnavailable) {
		t.Fatalf("made a secret without knowing that there is none: %v", err)
	}
}

func TestAtMostFiveVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 7 {
		w.set(t, "s", fmt.Sprintf("value-number-%d-abc", i))
	}
	v, err := w.Get(context.Background(), "s")
	if err != nil || len(v.Versions) != 5 || v.Versions[0].Number != 7 {
		t.Fatalf("%v %v", v, err)
	}
}

func newKey(t *testing.T) string {
	t.Helper()
	key, err := NewSigningKey()
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

func TestSigningKeysRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.set(t, "k", newKey(t))
	set := w.SigningKeys("k")
	first, err := set.Keys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	token := ed25519.Sign(first.Signer, []byte("m"))
	if again, _ := set.Keys(ctx); again != first {
		t.Error("parsed again without need")
	}
	w.set(t, "k", newKey(t))
	w.refreshed(t, "k")
	fresh, err := set.Keys(ctx)
	if err != nil || fresh.SignerID != first.SignerID || len(fresh.verify) != 2 {
		t.Fatalf("a key that others may not know yet signs: %v", err)
	}
	w.clock.Advance(3 * time.Minute)
	settled, _ := set.Keys(ctx)
	if settled.SignerID == first.SignerID {
		t.Fatal("the new key never signs")
	}
	if old, ok := settled.Public(first.SignerID); !ok || !ed25519.Verify(old, []byte("m"), token) {
		t.Fatal("the previous key is not accepted")
	}
	w.settle("k")
	w.state(t, "projects/p/secrets/k/versions/1", true)
	w.refreshed(t, "k")
	last, _ := set.Keys(ctx)
	if _, ok := last.Public(first.SignerID); ok {
		t.Fatal("a disabled key is accepted")
	}
}

func TestSigningKeysRefused(t *testing.T) {
	t.Parallel()
	good := newKey(t)
	cases := map[string]string{
		"not JSON": "hush-hush-hush-not-json", "no keys": `{"keys":[], "pad":"0123456789"}`,
		"short seed": `{"keys":[{"kid":"k-1","seed":"aGVsbG8"}]}`,
		"bad kid":    `{"keys":[{"kid":"../x","seed":"` + strings.Repeat("A", 43) + `"}]}`,
		"padding":    `{"keys":[{"kid":"k-1","seed":"` + strings.Repeat("A", 43) + `="}]}`,
		"same id": `{"keys":[{"kid":"k-1","seed":"` + strings.Repeat("A", 43) + `"},{"kid":"k-1","seed":"E` +
			strings.Repeat("A", 42) + `"}]}`,
	}
	for name, text := range cases {
		w := newWorld(t)
		w.set(t, "k", text)
		_, err := w.SigningKeys("k").Keys(context.Background())
		if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	w.set(t, "k", good)
	if _, err := w.SigningKeys("k").Keys(context.Background()); err != nil {
		t.Error(err)
	}
}

func BenchmarkKeys(b *testing.B) {
	s := New(Options{})
	key, _ := NewSigningKey()
	s.entries["k"] = &entry{value: Value{[]Version{{Number: 1, Data: key}}, new(int)}, have: true,
		next: testclock.Now().Add(time.Hour)}
	set := s.SigningKeys("k")
	for b.Loop() {
		if _, err := set.Keys(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
