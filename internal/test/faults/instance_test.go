package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// instanceVariable makes this test program an instance of the service instead: it runs what the container runs, except
// for its connection to the cloud.
const instanceVariable = "TOH_PROOF_INSTANCE"

func TestMain(m *testing.M) {
	if text := os.Getenv(instanceVariable); text != "" {
		if err := runInstance(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// instanceSpec is what an instance is told.
type instanceSpec struct {
	Name    string
	Role    config.Role
	Front   string // public host and port of the service
	Cloud   string // host and port of the cloud's own listener
	Witness string // URL of the witness, which has the keys of pushes and is told about jobs
	API     config.API
}

func runInstance(text string) error {
	var spec instanceSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Local(spec.Front)
	if err != nil {
		return err
	}
	cfg.Role, cfg.API = spec.Role, spec.API
	conn, err := grpc.NewClient("passthrough:///"+spec.Cloud, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer conn.Close()
	clients, err := gcp.Open(ctx, gcp.Options{
		Project: cfg.Project, FirestoreDatabase: cfg.ContentDatabase, KeysDatabase: cfg.KeysDatabase,
		Dial: oneConn{conn},
	})
	if err != nil {
		return err
	}
	return errors.Join(spec.serve(ctx, cfg, clients), clients.Close())
}

func (spec instanceSpec) serve(ctx context.Context, cfg config.Config, clients *gcp.Clients) error {
	ahead := &clock{}
	go obey(ahead)
	a, err := app.New(ctx, app.Options{
		Config: cfg, Clients: clients, Clock: ahead, CheapPasswords: true, Patience: 15 * time.Second,
		Logger: logging.New(logging.Options{Writer: os.Stderr, Level: slog.LevelWarn}), Outside: keysOf{spec.Witness},
	})
	if err != nil {
		return err
	}
	if spec.Role == config.Tasks {
		a.Queue.Handle(slowJob, spec.slowly)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("at", ln.Addr())
	return a.Serve(ctx, ln)
}

// obey moves the clock forward when told to, and ends the instance together with the process that started it.
func obey(c *clock) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if d, err := time.ParseDuration(lines.Text()); err == nil {
			c.ahead.Store(int64(d))
		}
	}
	os.Exit(3)
}

// slowJob takes a while, and tells the witness when it begins and ends.
const slowJob = "proof-slow"

func (spec instanceSpec) slowly(ctx context.Context, job task.Job) error {
	if err := spec.tell(ctx, "begin", job); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(60 * time.Millisecond):
	}
	return spec.tell(ctx, "end", job)
}

func (spec instanceSpec) tell(ctx context.Context, what string, job task.Job) error {
	form := url.Values{"what": {what}, "job": {job.ID}, "by": {spec.Name}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, spec.Witness+"/job", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// oneConn is a connection in the form that Google's clients need.
type oneConn struct{ *grpc.ClientConn }

func (c oneConn) Conn() *grpc.ClientConn { return c.ClientConn }
func (oneConn) Num() int                 { return 1 }

// keysOf sends requests for Google's keys to the witness.
type keysOf struct{ witness string }

func (k keysOf) RoundTrip(r *http.Request) (*http.Response, error) {
	r2, err := http.NewRequestWithContext(r.Context(), http.MethodGet, k.witness+"/keys", http.NoBody)
	if err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(r2)
}
