package logging_test

import (
	"fmt"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

func TestBuckets(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	create := func(id string, days int32) error {
		_, err := w.config.CreateBucket(t.Context(), &loggingpb.CreateBucketRequest{
			Parent: location, BucketId: id, Bucket: &loggingpb.LogBucket{RetentionDays: days},
		})
		return err
	}
	wantCode(t, "taken", create("audit", 1), codes.AlreadyExists)
	wantCode(t, "bad id", create("_x", 1), codes.InvalidArgument)
	wantCode(t, "longest", create("long", 3650), codes.OK)
	wantCode(t, "too long", create("longer", 3651), codes.InvalidArgument)
	wantCode(t, "negative", create("negative", -1), codes.InvalidArgument)
	wantCode(t, "default", create("usual", 0), codes.OK)
	if b, err := w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: location + "/buckets/usual"}); err !=
		nil || b.GetRetentionDays() != 30 {
		t.Errorf("default retention: %v, %v", b, err)
	}
	var names []string
	it := w.config.ListBuckets(t.Context(), &loggingpb.ListBucketsRequest{Parent: project + "/locations/-",
		PageSize: 2})
	for b, err := it.Next(); err != iterator.Done; b, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, b.GetName()[len(project+"/locations/"):])
	}
	want := "[europe-west1/buckets/audit europe-west1/buckets/long europe-west1/buckets/usual " +
		"global/buckets/_Default global/buckets/_Required]"
	if fmt.Sprint(names) != want {
		t.Errorf("buckets %v", names)
	}
}

func TestLockedBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	update := func(b *loggingpb.LogBucket, paths ...string) error {
		_, err := w.config.UpdateBucket(t.Context(), &loggingpb.UpdateBucketRequest{Name: bucket, Bucket: b,
			UpdateMask: mask(paths...)})
		return err
	}
	wantCode(t, "no mask", update(&loggingpb.LogBucket{RetentionDays: 7}), codes.InvalidArgument)
	wantCode(t, "unknown field", update(&loggingpb.LogBucket{}, "name"), codes.InvalidArgument)
	wantCode(t, "retention 0", update(&loggingpb.LogBucket{}, "retention_days"), codes.InvalidArgument)
	wantCode(t, "retention", update(&loggingpb.LogBucket{RetentionDays: 12, Description: "not this"}, "retention_days"),
		codes.OK)
	wantCode(t, "lock together with retention", update(&loggingpb.LogBucket{Locked: true, RetentionDays: 13}, "locked",
		"retention_days"), codes.OK)
	wantCode(t, "retention of a locked bucket", update(&loggingpb.LogBucket{RetentionDays: 14}, "retention_days"),
		codes.FailedPrecondition)
	wantCode(t, "unlock", update(&loggingpb.LogBucket{}, "locked"), codes.FailedPrecondition)
	got, err := w.config.GetBucket(t.Context(), &loggingpb.GetBucketRequest{Name: bucket})
	if err != nil || !got.GetLocked() || got.GetRetentionDays() != 13 || got.GetDescription() != "" {
		t.Errorf("bucket %v, %v", got, err)
	}
}

func TestSinksRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	sink, err := w.config.GetSink(t.Context(), &loggingpb.GetSinkRequest{SinkName: project + "/sinks/_Default"})
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, w.entry(trail, "before", 3))
	sink.Exclusions = append(sink.Exclusions, &loggingpb.LogExclusion{Name: "audit", Filter: `log_id("trail")`})
	if _, err := w.config.UpdateSink(t.Context(), &loggingpb.UpdateSinkRequest{SinkName: project + "/sinks/_Default",
		Sink: sink, UpdateMask: mask("exclusions")}); err != nil {
		t.Fatal(err)
	}
	w.write(t, w.entry(trail, "after", 2), w.entry(other, "other", 1))
	w.wantList(t, "default bucket", w.list(t, project, "", "", 0), "before", "other")
	w.wantList(t, "audit bucket", w.list(t, everyView, "", "", 0), "before", "after")
	w.write(t, w.entry(project+"/logs/cloudaudit.googleapis.com%2Factivity", "required", 0))
	w.wantList(t, "required bucket", w.list(t, project+"/locations/global/buckets/_Required/views/_AllLogs", "", "", 0),
		"required")
	w.wantList(t, "not in the default bucket", w.list(t, project+"/locations/global/buckets/_Default/views/_AllLogs",
		"", "", 0), "before", "other")
	w.wantList(t, "another project", w.list(t, "projects/q", "", "", 0))
	if _, err := w.config.UpdateSink(t.Context(), &loggingpb.UpdateSinkRequest{SinkName: project + "/sinks/audit",
		Sink: &loggingpb.LogSink{Disabled: true}, UpdateMask: mask("disabled")}); err != nil {
		t.Fatal(err)
	}
	w.write(t, w.entry(trail, "nowhere", 0))
	w.wantList(t, "disabled sink", w.list(t, everyView, "", "", 0), "before", "after")
}

func TestSinksRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withAudit(t)
	to := "logging.googleapis.com/" + bucket
	for name, c := range map[string]struct {
		sink *loggingpb.LogSink
		want codes.Code
	}{
		"taken":      {&loggingpb.LogSink{Name: "audit", Destination: to}, codes.AlreadyExists},
		"bad filter": {&loggingpb.LogSink{Name: "s", Destination: to, Filter: "a AND"}, codes.InvalidArgument},
		"bad exclusion": {&loggingpb.LogSink{Name: "s", Destination: to,
			Exclusions: []*loggingpb.LogExclusion{{Name: "e", Filter: "("}}}, codes.InvalidArgument},
		"empty exclusion": {&loggingpb.LogSink{Name: "s", Destination: to,
			Exclusions: []*loggingpb.LogExclusion{{Name: "e"}}}, codes.InvalidArgument},
		"no bucket": {&loggingpb.LogSink{Name: "s", Destination: to + "x"}, codes.NotFound},
		"elsewhere": {&loggingpb.LogSink{Name: "s", Destination: "storage.googleapis.com/b"},
			codes.Unimplemented},
		"no name": {&loggingpb.LogSink{Destination: to}, codes.InvalidArgument},
	} {
		_, err := w.config.CreateSink(t.Context(), &loggingpb.CreateSinkRequest{Parent: project, Sink: c.sink})
		wantCode(t, name, err, c.want)
	}
	_, err := w.config.UpdateSink(t.Context(), &loggingpb.UpdateSinkRequest{SinkName: project + "/sinks/_Required",
		Sink: &loggingpb.LogSink{}, UpdateMask: mask("filter")})
	wantCode(t, "_Required", err, codes.InvalidArgument)
	var names []string
	it := w.config.ListSinks(t.Context(), &loggingpb.ListSinksRequest{Parent: project})
	for s, err := it.Next(); err != iterator.Done; s, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, s.GetName())
	}
	if fmt.Sprint(names) != "[_Default _Required audit]" {
		t.Errorf("sinks %v", names)
	}
}

func TestViews(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, logging.Options{}).withAudit(t)
	create := func(id, query string) error {
		_, err := w.config.CreateView(t.Context(), &loggingpb.CreateViewRequest{Parent: bucket, ViewId: id,
			View: &loggingpb.LogView{Filter: query}})
		return err
	}
	wantCode(t, "view", create("one", `log_id("trail") AND insertId="a"`), codes.OK)
	wantCode(t, "taken", create("one", ""), codes.AlreadyExists)
	wantCode(t, "bad filter", create("two", "("), codes.InvalidArgument)
	w.write(t, w.entry(trail, "a", 2), w.entry(trail, "b", 1))
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, logging.Options{})
	w.wantList(t, "through the view", w.list(t, bucket+"/views/one", "", "", 0), "a")
	w.wantList(t, "a filter cannot widen it", w.list(t, bucket+"/views/one", `insertId="b" OR insertId="a"`, "", 0),
		"a")
	var names []string
	it := w.config.ListViews(t.Context(), &loggingpb.ListViewsRequest{Parent: bucket})
	for v, err := it.Next(); err != iterator.Done; v, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, v.GetName()[len(bucket+"/views/"):])
	}
	if fmt.Sprint(names) != "[_AllLogs one]" {
		t.Errorf("views %v", names)
	}
	for i := range 28 {
		wantCode(t, "view", create(fmt.Sprint("v", i), ""), codes.OK)
	}
	wantCode(t, "31st view", create("more", ""), codes.ResourceExhausted)
}
