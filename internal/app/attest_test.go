package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// deployed is a tasks service on a cloud that was provisioned for it.
type deployed struct {
	*app.App
	t     *testing.T
	admin *operator.Clients
	clock *modeltest.Clock
	logs  *lines
	log   *slog.Logger
}

// lines collects a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func deploy(t *testing.T, service string) *deployed {
	t.Helper()
	return deployWith(t, service, func(*app.Options, *admin.Cloud) {})
}

// deployWith is deploy with other options.
func deployWith(t *testing.T, service string, change func(*app.Options, *admin.Cloud)) *deployed {
	t.Helper()
	clock := modeltest.NewClock(testclock.Now())
	cloud, err := admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(), Clock: clock, Files: kvtest.Disk(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	open := func(ctx context.Context) (*operator.Clients, error) {
		return operator.Open(ctx, operator.Options{Project: "opera-house-1", Dial: cloud.Conn(),
			Transport: cloud.HTTP()})
	}
	d := &deployed{t: t, clock: clock, logs: &lines{}}
	if d.admin, err = open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.admin.Close() })
	_, err = provision.Apply(t.Context(), d.admin, provision.Spec{
		Project: "opera-house-1", Region: "europe-west1", Content: app.ContentCollections(),
		Keys: app.KeysCollections(), Clock: clock,
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cfg := d.config(service)
	clients, err := gcp.Open(t.Context(), gcp.Options{Project: cfg.Project, FirestoreDatabase: cfg.ContentDatabase,
		KeysDatabase: cfg.KeysDatabase, Dial: cloud.Conn()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clients.Close() })
	log := slog.New(slog.NewTextHandler(d.logs, nil))
	d.log = log
	o := app.Options{Config: cfg, Clients: clients, Clock: clock, Logger: log, Admin: open,
		Outside: cloud.PubSub().CertsTransport()}
	change(&o, cloud)
	d.App, err = app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.App.Close(context.WithoutCancel(t.Context())) })
	return d
}

// config is that of a deployed service.
func (d *deployed) config(service string) config.Config {
	d.t.Helper()
	s, err := d.admin.Run.GetService(d.t.Context(),
		&runpb.GetServiceRequest{Name: "projects/opera-house-1/locations/europe-west1/services/" + service})
	if err != nil {
		d.t.Fatal(err)
	}
	env := []string{"PORT=8080"}
	for _, e := range s.GetTemplate().GetContainers()[0].GetEnv() {
		env = append(env, e.GetName()+"="+e.GetValue())
	}
	cfg, err := config.Load(env)
	if err != nil {
		d.t.Fatal(err)
	}
	return cfg
}

// hour lets an hour and a few ticks pass, and runs the jobs that they added.
func (d *deployed) hour() {
	d.t.Helper()
	d.clock.Advance(time.Hour)
	jobs := map[string]bool{}
	for range 3 {
		id, err := d.AttestHourly(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		jobs[id] = true
	}
	if len(jobs) != 1 {
		d.t.Fatalf("an hour has the jobs %v", jobs)
	}
	for id := range jobs {
		if err := d.Queue.Run(logging.Into(d.t.Context(), d.log), id); err != nil {
			d.t.Fatalf("%v\n%s", err, d.logs)
		}
	}
}

// TestServiceAttestsItself: each hour the tasks service attests its own cloud, stores the result, and logs where
// something is wrong, not who caused it.
func TestServiceAttestsItself(t *testing.T) {
	t.Parallel()
	d := deploy(t, provision.TasksService)
	if _, err := d.LastAttestation(t.Context()); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("before the first: %v", err)
	}
	if a := d.access(); a.Good() || !a.At.IsZero() || !a.Cloud {
		t.Errorf("before the first, the page would say %+v", a)
	}
	if !slices.Contains(d.TickNames(), "attestation") {
		t.Error("no tick looks")
	}
	d.hour()
	last, err := d.LastAttestation(t.Context())
	if err != nil || last.State != posture.CloudOnly || len(last.Promises) < 20 || last.Promises[0].Looked == 0 {
		t.Fatalf("%v, %+v\n%s", err, last, d.logs)
	}
	if a := d.access(); !a.Good() || !a.At.Equal(last.At) {
		t.Errorf("of a sound installation, the page would say %+v", a)
	}
	d.clock.Advance(4 * time.Hour) // no tick comes
	if a := d.access(); a.Good() || !a.Old {
		t.Errorf("after hours without an attestation, the page would say %+v", a)
	}
	d.lengthen()
	d.widen()
	d.hour()
	last, err = d.LastAttestation(t.Context())
	if broken, undecided := d.LastFound(); err != nil || last.State != posture.Broken || broken < 3 || undecided != 0 {
		t.Errorf("%v, %+v", err, last)
	}
	text := d.logs.String()
	if !strings.Contains(text,
		`msg="promise broken" promise=T9 check="trail kept" resource=projects/opera-house-1/locations/europe-west1/buckets/toh-audit`) ||
		strings.Contains(text, "someone@") {
		t.Errorf("%s", text)
	}
}

// access is what the public page of access would show.
func (d *deployed) access() policy.Access {
	d.t.Helper()
	a, err := d.PublicAccess(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// TestPagesDoNotAttest: the service that everybody can reach has no access to the cloud's configuration.
func TestPagesDoNotAttest(t *testing.T) {
	t.Parallel()
	d := deploy(t, provision.WebService)
	if slices.Contains(d.TickNames(), "attestation") {
		t.Error("it would look")
	}
	id, err := d.AttestHourly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Queue.Run(t.Context(), id)
	if _, err := d.LastAttestation(t.Context()); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// lengthen keeps the trail too long.
func (d *deployed) lengthen() {
	d.t.Helper()
	_, err := d.admin.LogConfig.UpdateBucket(d.t.Context(), &loggingpb.UpdateBucketRequest{
		Name:       "projects/opera-house-1/locations/europe-west1/buckets/toh-audit",
		Bucket:     &loggingpb.LogBucket{RetentionDays: 30},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retention_days"}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// widen lets a person read a secret.
func (d *deployed) widen() {
	d.t.Helper()
	const name = "projects/opera-house-1/secrets/toh-pepper"
	p, err := d.admin.Secrets.GetIamPolicy(d.t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
	if err != nil {
		d.t.Fatal(err)
	}
	p.Bindings[0].Members = append(p.Bindings[0].Members, "user:someone@opera.dev")
	if _, err := d.admin.Secrets.SetIamPolicy(d.t.Context(), &iampb.SetIamPolicyRequest{Resource: name,
		Policy: p}); err != nil {
		d.t.Fatal(err)
	}
}
