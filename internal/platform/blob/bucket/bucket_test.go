package bucket_test

import (
	"errors"
	"net/http"
	"testing"

	"google.golang.org/api/option"
	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/platform/blob/blobtest"
	"github.com/tinyoperahouse/toh/internal/platform/blob/bucket"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
)

// losing loses the answer to the first upload, which Cloud Storage has carried out.
type losing struct {
	to   http.RoundTripper
	lost int
}

var errLost = errors.New("the connection was cut")

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.to.RoundTrip(r)
	if err == nil && l.lost > 0 && r.Method == http.MethodPost {
		l.lost--
		return nil, errors.Join(errLost, resp.Body.Close())
	}
	return resp, err
}

func open(t *testing.T) (*bucket.Store, *losing) {
	t.Helper()
	cloud, err := admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(), Files: kvtest.Disk(t)})
	must(t, err)
	t.Cleanup(func() { must(t, cloud.Close()) })
	way := &losing{to: cloud.HTTP()}
	buckets, err := storage.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: way}))
	must(t, err)
	_, err = buckets.Buckets.Insert("opera-test", &storage.Bucket{Name: "opera-test-files"}).Do()
	must(t, err)
	b, err := objects.Open(t.Context(), objects.Options{Project: "opera-test", Bucket: "opera-test-files",
		Transport: way})
	must(t, err)
	return bucket.New(b), way
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	blobtest.Suite(t, s)
}

// Whoever stores again because the answer was lost is not told that somebody else's object is there.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	s, way := open(t)
	way.lost = 1
	first := s.Put(t.Context(), "w/f/p", []byte("sealed"))
	if first != nil && !errors.Is(first, errLost) {
		t.Error(first)
	}
	must(t, s.Put(t.Context(), "w/f/p", []byte("sealed")))
	got, err := blobtest.Read(t, s, "w/f/p")
	if err != nil || string(got) != "sealed" {
		t.Errorf("%q, %v", got, err)
	}
}
