package objects_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/api/option"
	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
)

// counted is a transport that counts requests, and calls before each one.
type counted struct {
	to     http.RoundTripper
	writes int
	before func(*http.Request)
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/upload/") {
		c.writes++
	}
	if c.before != nil {
		c.before(r)
	}
	return c.to.RoundTrip(r)
}

func open(t *testing.T) (*objects.Bucket, *counted) {
	t.Helper()
	cloud, err := admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(), Files: kvtest.Disk(t)})
	must(t, err)
	t.Cleanup(func() { must(t, cloud.Close()) })
	c := &counted{to: cloud.HTTP()}
	b, err := objects.Open(t.Context(), objects.Options{Project: "opera-test", Bucket: "opera-test-mirror",
		Transport: c})
	must(t, err)
	return b, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func insertBucket(t *testing.T, c *counted) {
	t.Helper()
	s, err := storage.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: c}))
	must(t, err)
	_, err = s.Buckets.Insert("opera-test", &storage.Bucket{Name: "opera-test-mirror"}).Do()
	must(t, err)
}

func TestObjectsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	b, c := open(t)
	f := objects.File{Name: "a/b", Type: "text/plain", Body: []byte("one")}
	if _, err := b.Put(t.Context(), f); err == nil {
		t.Error("without a bucket")
	}
	insertBucket(t, c)
	if _, err := b.Get(t.Context(), "a/b", 10); !errors.Is(err, objects.ErrMissing) {
		t.Errorf("before: %v", err)
	}
	c.writes = 0
	for _, want := range []bool{true, false} {
		if wrote, err := b.Put(t.Context(), f); err != nil || wrote != want {
			t.Errorf("wrote %t, %v", wrote, err)
		}
	}
	f.Body = []byte("two")
	if wrote, err := b.Put(t.Context(), f); err != nil || !wrote || c.writes != 2 {
		t.Errorf("wrote %t, %d times, %v", wrote, c.writes, err)
	}
	if got, err := b.Get(t.Context(), "a/b", 3); err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := b.Get(t.Context(), "a/b", 2); err == nil {
		t.Error("more is read than was asked for")
	}
}

// TestWhatOthersWroteIsNotReplaced: somebody else writes between the look and the write.
func TestWhatOthersWroteIsNotReplaced(t *testing.T) {
	t.Parallel()
	b, c := open(t)
	insertBucket(t, c)
	f := objects.File{Name: "a/b", Type: "text/plain", Body: []byte("one")}
	c.before = func(r *http.Request) {
		if r.Method == http.MethodPost {
			c.before = nil
			_, err := b.Put(t.Context(), objects.File{Name: "a/b", Type: "text/plain", Body: []byte("theirs")})
			must(t, err)
		}
	}
	if _, err := b.Put(t.Context(), f); !errors.Is(err, objects.ErrChanged) {
		t.Errorf("%v", err)
	}
	if got, err := b.Get(t.Context(), "a/b", 100); err != nil || string(got) != "theirs" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	b, c := open(t)
	insertBucket(t, c)
	for _, name := range []string{"h/1", "h/2", "h/9", "i"} {
		_, err := b.Put(t.Context(), objects.File{Name: name, Type: "text/plain", Body: []byte(name)})
		must(t, err)
	}
	for from, want := range map[string]string{"h/2": "h/9", "": "h/9", "h/99": ""} {
		if got, err := b.Last(t.Context(), "h/", from); err != nil || got != want {
			t.Errorf("from %q: %q, %v", from, got, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, bucket := range map[string]string{"none": "", "a path": "a/b", "upper case": "Opera"} {
		if _, err := objects.Open(t.Context(), objects.Options{Project: "opera-test", Bucket: bucket,
			Transport: &counted{}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
	_, err := objects.Open(t.Context(), objects.Options{Project: "opera-test", Bucket: "opera-test-mirror"})
	if err == nil || !strings.Contains(err.Error(), "STORAGE_EMULATOR_HOST") {
		t.Errorf("beside an emulator: %v", err)
	}
}
