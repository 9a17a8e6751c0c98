package storage_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/api/googleapi"
	api "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func (w world) put(t *testing.T, name, text string, generation int64) (*api.Object, error) {
	t.Helper()
	return w.Objects.Insert("tiny-a", &api.Object{Name: name, ContentType: "text/plain", CacheControl: "no-cache"}).
		IfGenerationMatch(generation).Media(strings.NewReader(text), googleapi.ContentType("text/plain")).Do()
}

func TestObjects(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	w := open(t, store)
	_, err := w.put(t, "a/b", "x", 0)
	wantHTTP(t, "an object without a bucket", err, 404)
	tabletest.Must(w.Buckets.Insert(in, &api.Bucket{Name: "tiny-a"}).Do())(t)
	made := tabletest.Must(w.put(t, "a/b", "one", 0))(t)
	if made.Md5Hash == "" || made.Size != 3 || made.Generation < 1 {
		t.Errorf("%+v", made)
	}
	_, err = w.put(t, "a/b", "two", 0)
	wantHTTP(t, "one that there is", err, 412)
	next := tabletest.Must(w.put(t, "a/b", "two", made.Generation))(t)
	if next.Generation <= made.Generation || next.Md5Hash == made.Md5Hash {
		t.Errorf("%+v after %+v", next, made)
	}
	_, err = w.put(t, "a/b", "three", made.Generation)
	wantHTTP(t, "an older generation", err, 412)
	w = open(t, store) // it stays
	resp := tabletest.Must(w.Objects.Get("tiny-a", "a/b").Download())(t)
	text := tabletest.Must(io.ReadAll(resp.Body))(t)
	if string(text) != "two" || resp.Header.Get("Cache-Control") != "no-cache" ||
		resp.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%q, %v", text, resp.Header)
	}
	if got := tabletest.Must(w.Objects.Get("tiny-a", "a/b").Do())(t); got.Md5Hash != next.Md5Hash {
		t.Errorf("%+v", got)
	}
	for _, name := range []string{"a/c", "a/d", "b"} {
		tabletest.Must(w.put(t, name, name, 0))(t)
	}
	var names []string
	err = w.Objects.List("tiny-a").Prefix("a/").StartOffset("a/c").MaxResults(1).Pages(t.Context(),
		func(page *api.Objects) error {
			for _, o := range page.Items {
				names = append(names, o.Name)
			}
			return nil
		})
	if err != nil || strings.Join(names, " ") != "a/c a/d" {
		t.Errorf("%v, %v", names, err)
	}
	wantHTTP(t, "a bucket with objects", w.Buckets.Delete("tiny-a").Do(), 409)
	for _, name := range []string{"a/b", "a/c", "a/d", "b"} {
		if err := w.Objects.Delete("tiny-a", name).Do(); err != nil {
			t.Error(err)
		}
	}
	if err := w.Buckets.Delete("tiny-a").Do(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "a\nb", strings.Repeat("x", 1025)} {
		if _, err := w.put(t, bad, "x", 0); err == nil {
			t.Errorf("the name %q", bad)
		}
	}
}

// TestOnlyPublicObjectsArePublic: at the public address there is only what everybody may read.
func TestOnlyPublicObjectsArePublic(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	tabletest.Must(w.Buckets.Insert(in, &api.Bucket{Name: "tiny-a", IamConfiguration: &api.BucketIamConfiguration{
		UniformBucketLevelAccess: &api.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true}}}).Do())(t)
	tabletest.Must(w.put(t, "a/b", "one", 0))(t)
	get := func(path string) (int, string) {
		resp := tabletest.Must(http.Get(strings.TrimSuffix(w.BasePath, "/storage/v1/") + path))(t)
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode, string(tabletest.Must(io.ReadAll(resp.Body))(t))
	}
	if code, _ := get("/tiny-a/a/b"); code != http.StatusForbidden {
		t.Errorf("not public: %d", code)
	}
	p := tabletest.Must(w.Buckets.GetIamPolicy("tiny-a").Do())(t)
	p.Bindings = append(p.Bindings, &api.PolicyBindings{Role: "roles/storage.objectViewer",
		Members: []string{"allUsers"}})
	tabletest.Must(w.Buckets.SetIamPolicy("tiny-a", p).Do())(t)
	if code, text := get("/tiny-a/a/b"); code != http.StatusOK || text != "one" {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := get("/tiny-a/a/c"); code != http.StatusNotFound {
		t.Errorf("none: %d", code)
	}
	if code, _ := get("/tiny-b/a/b"); code != http.StatusForbidden {
		t.Errorf("no bucket: %d", code)
	}
}
