package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const copies = "opera-house-1-copies"

// way leads to the bucket, or nowhere.
type way struct {
	to    http.RoundTripper
	fails atomic.Bool
	hangs atomic.Bool
	asked chan struct{} // told of a request that hangs
}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case w.hangs.Load():
		select {
		case w.asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	case w.fails.Load():
		return nil, errors.New("the bucket does not answer")
	}
	return w.to.RoundTrip(r)
}

// copying is a tasks service with a bucket that everybody can read.
func copying(t *testing.T) (*deployed, *way) {
	t.Helper()
	w := &way{asked: make(chan struct{}, 1)}
	d := deployWith(t, provision.TasksService, func(o *app.Options, cloud *admin.Cloud) {
		w.to = cloud.HTTP()
		o.Config.Mirror = copies
		bucket, err := objects.Open(t.Context(), objects.Options{Project: o.Config.Project, Bucket: copies,
			Transport: w})
		if err != nil {
			t.Fatal(err)
		}
		o.Mirror = bucket
	})
	if _, err := d.admin.Storage.Buckets.Insert("opera-house-1", &storage.Bucket{Name: copies}).Do(); err != nil {
		t.Fatal(err)
	}
	p, err := d.admin.Storage.Buckets.GetIamPolicy(copies).Do()
	if err != nil {
		t.Fatal(err)
	}
	p.Bindings = append(p.Bindings, &storage.PolicyBindings{Role: "roles/storage.objectViewer",
		Members: []string{"allUsers"}})
	if _, err := d.admin.Storage.Buckets.SetIamPolicy(copies, p).Do(); err != nil {
		t.Fatal(err)
	}
	return d, w
}

// slot lets five minutes pass, and runs the job of copying.
func (d *deployed) slot() {
	d.t.Helper()
	d.clock.Advance(5 * time.Minute)
	id, err := d.CopyOften(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if again, err := d.CopyOften(d.t.Context()); err != nil || again != id {
		d.t.Errorf("a slot has the jobs %s and %s, %v", id, again, err)
	}
	if err := d.Queue.Run(logging.Into(d.t.Context(), d.log), id); err != nil {
		d.t.Fatalf("%v\n%s", err, d.logs)
	}
}

// TestServiceCopiesItsSecurityPage: what a stranger reads in the bucket can be checked without the service.
func TestServiceCopiesItsSecurityPage(t *testing.T) {
	t.Parallel()
	d, w := copying(t)
	if !slices.Contains(d.TickNames(), "mirror") {
		t.Errorf("ticks: %q", d.TickNames())
	}
	read := func(name string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			"https://storage.googleapis.com/"+copies+"/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.to.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s %v\n%s", name, resp.StatusCode, text, err, d.logs)
		}
		return string(text)
	}
	if err := d.Promises.Run(logging.Into(t.Context(), d.log), "trail-shipped"); err != nil {
		t.Fatal(err)
	}
	d.slot()
	b := check.Bundle{Heads: []string{read(check.CopiedHead)}}
	head, err := check.Parse(b.Heads[0])
	if err != nil {
		t.Fatal(err)
	}
	b.Origin = head.Origin
	if err := json.Unmarshal([]byte(read(check.CopiedKeys)), &b.Keys); err != nil {
		t.Fatal(err)
	}
	var p check.Page
	if err := json.Unmarshal([]byte(read(check.CopiedPage(1, 0))), &p); err != nil {
		t.Fatal(err)
	}
	b.Entries = p.Entries
	if r := check.Verify(b); r.State != check.Well || r.Covered < 2 {
		t.Errorf("%+v", r)
	}
	page := read("security.html")
	for _, want := range []string{"This is a copy", "promises kept", "<style>", head.Root.String(),
		"https://storage.googleapis.com/" + copies} {
		if !strings.Contains(page, want) {
			t.Errorf("the page is without %q", want)
		}
	}
	for _, bad := range []string{"<script", "<form", "<link", "@font-face", `href="/`, `src="`, "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if data := read("security.json"); !json.Valid([]byte(data)) || !strings.Contains(data, `"promises"`) {
		t.Errorf("the data: %.200s", data)
	}
	if bytes.Contains([]byte(d.logs.String()), []byte("was not written")) {
		t.Error(d.logs)
	}
}

// TestBucketThatFailsStopsNoControl: controls run and are recorded while the bucket fails or hangs.
func TestBucketThatFailsStopsNoControl(t *testing.T) {
	t.Parallel()
	d, w := copying(t)
	last := func() promise.ControlState {
		t.Helper()
		o, err := d.Promises.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range o.Promises {
			for _, c := range p.Controls {
				if c.ID == "trail-shipped" {
					return c
				}
			}
		}
		t.Fatal("there is no such control")
		return promise.ControlState{}
	}
	control := func() promise.ControlState {
		t.Helper()
		before := last()
		for range 20 { // a machine that is busy may leave no time for the control, which is then asked for again
			if err := d.RunAgain(t.Context(), "trail-shipped"); err != nil {
				t.Fatal(err)
			}
			job := "again-trail-shipped-" + d.clock.Now().UTC().Truncate(5*time.Minute).Format("2006-01-02-15-04")
			if err := d.Queue.Run(logging.Into(t.Context(), d.log), job); err != nil {
				t.Fatal(err)
			}
			d.clock.Advance(time.Minute) // the board is read anew
			if now := last(); now.Last.After(before.Last) {
				return now
			}
			d.clock.Advance(5 * time.Minute)
		}
		t.Fatalf("the control never ran:\n%s", d.logs)
		return before
	}
	w.fails.Store(true)
	d.slot()
	if !strings.Contains(d.logs.String(), "the copy of the security page was not written") {
		t.Errorf("it is not logged:\n%s", d.logs)
	}
	if strings.Contains(d.logs.String(), "job failed") {
		t.Error("the job was given up, which is another alert")
	}
	first := control()
	if first.State != promise.Kept {
		t.Errorf("while the bucket fails: %s %s", first.State, first.Why)
	}
	w.hangs.Store(true)
	d.clock.Advance(5 * time.Minute)
	id, err := d.CopyOften(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Queue.Run(logging.Into(t.Context(), d.log), id) }()
	<-w.asked
	if second := control(); second.State == promise.Unchecked || !second.Last.After(first.Last) {
		t.Errorf("while the bucket does not answer: %s, last at %s", second.State, second.Last)
	}
	select {
	case err := <-ended:
		t.Errorf("the job did not wait for the bucket: %v", err)
	default:
	}
	w.hangs.Store(false)
	w.fails.Store(false)
	if err := d.Close(t.Context()); err != nil { // ends what waits
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestNothingIsCopiedUnasked: without a bucket there is no job, and the page says nothing of a copy.
func TestNothingIsCopiedUnasked(t *testing.T) {
	t.Parallel()
	house := servetest.Start(t, servetest.Options{})
	if slices.Contains(house.App.TickNames(), "mirror") {
		t.Errorf("ticks: %q", house.App.TickNames())
	}
	resp, err := http.Get(house.URL() + "/security")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(string(text), "a copy outside") {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
}
