package logging_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	ring    = location + "/keyRings/r/cryptoKeys/"
	dataKey = ring + "data"
	nextKey = ring + "next"
	day     = 24 * time.Hour
)

// keysHere knows two keys.
func keysHere(_ context.Context, key, account string) error {
	if (key != dataKey && key != nextKey) || !strings.HasPrefix(account, "cmek-p") ||
		!strings.HasSuffix(account, "@gcp-sa-logging.iam.gserviceaccount.com") {
		return status.Errorf(codes.FailedPrecondition, "no key %s for %s", key, account)
	}
	return nil
}

func encrypted(key string) *loggingpb.LogBucket {
	return &loggingpb.LogBucket{RetentionDays: 14, CmekSettings: &loggingpb.CmekSettings{KmsKeyName: key}}
}

func indexed(paths ...string) (out []*loggingpb.IndexConfig) {
	for _, p := range paths {
		out = append(out, &loggingpb.IndexConfig{FieldPath: p, Type: loggingpb.IndexType_INDEX_TYPE_STRING})
	}
	return out
}

func (w world) create(t *testing.T, parent, id string, b *loggingpb.LogBucket) (*loggingpb.LogBucket, error) {
	t.Helper()
	op, err := w.config.CreateBucketAsync(t.Context(), &loggingpb.CreateBucketRequest{Parent: parent, BucketId: id,
		Bucket: b})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func (w world) update(t *testing.T, name string, b *loggingpb.LogBucket, paths ...string) (*loggingpb.LogBucket,
	error) {
	t.Helper()
	op, err := w.config.UpdateBucketAsync(t.Context(), &loggingpb.UpdateBucketRequest{Name: name, Bucket: b,
		UpdateMask: mask(paths...)})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func TestSettingsNameTheAccountOfKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settings, err := w.config.GetSettings(t.Context(), &loggingpb.GetSettingsRequest{Name: project + "/settings"})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := w.config.GetCmekSettings(t.Context(), &loggingpb.GetCmekSettingsRequest{Name: project +
		"/cmekSettings"})
	if err != nil || keys.GetServiceAccountId() != settings.GetKmsServiceAccountId() || keysHere(t.Context(), dataKey,
		keys.GetServiceAccountId()) != nil {
		t.Errorf("%v and %v, %v", settings, keys, err)
	}
	_, err = w.config.GetSettings(t.Context(), &loggingpb.GetSettingsRequest{Name: project})
	wantCode(t, "bad name", err, codes.InvalidArgument)
	_, err = w.config.GetCmekSettings(t.Context(), &loggingpb.GetCmekSettingsRequest{Name: project + "/settings"})
	wantCode(t, "other name", err, codes.InvalidArgument)
	_, err = w.config.UpdateSettings(t.Context(), &loggingpb.UpdateSettingsRequest{Name: project + "/settings"})
	wantCode(t, "update", err, codes.InvalidArgument)
	_, err = w.config.UpdateCmekSettings(t.Context(), &loggingpb.UpdateCmekSettingsRequest{Name: project +
		"/cmekSettings"})
	wantCode(t, "update", err, codes.InvalidArgument)
}

func TestSettingsOfBuckets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprint("jsonPayload.f", i))
	}
	for what, c := range map[string]struct {
		parent string
		bucket *loggingpb.LogBucket
		want   codes.Code
	}{
		"key":             {location, encrypted(dataKey), codes.OK},
		"no such key":     {location, encrypted(dataKey + "x"), codes.FailedPrecondition},
		"bad key":         {location, encrypted("data"), codes.InvalidArgument},
		"key elsewhere":   {project + "/locations/us-east1", encrypted(dataKey), codes.InvalidArgument},
		"key, everywhere": {project + "/locations/global", encrypted(dataKey), codes.InvalidArgument},
		"20 indexes":      {location, &loggingpb.LogBucket{IndexConfigs: indexed(many[:20]...)}, codes.OK},
		"21 indexes":      {location, &loggingpb.LogBucket{IndexConfigs: indexed(many...)}, codes.InvalidArgument},
		"index twice": {location, &loggingpb.LogBucket{IndexConfigs: indexed("jsonPayload.a", "jsonPayload.a")},
			codes.InvalidArgument},
		"index there is": {location, &loggingpb.LogBucket{IndexConfigs: indexed("labels.tenant_id")},
			codes.InvalidArgument},
		"index of nothing": {location, &loggingpb.LogBucket{IndexConfigs: indexed("nothing.a")},
			codes.InvalidArgument},
		"index of a query": {location, &loggingpb.LogBucket{IndexConfigs: indexed("a OR b")}, codes.InvalidArgument},
		"index without type": {location,
			&loggingpb.LogBucket{IndexConfigs: []*loggingpb.IndexConfig{{FieldPath: "jsonPayload.a"}}},
			codes.InvalidArgument},
		"restricted": {location, &loggingpb.LogBucket{RestrictedFields: []string{"jsonPayload.name",
			"labels"}}, codes.OK},
		"restricted severity": {location, &loggingpb.LogBucket{RestrictedFields: []string{"severity"}},
			codes.InvalidArgument},
		"21 restricted": {location, &loggingpb.LogBucket{RestrictedFields: many}, codes.InvalidArgument},
	} {
		id := strings.ReplaceAll(strings.ReplaceAll(what, " ", "-"), ",", "")
		got, err := w.create(t, c.parent, id, c.bucket)
		wantCode(t, what, err, c.want)
		if err == nil && (got.GetCmekSettings().GetKmsKeyName() != c.bucket.GetCmekSettings().GetKmsKeyName() ||
			len(got.GetIndexConfigs()) != len(c.bucket.GetIndexConfigs())) {
			t.Errorf("%s: made %v", what, got)
		}
	}
	_, err := w.config.CreateBucket(t.Context(), &loggingpb.CreateBucketRequest{Parent: location, BucketId: "at-once",
		Bucket: encrypted(dataKey)})
	wantCode(t, "key without operation", err, codes.InvalidArgument)
	_, err = w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: location + "/buckets/at-once"})
	wantCode(t, "what was refused", err, codes.NotFound)
}

func TestKeysOfBucketsStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{})
	given := encrypted(dataKey)
	given.IndexConfigs = indexed("jsonPayload.a")
	made, err := w.create(t, location, "keyed", given)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.create(t, location, "plain", nil); err != nil {
		t.Fatal(err)
	}
	plain := location + "/buckets/plain"
	for _, c := range []struct {
		what, name, key string
		path            string
		want            codes.Code
	}{
		{"lost", made.GetName(), "", "cmek_settings", codes.InvalidArgument},
		{"gone", made.GetName(), dataKey + "x", "cmek_settings.kms_key_name", codes.FailedPrecondition},
		{"got", plain, dataKey, "cmek_settings", codes.InvalidArgument},
		{"changed", made.GetName(), nextKey, "cmek_settings", codes.OK},
		{"changed back", made.GetName(), dataKey, "cmek_settings.kms_key_name", codes.OK},
		{"analytics of the other", plain, "", "analytics_enabled", codes.OK},
	} {
		b := encrypted(c.key)
		b.AnalyticsEnabled = true
		_, err := w.update(t, c.name, b, c.path)
		wantCode(t, c.what, err, c.want)
	}
	_, err = w.update(t, plain, &loggingpb.LogBucket{}, "analytics_enabled")
	wantCode(t, "analytics cannot be taken away", err, codes.InvalidArgument)
	_, err = w.config.UpdateBucket(t.Context(), &loggingpb.UpdateBucketRequest{Name: made.GetName(),
		Bucket: encrypted(nextKey), UpdateMask: mask("cmek_settings")})
	wantCode(t, "key without operation", err, codes.InvalidArgument)
	w.clock.Advance(time.Hour)
	got, err := w.update(t, made.GetName(), &loggingpb.LogBucket{IndexConfigs: indexed("jsonPayload.b",
		"jsonPayload.a")}, "index_configs")
	if err != nil || !proto.Equal(got.GetIndexConfigs()[1], made.GetIndexConfigs()[0]) ||
		got.GetIndexConfigs()[0].GetCreateTime().AsTime().Equal(made.GetCreateTime().AsTime()) {
		t.Errorf("indexes %v, before %v, %v", got.GetIndexConfigs(), made.GetIndexConfigs(), err)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	if kept, err := w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: made.GetName()}); err != nil ||
		!proto.Equal(kept, got) {
		t.Errorf("after reopening %v, want %v (%v)", kept, got, err)
	}
}

func TestDeleteBucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{}).withAudit(t)
	remove := func(name string) error {
		return w.config.DeleteBucket(t.Context(), &loggingpb.DeleteBucketRequest{Name: name})
	}
	restore := func(name string) error {
		return w.config.UndeleteBucket(t.Context(), &loggingpb.UndeleteBucketRequest{Name: name})
	}
	wantCode(t, "default", remove(project+"/locations/global/buckets/_Default"), codes.InvalidArgument)
	wantCode(t, "required", remove(project+"/locations/global/buckets/_Required"), codes.InvalidArgument)
	wantCode(t, "none", remove(bucket+"x"), codes.NotFound)
	wantCode(t, "restore what is there", restore(bucket), codes.FailedPrecondition)
	w.write(t, w.entry(trail, "kept", 0))
	wantCode(t, "delete", remove(bucket), codes.OK)
	wantCode(t, "delete again", remove(bucket), codes.FailedPrecondition)
	_, err := w.logs.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{ResourceNames: []string{everyView}}).
		Next()
	wantCode(t, "read", err, codes.NotFound)
	_, err = w.update(t, bucket, &loggingpb.LogBucket{RetentionDays: 3}, "retention_days")
	wantCode(t, "update", err, codes.FailedPrecondition)
	w.write(t, w.entry(trail, "lost", 0))
	wantCode(t, "restore", restore(bucket), codes.OK)
	w.wantList(t, "after restoring", w.list(t, everyView, "", "", 0), "kept")
	_, err = w.update(t, bucket, &loggingpb.LogBucket{Locked: true}, "locked")
	wantCode(t, "lock", err, codes.OK)
	wantCode(t, "locked and not empty", remove(bucket), codes.FailedPrecondition)
	w.clock.Advance(15 * day)
	if err := w.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "locked and empty", remove(bucket), codes.OK)
	for _, step := range []struct {
		advance time.Duration
		want    codes.Code
	}{{7*day - 1, codes.OK}, {1, codes.NotFound}} {
		w.clock.Advance(step.advance)
		if err := w.server.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err = w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: bucket})
		wantCode(t, step.advance.String(), err, step.want)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	_, err = w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: bucket})
	wantCode(t, "after reopening", err, codes.NotFound)
}

func TestDeleteSinksAndViews(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{}).withAudit(t)
	for id, want := range map[string]codes.Code{"_Default": codes.InvalidArgument, "_Required": codes.InvalidArgument,
		"none": codes.NotFound, "audit": codes.OK} {
		wantCode(t, id, w.config.DeleteSink(t.Context(), &loggingpb.DeleteSinkRequest{SinkName: project + "/sinks/" +
			id}), want)
	}
	if _, err := w.config.CreateView(t.Context(), &loggingpb.CreateViewRequest{Parent: bucket, ViewId: "one",
		View: &loggingpb.LogView{Filter: `log_id("trail")`, Description: "a"}}); err != nil {
		t.Fatal(err)
	}
	view := bucket + "/views/one"
	update := func(name, query string, paths ...string) (*loggingpb.LogView, error) {
		return w.config.UpdateView(t.Context(), &loggingpb.UpdateViewRequest{Name: name,
			View: &loggingpb.LogView{Filter: query}, UpdateMask: mask(paths...)})
	}
	if got, err := update(view, `log_id("other")`, "filter"); err != nil || got.GetFilter() != `log_id("other")` ||
		got.GetDescription() != "a" {
		t.Errorf("view %v, %v", got, err)
	}
	_, err := update(view, "(", "filter")
	wantCode(t, "bad filter", err, codes.InvalidArgument)
	_, err = update(view, "", "name")
	wantCode(t, "name", err, codes.InvalidArgument)
	_, err = update(bucket+"/views/_AllLogs", "", "filter")
	wantCode(t, "Google's view", err, codes.InvalidArgument)
	_, err = update(view+"x", "", "filter")
	wantCode(t, "no view", err, codes.NotFound)
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	_, err = w.config.GetSink(t.Context(), &loggingpb.GetSinkRequest{SinkName: project + "/sinks/audit"})
	wantCode(t, "sink after reopening", err, codes.NotFound)
	if got, err := w.config.GetView(t.Context(), &loggingpb.GetViewRequest{Name: view}); err != nil ||
		got.GetFilter() != `log_id("other")` {
		t.Errorf("view after reopening %v, %v", got, err)
	}
	for _, want := range []codes.Code{codes.OK, codes.NotFound} {
		wantCode(t, "delete view", w.config.DeleteView(t.Context(), &loggingpb.DeleteViewRequest{Name: view}), want)
	}
}

func TestExclusionsHaveTimesAndNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	name := project + "/sinks/_Default"
	set := func(ids ...string) (*loggingpb.LogSink, error) {
		s := &loggingpb.LogSink{Filter: "severity>=ERROR"}
		for _, id := range ids {
			s.Exclusions = append(s.Exclusions, &loggingpb.LogExclusion{Name: id, Filter: `log_id("trail")`})
		}
		return w.config.UpdateSink(t.Context(), &loggingpb.UpdateSinkRequest{SinkName: name, Sink: s,
			UpdateMask: mask("exclusions")})
	}
	first, err := set("one")
	if err != nil || strings.Contains(first.GetFilter(), "severity") ||
		first.GetExclusions()[0].GetCreateTime() == nil {
		t.Errorf("sink %v, %v", first, err)
	}
	w.clock.Advance(time.Hour)
	second, err := set("two", "one")
	if err != nil || !proto.Equal(second.GetExclusions()[1].GetCreateTime(),
		first.GetExclusions()[0].GetCreateTime()) ||
		proto.Equal(second.GetExclusions()[0].GetCreateTime(), first.GetExclusions()[0].GetCreateTime()) {
		t.Errorf("exclusions %v, before %v, %v", second.GetExclusions(), first.GetExclusions(), err)
	}
	for what, ids := range map[string][]string{"twice": {"one", "one"}, "bad name": {"a b"}} {
		_, err := set(ids...)
		wantCode(t, what, err, codes.InvalidArgument)
	}
}
