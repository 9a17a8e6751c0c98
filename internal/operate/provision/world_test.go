package provision_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// world is a project in a local cloud, and the connection to it, which can fail.
type world struct {
	*operator.Clients
	t      *testing.T
	before func(write bool) error // runs before each call; its error is the call's, which is not made
	during func(method string)    // runs before each call that is made
	// runs after each call that went well; its error is the call's, which was made
	after  func(write bool) error
	refuse func(method string) error          // answers in place of Google, with an error
	answer func(*http.Request) *http.Response // the same for HTTP
}

func open(t *testing.T) *world {
	t.Helper()
	cloud, err := admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(), Clock: testclock.Moving{},
		Files: kvtest.Disk(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	w := &world{t: t}
	w.calm()
	w.Clients, err = operator.Open(t.Context(), operator.Options{
		Project: good().Project, Dial: dialer{cloud.Conn(), w}, Transport: transport{cloud.HTTP(), w},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Clients.Close() })
	return w
}

// calm lets every call through.
func (w *world) calm() {
	w.before = func(bool) error { return nil }
	w.after = w.before
	w.during = func(string) {}
	w.refuse = func(string) error { return nil }
	w.answer = func(*http.Request) *http.Response { return nil }
}

// dialer is a connection on which calls fail as the world says.
type dialer struct {
	gcp.Dialer
	w *world
}

func (d dialer) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	name := method[strings.LastIndexByte(method, '/')+1:]
	write := !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "BatchGet")
	if err := d.w.before(write); err != nil {
		return err
	}
	if err := d.w.refuse(method); err != nil {
		return err
	}
	d.w.during(name)
	if err := d.Dialer.Invoke(ctx, method, args, reply, opts...); err != nil {
		return err
	}
	return d.w.after(write)
}

// transport is the same for HTTP.
type transport struct {
	http.RoundTripper
	w *world
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	// Asking for an identity changes nothing visible, and is done each time before it is granted something.
	write := r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, ":generateServiceIdentity")
	if err := t.w.before(write); err != nil {
		return nil, err
	}
	if resp := t.w.answer(r); resp != nil {
		resp.Request = r
		return resp, nil
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode >= 300 {
		return resp, err
	}
	if err := t.w.after(write); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// errCut is an error after which no client retries by itself.
var errCut = status.Error(codes.DataLoss, "cut by the test")

func isCut(err error) bool {
	return errors.Is(err, errCut) || strings.Contains(err.Error(), "cut by the test")
}

// apply applies, and returns what was written.
func (w *world) apply(s provision.Spec) (provision.Summary, string, error) {
	var out bytes.Buffer
	sum, err := provision.Apply(w.t.Context(), w.Clients, s, &out)
	return sum, out.String(), err
}

// done applies and requires that it succeeds.
func (w *world) done(s provision.Spec) provision.Summary {
	w.t.Helper()
	sum, out, err := w.apply(s)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	if lines := strings.Split(strings.TrimSpace(out), "\n"); lines[len(lines)-1] != sum.String() {
		w.t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	return sum
}

// changes are what a plan says.
func (w *world) changes(s provision.Spec) []provision.Change {
	w.t.Helper()
	all, err := provision.Plan(w.t.Context(), w.Clients, s)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []provision.Change
	for _, c := range all {
		if c.Verb != provision.Unchanged {
			list = append(list, c)
		}
	}
	return list
}

// small is an installation with few indexes, for what is done hundreds of times.
func small() provision.Spec {
	s := good()
	s.Content, s.Keys = s.Content[:1], s.Keys[:1]
	return s
}
