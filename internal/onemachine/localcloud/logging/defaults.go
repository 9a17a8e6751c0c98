package logging

import (
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
)

const (
	defaultRetention  = 30
	requiredRetention = 400
	longestRetention  = 3650

	requiredFilter = `LOG_ID("cloudaudit.googleapis.com/activity") OR LOG_ID("externalaudit.googleapis.com/activity")` +
		` OR LOG_ID("cloudaudit.googleapis.com/system_event") OR LOG_ID("externalaudit.googleapis.com/system_event")` +
		` OR LOG_ID("cloudaudit.googleapis.com/access_transparency") OR LOG_ID("externalaudit.googleapis.com/access_transparency")`
	defaultView = `NOT LOG_ID("cloudaudit.googleapis.com/data_access") AND NOT LOG_ID("externalaudit.googleapis.com/data_access")`
	defaultSink = "NOT (" + requiredFilter + ")"
)

// project creates what every project has from the start, once. The caller holds the write lock, or is the only one.
func (c *config) project(name string) {
	if name == "" || c.projects[name] {
		return
	}
	c.projects[name] = true
	c.setBucket(builtinBucket(defaultBucket(name), defaultRetention, false))
	c.setBucket(builtinBucket(requiredBucket(name), requiredRetention, true))
	c.builtinView(defaultBucket(name) + "/views/" + defaultID)
	c.builtinSink(name, requiredID, requiredFilter, requiredBucket(name))
	c.builtinSink(name, defaultID, defaultSink, defaultBucket(name))
}

func builtinBucket(name string, days int32, locked bool) *loggingpb.LogBucket {
	return &loggingpb.LogBucket{Name: name, RetentionDays: days, Locked: locked,
		LifecycleState: loggingpb.LifecycleState_ACTIVE}
}

func (c *config) builtinView(name string) {
	c.views[name] = view{pb: &loggingpb.LogView{Name: name, Filter: defaultView}, filter: mustParse(defaultView)}
}

func (c *config) builtinSink(project, id, query, bucket string) {
	pb := &loggingpb.LogSink{Name: id, Filter: query, Destination: destinationPrefix + bucket}
	c.sinks[sinkName(project, pb)] = sink{pb: pb, project: project, bucket: bucket, filter: mustParse(query)}
}

// mustParse is for the queries that are written in this file.
func mustParse(query string) filter.Filter {
	f, err := filter.Parse(query)
	if err != nil {
		panic(err)
	}
	return f
}

func retention(b *loggingpb.LogBucket) time.Duration {
	return time.Duration(b.GetRetentionDays()) * 24 * time.Hour
}
