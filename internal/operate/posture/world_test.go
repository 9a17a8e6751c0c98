package posture_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	projectID = "opera-house-1"
	region    = "europe-west1"
	project   = "projects/" + projectID
	location  = project + "/locations/" + region
)

// spec is an installation with every option given, with the product's own collections.
func spec() provision.Spec {
	return provision.Spec{
		Project: projectID, Region: region, BaseURL: "https://house.opera.dev", MailFrom: "House <house@opera.dev>",
		AlertMail: "operator@opera.dev",
		Content:   app.ContentCollections(), Keys: app.KeysCollections(), Clock: testclock.Moving{},
	}
}

// world is a project in a local cloud.
type world struct {
	*operator.Clients
	t      *testing.T
	cloud  *admin.Cloud
	before func(method string) error // runs before each call
	alter  func(request any)         // changes what is sent
	calls  int
	writes []string
}

func empty(t *testing.T) *world {
	t.Helper()
	cloud, err := admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(), Clock: testclock.Moving{},
		Files: kvtest.Disk(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	w := &world{t: t, cloud: cloud, before: func(string) error { return nil }}
	w.Clients, err = operator.Open(t.Context(), operator.Options{Project: projectID, Dial: dialer{cloud.Conn(), w},
		Transport: transport{cloud.HTTP(), w}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Clients.Close() })
	return w
}

// installed is a world in which apply has run.
func installed(t *testing.T, s provision.Spec) *world {
	t.Helper()
	w := empty(t)
	w.apply(s)
	return w
}

func (w *world) apply(s provision.Spec) {
	w.t.Helper()
	var out bytes.Buffer
	if _, err := provision.Apply(w.t.Context(), w.Clients, s, &out); err != nil {
		w.t.Fatalf("%v\n%s", err, out.String())
	}
}

// attest attests everything.
func (w *world) attest() posture.Report {
	w.t.Helper()
	r, err := w.look(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) look(clock model.Clock) (posture.Report, error) {
	s := spec()
	if clock == nil {
		clock = testclock.Moving{}
	}
	return posture.Run(w.t.Context(), posture.Options{Admin: w.Clients, Project: projectID, Region: region,
		Content: s.Content, Keys: s.Keys, Clock: clock})
}

type dialer struct {
	gcp.Dialer
	w *world
}

func (d dialer) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	name := method[strings.LastIndexByte(method, '/')+1:]
	reads := strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "BatchGet")
	if err := d.w.note(method, !reads); err != nil {
		return err
	}
	if d.w.alter != nil {
		d.w.alter(args)
	}
	return d.Dialer.Invoke(ctx, method, args, reply, opts...)
}

type transport struct {
	http.RoundTripper
	w *world
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	reads := r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, ":getIamPolicy")
	if err := t.w.note(r.Method+" "+r.URL.Path, !reads); err != nil {
		return nil, err
	}
	return t.RoundTripper.RoundTrip(r)
}

func (w *world) note(method string, write bool) error {
	w.calls++
	if write {
		w.writes = append(w.writes, method)
	}
	return w.before(method)
}
