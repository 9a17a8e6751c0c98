package storage_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	api "google.golang.org/api/storage/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/storage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	in   = "tiny-opera"
	name = "tiny-opera-toh-files"
	key  = "projects/tiny-opera/locations/europe-west1/keyRings/toh/cryptoKeys/data"
)

// useKey knows one key, and one account that may use it.
func useKey(_ context.Context, k, account string) error {
	if k != key || account != project.Agent(in, "gs-project-accounts") {
		return status.Error(codes.PermissionDenied, "Permission denied on Cloud KMS key.")
	}
	return nil
}

type world struct {
	*api.Service
	clock  *modeltest.Clock
	server *storage.Server
}

func open(t *testing.T, store table.Store) world {
	t.Helper()
	w := world{clock: modeltest.NewClock(time.Time{})}
	w.server = storage.New(store, w.clock, useKey)
	s := httptest.NewServer(w.server)
	t.Cleanup(s.Close)
	w.Service = tabletest.Must(api.NewService(t.Context(), option.WithHTTPClient(s.Client()),
		option.WithEndpoint(s.URL+"/storage/v1/")))(t)
	return w
}

func bucket() *api.Bucket {
	return &api.Bucket{
		Name: name, Location: "europe-west1",
		IamConfiguration: &api.BucketIamConfiguration{
			PublicAccessPrevention:   "enforced",
			UniformBucketLevelAccess: &api.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
		},
		Encryption: &api.BucketEncryption{DefaultKmsKeyName: key},
		Versioning: &api.BucketVersioning{Enabled: true},
		Labels:     map[string]string{"app": "toh", "b": "c"},
		Lifecycle: &api.BucketLifecycle{Rule: []*api.BucketLifecycleRule{{
			Action:    &api.BucketLifecycleRuleAction{Type: "Delete"},
			Condition: &api.BucketLifecycleRuleCondition{NumNewerVersions: 3},
		}}},
	}
}

func (w world) create(t *testing.T) *api.Bucket {
	t.Helper()
	return tabletest.Must(w.Buckets.Insert(in, bucket()).Do())(t)
}

func (w world) get(t *testing.T) *api.Bucket {
	t.Helper()
	return tabletest.Must(w.Buckets.Get(name).Do())(t)
}

func wantHTTP(t *testing.T, what string, err error, want int) {
	t.Helper()
	var e *googleapi.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Errorf("%s: %v, want %d", what, err, want)
	}
}

func same(t *testing.T, what string, got, want *api.Bucket) {
	t.Helper()
	got.ServerResponse, want.ServerResponse = googleapi.ServerResponse{}, googleapi.ServerResponse{}
	a, b := tabletest.Must(json.Marshal(got))(t), tabletest.Must(json.Marshal(want))(t)
	if string(a) != string(b) {
		t.Errorf("%s: %s, want %s", what, a, b)
	}
}

func TestBucketsStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	made := open(t, store).create(t)
	for what, ok := range map[string]bool{
		"name":     made.Name == name && made.Id == name && made.Kind == "storage#bucket",
		"location": made.Location == "EUROPE-WEST1" && made.LocationType == "region",
		"class":    made.StorageClass == "STANDARD",
		"number":   project.Number(in) == strconv.FormatUint(made.ProjectNumber, 10),
		"first":    made.Metageneration == 1 && made.Etag != "" && made.TimeCreated != "",
		"access": made.IamConfiguration.UniformBucketLevelAccess.LockedTime != "" &&
			made.IamConfiguration.PublicAccessPrevention == "enforced",
		"soft delete": made.SoftDeletePolicy.RetentionDurationSeconds == 604800 &&
			made.SoftDeletePolicy.EffectiveTime != "",
		"key": made.Encryption.DefaultKmsKeyName == key,
	} {
		if !ok {
			t.Errorf("%s of %+v", what, made)
		}
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	same(t, "after reopening", open(t, store).get(t), made)
}

func TestInsertRefuses(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	w.create(t)
	for what, c := range map[string]struct {
		change func(*api.Bucket)
		want   int
	}{
		"existing":           {func(b *api.Bucket) { b.Name = name }, 409},
		"no name":            {func(b *api.Bucket) { b.Name = "" }, 400},
		"2 characters":       {func(b *api.Bucket) { b.Name = "ab" }, 400},
		"64 characters":      {func(b *api.Bucket) { b.Name = strings.Repeat("a", 64) }, 400},
		"upper case":         {func(b *api.Bucket) { b.Name = "Bucket" }, 400},
		"goog":               {func(b *api.Bucket) { b.Name = "googbucket" }, 400},
		"bad place":          {func(b *api.Bucket) { b.Location = "here!" }, 400},
		"bad class":          {func(b *api.Bucket) { b.StorageClass = "WARM" }, 400},
		"key elsewhere":      {func(b *api.Bucket) { b.Location = "europe-west3" }, 400},
		"key not accessible": {func(b *api.Bucket) { b.Encryption.DefaultKmsKeyName += "2" }, 403},
		"prevention":         {func(b *api.Bucket) { b.IamConfiguration.PublicAccessPrevention = "maybe" }, 400},
		"lists": {func(b *api.Bucket) {
			b.Acl = []*api.BucketAccessControl{{Entity: "allUsers", Role: "READER"}}
		}, 400},
		"soft delete too few": {func(b *api.Bucket) {
			b.SoftDeletePolicy = &api.BucketSoftDeletePolicy{RetentionDurationSeconds: 604799}
		}, 400},
		"soft delete long": {func(b *api.Bucket) {
			b.SoftDeletePolicy = &api.BucketSoftDeletePolicy{RetentionDurationSeconds: 7776001}
		}, 400},
		"rule for all": {func(b *api.Bucket) {
			b.Lifecycle.Rule[0].Condition = &api.BucketLifecycleRuleCondition{}
		}, 400},
		"rule doing nothing": {func(b *api.Bucket) { b.Lifecycle.Rule[0].Action.Type = "" }, 400},
		"rule to no class":   {func(b *api.Bucket) { b.Lifecycle.Rule[0].Action.Type = "SetStorageClass" }, 400},
		"label":              {func(b *api.Bucket) { b.Labels["A"] = "b" }, 400},
	} {
		b := bucket()
		b.Name = "tiny-opera-other"
		c.change(b)
		_, err := w.Buckets.Insert(in, b).Do()
		wantHTTP(t, what, err, c.want)
	}
	_, err := w.Buckets.Insert("X", bucket()).Do()
	wantHTTP(t, "bad project", err, 400)
	_, err = w.Buckets.Insert("another-one", bucket()).Do()
	wantHTTP(t, "a name that another project has", err, 409)
	if got := tabletest.Must(w.Buckets.List(in).Do())(t); len(got.Items) != 1 {
		t.Errorf("%d buckets", len(got.Items))
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	for _, body := range []string{`{"name":"abc","colour":1}`, `{"name":"abc","iamConfiguration":{"colour":1}}`,
		`{"name":1}`, `[]`, `null`, ``} {
		r := httptest.NewRequest(http.MethodPost, "/storage/v1/b?project="+in, strings.NewReader(body))
		rec := httptest.NewRecorder()
		w.server.ServeHTTP(rec, r)
		raw, _ := io.ReadAll(rec.Body)
		if rec.Code != 400 || !strings.Contains(string(raw), `"reason":"invalid"`) {
			t.Errorf("%s: %d %s", body, rec.Code, raw)
		}
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	_, err := w.Buckets.Patch(name, &api.Bucket{}).Do()
	wantHTTP(t, "none", err, 404)
	made := w.create(t)
	got := tabletest.Must(w.Buckets.Patch(name, &api.Bucket{
		Labels:     map[string]string{"app": "other"},
		Versioning: &api.BucketVersioning{ForceSendFields: []string{"Enabled"}}, Metageneration: 99, Etag: "x",
	}).Do())(t)
	if got.Labels["app"] != "other" || got.Labels["b"] != "c" || got.Versioning.Enabled || got.Metageneration != 2 ||
		got.Encryption.DefaultKmsKeyName != key || got.Etag == made.Etag {
		t.Errorf("patched %+v", got)
	}
	got = tabletest.Must(w.Buckets.Patch(name, &api.Bucket{NullFields: []string{"Lifecycle", "Encryption"}}).Do())(t)
	if got.Lifecycle != nil || got.Encryption != nil || got.Labels["b"] != "c" {
		t.Errorf("patched away %+v", got)
	}
	got = tabletest.Must(w.Buckets.Patch(name,
		&api.Bucket{SoftDeletePolicy: &api.BucketSoftDeletePolicy{ForceSendFields: []string{
			"RetentionDurationSeconds"}}}).Do())(t)
	if got.SoftDeletePolicy.RetentionDurationSeconds != 0 {
		t.Errorf("soft deletion %+v", got.SoftDeletePolicy)
	}
	before := w.get(t)
	for what, c := range map[string]struct {
		call *api.BucketsPatchCall
		want int
	}{
		"location": {w.Buckets.Patch(name, &api.Bucket{Location: "US"}), 400},
		"another generation": {w.Buckets.Patch(name, &api.Bucket{StorageClass: "COLDLINE"}).IfMetagenerationMatch(1),
			412},
		"this generation": {w.Buckets.Patch(name, &api.Bucket{StorageClass: "COLDLINE"}).
			IfMetagenerationNotMatch(before.Metageneration), 412},
		"lists": {w.Buckets.Patch(name, &api.Bucket{}).PredefinedAcl("publicRead"), 400},
	} {
		_, err := c.call.Do()
		wantHTTP(t, what, err, c.want)
	}
	same(t, "after what was refused", w.get(t), before)
	tabletest.Must(w.Buckets.Patch(name, &api.Bucket{Location: "Europe-West1"}).
		IfMetagenerationMatch(before.Metageneration).Do())(t)
}

func TestUpdateReplaces(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	made := w.create(t)
	got := tabletest.Must(w.Buckets.Update(name, &api.Bucket{Labels: map[string]string{"x": "y"}}).Do())(t)
	if len(got.Labels) != 1 || got.Versioning != nil || got.Encryption != nil || got.Location != made.Location ||
		got.TimeCreated != made.TimeCreated || got.Metageneration != 2 {
		t.Errorf("updated %+v", got)
	}
	if got.IamConfiguration.UniformBucketLevelAccess.Enabled ||
		got.IamConfiguration.PublicAccessPrevention != "inherited" {
		t.Errorf("access %+v", got.IamConfiguration)
	}
}

func TestUniformAccessIsLockedInTheEnd(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	locked := w.create(t).IamConfiguration.UniformBucketLevelAccess.LockedTime
	w.clock.Advance(90*24*time.Hour + time.Second)
	off := &api.Bucket{IamConfiguration: &api.BucketIamConfiguration{
		UniformBucketLevelAccess: &api.BucketIamConfigurationUniformBucketLevelAccess{ForceSendFields: []string{
			"Enabled"}}}}
	_, err := w.Buckets.Patch(name, off).Do()
	wantHTTP(t, "too late", err, 400)
	if got := w.get(t).IamConfiguration.UniformBucketLevelAccess; !got.Enabled || got.LockedTime != locked {
		t.Errorf("access %+v", got)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	_, err := w.Buckets.GetIamPolicy(name).Do()
	wantHTTP(t, "none", err, 404)
	w.create(t)
	first := tabletest.Must(w.Buckets.GetIamPolicy(name).Do())(t)
	if len(first.Bindings) != 4 || first.ResourceId != "projects/_/buckets/"+name {
		t.Errorf("at first %+v", first)
	}
	add := func(role, member string) (*api.Policy, error) {
		p := *first
		p.Bindings = append(p.Bindings[:len(p.Bindings):len(p.Bindings)], &api.PolicyBindings{Role: role,
			Members: []string{member}})
		return w.Buckets.SetIamPolicy(name, &p).Do()
	}
	_, err = add("roles/storage.objectViewer", "allUsers")
	wantHTTP(t, "everybody, where that is prevented", err, 412)
	got := tabletest.Must(add("roles/storage.objectUser", "serviceAccount:toh-web@tiny-opera.iam.gserviceaccount.com"))(
		t)
	if len(got.Bindings) != 5 {
		t.Errorf("set %+v", got)
	}
	_, err = add("roles/storage.objectUser", "serviceAccount:x@tiny-opera.iam.gserviceaccount.com")
	wantHTTP(t, "a stale etag", err, 412)
	may := tabletest.Must(w.Buckets.TestIamPermissions(name, []string{"storage.buckets.get"}).Do())(t)
	if len(may.Permissions) != 1 {
		t.Errorf("may %v", may.Permissions)
	}
	tabletest.Must(w.Buckets.Patch(name,
		&api.Bucket{IamConfiguration: &api.BucketIamConfiguration{PublicAccessPrevention: "inherited"}}).Do())(t)
	first = got
	tabletest.Must(add("roles/storage.objectViewer", "allUsers"))(t)
	if err := w.Buckets.Delete(name).Do(); err != nil {
		t.Fatal(err)
	}
	w.create(t)
	if again := tabletest.Must(w.Buckets.GetIamPolicy(name).Do())(t); len(again.Bindings) != 4 {
		t.Errorf("a new bucket has the policy %+v", again)
	}
}

func TestPagesAndTheRest(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	for _, n := range []string{"tiny-a", "tiny-b", "tiny-c"} {
		tabletest.Must(w.Buckets.Insert(in, &api.Bucket{Name: n}).Do())(t)
	}
	tabletest.Must(w.Buckets.Insert("another-one", &api.Bucket{Name: "tiny-d"}).Do())(t)
	n := 0
	err := w.Buckets.List(in).Prefix("tiny-").MaxResults(2).Pages(t.Context(), func(page *api.Buckets) error {
		n += len(page.Items)
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d buckets, %v", n, err)
	}
	if got := tabletest.Must(w.Objects.List("tiny-a").Do())(t); len(got.Items) != 0 {
		t.Errorf("objects %v", got.Items)
	}
	_, err = w.Objects.List("tiny-x").Do()
	wantHTTP(t, "objects of none", err, 404)
	_, err = w.Objects.Get("tiny-a", "o").Do()
	wantHTTP(t, "an object", err, 404)
	if got := tabletest.Must(w.Projects.ServiceAccount.Get(in).Do())(t); got.EmailAddress != project.Agent(in,
		"gs-project-accounts") {
		t.Errorf("account %s", got.EmailAddress)
	}
	if err := w.Buckets.Delete("tiny-a").IfMetagenerationMatch(2).Do(); err == nil {
		t.Error("deleted another generation")
	}
	if err := w.Buckets.Delete("tiny-a").IfMetagenerationMatch(1).Do(); err != nil {
		t.Error(err)
	}
	_, err = w.Buckets.Get("tiny-a").Do()
	wantHTTP(t, "deleted", err, 404)
	_, err = w.Buckets.Get("tiny-b").IfMetagenerationNotMatch(1).Do()
	wantHTTP(t, "not modified", err, 304)
}
