package provision

import (
	"context"
	"fmt"

	"cloud.google.com/go/logging/apiv2/loggingpb"
)

// AuditDays is how long the trail is kept: the public pages promise exactly that.
const AuditDays = 14

// auditIndexes are the fields of an entry, besides the labels, by which operators search.
var auditIndexes = []string{"jsonPayload.record", "jsonPayload.request", "jsonPayload.session"}

// lookedAt are the Google services through which a person could look at data. Each access is logged.
var lookedAt = []string{"firestore.googleapis.com", "cloudkms.googleapis.com", "secretmanager.googleapis.com",
	"storage.googleapis.com"}

// AuditFilter selects what belongs in the audit bucket: the product's own trail, and access to data past the product.
func AuditFilter() string {
	names := ""
	for i, n := range lookedAt {
		if i > 0 {
			names += " OR "
		}
		names += fmt.Sprintf("%q", n)
	}
	return `log_id("audit") OR (log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.serviceName=(` +
		names + `))`
}

func (s Spec) auditLog() []Resource {
	return append([]Resource{s.auditBucket(), s.controlsView(), s.auditSink(), s.auditExclusion()}, s.lookLogs()...)
}

const (
	lockedBucket = "the bucket is locked: make another one with 14 days, and point the sink to it"
	plainBucket  = "a log bucket gets its key when it is made: delete it (its entries are gone in 7 days) or make " +
		"the sink write to another one, and apply again"
)

func (s Spec) auditBucket() Resource {
	name := s.logBucket()
	want := &loggingpb.LogBucket{
		RetentionDays: AuditDays, CmekSettings: &loggingpb.CmekSettings{KmsKeyName: s.key(DataKey)},
	}
	for _, path := range auditIndexes {
		want.IndexConfigs = append(want.IndexConfigs, &loggingpb.IndexConfig{FieldPath: path,
			Type: loggingpb.IndexType_INDEX_TYPE_STRING})
	}
	t := thing[*loggingpb.LogBucket]{
		read: func(ctx context.Context, c *session) (*loggingpb.LogBucket, error) {
			return c.LogConfig.GetBucket(ctx, &loggingpb.GetBucketRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			op, err := c.LogConfig.CreateBucketAsync(ctx, &loggingpb.CreateBucketRequest{Parent: s.location(),
				BucketId: AuditBucket, Bucket: want})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
		differ: func(have *loggingpb.LogBucket) []difference { return bucketRules(have).differences(have, want) },
		update: func(ctx context.Context, c *session, have *loggingpb.LogBucket, found []difference) error {
			bucketRules(have).overlay(have, want)
			op, err := c.LogConfig.UpdateBucketAsync(ctx, &loggingpb.UpdateBucketRequest{Name: name, Bucket: have,
				UpdateMask: mask(found)})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
	}
	body := []arg{
		set("project", s.Project), set("location", s.Region), set("bucket_id", AuditBucket),
		set("retention_days", AuditDays),
		sub("cmek_settings", set("kms_key_name", s.key(DataKey))),
	}
	for _, path := range auditIndexes {
		body = append(body, sub("index_configs", set("field_path", path), set("type", "INDEX_TYPE_STRING")))
	}
	return Resource{
		Kind: "log bucket", Name: name, api: apiLogging, look: t.look, fresh: true,
		block: tf("google_logging_project_bucket_config", AuditBucket, append(body, forKeeps())...),
	}
}

// bucketRules depend on the bucket: a locked one keeps its retention for ever.
func bucketRules(have *loggingpb.LogBucket) rules {
	rs := rules{
		"index_configs": {key: "field_path"},
		"cmek_settings": {advice: always(plainBucket)},
		"cmek_settings.kms_key_name": {advice: func(from string) string {
			if from == "none" {
				return plainBucket
			}
			return ""
		}},
	}
	if have.GetLocked() {
		rs["retention_days"] = rule{advice: always(lockedBucket)}
	}
	return rs
}

func (s Spec) auditSink() Resource {
	name := s.sink()
	want := &loggingpb.LogSink{
		Name: AuditSink, Filter: AuditFilter(), Destination: "logging.googleapis.com/" + s.logBucket(),
		Description: "The trail of the workspaces, and looks at data past the product",
	}
	rs := rules{"disabled": {zero: true}}
	t := thing[*loggingpb.LogSink]{
		read: func(ctx context.Context, c *session) (*loggingpb.LogSink, error) {
			return c.LogConfig.GetSink(ctx, &loggingpb.GetSinkRequest{SinkName: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.LogConfig.CreateSink(ctx, &loggingpb.CreateSinkRequest{Parent: s.project(), Sink: want,
				UniqueWriterIdentity: true})
			return err
		},
		differ: func(have *loggingpb.LogSink) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *loggingpb.LogSink, found []difference) error {
			rs.overlay(have, want)
			_, err := c.LogConfig.UpdateSink(ctx, &loggingpb.UpdateSinkRequest{
				SinkName: name, Sink: have, UniqueWriterIdentity: true, UpdateMask: mask(found),
			})
			return err
		},
	}
	return Resource{
		Kind: "log sink", Name: name, api: apiLogging, look: t.look, fresh: true,
		block: tf("google_logging_project_sink", AuditSink, set("name", AuditSink),
			set("description", want.GetDescription()),
			set("destination", want.GetDestination()), set("filter", want.GetFilter()), set("unique_writer_identity",
				true)),
	}
}

// auditExclusion keeps the same entries out of the project's default bucket, where they would be kept longer and under
// another key.
func (s Spec) auditExclusion() Resource {
	name := s.project() + "/sinks/_Default"
	exclusion := &loggingpb.LogExclusion{Name: AuditSink, Description: "Kept in the audit bucket",
		Filter: AuditFilter()}
	want := &loggingpb.LogSink{Exclusions: []*loggingpb.LogExclusion{exclusion}}
	rs := rules{"exclusions": {key: "name"}, "exclusions.disabled": {zero: true}}
	update := func(ctx context.Context, c *session, have *loggingpb.LogSink, found []difference) error {
		rs.overlay(have, want)
		_, err := c.LogConfig.UpdateSink(ctx, &loggingpb.UpdateSinkRequest{
			SinkName: name, Sink: have, UniqueWriterIdentity: true, UpdateMask: mask(found),
		})
		return err
	}
	t := thing[*loggingpb.LogSink]{
		read: func(ctx context.Context, c *session) (*loggingpb.LogSink, error) {
			return c.LogConfig.GetSink(ctx, &loggingpb.GetSinkRequest{SinkName: name})
		},
		create: func(context.Context, *session) error {
			return fmt.Errorf("the project has no sink %s, which Google makes: make it again, or remove its bucket's "+
				"contents by hand", name)
		},
		differ: func(have *loggingpb.LogSink) []difference { return rs.differences(have, want) },
		update: update,
	}
	return Resource{
		Kind: "log exclusion", Name: name + "/exclusions/" + AuditSink, api: apiLogging, look: t.look,
		block: tf("google_logging_project_exclusion", AuditSink, set("name", AuditSink),
			set("description", exclusion.GetDescription()),
			set("filter", exclusion.GetFilter())),
	}
}
